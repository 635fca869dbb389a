"""Debts that come in, members whom one row finds twice, and a role that may leave no reference unchecked."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from guerdon.bulk.export import export
from guerdon.bulk.rows import Options
from guerdon.database.pool import Database
from tests.bulk.files import bring, look, nothing, take_back, written
from tests.shop import Shop
from tests.street import Street, contradictions, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
MEMBERS = ("email,balance,earned", f"{ANA},120,300", f"{BEN},0,", "eve@example.com,50,")


async def balances_of(shop: Shop) -> list[tuple[Any, ...]]:
    rows = await shop.engine.database.fetch(
        "SELECT available::int, reversed::int, earned::int, redeemed::int FROM account WHERE merchant_id = $1"
        " ORDER BY available, earned", shop.merchant.merchant_id,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def test_a_debt_comes_in_is_paid_by_points_and_written_out_again(shop: Shop, tmp_path: Path):
    path = written(tmp_path, "members.csv", "email,balance,earned", f"{ANA},-50,100", f"{BEN},20,")
    report = await bring(shop, "members", path)
    assert (report.points, report.booked, report.used, report.agrees) == (-30, -30, 100, True)
    assert await balances_of(shop) == [(-50, 50, 100, 100), (20, 0, 20, 0)]
    assert await contradictions(shop) == []
    output = io.StringIO()
    await export(
        shop.engine.database, shop.merchant.merchant_id, "members", output, format="ndjson", now=shop.clock(),
        on_progress=nothing,
    )  # fmt: skip
    assert '"balance":-50,"earned":100' in output.getvalue().replace('"expires_at":"never",', "")
    await shop.give(ANA, 80)
    assert await shop.balance(ANA) == (30, 0)
    assert await contradictions(shop) == []


async def test_a_debt_is_undone_as_far_as_it_is_owed(shop: Shop, tmp_path: Path):
    lines = ("email,balance", f"{ANA},-50", f"{BEN},-50", "eve@example.com,-50")
    report = await bring(shop, "members", written(tmp_path, "members.csv", *lines))
    await shop.give(BEN, 20)
    await shop.give("eve@example.com", 70)
    undone = await take_back(shop, report.batch_id)
    assert (undone.erased, undone.kept) == (1, 2)
    assert await balances_of(shop) == [(0, 0, 0, 0), (0, 20, 20, 0), (20, 50, 70, 0)]
    assert await contradictions(shop) == []


async def test_a_debt_is_of_whoever_has_nothing_here_to_pay_it(shop: Shop, tmp_path: Path):
    await shop.member(ANA, 30)
    await shop.member(BEN)
    await take(shop, BEN, 10)
    both = written(tmp_path, "both.csv", "email,phone,balance", f"{ANA},,-5", f"{BEN},,-7", "eve@example.com,,-1")
    report = await look(shop, "members", both)
    assert [(bad.line, bad.column) for bad in report.bad] == [(2, "balance")]
    assert (await bring(shop, "members", both, options=Options(skip_bad=True))).agrees
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((30, 0), (-17, 0))
    cy = await shop.member("cy@example.com")
    await shop.engine.database.execute(
        "INSERT INTO identity VALUES ($1, 'card', '7', $2)", shop.merchant.merchant_id, cy
    )
    twice = written(tmp_path, "twice.csv", "email,card,balance", "cy@example.com,,-5", ",7,9")
    assert [bad.line for bad in (await look(shop, "members", twice)).bad] == [3]
    assert await contradictions(shop) == []


async def test_a_row_whose_identities_find_two_members_is_bad_and_names_both_kinds(shop: Shop, tmp_path: Path):
    await shop.member(ANA)
    ben = await shop.member(BEN)
    await shop.engine.database.execute(
        "INSERT INTO identity VALUES ($1, 'phone', '+14155550100', $2)", shop.merchant.merchant_id, ben
    )
    path = written(tmp_path, "members.csv", "email,phone,balance", f"{ANA},+14155550100,5", f"{BEN},,6")
    report = await bring(shop, "members", path)
    assert [(bad.line, bad.column) for bad in report.bad] == [(2, "phone")]
    assert ("email" in report.bad[0].reason, "phone" in report.bad[0].reason) == (True, True)
    assert (await bring(shop, "members", path, options=Options(skip_bad=True))).booked == 6
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((0, 0), (6, 0))


async def test_a_role_that_may_not_leave_references_unchecked_imports_the_same(
    street: Street, shop: Shop, tmp_path: Path
):
    role = f"plain_{shop.merchant.merchant_id}"
    owner = shop.engine.database
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'plain'")
    await owner.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    await owner.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
    parts = urlsplit(street.dsn)
    dsn = parts._replace(netloc=f"{role}:plain@{parts.netloc.rpartition('@')[2]}").geturl()
    database = await Database.open(dsn, size_max=3)
    try:
        assert not await database.fetchval("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        plain = replace(shop, engine=replace(shop.engine, database=database))
        report = await bring(plain, "members", written(tmp_path, "members.csv", *MEMBERS))
        assert (report.booked, report.members, report.agrees) == (170, 3, True)
        assert (await take_back(plain, report.batch_id)).erased == 3
    finally:
        await database.close()
        await owner.execute(f"DROP OWNED BY {role}")
        await owner.execute(f"DROP ROLE {role}")
    assert await contradictions(shop) == []
