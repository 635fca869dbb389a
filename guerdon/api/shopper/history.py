"""`/shopper/v1/history`: what happened to a member's points, as far as members see it."""

from datetime import datetime
from typing import Literal

import msgspec

from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.wire import Incoming
from guerdon.points.history import Line, get_balances, list_entries
from guerdon.points.search import Place
from guerdon.rewards.redemptions import codes_of

ORDER, REDEMPTION = "order:", "redemption:"


class HistoryAsked(ListAsked, kw_only=True):
    """Which page of it."""


class HistoryLine(msgspec.Struct, frozen=True):
    """A change of what the member has. `points` are signed, `reason` is such as `order`, `redemption` or `expiry`, and
    `title` is what the merchant calls it, where it has a name. `code` is that of the coupon.
    """

    object: Literal["history_line"]
    points: int
    reason: str
    title: str | None
    order: str | None
    code: str | None
    at: datetime


async def find(engine: Engine, shopper: Shopper, params: HistoryAsked, incoming: Incoming) -> Page[HistoryLine]:
    """The member's history, newest first. What is only set aside, or set free again, is no change."""
    merchant_id, member = shopper.caller.merchant.merchant_id, await shopper.member(engine)
    balances = await get_balances(engine.database, merchant_id, member.member_id, engine.clock())
    lines = await list_entries(
        engine.database, merchant_id, balances.account_id, before=after(params, Place), count_max=params.limit + 1,
        visible_only=True,
    )  # fmt: skip
    ids = {number for line in lines if (number := _redemption(line)) is not None}
    codes = await codes_of(engine.database, merchant_id, ids)
    shown = page(incoming, params, lines, lambda line: line.place, lambda line: _line(line, codes))
    shown.data = [line for line in shown.data if line.points]
    return shown


def _line(line: Line, codes: dict[int, str]) -> HistoryLine:
    number = _redemption(line)
    return HistoryLine(
        "history_line", line.change, line.reason, line.title,
        line.subject.removeprefix(ORDER) if line.subject.startswith(ORDER) else None,
        None if number is None or line.change > 0 else codes.get(number), line.occurred_at,
    )  # fmt: skip


def _redemption(line: Line) -> int | None:
    """Which redemption it is about, if it is about one."""
    number = line.subject.removeprefix(REDEMPTION)
    return int(number) if line.subject.startswith(REDEMPTION) and number.isdigit() else None
