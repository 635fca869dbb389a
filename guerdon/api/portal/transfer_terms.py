"""From what a portal sends to the merchant's rule for buying, giving and transferring points.

The rule is sent whole, so a limit or fee that is left out is none. The status, and whether fees are paid with points,
stay as they were where they are left out. On this contract a gift is points bought for another. What the contract has
no field for stays untouched: the price of points, what a purchase costs beside it, gifts out of a balance, steps, the
most of one transfer, how long moved points live.

`transferFeesRadioButton` says which of the two fees counts, and the other is dropped. Without it one may be given, or
none; both are taken only from a rule that has exactly these two already, as it was read.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from guerdon.api.portal.amounts import AmountSent
from guerdon.api.portal.choices import StatusNamed, read_status
from guerdon.api.portal.contract import MerchantNamed
from guerdon.api.portal.terms import names_as_sent, user_id
from guerdon.api.portal.transfer_fees import POINTS, read_rate, read_whole
from guerdon.errors.base import BadField
from guerdon.kit.money import Currency, currency
from guerdon.merchants.merchant import Merchant
from guerdon.moving.rule import Fee, MovingRule, Rate, Terms, check_rule

FLAT, PER_POINT = "FLAT_TRANSFER_FEES", "TRANSFER_FEES_PER_POINT"
WAYS = ("transfers", "gifts", "purchases")
SENT_AS = {
    "transfers.minimum": "minimumTransferPoints",
    "transfers.points_max_per_year": "maxTransferPointsPerYear",
    "purchases.points_max_per_year": "maxPurchasePointsForSelfPerYear",
    "bought_for_others_max_per_year": "maxPurchasePointsForOthersPerYear",
    "received_max_per_year": "maxReceivablePointsPerYear",
    "price": "ruleStatus",
    "purchases.fee.unit": "ruleStatus",
}
"""Terms that the rule itself checks, by the names that a portal knows them under."""


class TransferRuleSent(MerchantNamed, kw_only=True, rename="camel"):
    """The rule as the portal sends it. Numbers may be texts; keys that are not listed here are ignored."""

    id: int | None = None
    rule_status: StatusNamed | None = None
    max_purchase_points_for_self_per_year: int | None = None
    max_purchase_points_for_others_per_year: int | None = None
    max_receivable_points_per_year: int | None = None
    minimum_transfer_points: int | None = None
    max_transfer_points_per_year: int | None = None
    transfer_fees_radio_button: Annotated[str, Meta(extra_json_schema={"enum": [FLAT, PER_POINT, ""]})] | None = None
    flat_transfer_fees: AmountSent | None = None
    transfer_fees_per_point: AmountSent | None = None
    max_transfer_fees: AmountSent | None = None
    pay_fee_with_points: bool | None = None
    created_user_id: int | None = None
    last_modified_user_id: int | None = None
    last_updated_date_time: int | None = None


def changed_rule(sent: TransferRuleSent, history: Sequence[MovingRule], merchant: Merchant) -> MovingRule:
    """What the rule says after a change; `history` is all that it ever said, newest first."""
    before = history[0] if history else MovingRule()
    created_by = user_id(sent.created_user_id, "createdUserId")
    modified_by = user_id(sent.last_modified_user_id, "lastModifiedUserId")
    transfers = replace(
        before.transfers,
        minimum=_minimum(sent.minimum_transfer_points, before.transfers),
        points_max_per_year=sent.max_transfer_points_per_year,
        fee=_fee(sent, before.transfers.fee, currency(merchant.currency)),
    )
    rule = replace(
        before,
        transfers=transfers,
        purchases=replace(before.purchases, points_max_per_year=sent.max_purchase_points_for_self_per_year),
        bought_for_others_max_per_year=sent.max_purchase_points_for_others_per_year,
        received_max_per_year=sent.max_receivable_points_per_year,
        created_user_id=before.created_user_id if history else created_by,
        modified_user_id=modified_by,
    )
    if sent.rule_status is not None:
        rule = _switched(rule, history, active=read_status(sent.rule_status, "ruleStatus"))
    with names_as_sent(SENT_AS):
        check_rule(rule)
    return rule


def is_active(rule: MovingRule) -> bool:
    """Whether anything can be moved or bought."""
    return any(_ways_on(rule).values())


def _switched(rule: MovingRule, history: Sequence[MovingRule], *, active: bool) -> MovingRule:
    """The one status switches three ways. What was on when the rule was last active comes on again, and at first
    transfers do, and purchases where points have a price.
    """
    if active == is_active(rule):
        return rule
    switches = dict.fromkeys(WAYS, False)
    if active:
        at_first = switches | {"transfers": True, "purchases": rule.price is not None}
        switches = next((_ways_on(old) for old in history if is_active(old)), at_first)
    return replace(rule, **{way: replace(getattr(rule, way), enabled=on) for way, on in switches.items()})


def _ways_on(rule: MovingRule) -> dict[str, bool]:
    return {way: getattr(rule, way).enabled for way in WAYS}


def _minimum(sent: int | None, before: Terms) -> int:
    """The least that one transfer moves; 0 asks for no least, which is one point."""
    if sent is not None and before.maximum is not None and sent > before.maximum:
        raise BadField("minimumTransferPoints", f"{sent} is over the {before.maximum} that one transfer may move")
    return sent or 1


def _fee(sent: TransferRuleSent, before: Fee, money: Currency) -> Fee:
    was_in_points = before.unit == "points"
    in_points = was_in_points if sent.pay_fee_with_points is None else sent.pay_fee_with_points
    unit = POINTS if in_points else money
    kept = before.rate if in_points == was_in_points else None
    flat = read_whole(sent.flat_transfer_fees, unit, "flatTransferFees") or 0
    rate = read_rate(sent.transfer_fees_per_point, kept, unit, "transferFeesPerPoint")
    maximum = read_whole(sent.max_transfer_fees, unit, "maxTransferFees")
    chosen, field = sent.transfer_fees_radio_button, "transferFeesRadioButton"
    if chosen == PER_POINT:
        flat = 0
    elif chosen == FLAT:
        rate = Rate(0)
    elif chosen:
        raise BadField(field, f"{chosen[:40]!r} is neither {FLAT} nor {PER_POINT}")
    elif flat and rate.amount and (flat, rate) != (before.flat, kept):
        raise BadField(field, f"two fees are given, and one counts: send {FLAT} or {PER_POINT}")
    return Fee(unit="points" if in_points else "money", flat=flat, rate=rate, maximum=maximum)
