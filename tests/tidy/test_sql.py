"""What the design promises of our SQL, looked up in every statement and on the live schema."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import guerdon
from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import Statement, all_statement_files
from guerdon.kit.together import ROWS as ROWS_OF_A_WRITE
from guerdon.kit.together import Write, together
from tests.shop import Shop, open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

PACKAGE = Path(guerdon.__file__).parent

STATEMENTS = [statement for file in all_statement_files(PACKAGE) for statement in file.statements()]

WRITTEN = {
    name for file in PACKAGE.rglob("*.py") for write in re.findall(r"\bWrite\(([^\[\n]*)", file.read_text("utf-8"))
    for name in re.findall(r"SQL\.(\w+)", write)
}  # fmt: skip

ALONE = [
    replace(one, name=f"{one.name}_alone", text=together((), [Write(one.text, (None,))]).text)
    for one in STATEMENTS
    if one.name in WRITTEN and ROWS_OF_A_WRITE.search(one.text)
]
"""What a batch writes, as it is written where there is one row."""

UTILITY = ("SET ", "CREATE ", "ANALYZE", "VACUUM", "DROP ")
"""Statements of this kind have no plan."""

HOT = {
    "lock_accounts", "load_accounts", "load_member", "check_rules", "lock_unchanged", "load_taken", "load_lots",
    "load_answers", "update_accounts", "update_lots", "end_holds", "update_pending", "find_accounts", "load_rules",
    "load_terms", "lock_stock", "load_redemptions", "update_redemptions", "find_due_lots", "find_lapsed_accounts",
    "find_due_pending", "find_expiring_lots", "find_lapsing_accounts", "list_lots_of_accounts",
    "remember_reminders", "forget_reminders", "find_accounts_of_awards", "load_awards", "update_awards",
    "update_coupons", "update_stock", "load_orders", "update_orders", "lock_places", "load_returns",
    "load_earlier_orders", "update_returns", "find_member_of_order", "find_members", "find_active_rules",
    "load_versions", "load_uses", "lock_budgets", "update_budgets", "load_standings", "set_levels",
    "lock_numbering", "number_events", "list_events", "claim_codes", "lock_pool", "await_codes", "count_unused",
    "find_taken_codes", "use_codes", "note_told", "take_due", "find_changed_accounts", "find_behind_accounts",
    "sum_moves", "sum_taken", "sum_gaps", "list_journal", "find_owners", "find_places", "find_places_of_member",
    "find_places_of_rule", "find_places_in_state", "get_redemptions", "find_coupon_places",
    "find_coupon_places_of_rule", "find_coupon_places_in_state", "find_coupons_that_end", "find_orders",
    "find_orders_of", "find_orders_in", "find_returns", "find_returns_of", "find_waiting_returns",
    "find_refused_returns", "list_entries_about", "look_back", "count_words", "find_by_words", "find_addresses",
    "tell_redemptions", "tell_orders", "tell_returns", "tell_activities", "tell_tiers", "tell_transfers",
    "tell_merges", "tell_decisions", "tell_referrals", "tell_adjustments", "tell_profile", "number_members",
    "get_balances", "find_holdings", "list_noted", "list_noted_of_actor", "list_noted_of_action",
    "list_noted_of_kind", "list_noted_of_subject", "count_deliveries", "sum_parts", "sum_reasons", "count_active",
    "count_active_by", "sum_reward_use", "list_cohorts", "count_refusals", "get_tally", "count_proposals",
    "count_stuck_callbacks", "list_failed_jobs", "measure_members", "last_member", "look_at_members", "count_able",
    "count_open", "count_uses", "find_profiles", "find_profiles_in_time", "list_referrals", "find_households",
    "find_decisions", "find_decisions_of", "find_proposals", "find_activities", "find_activities_of",
    "find_movements", "list_refusals", "scrub_decisions", "list_codes", "get_usage", "get_rules", "find_deliveries",
    "find_delivered", "find_waiting_deliveries", "find_failed_deliveries",
}  # fmt: skip
"""Statements of the way of every request: none may read a whole table."""

LEDGER = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(account|lot|entry|hold|pending|member_account)\b", re.IGNORECASE)

REFERENCE_TABLES = {"operator", "operator_session", "schema_migration", "sign_in_count", "sign_in_ticket"}
"""Known before any merchant is: the only tables whose keys do not begin with merchant_id."""

TIMES_OF_THE_DATABASE = re.compile(
    r"\bnow\s*\(|\bCURRENT_(TIMESTAMP|DATE|TIME)\b|\bLOCALTIME|clock_timestamp|statement_timestamp|timeofday",
    re.IGNORECASE,
)

CLOCK_COMPARED = "doctor.sql"
"""Asks the database for its time, to compare it with ours."""

FILLS_THE_BOOKS = "bench"
"""Makes years of history faster than commands could, on a database that is thrown away."""

ROWS = 4000


def label(statement: Statement) -> str:
    return f"{statement.file.parent.name}.{statement.name}"


def sql_of(file: Path) -> str:
    """The text of a file without its comments."""
    return re.sub(r"--.*", "", file.read_text("utf-8"))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def schema(street_dsn: str) -> AsyncIterator[Database]:
    """The live schema, which these tests only look at."""
    opened = await Database.open(street_dsn, size_max=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.sql")), ids=lambda file: file.name)
async def test_the_time_is_handed_in(file: Path):
    assert file.name == CLOCK_COMPARED or not TIMES_OF_THE_DATABASE.search(sql_of(file))


@pytest.mark.parametrize("file", sorted((PACKAGE / "database" / "migrations").glob("*.sql")), ids=lambda f: f.name)
async def test_nothing_happens_behind_our_back(file: Path):
    assert not re.search(r"\b(TRIGGER|FUNCTION|PROCEDURE|AS IDENTITY|SERIAL|DEFAULT|EXTENSION)\b(?! *\()", sql_of(file),
                         re.IGNORECASE)  # fmt: skip


async def test_every_statement_is_used():
    words = {word for file in PACKAGE.rglob("*.py") for word in re.findall(r"\w+", file.read_text("utf-8"))}
    assert [label(one) for one in STATEMENTS if one.name not in words] == []


async def test_only_the_books_name_their_tables():
    named = {
        label(one): LEDGER.findall(one.text)
        for one in STATEMENTS
        if one.file.parent.name not in ("points", FILLS_THE_BOOKS) and LEDGER.search(one.text)
    }
    assert named == {}
    code = {
        file
        for file in PACKAGE.rglob("*.py")
        if file.parent.name != FILLS_THE_BOOKS and LEDGER.search(sql_strings(file))
    }
    assert code == set()


def sql_strings(file: Path) -> str:
    """What stands between quotes in a Python file and begins like SQL."""
    return "\n".join(re.findall(r'"(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b[^"]*"', file.read_text("utf-8")))


@pytest.mark.parametrize("statement", [*STATEMENTS, *ALONE], ids=label)
async def test_every_statement_has_a_plan_on_the_schema(schema: Database, statement: Statement):
    if statement.text.startswith(UTILITY):
        return
    async with schema.transaction() as connection:
        name, types = await prepared(connection, statement)
        arguments = ", ".join(f"NULL::{kind}" for kind in types)
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        assert await connection.fetch(f"EXPLAIN EXECUTE {name}{f'({arguments})' if types else ''}")
        await connection.execute(f"DEALLOCATE {name}")


async def prepared(connection: Connection, statement: Statement) -> tuple[str, list[str]]:
    """The statement under a name, and the types of parameters that it asks for."""
    name = f"tidy_{statement.name}"
    # The statements of one save share their first two parameters, and not every one uses the second.
    alone = re.search(r"\$3\b", statement.text) and not re.search(r"\$2\b", statement.text)
    shared = " (bigint, timestamptz)" if alone else ""
    await connection.execute(f"PREPARE {name}{shared} AS {statement.text.rstrip(';')}")
    types: list[str] = await connection.fetchval(
        "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1", name
    )
    return name, types


async def fill(shop: Shop) -> None:
    """So many rows in each table that a planner who may choose would not read them all, and the statistics of them."""
    rule_id = (await shop.rule(stock=1)).rule_id
    values = [shop.merchant.merchant_id, rule_id]
    for statement in FILLING:
        await shop.engine.database.execute(statement.format(*values, rows=ROWS))
    await shop.engine.database.execute("ANALYZE")


FILLING = (
    "INSERT INTO event SELECT {0}, gen_random_uuid(), '', NULL, '{{}}', '2026-01-01', nullif(n, {rows}) FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO event_relay SELECT {0}, {rows}",
    "INSERT INTO member SELECT {0}, n, 'active', 0, '{{}}', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL,"
    " '2026-01-01', '2026-01-01', NULL, NULL, NULL, true FROM generate_series(1, {rows}) AS n",
    "INSERT INTO identity SELECT {0}, 'email', n || '@example.com', n FROM generate_series(1, {rows}) AS n",
    "INSERT INTO account SELECT {0}, n, 'points', -10, 0, 10, 0, 0, 0, 0, 10, 1, '2026-01-01', 0, 0 FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO member_account SELECT {0}, n, 'points', n FROM generate_series(1, {rows}) AS n",
    "INSERT INTO lot (merchant_id, account_id, number, points, available, held, earned_at, rolling)"
    " SELECT {0}, n, 1, 10, 10, 0, '2026-01-01', false FROM generate_series(1, {rows}) AS n",
    "INSERT INTO entry SELECT {0}, n, 1, 'issued', 'available', 10, -10, 10, '{{1}}', '{{10}}', true, '', '', NULL,"
    " true, '', gen_random_uuid(), '2026-01-01', '2026-01-01' FROM generate_series(1, {rows}) AS n",
    "INSERT INTO hold SELECT {0}, n, 1, 'open', NULL, NULL FROM generate_series(1, {rows}) AS n",
    "INSERT INTO pending SELECT {0}, n, 1, 10, NULL, 'never', NULL FROM generate_series(1, {rows}) AS n",
    "INSERT INTO answer SELECT {0}, n::text, '', '', '2026-01-01' FROM generate_series(1, {rows}) AS n",
    "INSERT INTO redemption SELECT {0}, n, n, n, 1, {1}, 1, 'held', true, 10, 0, 'USD', 0, 'any', '2026-01-01',"
    " 'C' || n, '', NULL, '2026-01-01', '2026-01-01', 0 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO coupon SELECT {0}, 'C' || n, n, 'issued', 'O' || n FROM generate_series(1, {rows}) AS n",
    "INSERT INTO redemption_usage SELECT {0}, n, {1}, 1, 10, '2026-01-01', 10 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO redemption_rule SELECT {0}, {1} + n, 1 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO redemption_rule_version SELECT {0}, {1} + n, 1, '{{}}', '', '2026-01-01' FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO redemption_stock SELECT {0}, {1} + n, 0, 0 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO pool SELECT {0}, {1} + n, NULL FROM generate_series(1, {rows}) AS n",
    "INSERT INTO pool_code SELECT {0}, 'P' || n, {1} + n, 'P' || n, NULL, '2026-01-01' FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO callback SELECT {0}, n, 'cancel', {1}, 'C' || n, 'waiting', NULL, NULL, 0, '2026-01-01', NULL, NULL,"
    " '2026-01-01', '2026-01-01' FROM generate_series(1, {rows}) AS n",
    "INSERT INTO earning_rule SELECT {0}, n, 1, 'order', true FROM generate_series(1, {rows}) AS n",
    "INSERT INTO earning_rule_version SELECT {0}, n, 1, '{{}}', '', '2026-01-01' FROM generate_series(1, {rows}) AS n",
    "INSERT INTO earning_use SELECT {0}, n, n, 'day', '2026-01-01', 0, 0 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO earning_budget SELECT {0}, n, 0, 0 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO tier_progress SELECT {0}, n, '2026-01-01', 0, 0, 0, 0 FROM generate_series(1, {rows}) AS n",
    "INSERT INTO member_tier SELECT {0}, n, 0, 0, NULL, NULL, NULL, NULL, 'rules', 1, '{{}}' FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO shop_order SELECT {0}, 'O' || n, n, 'paid', 1, 'USD', '{{}}', '{{}}', '{{}}', '2026-01-01',"
    " '2026-01-01', '2026-01-01', 0, 0, 0, 0, 0, 'online', '{{}}', '[]', '2026-01-01', false, true, true, 1 FROM"
    " generate_series(1, {rows}) AS n",
    "INSERT INTO shop_return SELECT {0}, 'R' || n, 'O' || n, 1, 'USD', '[]', false, NULL, '2026-01-01', '2026-01-01'"
    " FROM generate_series(1, {rows}) AS n",
)


async def test_hot_statements_read_no_whole_table(dsn: str):
    """Under the settings of the desk's transactions, which leave a scan only to what no index serves."""
    hot = [one for one in [*STATEMENTS, *ALONE] if one.name.removesuffix("_alone") in HOT]
    assert {one.name for one in hot} >= HOT
    scans: dict[str, list[str]] = {}
    async with open_shop(dsn) as shop:
        await fill(shop)
        async with shop.engine.database.indexed_transaction() as connection:
            for one in hot:
                plan = await plan_with_values(connection, one, shop.merchant.merchant_id)
                if found := [line.strip() for line in plan if "Seq Scan" in line]:
                    scans[label(one)] = found
    assert scans == {}


