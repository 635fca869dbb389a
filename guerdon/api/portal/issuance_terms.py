"""From what a portal sends to the terms of an earning rule for orders, and to the note beside it.

As with redemption rules a rule is sent whole: a number, an amount, a day, the channel or the product that is left out
is none, and choices and the description stay as they were. What this contract has no field for stays untouched: the
name, weekdays, budgets, caps of weeks and months, what points wait for. A field that comes back as it was shown leaves
its term as it is, even where the term says more than the field can show.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from guerdon.api.portal.amounts import AmountSent, read_currency, read_minor
from guerdon.api.portal.channels import ChannelSent, Word, read_channel, read_payments
from guerdon.api.portal.choices import (
    ONCE,
    UNLIMITED,
    LimitNamed,
    StatusNamed,
    TierNamed,
    TypeNamed,
    read_status,
    read_tier,
)
from guerdon.api.portal.contract import MerchantNamed
from guerdon.api.portal.issuance_earns import read_earns
from guerdon.api.portal.notes import NOTHING, Note
from guerdon.api.portal.terms import description, names_as_sent, one_of_two, user_id
from guerdon.api.portal.validity import read_end, read_start
from guerdon.earning.earns import check_range
from guerdon.earning.rule import Cap, EarningRule, Goods, Period, Who
from guerdon.errors.base import BadField
from guerdon.kit.calendar import zone
from guerdon.kit.money import Currency, currency
from guerdon.merchants.merchant import Merchant

PER_OFFER, PER_DAY = "BONUS_POINTS_PER_OFFER", "BONUS_POINTS_PER_DAY"
NAME_LENGTH_MAX = 80
UNNAMED = "Points from the portal"
NEVER = "never"
SENT_AS = {
    "earns": "pointsType",
    "ends_at": "ruleValidToDateTime",
    "expiry": "pointsExpirationInMonths",
    "amount_min_minor": "fromAmount",
    "amount_max_minor": "toAmount",
    "quantity_min": "quantityFrom",
    "quantity_max": "quantityTo",
    "goods": "productId",
    "who.tiers": "loyaltyTierLevel.name",
}
"""Terms that the rule itself checks, by the names that a portal knows them under."""


class IssuanceSent(MerchantNamed, kw_only=True, rename="camel"):
    """A rule as the portal sends it. Numbers may be texts; keys that are not listed here are ignored."""

    id: int | None = None
    issuance_rule_status: StatusNamed | None = None
    loyalty_tier_level: TierNamed | None = None
    points_type: TypeNamed | None = None
    flat_points: int | None = None
    multiplier_points: Decimal | None = None
    s_rule_valid_from_date_time: str | None = None
    s_rule_valid_to_date_time: str | None = None
    from_time: str | None = None
    to_time: str | None = None
    rule_valid_from_date_time: int | None = None
    rule_valid_to_date_time: int | None = None
    points_never_expire_ind: bool | None = None
    points_expiration_in_months: int | None = None
    from_amount: AmountSent | None = None
    to_amount: AmountSent | None = None
    bonus_points_radio_button: str | None = None
    bonus_points_per_offer: int | None = None
    bonus_points_per_day: int | None = None
    minimum_amount_required_ind: bool | None = None
    offer_redemption_limit: LimitNamed | None = None
    offer_description: str | None = None
    channel: ChannelSent | None = None
    product_id: Word | int | None = None
    card_network_name: Word | None = None
    quantity_from: int | None = None
    quantity_to: int | None = None
    created_user_id: int | None = None
    last_modified_user_id: int | None = None
    last_updated_date_time: int | None = None


class IssuanceStatusSent(MerchantNamed, kw_only=True, rename="camel"):
    """The new status of a rule. The rest of the rule may be sent along, and is not looked at."""

    id: int | None = None
    issuance_rule_status: StatusNamed | None = None
    last_modified_user_id: int | None = None
    last_updated_date_time: int | None = None


class Said(NamedTuple):
    """What a portal says of a rule: its terms, and what the engine has no use for."""

    terms: EarningRule
    note: Note


class _Blank(Struct, frozen=True):
    """A rule that says nothing yet, as far as its fields are compared with what is sent."""

    earns: None = None
    who: Who = Who()
    channels: frozenset[str] = frozenset()
    goods: Goods = Goods()
    caps: tuple[Cap, ...] = ()
    starts_at: None = None
    ends_at: None = None
    expiry: None = None


def new_rule(sent: IssuanceSent, merchant: Merchant) -> Said:
    """A new rule, for every order by everyone unless it says otherwise."""
    text = description(sent.offer_description or "", "offerDescription")
    with names_as_sent(SENT_AS):
        terms = EarningRule(name=name_of(text), **_given(sent, _Blank(), merchant))
    return Said(terms, _note(sent, NOTHING, is_new=True))


def changed_rule(sent: IssuanceSent, before: Said, merchant: Merchant) -> Said:
    """What a rule says after a change. Its name follows its description where the portal named it."""
    given = _given(sent, before.terms, merchant)
    if "description" in given and before.terms.name == name_of(before.terms.description):
        given["name"] = name_of(given["description"])
    with names_as_sent(SENT_AS):
        terms = replace(before.terms, **given)
    return Said(terms, _note(sent, before.note, is_new=False))


def name_of(text: str) -> str:
    """The name of a rule that was only described: how its description begins."""
    return text.strip()[:NAME_LENGTH_MAX].strip() or UNNAMED


def tier_of(who: Who) -> int:
    """The tier that a rule is shown to ask for: the lowest of several; 0 for everyone."""
    return min(who.tiers, default=0)


def product_of(goods: Goods) -> str | None:
    """The one product that a rule asks for; None for any, or for one of several."""
    return next(iter(goods.products)) if len(goods.products) == 1 else None


def cap_of(caps: tuple[Cap, ...], per: Period) -> Cap:
    """What a rule caps in a period, which may be nothing."""
    return next((cap for cap in caps if cap.per is per), Cap(per=per))


def months_of(expiry: str | None) -> int | None:
    """How many months points live, where that is said in months."""
    number, _, unit = (expiry or "").partition(" ")
    return int(number) if unit in ("month", "months") else None


def limit_of(caps: tuple[Cap, ...]) -> str | None:
    """How often one member earns by a rule: ONCE, UNLIMITED, or None for a number that has no name here."""
    times = cap_of(caps, Period.EVER).times
    return UNLIMITED if times is None else ONCE if times == 1 else None


def _given(sent: IssuanceSent, before: EarningRule | _Blank, merchant: Merchant) -> dict[str, Any]:
    money, clock = currency(merchant.currency), zone(merchant.timezone)
    given: dict[str, Any] = {
        "earns": read_earns(sent.points_type, sent.flat_points, sent.multiplier_points, before.earns, money),
        "starts_at": read_start(
            sent.s_rule_valid_from_date_time, sent.from_time, sent.rule_valid_from_date_time, before.starts_at, clock
        ),
        "ends_at": read_end(
            sent.s_rule_valid_to_date_time, sent.to_time, sent.rule_valid_to_date_time, before.ends_at, clock
        ),
        "expiry": _expiry(sent, before.expiry),
        "amount_min_minor": _amount(sent.from_amount, money, "fromAmount"),
        "amount_max_minor": _amount(sent.to_amount, money, "toAmount"),
        "quantity_min": sent.quantity_from,
        "quantity_max": sent.quantity_to,
        "caps": _caps(sent, before.caps),
        "channels": read_channel(sent.channel, before.channels),
        "goods": _goods(sent, before.goods),
        "who": _who(sent, before.who),
    }
    if sent.minimum_amount_required_ind and given["amount_min_minor"] is None:
        raise BadField("fromAmount.amount", "minimumAmountRequiredInd asks for a least amount: send it")
    if sent.issuance_rule_status is not None:
        given["active"] = read_status(sent.issuance_rule_status, "issuanceRuleStatus")
    if sent.offer_description is not None:
        given["description"] = description(sent.offer_description, "offerDescription")
    return given


def _expiry(sent: IssuanceSent, before: str | None) -> str | None:
    """Never, after so many months, or as the merchant's policy says; a policy of another form stays where the two
    fields come back as they were shown.
    """
    never, months = bool(sent.points_never_expire_ind), sent.points_expiration_in_months
    if (never, months) == (before == NEVER, months_of(before)):
        return before
    if never:
        return NEVER
    return None if months is None else f"{months} months"


def _amount(sent: AmountSent | None, money: Currency, field: str) -> int | None:
    """Minor units of the merchant's currency, in which orders are compared; None where no amount is sent."""
    if sent is None or sent.amount is None:
        return None
    if sent.code is not None and read_currency(sent.code, field).code != money.code:
        raise BadField(f"{field}.currency.currencyCode", f"orders are compared in the merchant's own, {money.code}")
    return read_minor(sent.amount, money, field)


