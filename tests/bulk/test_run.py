"""Imports from file to books: what arrives, twice, killed, against other imports, and taken back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guerdon.bulk import check
from guerdon.bulk import run as bulk
from guerdon.bulk.batches import get_batch, list_batches
from guerdon.bulk.codes import find_imported_code
from guerdon.bulk.rows import Options
from guerdon.bulk.run import reconcile
from guerdon.earning.rules import list_rules as list_earning_rules
from guerdon.errors.books import MemberNotFound
from guerdon.errors.bulk import ImportDiffers, ImportUnproven, PointsSpent
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Policies
from guerdon.points.history import get_balances, list_entries
from guerdon.rewards.rules import list_rules
from tests.bulk.files import bring, look, nothing, take_back, written
from tests.shop import Shop, email
from tests.street import Street, contradictions, redeem, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
MEMBERS = (
    "email,phone,first_name,tags,tier_level,balance,earned,expires_at,birthday",
    'Ana@Example.com,+14155550100,Ana,"vip,early",2,120,300,2027-01-31,1990-02-28',
    "ben@example.com,,Ben,,,0,,,",
    "eve@example.com,,,,,50,,,12-24",
)


async def merchant_rows(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    rows = await shop.engine.database.fetch(query, shop.merchant.merchant_id)
    return [tuple(row) for row in rows]


async def test_members_arrive_with_everything_the_file_says(shop: Shop, tmp_path: Path):
    report = await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    assert (report.rows, report.members, report.points, report.booked, report.used) == (3, 3, 170, 170, 180)
    assert report.agrees
    ana = await find_member(shop.engine.database, shop.merchant.merchant_id, email(ANA))
    assert (ana.first_name, ana.tags, ana.tier_level, ana.identity("phone")) == (
        "Ana", ("vip", "early"), 2, "+14155550100",
    )  # fmt: skip
    found = await get_balances(shop.engine.database, shop.merchant.merchant_id, ana.member_id, shop.clock())
    assert (found.available, found.earned, found.redeemed) == (120, 300, 180)
    assert found.next_expiry_at == datetime(2027, 2, 1, tzinfo=UTC)
    assert await merchant_rows(shop, "SELECT birth_year, birth_month, birth_day FROM member WHERE merchant_id = $1"
                               " ORDER BY birth_day NULLS FIRST") == [
        (None, None, None), (None, 12, 24), (1990, 2, 28)]  # fmt: skip
    assert await merchant_rows(shop, "SELECT topic FROM event WHERE merchant_id = $1") == []
    assert await contradictions(shop) == []


async def test_the_same_file_twice_changes_nothing(shop: Shop, tmp_path: Path):
    path = written(tmp_path, "members.csv", *MEMBERS)
    first = await bring(shop, "members", path)
    again = await bring(shop, "members", path)
    assert (again.was_complete, again.batch_id, again.booked) == (True, first.batch_id, 170)
    assert await shop.balance(ANA) == (120, 0)


async def test_who_is_here_is_found_by_any_identity_and_changed(shop: Shop, tmp_path: Path):
    member_id = await shop.member(ANA, 30)
    report = await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    ana = await find_member(shop.engine.database, shop.merchant.merchant_id, email(ANA))
    assert (report.members, ana.member_id, ana.first_name, ana.identity("phone")) == (
        2, member_id, "Ana", "+14155550100",
    )  # fmt: skip
    assert await shop.balance(ANA) == (150, 0)
    assert await contradictions(shop) == []


async def test_an_account_that_is_opened_is_as_one_that_was_there(street: Street, tmp_path: Path):
    """New members' rows are written as lines, those of others are reckoned: nothing but their numbers may differ."""
    shop = await street.shop(policies=Policies(expiry="30 days inactive"))
    lines = ("120,300,,2027-01-31", "50,50,2025-05-05,", "7,,,never", "0,90,,", "-20,,2025-06-06,", "-5,40,,", "0,,,")
    old = [f"old{n}@example.com" for n in range(len(lines))]
    for address in old:
        await shop.member(address)
    header = "email,balance,earned,earned_at,expires_at"
    new = [f"new{n}@example.com" for n in range(len(lines))]
    rows = [f"{address},{line}" for some in (old, new) for address, line in zip(some, lines, strict=True)]
    assert (await bring(shop, "members", written(tmp_path, "members.csv", header, *rows))).agrees
    for table in ("account", "lot", "entry"):
        found = await merchant_rows(
            shop, f"SELECT value, (to_jsonb({table}) - '{{account_id,version,command_id}}'::text[])::text FROM identity"
            f" JOIN member_account USING (merchant_id, member_id) JOIN {table} USING (merchant_id, account_id)"
            " WHERE merchant_id = $1 ORDER BY 1, 2",
        )  # fmt: skip
        opened = [(value.removeprefix("new"), row) for value, row in found if value.startswith("new")]
        assert opened
        assert opened == [(value.removeprefix("old"), row) for value, row in found if value.startswith("old")]
    assert await contradictions(shop) == []