async def plan_with_values(connection: Connection, statement: Statement, merchant_id: int) -> list[str]:
    """The plan for this merchant and one value in every array."""
    name, types = await prepared(connection, statement)
    arguments = ", ".join([str(merchant_id), *(value_of(kind) for kind in types[1:])])
    plan = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE {name}({arguments})")]
    await connection.execute(f"DEALLOCATE {name}")
    return plan


def value_of(kind: str) -> str:
    plain = {"timestamp with time zone": "'2026-01-01'", "text": "'x'", "boolean": "true", "date": "'2026-01-01'",
             "uuid": "gen_random_uuid()", "bytea": "''", "json": "'[]'",
             "jsonb": "'{}'"}  # fmt: skip
    element = kind.removesuffix("[]")
    value = f"{plain.get(element, '7')}::{element}"
    return f"ARRAY[{value}]" if kind.endswith("[]") else value


async def catalogue(schema: Database, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await schema.fetch(query)]


async def test_every_key_and_index_begins_with_the_merchant(schema: Database):
    found = await catalogue(
        schema,
        """
        SELECT tables.relname, indexes.relname, first.attname
          FROM pg_index AS i
          JOIN pg_class AS tables ON tables.oid = i.indrelid
          JOIN pg_class AS indexes ON indexes.oid = i.indexrelid
          JOIN pg_attribute AS first ON first.attrelid = tables.oid AND first.attnum = i.indkey[0]
         WHERE tables.relnamespace = 'public'::regnamespace
         UNION ALL
        SELECT tables.relname, c.conname, first.attname
          FROM pg_constraint AS c
          JOIN pg_class AS tables ON tables.oid = c.conrelid
          JOIN pg_attribute AS first ON first.attrelid = tables.oid AND first.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
           AND c.confrelid <> 'operator'::regclass
        """,
    )
    assert len(found) > 30
    assert [row for row in found if row[0] not in REFERENCE_TABLES and row[2] != "merchant_id"] == []


async def test_every_table_has_a_primary_key_and_no_trigger_of_its_own(schema: Database):
    keyless = """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND oid NOT IN (SELECT conrelid FROM pg_constraint WHERE contype = 'p')
    """
    assert await catalogue(schema, keyless) == []
    assert await catalogue(schema, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []


async def test_every_constraint_has_a_name_that_we_gave(schema: Database):
    unnamed = """
        SELECT conname FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c', 'x')
           AND conname ~ '_(pkey|key|fkey|check|excl)[0-9]*$'
    """
    assert await catalogue(schema, unnamed) == []


async def test_numbers_are_whole_and_times_have_a_zone(schema: Database):
    strange = """
        SELECT table_name, column_name, data_type FROM information_schema.columns
         WHERE table_schema = 'public'
           AND data_type IN ('real', 'double precision', 'money', 'timestamp without time zone', 'numeric')
           AND (table_name, column_name) <> ('merchant_currency', 'rate')
    """
    assert await catalogue(schema, strange) == []