def _caps(sent: IssuanceSent, before: tuple[Cap, ...]) -> tuple[Cap, ...]:
    """The most points of one member in all and in a day, and how often in all; other periods stay as they are."""
    offer, day = cap_of(before, Period.EVER), cap_of(before, Period.DAY)
    sent_caps = sent.bonus_points_per_offer, sent.bonus_points_per_day
    for field, points in zip(("bonusPointsPerOffer", "bonusPointsPerDay"), sent_caps, strict=True):
        check_range(field, points, 1)
    per_offer, per_day = one_of_two(
        sent_caps, (offer.points, day.points), sent.bonus_points_radio_button, "bonusPointsRadioButton",
        (PER_OFFER, PER_DAY),
    )  # fmt: skip
    times = offer.times
    if (limit := sent.offer_redemption_limit) is not None:
        if limit.name not in (ONCE, UNLIMITED):
            raise BadField("offerRedemptionLimit.name", f"{limit.name[:40]!r} is neither {ONCE} nor {UNLIMITED}")
        times = 1 if limit.name == ONCE else None
    changed = {Period.EVER: Cap(per=Period.EVER, points=per_offer, times=times),
               Period.DAY: Cap(per=Period.DAY, points=per_day, times=day.times)}  # fmt: skip
    kept = {cap.per: cap for cap in before} | changed
    return tuple(cap for cap in kept.values() if cap.points is not None or cap.times is not None)


def _goods(sent: IssuanceSent, before: Goods) -> Goods:
    product = str(sent.product_id).strip() if sent.product_id is not None else None
    if (product or None) == product_of(before):
        return before
    return replace(before, products=frozenset({product} if product else ()))


def _who(sent: IssuanceSent, before: Who) -> Who:
    if sent.loyalty_tier_level is None:
        return before
    level = read_tier(sent.loyalty_tier_level)
    if level == tier_of(before):
        return before
    return replace(before, tiers=frozenset({level} if level else ()))


def _note(sent: IssuanceSent, before: Note, *, is_new: bool) -> Note:
    created_by = user_id(sent.created_user_id, "createdUserId")
    return Note(
        created_user_id=created_by if is_new else before.created_user_id,
        modified_user_id=user_id(sent.last_modified_user_id, "lastModifiedUserId"),
        minimum_amount_required=bool(sent.minimum_amount_required_ind),
        card_network=(sent.card_network_name or "").strip() or None,
        payments=read_payments(sent.channel),
    )
