"""Adding, changing and reading redemption rules. Configuration, not points: plain transactions, not the desk."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.errors.rewards import RuleLocked, RuleNotFound, VersionConflict
from guerdon.kit.sql import load
from guerdon.rewards.rule import RedemptionRule

SQL = load(__file__, "rules.sql")

LOCK_LAPSES = timedelta(minutes=15)
"""An edit lock that nobody renews lets others in after this."""


class Rule(Struct, frozen=True):
    """A rule as administrators see it: its terms with their history's ends and the edit lock."""

    rule_id: int
    version: int
    terms: RedemptionRule
    locked_by: int | None
    locked_at: datetime | None
    created_at: datetime
    updated_at: datetime
    actor: str
    """Who signed in to make this version."""


class RuleVersion(Struct, frozen=True):
    """What a rule said once, and who signed in to say it."""

    version: int
    terms: RedemptionRule
    actor: str
    recorded_at: datetime


async def add_rule(database: Database, merchant_id: int, terms: RedemptionRule, *, actor: str, now: datetime) -> Rule:
    """Store a new rule; its id comes from the database."""
    async with database.transaction() as connection:
        rule_id: int = await connection.fetchval("SELECT nextval('redemption_rule_sequence')")
        await connection.execute(SQL.insert_rule, merchant_id, rule_id)
        await _write_version(connection, merchant_id, rule_id, 1, terms, actor, now)
    return Rule(rule_id, 1, terms, None, None, now, now, actor)


async def change_rule(
    database: Database,
    merchant_id: int,
    rule_id: int,
    terms: RedemptionRule,
    *,
    actor: str,
    user_id: int | None,
    now: datetime,
    expected_version: int | None = None,
) -> Rule:
    """Write the next version. Refuses while another user edits the rule, or if it is not at the expected version."""
    async with database.transaction() as connection:
        version = await _lock(connection, merchant_id, rule_id, user_id, now)
        if expected_version is not None and version != expected_version:
            raise VersionConflict(rule_id)
        await _write_version(connection, merchant_id, rule_id, version + 1, terms, actor, now)
        await connection.execute(SQL.advance_rule, merchant_id, rule_id, version + 1)
        await connection.execute(SQL.set_rule_lock, merchant_id, rule_id, None, None)
        return _rule((await connection.fetch(SQL.get_rules, merchant_id, [rule_id]))[0])


async def start_editing(database: Database, merchant_id: int, rule_id: int, *, user_id: int, now: datetime) -> None:
    """Take the edit lock, or renew it. Refuses while another user holds one that has not lapsed."""
    async with database.transaction() as connection:
        await _lock(connection, merchant_id, rule_id, user_id, now)
        await connection.execute(SQL.set_rule_lock, merchant_id, rule_id, user_id, now)


async def get_rule(database: Queries, merchant_id: int, rule_id: int) -> Rule:
    """The rule as it stands; refuses with RuleNotFound."""
    rows = await database.fetch(SQL.get_rules, merchant_id, [rule_id])
    if not rows:
        raise RuleNotFound(rule_id)
    return _rule(rows[0])


async def merchant_of_rule(database: Database, merchants: Sequence[int], rule_id: int) -> int:
    """Whose rule this is, among these merchants; refuses with RuleNotFound."""
    merchant_id = await database.fetchval(SQL.find_merchant_of_rule, merchants, rule_id)
    if merchant_id is None:
        raise RuleNotFound(rule_id)
    return merchant_id


async def list_rules(database: Database, merchant_id: int) -> list[Rule]:
    """All rules of a merchant, by id."""
    return [_rule(row) for row in await database.fetch(SQL.get_rules, merchant_id, None)]


async def list_versions(database: Database, merchant_id: int, rule_id: int) -> list[RuleVersion]:
    """All that a rule ever said, newest first."""
    return [
        RuleVersion(row["version"], _terms(row["terms"]), row["actor"], row["recorded_at"])
        for row in await database.fetch(SQL.get_versions, merchant_id, rule_id)
    ]


async def _lock(connection: Connection, merchant_id: int, rule_id: int, user_id: int | None, now: datetime) -> int:
    """Lock the row against other changes; returns the version it is at."""
    row = await connection.fetchrow(SQL.lock_rule, merchant_id, rule_id)
    if row is None:
        raise RuleNotFound(rule_id)
    version, locked_by, locked_at = row
    if locked_by is not None and locked_by != user_id and now - locked_at < LOCK_LAPSES:
        raise RuleLocked(rule_id, locked_by, locked_at)
    return version


async def _write_version(
    connection: Connection,
    merchant_id: int,
    rule_id: int,
    version: int,
    terms: RedemptionRule,
    actor: str,
    now: datetime,
) -> None:
    document = msgspec.json.encode(terms).decode()
    await connection.execute(SQL.insert_version, merchant_id, rule_id, version, document, actor, now)
    if terms.limited:
        await connection.execute(SQL.keep_stock, merchant_id, rule_id)


def _terms(document: str) -> RedemptionRule:
    return msgspec.json.decode(document, type=RedemptionRule)


def _rule(row: Row) -> Rule:
    return Rule(row["rule_id"], row["version"], _terms(row["terms"]), *tuple(row)[3:8])
