"""A customer's history as the storefront contract shows it: what changed their balance or will, and what it bought."""

from datetime import datetime

import msgspec

from guerdon.api.storefront.contract import stamp
from guerdon.api.storefront.options import OptionAnswer, option_or_none
from guerdon.database.pool import Database, Queries
from guerdon.kit.calendar import local_day
from guerdon.merchants.merchant import Merchant
from guerdon.points.history import Line, get_balances, list_entries, list_pending
from guerdon.rewards.redemption import State
from guerdon.rewards.redemptions import Redeemed, codes_of, list_redemptions
from guerdon.rewards.rule import Channel
from guerdon.rewards.rules import list_rules

ITEMS_MAX = 1000
REDEMPTIONS_MAX = 100

REDEMPTION = "redemption:"
ORDER = "order:"

TITLES = {
    "adjustment": "Points Adjusted",
    "redemption": "Points Redeemed",
    "capture": "Points Redeemed",
    "cancellation": "Redemption Cancelled",
    "expiry": "Points Expired",
}


class HistoryItem(msgspec.Struct):
    """One line. `points` are signed; `status` is Approved, Pending, Reversed, or the coupon code of a redemption.

    Points that are pending are not in the balance yet, and have no `completed_at`.
    """

    created_at: str
    completed_at: str | None
    date: str
    action: str
    points: int
    credits: None
    status: str
    action_name: str
    order_ids: list[str]


class PointRedemption(msgspec.Struct):
    """A redemption; `amount` is in points. It is `visible` unless it was cancelled, or expired unused."""

    id: int
    amount: int
    at_checkout: bool
    created_at: str
    currency: str
    customer_id: int
    external_url: None
    is_pos: bool
    perk_id: None
    redemption_option: OptionAnswer | None
    reward_text: str
    visible: bool


class Purchase(msgspec.Struct):
    """An order that used a coupon."""

    code: str
    order_id: str
    point_redemption_id: int
    redemption_option_id: int


async def history_items(database: Queries, merchant: Merchant, member_id: int, now: datetime) -> list[HistoryItem]:
    """The visible lines, newest first. Points that are only set aside for an order are shown once it takes them."""
    balances = await get_balances(database, merchant.merchant_id, member_id, now)
    of = database, merchant.merchant_id, balances.account_id
    lines = await list_entries(*of, count_max=ITEMS_MAX, visible_only=True)
    waiting = await list_pending(*of, count_max=ITEMS_MAX, visible_only=True)
    shown = [line for line in lines if line.change]
    ids = {number for line in shown if (number := _redemption_id(line)) is not None}
    codes = await codes_of(database, merchant.merchant_id, ids)
    items = [(line.place, _item(line, merchant, line.change, _status(line, codes))) for line in shown]
    items += [(line.place, _item(line, merchant, line.points, "Pending")) for line in waiting]
    return [item for _, item in sorted(items, key=lambda placed: placed[0], reverse=True)][:ITEMS_MAX]


async def redeemed_by(
    database: Database, merchant: Merchant, member_id: int
) -> tuple[list[PointRedemption], list[Purchase]]:
    """What a customer has redeemed, newest first, and the orders that used it."""
    redemptions = await list_redemptions(database, merchant.merchant_id, member_id, count_max=REDEMPTIONS_MAX)
    rules = await list_rules(database, merchant.merchant_id) if redemptions else []
    options = {rule.rule_id: option_or_none(rule, merchant, merchant.currency) for rule in rules}
    purchases = [Purchase(one.code, one.used_by, one.redemption_id, one.rule_id) for one in redemptions if one.used_by]
    return [_redemption(one, member_id, options.get(one.rule_id)) for one in redemptions], purchases


def _redemption(redeemed: Redeemed, member_id: int, option: OptionAnswer | None) -> PointRedemption:
    return PointRedemption(
        id=redeemed.redemption_id,
        amount=redeemed.points,
        at_checkout=redeemed.delayed,
        created_at=stamp(redeemed.created_at),
        currency=redeemed.currency,
        customer_id=member_id,
        external_url=None,
        is_pos=redeemed.channel == Channel.OFFLINE,
        perk_id=None,
        redemption_option=option,
        reward_text=redeemed.code,
        visible=redeemed.state not in (State.CANCELLED, State.EXPIRED),
    )


def _item(line: Line, merchant: Merchant, points: int, status: str) -> HistoryItem:
    return HistoryItem(
        created_at=stamp(line.recorded_at),
        completed_at=None if status == "Pending" else stamp(line.occurred_at),
        date=local_day(line.occurred_at, merchant.timezone).isoformat(),
        action=line.title or TITLES.get(line.reason, line.reason.replace("_", " ").title()),
        points=points,
        credits=None,
        status=status,
        action_name=line.reason,
        order_ids=[line.subject.removeprefix(ORDER)] if line.subject.startswith(ORDER) else [],
    )


def _status(line: Line, codes: dict[int, str]) -> str:
    number = _redemption_id(line)
    if line.target == "redeemed" and number is not None:
        return codes[number]
    return "Reversed" if line.source == "redeemed" or line.target == "reversed" else "Approved"


def _redemption_id(line: Line) -> int | None:
    return int(line.subject.removeprefix(REDEMPTION)) if line.subject.startswith(REDEMPTION) else None