async def test_points_pay_a_debt_first(shop: Shop, tmp_path: Path):
    await shop.member(ANA, 10)
    await take(shop, ANA, 60)
    await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    assert await shop.balance(ANA) == (70, 0)
    assert await contradictions(shop) == []


async def test_lots_come_with_their_own_expiry(shop: Shop, tmp_path: Path):
    await shop.member(ANA)
    lots = written(tmp_path, "lots.csv", "email,points,earned_at,expires_at", f"{ANA},10,2026-01-01,2026-12-31",
                   f"{ANA},20,2025-06-01,never", f"{ANA},30,,2026-06-30T12:00:00+02:00")  # fmt: skip
    assert (await bring(shop, "lots", lots)).booked == 60
    assert await merchant_rows(
        shop, "SELECT points, earned_at, expires_at FROM lot WHERE merchant_id = $1 ORDER BY number"
    ) == [
        (10, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (20, datetime(2025, 6, 1, tzinfo=UTC), None),
        (30, shop.clock(), datetime(2026, 6, 30, 10, tzinfo=UTC)),
    ]
    assert await contradictions(shop) == []


async def test_points_without_a_date_live_as_the_merchant_says(street: Street, tmp_path: Path):
    shop = await street.shop(policies=Policies(expiry="30 days inactive"))
    await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    assert await merchant_rows(
        shop, "SELECT lot.rolling, idle_days IS NOT NULL FROM lot JOIN account USING (merchant_id, account_id)"
        " WHERE lot.merchant_id = $1 ORDER BY lot.points",
    ) == [(True, True), (False, False)]  # fmt: skip
    assert await contradictions(shop) == []


HISTORY = (
    "email,at,points,title",
    f"{ANA},2025-01-01,100,Order 1",
    f"{BEN},2025-01-02,40,Order 2",
    f"{ANA},2025-02-01,-30,$3 off",
    f"{ANA},2025-03-01,50,Order 3",
)


async def test_a_history_is_the_statement_and_sums_into_the_balance(shop: Shop, tmp_path: Path):
    await shop.member(ANA)
    await shop.member(BEN)
    report = await bring(shop, "history", written(tmp_path, "history.csv", *HISTORY))
    assert (report.points, report.booked, report.booked_used, report.agrees) == (160, 160, 30, True)
    ana = await find_member(shop.engine.database, shop.merchant.merchant_id, email(ANA))
    account = (
        await get_balances(shop.engine.database, shop.merchant.merchant_id, ana.member_id, shop.clock())
    ).account_id
    lines = await list_entries(shop.engine.database, shop.merchant.merchant_id, account)
    assert [(line.title, line.change) for line in lines] == [("Order 3", 50), ("$3 off", -30), ("Order 1", 100)]
    assert await contradictions(shop) == []


async def test_a_balance_after_a_history_adds_only_what_the_history_lacks(shop: Shop, tmp_path: Path):
    await shop.member(ANA)
    await shop.member(BEN)
    await bring(shop, "history", written(tmp_path, "history.csv", *HISTORY))
    report = await bring(shop, "members", written(tmp_path, "members.csv", "email,balance", f"{ANA},125", f"{BEN},40"))
    assert (report.points, report.booked, report.by_history, report.agrees) == (165, 5, 160, True)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((125, 0), (40, 0))
    assert await contradictions(shop) == []


async def test_points_are_not_brought_twice(shop: Shop, tmp_path: Path):
    await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    lots = written(tmp_path, "lots.csv", "email,points", f"{ANA},120", f"{BEN},7")
    report = await bring(shop, "lots", lots)
    assert [(bad.line, bad.reason.partition(":")[0]) for bad in report.bad] == [
        (2, f"import {(await list_batches(shop.engine.database, shop.merchant.merchant_id))[0].batch_id} brought this"
            " member's points already")
    ]  # fmt: skip
    assert report.batch_id is None
    assert await shop.balance(BEN) == (0, 0)
    assert (await bring(shop, "lots", lots, options=Options(add=True))).booked == 127
    assert await shop.balance(ANA) == (240, 0)
    assert await contradictions(shop) == []


async def test_profiles_without_points_leave_room_for_lots(shop: Shop, tmp_path: Path):
    await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS), points=False)
    lots = written(tmp_path, "lots.csv", "email,points", f"{ANA},120")
    assert (await bring(shop, "lots", lots)).booked == 120


