"""A new policy leaves points as they were earned, unless a change that was previewed and logged moves them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guerdon.errors.base import BadField
from guerdon.merchants.expiry_change import apply, preview
from guerdon.merchants.merchants import get_merchant
from guerdon.points.command import Key
from guerdon.points.desk import Desk
from tests.shop import START, Shop
from tests.street import contradictions, redeem
from tests.worker.hands import ANA, BEN, choose, earn, jobs_desk, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def dates(shop: Shop) -> list[tuple[int, datetime | None, bool]]:
    """The lots of the shop that have points: how many, until when, and whether they lapse."""
    rows = await shop.engine.database.fetch(
        "SELECT points, expires_at, rolling FROM lot WHERE merchant_id = $1 AND available + held > 0"
        " ORDER BY account_id, number",
        shop.merchant.merchant_id,
    )
    return [tuple(row) for row in rows]


def midnight(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


async def change(shop: Shop, after: str, desk: Any = None, **more: Any) -> Any:
    """Apply a change of the shop's policy."""
    given: dict[str, Any] = {"actor": "test", "now": shop.clock(), **more}
    return await apply(shop.engine.database, desk or shop.engine.desk, shop.merchant, after, **given)


async def test_a_change_of_policy_leaves_lots_as_they_were_earned(shop: Shop):
    await choose(shop, expiry="30 days")
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    await choose(shop, expiry="5 days")
    await earn(shop, ANA, 50)
    shop.clock.advance(days=10)
    await night(shop)
    assert await dates(shop) == [(100, midnight(4, 10), False)]


async def test_a_change_is_previewed_and_moves_what_lives_by_the_policy_before(shop: Shop):
    await choose(shop, expiry="30 days")
    rule = await shop.rule()
    for address in (ANA, BEN):
        await shop.member(address)
        await earn(shop, address, 100)
    await earn(shop, ANA, 7, expiry="20 days")
    await shop.give(ANA, 9, expires_at=midnight(6, 1))
    await redeem(shop, BEN, rule.rule_id, delayed=True)
    shop.clock.advance(days=12)
    await earn(shop, BEN, 40)

    found = await preview(shop.engine.database, shop.merchant, "10 days", now=shop.clock())
    assert (found.lots, found.points, found.accounts) == (3, 240, 2)
    assert (found.lots_over, found.points_over, found.lots_kept) == (2, 200, 2)
    assert (await dates(shop))[0][1] == midnight(4, 10), "a preview moves nothing"

    done = await change(shop, "10 days")
    assert (done.before, done.after, done.lots, done.points) == ("30 days", "10 days", 3, 240)
    assert await dates(shop) == [
        (100, midnight(3, 21), False), (7, midnight(3, 31), False), (9, midnight(6, 1), False),
        (100, midnight(3, 21), False), (40, midnight(4, 2), False),
    ]  # fmt: skip
    assert (await get_merchant(shop.engine.database, shop.merchant.merchant_id)).policies.expiry == "10 days"
    await night(shop)
    assert await shop.balance(ANA) == (16, 0)
    assert await shop.balance(BEN) == (40, 100), "what is held waits"
    assert await contradictions(shop) == []


async def test_points_that_will_lapse_when_idle_count_from_the_change(shop: Shop):
    await choose(shop, expiry="12 months")
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    shop.clock.advance(days=200)
    await change(shop, "30 days inactive")
    shop.clock.advance(days=30)
    await night(shop)
    assert await shop.balance(ANA) == (100, 0)
    shop.clock.advance(days=1)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)


async def test_what_is_over_does_not_come_back_to_life(shop: Shop):
    await choose(shop, expiry="10 days")
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    shop.clock.advance(days=11)
    assert (await change(shop, "12 months")).lots == 0
    assert await shop.balance(ANA) == (0, 0)


class Dies:
    """A desk that is gone after it has committed, before anybody could note it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def submit(self, command: Any, *, actor: str, key: Key | None = None) -> Any:
        """Commit, and die."""
        await self._desk.submit(command, actor=actor, key=key)
        raise ConnectionResetError


async def test_a_change_that_was_interrupted_goes_on_and_counts_once(shop: Shop):
    await choose(shop, expiry="10 days")
    for number in range(5):
        await shop.member(f"{number}@example.com")
        await earn(shop, f"{number}@example.com", 10)
    async with jobs_desk(shop) as desk:
        with pytest.raises(ConnectionResetError):
            await change(shop, "20 days", Dies(desk))
    with pytest.raises(BadField):
        await change(shop, "40 days")
    done = await change(shop, "20 days", now=START + timedelta(days=1))
    assert (done.lots, done.points) == (5, 50)
    assert {until for _, until, _ in await dates(shop)} == {midnight(3, 31)}
    row = await shop.engine.database.fetchrow(
        "SELECT before, after, lots, points, actor, finished_at FROM expiry_change WHERE merchant_id = $1",
        shop.merchant.merchant_id,
    )
    assert row is not None
    assert tuple(row) == ("10 days", "20 days", 5, 50, "test", START + timedelta(days=1))


async def test_a_change_to_the_same_policy_is_refused(shop: Shop):
    with pytest.raises(BadField):
        await change(shop, "never")
    with pytest.raises(BadField):
        await preview(shop.engine.database, shop.merchant, "sometimes", now=shop.clock())
