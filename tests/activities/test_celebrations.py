"""Birthdays and anniversaries: on the merchant's day, once a year, whatever is changed meanwhile."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from guerdon.activities.celebrations import (
    KINDS,
    Celebration,
    Kind,
    celebrations_due,
    checked,
    days_celebrated,
    get_celebration,
    remove_celebration,
    set_celebration,
)
from guerdon.activities.report import Activity
from guerdon.errors.base import BadField
from tests.activities.test_report import rule
from tests.shop import Shop
from tests.street import Street, do

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def remember(shop: Shop, member_id: int, *day: int, kind: Kind = "birthday") -> None:
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await set_celebration(database, merchant_id, member_id, kind, Celebration(*day), shop.clock())


async def celebrate(shop: Shop, day: date, **more: Any) -> list[Activity]:
    """What a worker does on this day."""
    due = await celebrations_due(shop.engine.database, shop.merchant, day, **more)
    return [await do(shop, command) for command in due.commands]


async def test_a_birthday_earns_once_a_year_though_it_is_changed(shop: Shop):
    await rule(shop, name="birthday")
    member_id = await shop.member(ANA)
    await remember(shop, member_id, 3, 10, 1990)
    (first,) = await celebrate(shop, date(2026, 3, 10))
    assert (first.points, first.occurred_at) == (50, datetime(2026, 3, 10, tzinfo=UTC))
    assert await celebrate(shop, date(2026, 3, 10)) == [first]
    shop.clock.advance(days=1)
    await remember(shop, member_id, 3, 11)
    assert await celebrate(shop, date(2026, 3, 11)) == [first]
    assert await shop.balance(ANA) == (50, 0)
    shop.clock.advance(days=365)
    await celebrate(shop, date(2027, 3, 11))
    assert await shop.balance(ANA) == (100, 0)


async def test_each_merchant_celebrates_on_its_own_day(street: Street):
    shop = await street.shop(timezone="Pacific/Auckland")
    await rule(shop, name="birthday")
    await remember(shop, await shop.member(ANA), 3, 10)
    (activity,) = await celebrate(shop, date(2026, 3, 10))
    assert activity.occurred_at == datetime(2026, 3, 9, 11, tzinfo=UTC)


async def test_an_anniversary_begins_a_year_later(shop: Shop):
    await rule(shop, name="anniversary")
    await remember(shop, await shop.member(ANA), 3, 10, 2026, kind="anniversary")
    assert await celebrate(shop, date(2026, 3, 10)) == []
    shop.clock.advance(days=365)
    assert len(await celebrate(shop, date(2027, 3, 10))) == 1


async def test_without_a_rule_nobody_celebrates(shop: Shop):
    await rule(shop, name="anniversary")
    await remember(shop, await shop.member(ANA), 3, 10)
    assert await celebrate(shop, date(2026, 3, 10)) == []


async def test_pages_leave_nobody_out(shop: Shop):
    for kind in KINDS:
        await rule(shop, name=kind)
    for number in range(3):
        member_id = await shop.member(f"{number}@example.com")
        for kind in KINDS:
            await remember(shop, member_id, 3, 10, kind=kind)
    seen: list[str] = []
    after: tuple[int, str] | None = (0, "")
    while after is not None:
        due = await celebrations_due(shop.engine.database, shop.merchant, date(2026, 3, 10), after=after, count_max=2)
        seen += [command.activity_id for command in due.commands]
        after = due.reached
    assert len(set(seen)) == len(seen) == 6


@pytest.mark.parametrize(
    ("day", "celebrated"),
    [
        (date(2026, 2, 28), [(2, 28), (2, 29)]),
        (date(2028, 2, 28), [(2, 28)]),
        (date(2028, 2, 29), [(2, 29)]),
        (date(2026, 3, 1), [(3, 1)]),
        (date(2100, 2, 28), [(2, 28), (2, 29)]),
    ],
)
async def test_the_29th_of_february_is_never_left_out(day: date, celebrated: list[tuple[int, int]]):
    assert days_celebrated(day) == celebrated


async def test_a_day_that_there_is_not_is_refused():
    today = date(2026, 3, 10)
    assert checked(2, 29, None, today) == Celebration(2, 29)
    assert checked(2, 29, 2000, today) == Celebration(2, 29, 2000)
    for month, day, year in ((2, 30, None), (2, 29, 2001), (4, 31, None), (1, 1, 1899), (1, 1, 2027)):
        with pytest.raises(BadField):
            checked(month, day, year, today)


async def test_a_day_is_forgotten(shop: Shop):
    member_id, other_id = await shop.member(ANA), await shop.member(BEN)
    await remember(shop, member_id, 3, 10)
    await remember(shop, other_id, 3, 10)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await remove_celebration(database, merchant_id, member_id, "birthday")
    assert await get_celebration(database, merchant_id, member_id, "birthday") is None
    assert await get_celebration(database, merchant_id, other_id, "birthday") == Celebration(3, 10)