async def test_nothing_is_written_while_rows_are_bad_unless_they_are_skipped(shop: Shop, tmp_path: Path):
    path = written(tmp_path, "members.csv", "email,balance", f"{ANA},10", "nobody,20", f"{BEN},30")
    report = await bring(shop, "members", path)
    assert ([bad.line for bad in report.bad], report.batch_id) == ([3], None)
    with pytest.raises(MemberNotFound):
        await find_member(shop.engine.database, shop.merchant.merchant_id, email(ANA))
    report = await bring(shop, "members", path, options=Options(skip_bad=True))
    assert ([bad.line for bad in report.bad], report.booked, report.agrees) == ([3], 40, True)


def crowd(folder: Path, count: int) -> Path:
    return written(folder, "crowd.csv", "email,balance", *(f"m{n}@example.com,{n}" for n in range(1, count + 1)))


async def test_a_killed_import_goes_on_after_its_last_commit(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(check, "CHUNK_ROWS", 4)
    path = crowd(tmp_path, 22)
    commit, reached = bulk.commit_chunk, asyncio.Event()

    async def stop_at_the_third(database: Any, importing: Any, number: int, rows: Sequence[Any]) -> None:
        if number == 3:
            reached.set()
            await asyncio.Event().wait()
        await commit(database, importing, number, rows)

    monkeypatch.setattr(bulk, "commit_chunk", stop_at_the_third)
    running = asyncio.create_task(bring(shop, "members", path))
    of = shop.engine.database, shop.merchant.merchant_id
    async with asyncio.timeout(120):
        await reached.wait()
        # The chunks before it may be under way still.
        while (await list_batches(*of))[0].rows_done < 8:
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (batch,) = await list_batches(*of)
    assert batch.state == "running"
    assert 8 <= batch.rows_done < 22
    assert await contradictions(shop) == []

    monkeypatch.setattr(bulk, "commit_chunk", commit)
    report = await bring(shop, "members", path)
    assert (report.batch_id, report.booked, report.members, report.agrees) == (batch.batch_id, 253, 22, True)
    assert await contradictions(shop) == []


async def test_an_import_goes_on_as_it_began(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = crowd(tmp_path, 3)

    async def fail(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(bulk, "commit_chunk", fail)
    with pytest.raises(ConnectionError):
        await bring(shop, "members", path)
    monkeypatch.undo()
    with pytest.raises(ImportDiffers):
        await bring(shop, "members", path, points=False)
    assert (await bring(shop, "members", path)).agrees


async def test_a_chunk_whose_accounts_do_not_add_up_is_not_written(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await shop.member(ANA, 5)
    await shop.engine.database.execute(
        "UPDATE account SET available = available + 1, issued = issued - 1 WHERE merchant_id = $1",
        shop.merchant.merchant_id,
    )
    with pytest.raises(ImportUnproven) as refused:
        await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    assert refused.value.accounts == 1
    with pytest.raises(MemberNotFound):
        await find_member(shop.engine.database, shop.merchant.merchant_id, email(BEN))


async def test_reconciling_finds_a_balance_that_was_tampered_with(shop: Shop, tmp_path: Path):
    report = await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    batch = await get_batch(database, merchant_id, report.batch_id or 0)
    await database.execute(
        "UPDATE account SET available = available - 1, issued = issued + 1 WHERE merchant_id = $1 AND available = 50",
        merchant_id,
    )
    assert (await reconcile(database, merchant_id, batch, nothing)).wrong_accounts == 1
    await database.execute("DELETE FROM entry WHERE merchant_id = $1 AND points = 50", merchant_id)
    again = await reconcile(database, merchant_id, batch, nothing)
    assert (again.points, again.booked, again.agrees) == (170, 120, False)


async def test_others_are_told_only_when_asked(shop: Shop, tmp_path: Path):
    path = written(tmp_path, "members.csv", *MEMBERS)
    await bring(shop, "members", path, options=Options(events=True))
    assert await merchant_rows(
        shop, "SELECT topic, (payload ->> 'points')::int FROM event WHERE merchant_id = $1 ORDER BY 2"
    ) == [("member.imported", 0), ("member.imported", 50), ("member.imported", 120)]


async def test_undoing_takes_back_points_and_the_members_nothing_else_happened_to(shop: Shop, tmp_path: Path):
    await shop.member(BEN, 7)
    path = written(tmp_path, "members.csv", *MEMBERS)
    report = await bring(shop, "members", path)
    await shop.give("eve@example.com", 1)
    undone = await take_back(shop, report.batch_id)
    assert (undone.erased, undone.kept, undone.spent) == (1, 1, [])
    with pytest.raises(MemberNotFound):
        await find_member(shop.engine.database, shop.merchant.merchant_id, email(ANA))
    assert (await shop.balance(BEN), await shop.balance("eve@example.com")) == ((7, 0), (1, 0))
    assert await merchant_rows(
        shop, "SELECT sum(available)::int, sum(redeemed)::int, sum(earned)::int FROM account WHERE merchant_id = $1"
    ) == [(8, 0, 8)]
    assert await contradictions(shop) == []
    assert (await take_back(shop, report.batch_id)).erased == 0
    anew = await bring(shop, "members", path)
    assert (anew.booked, anew.members, anew.agrees) == (170, 1, True)
    assert await contradictions(shop) == []


async def test_points_that_were_spent_stay_spent(shop: Shop, tmp_path: Path):
    rule = await shop.rule()
    report = await bring(shop, "members", written(tmp_path, "members.csv", *MEMBERS))
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    with pytest.raises(PointsSpent) as refused:
        await take_back(shop, report.batch_id)
    assert (refused.value.members, refused.value.points) == (1, 100)
    assert await shop.balance(ANA) == (20, 100)
    undone = await take_back(shop, report.batch_id, force=True)
    assert [one.points for one in undone.spent] == [100]
    assert (undone.erased, undone.kept) == (2, 1)
    assert await shop.balance(ANA) == (0, 100)
    assert await contradictions(shop) == []


async def test_lots_and_history_are_undone_to_the_point(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check, "CHUNK_ROWS", 2)
    await shop.member(ANA, 5)
    await shop.member(BEN)
    history = await bring(shop, "history", written(tmp_path, "history.csv", *HISTORY))
    lots = await bring(shop, "lots", written(tmp_path, "lots.csv", "email,points", *[f"{ANA},9"] * 5),
                       options=Options(add=True))  # fmt: skip
    assert await shop.balance(ANA) == (170, 0)
    await take_back(shop, lots.batch_id)
    assert await shop.balance(ANA) == (125, 0)
    await take_back(shop, history.batch_id)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((5, 0), (0, 0))
    assert await merchant_rows(
        shop, "SELECT sum(earned)::int, sum(redeemed)::int FROM account WHERE merchant_id = $1"
    ) == [(5, 0)]
    assert await contradictions(shop) == []


async def test_codes_are_found_and_never_given_out_again(shop: Shop, tmp_path: Path):
    member_id = await shop.member(ANA)
    path = written(
        tmp_path, "codes.csv", "code,state,email,order_id,at", f"old-1,used,{ANA},O-9,2025-05-05", "OLD-2,,,,"
    )
    report = await bring(shop, "codes", path)
    assert (report.rows, report.agrees) == (2, True)
    found = await find_imported_code(shop.engine.database, shop.merchant.merchant_id, "Old-1")
    assert found is not None
    assert (found.state, found.order_id, found.member_id, found.at) == (
        "used", "O-9", member_id, datetime(2025, 5, 5, tzinfo=UTC),
    )  # fmt: skip
    twice = written(tmp_path, "more.csv", "code", "OLD-2", "new", "NEW")
    assert [(bad.line, bad.reason) for bad in (await look(shop, "codes", twice)).bad] == [
        (2, "it is here already"), (4, "line 3 has it already"),
    ]  # fmt: skip
    assert await contradictions(shop) == []
    await take_back(shop, report.batch_id)
    assert await find_imported_code(shop.engine.database, shop.merchant.merchant_id, "OLD-1") is None


async def test_rules_come_as_documents_and_are_switched_off_again(shop: Shop, tmp_path: Path):
    path = written(tmp_path, "rules.ndjson", '{"points": 100, "currency": "USD", "amount_minor": 500, "name": "Five"}',
                   '{"points": 0, "currency": "USD"}', '{"pints": 1}')  # fmt: skip
    report = await bring(shop, "redemption-rules", path, options=Options(skip_bad=True))
    assert [(bad.line, bad.column) for bad in report.bad] == [(2, "points"), (3, "pints")]
    (rule,) = await list_rules(shop.engine.database, shop.merchant.merchant_id)
    assert (rule.terms.name, rule.terms.active) == ("Five", True)
    await take_back(shop, report.batch_id)
    (rule,) = await list_rules(shop.engine.database, shop.merchant.merchant_id)
    assert (rule.version, rule.terms.active) == (2, False)


async def test_earning_rules_come_too(shop: Shop, tmp_path: Path):
    path = written(
        tmp_path, "earning.ndjson", '{"name": "Joined", "trigger": "sign_up", "earns": {"kind": "flat", "points": 50}}'
    )
    report = await bring(shop, "earning-rules", path)
    assert report.bad == []
    assert len(await list_earning_rules(shop.engine.database, shop.merchant.merchant_id)) == 1
    await take_back(shop, report.batch_id)
    (rule,) = await list_earning_rules(shop.engine.database, shop.merchant.merchant_id)
    assert not rule.terms.active
