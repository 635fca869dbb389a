"""The sums by day are what the entries come to: whatever the order in which those come, and however often one looks."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from guerdon.kit.columns import columns
from guerdon.points.totals import NEVER
from guerdon.reports.audit import audit_sums
from guerdon.reports.period import Period
from guerdon.reports.points import Move, Numbers
from guerdon.reports.roll_up import roll_up, roll_up_all, tail_of
from guerdon.reports.tally import QUICK_MS, counted, keep_count
from tests.shop import START, Shop
from tests.street import Street, cancel, redeem
from tests.worker.hands import night

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOVES = (
    ("issued", "available"), ("issued", "pending"), ("pending", "available"), ("available", "held"),
    ("held", "redeemed"), ("available", "redeemed"), ("redeemed", "available"), ("available", "expired"),
    ("available", "reversed"), ("held", "available"),
)  # fmt: skip
OWNED = ("available", "held")
FIRST_DAY = date(2026, 1, 1)


moments = st.integers(0, 80).map(lambda day: datetime(2026, 1, 1, 23, 30, tzinfo=UTC) + timedelta(days=day))
entry = st.tuples(st.integers(0, 3), st.sampled_from(MOVES), st.integers(1, 1000), moments)
"""Of which account, from where to where, how many points, when it happened."""
look = st.sampled_from(["roll", "late", "all", "none"])
"""What happens after: a look, a look that the change escapes for its time, the night, nothing."""
histories = st.lists(st.tuples(st.lists(entry, max_size=6), look), max_size=6)


Row = tuple[int, Move, int, datetime]


async def write(shop: Shop, known: dict[int, tuple[int, int]], rows: list[Row], *, minutes_ago: int) -> None:
    """Entries as a desk commits them, though without a balance that would allow them: sums ask for none."""
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    at = shop.clock() - timedelta(minutes=minutes_ago)
    entries: list[tuple[Any, ...]] = []
    for account, (source, target), points, happened in rows:
        number, count = known.get(account) or (await database.fetchval("SELECT nextval('account_sequence')"), 0)
        known[account] = number, count + 1
        entries.append((number, count + 1, source, target, points, happened))
    touched = [known[account] for account in {row[0] for row in rows}]
    await database.execute(
        """
        INSERT INTO account (merchant_id, account_id, unit, issued, pending, available, held, redeemed, expired,
                             reversed, moved, earned, entries, version, updated_at)
        SELECT $1, account_id, 'points', 0, 0, 0, 0, 0, 0, 0, 0, 0, entries, 0, $4
          FROM unnest($2::bigint[], $3::bigint[]) AS new (account_id, entries)
            ON CONFLICT (merchant_id, account_id) DO UPDATE SET entries = excluded.entries, updated_at = $4
        """,
        merchant_id, *columns(touched, 2), at,
    )  # fmt: skip
    await database.execute(
        """
        INSERT INTO entry
        SELECT $1, account_id, number, source, target, points, 0, 0, '{}', '{}', true, 'test', '', NULL, true, '',
               gen_random_uuid(), happened, $8
          FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[])
               AS new (account_id, number, source, target, points, happened)
        """,
        merchant_id, *columns(entries, 6), at,
    )  # fmt: skip


def active_days(shop: Shop, rows: list[Row]) -> dict[int, set[date]]:
    """On which days each account was active, as one would count by hand."""
    days: dict[int, set[date]] = {}
    for account, (source, target), _, happened in rows:
        if source == "issued" or (source == "available" and target in ("held", "redeemed")):
            days.setdefault(account, set()).add(shop.merchant.day(happened))
    return days


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, days_asked=st.tuples(st.integers(0, 80), st.integers(0, 40)))
async def test_the_sums_are_those_of_all_entries(
    street: Street, history: list[tuple[list[Row], str]], days_asked: tuple[int, int]
):
    shop = await street.shop(timezone="Europe/Berlin")
    known: dict[int, tuple[int, int]] = {}
    all_rows: list[Row] = []
    for rows, what in history:
        await write(shop, known, rows, minutes_ago=60 if what == "late" else 0)
        all_rows += rows
        if what in ("roll", "late"):
            await roll_up(shop.engine.database, shop.merchant, shop.clock(), 2)
        if what == "all":
            await roll_up_all(shop.engine.database, shop.merchant, 0, 1000)
        shop.clock.advance(minutes=1)
    # What a look has missed for its time, the night finds.
    await roll_up_all(shop.engine.database, shop.merchant, 0, 1000)
    assert await audit_sums(shop.engine.database, shop.merchant) == []

    since = FIRST_DAY + timedelta(days=days_asked[0])
    asked = Period(since, since + timedelta(days=days_asked[1]))
    days = active_days(shop, all_rows)
    months = Counter(month for mine in days.values() for month in {day.replace(day=1) for day in mine})
    async with Numbers.of(shop.engine.database, shop.merchant, shop.clock()) as numbers:
        report, course = await numbers.points(asked, "week"), await numbers.course(asked, "week")
        assert await numbers.active(asked) == sum(any(asked.has(day) for day in mine) for mine in days.values())
        cohorts = await numbers.cohorts(date.min)
    at_end = [row for row in all_rows if shop.merchant.day(row[3]) <= asked.until]
    inside = [row for row in at_end if shop.merchant.day(row[3]) >= asked.since]
    earlier = [row for row in at_end if asked.before.has(shop.merchant.day(row[3]))]
    assert (report.total.entries, course.before.entries, course.ever.entries) == (
        len(inside), len(earlier), len(all_rows),
    )  # fmt: skip
    assert report.total.earned == sum(points for _, (source, _), points, _ in inside if source == "issued")
    assert report.outstanding == sum(
        points * ((target in OWNED) - (source in OWNED)) for _, (source, target), points, _ in at_end
    )
    assert Counter({month: sum(one.accounts for one in cohorts if one.active == month) for month in months}) == months


async def told(shop: Shop) -> tuple[Any, ...]:
    """What reports tell of today."""
    day = shop.merchant.day(shop.clock())
    today = Period(day, day)
    async with Numbers.of(shop.engine.database, shop.merchant, shop.clock()) as numbers:
        return await numbers.points(today, "day"), await numbers.rewards(today), await numbers.active(today)


async def test_what_is_in_no_sum_yet_is_read_live(shop: Shop):
    await shop.member("ana@example.com", 500)
    rule = await shop.rule()
    assert (await told(shop))[0].outstanding == 500
    assert await roll_up(shop.engine.database, shop.merchant, shop.clock(), 100) == 1
    await redeem(shop, "ana@example.com", rule.rule_id, 200)
    report, rewards, active = live = await told(shop)
    assert (report.total.earned, report.total.redeemed, report.outstanding, active) == (500, 200, 300, 1)
    assert [(one.rule_id, one.points, one.value_minor) for one in rewards] == [(rule.rule_id, 200, 1000)]
    await roll_up(shop.engine.database, shop.merchant, shop.clock(), 100)
    assert await tail_of(shop.engine.database, shop.merchant) == ([], [], [], [])
    assert await told(shop) == live


async def test_what_is_added_while_one_reads_is_not_seen_twice(shop: Shop):
    await shop.member("ana@example.com", 500)
    day = shop.merchant.day(shop.clock())
    async with Numbers.of(shop.engine.database, shop.merchant, shop.clock()) as numbers:
        await roll_up(shop.engine.database, shop.merchant, shop.clock(), 100)
        assert (await numbers.points(Period(day, day), "day")).outstanding == 500


async def test_what_came_back_is_not_redeemed(shop: Shop):
    await shop.member("ana@example.com", 500)
    rule = await shop.rule()
    redeemed = await redeem(shop, "ana@example.com", rule.rule_id, 200)
    await cancel(shop, redeemed.redemption_id)
    report = (await told(shop))[0]
    assert (report.total.redeemed, report.outstanding) == (0, 500)


async def test_two_who_add_at_once_add_once(shop: Shop):
    for number in range(6):
        await shop.member(f"m{number}@example.com", 100)
    of = shop.engine.database, shop.merchant, shop.clock()
    added = await asyncio.gather(*(roll_up(*of, 3) for _ in range(5)))
    assert sum(added) == 6
    assert await audit_sums(shop.engine.database, shop.merchant) == []


async def test_the_worker_keeps_the_sums(shop: Shop):
    await shop.member("ana@example.com", 500)
    await night(shop)
    async with Numbers.of(shop.engine.database, shop.merchant, shop.clock()) as numbers:
        assert numbers.tail.moved == []
        day = START.date()
        assert (await numbers.points(Period(day, day), "day")).total.earned == 500


@pytest.mark.parametrize(
    ("check", "ruin"),
    [
        ("wrong_points_days", "UPDATE points_day SET points = points + 1 WHERE merchant_id = $1 AND source = 'issued'"),
        ("wrong_points_days", "DELETE FROM points_day WHERE merchant_id = $1"),
        ("wrong_reward_days", "UPDATE reward_day SET value_minor = 0 WHERE merchant_id = $1"),
        ("wrong_active_days", "UPDATE active_gap SET accounts = accounts + 1 WHERE merchant_id = $1"),
        ("wrong_cohorts", "DELETE FROM active_cohort WHERE merchant_id = $1"),
        ("wrong_points_days", "UPDATE rolled_account SET entries = 1 WHERE merchant_id = $1"),
    ],
)
async def test_the_proof_finds_what_was_not_added_right(shop: Shop, check: str, ruin: str):
    await shop.member("ana@example.com", 500)
    await redeem(shop, "ana@example.com", (await shop.rule()).rule_id, 200)
    await roll_up(shop.engine.database, shop.merchant, shop.clock(), 100)
    assert await audit_sums(shop.engine.database, shop.merchant) == []
    await shop.engine.database.execute(ruin, shop.merchant.merchant_id)
    assert check in {finding.check for finding in await audit_sums(shop.engine.database, shop.merchant)}


async def test_what_takes_long_to_count_is_counted_beforehand(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("guerdon.reports.tally.QUICK_MS", QUICK_MS)
    database, merchant = shop.engine.database, shop.merchant
    await shop.member("ana@example.com", 500)
    await keep_count(database, merchant, shop.clock())
    await database.execute("UPDATE tally SET took_ms = $2 WHERE merchant_id = $1", merchant.merchant_id, QUICK_MS - 1)
    await shop.member("ben@example.com")
    quick = await counted(database, merchant, shop.clock())
    assert (quick.members, quick.expiring[0].month, quick.expiring[0].points) == (2, NEVER, 500)
    await database.execute("UPDATE tally SET took_ms = $2 WHERE merchant_id = $1", merchant.merchant_id, QUICK_MS)
    assert (await counted(database, merchant, shop.clock())).members == 1
    shop.clock.advance(seconds=5)
    await night(shop, jobs=())
    await database.execute("UPDATE tally SET took_ms = $2 WHERE merchant_id = $1", merchant.merchant_id, QUICK_MS)
    assert (await counted(database, merchant, shop.clock())).members == 2
