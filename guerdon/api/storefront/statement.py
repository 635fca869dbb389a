"""A customer's history as the storefront contract shows it: what changed their balance, newest first."""

from datetime import datetime

import msgspec

from guerdon.api.storefront.contract import stamp
from guerdon.database.pool import Queries
from guerdon.kit.calendar import local_day
from guerdon.merchants.merchant import Merchant
from guerdon.points.history import Line, get_balances, list_entries
from guerdon.rewards.redemptions import codes_of

ITEMS_MAX = 1000

REDEMPTION = "redemption:"

TITLES = {
    "adjustment": "Points Adjusted",
    "redemption": "Points Redeemed",
    "capture": "Points Redeemed",
    "cancellation": "Redemption Cancelled",
    "expiry": "Points Expired",
}


class HistoryItem(msgspec.Struct):
    """One line. `points` are signed; `status` is Approved, Reversed, or the coupon code of a redemption."""

    created_at: str
    completed_at: str
    date: str
    action: str
    points: int
    credits: None
    status: str


async def history_items(database: Queries, merchant: Merchant, member_id: int, now: datetime) -> list[HistoryItem]:
    """The visible lines, newest first. Points that are only set aside for an order are shown once it takes them."""
    balances = await get_balances(database, merchant.merchant_id, member_id, now)
    lines = await list_entries(
        database, merchant.merchant_id, balances.account_id, count_max=ITEMS_MAX, visible_only=True
    )
    shown = [line for line in lines if line.change]
    ids = {number for line in shown if (number := _redemption_id(line)) is not None}
    codes = await codes_of(database, merchant.merchant_id, ids)
    return [_item(line, merchant, codes) for line in shown]


def _item(line: Line, merchant: Merchant, codes: dict[int, str]) -> HistoryItem:
    return HistoryItem(
        created_at=stamp(line.recorded_at),
        completed_at=stamp(line.occurred_at),
        date=local_day(line.occurred_at, merchant.timezone).isoformat(),
        action=line.title or TITLES.get(line.reason, line.reason.replace("_", " ").title()),
        points=line.change,
        credits=None,
        status=_status(line, codes),
    )


def _status(line: Line, codes: dict[int, str]) -> str:
    number = _redemption_id(line)
    if line.target == "redeemed" and number is not None:
        return codes[number]
    return "Reversed" if line.source == "redeemed" or line.target == "reversed" else "Approved"


def _redemption_id(line: Line) -> int | None:
    return int(line.subject.removeprefix(REDEMPTION)) if line.subject.startswith(REDEMPTION) else None
