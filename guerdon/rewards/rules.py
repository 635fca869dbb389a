"""Adding, changing and reading redemption rules. Configuration, not points: plain transactions, not the desk."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.access.edit_lock import Editor, Lockable, pass_lock
from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.errors.rewards import RuleNotFound, VersionConflict
from guerdon.kit.sql import load
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.rewards.codes import Called, Pooled
from guerdon.rewards.rule import RedemptionRule
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "rules.sql")

TERMS_KEPT = 4096
"""So many terms are read once, and are then at hand: reading and checking those of hundreds of rules takes a while."""


class Rule(Struct, frozen=True):
    """A rule as administrators see it: its terms with their history's ends."""

    rule_id: int
    version: int
    terms: RedemptionRule
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
    """Store a new rule; its id comes from the database. A secret in its terms is kept apart, and not answered."""
    terms, secret = _without_secret(terms)
    async with database.transaction() as connection:
        rule_id: int = await connection.fetchval("SELECT nextval('redemption_rule_sequence')")
        await connection.execute(SQL.insert_rule, merchant_id, rule_id)
        await _write_version(connection, merchant_id, rule_id, 1, terms, actor, now)
        await _keep_secret(connection, merchant_id, rule_id, secret)
        rule = Rule(rule_id, 1, terms, now, now, actor)
        await _tell(connection, merchant_id, "redemption_rule.created", rule)
        await note_change(
            connection, merchant_id, "redemption_rule.added", Subject("redemption_rule", str(rule_id)), now=now,
            after=terms, actor=actor,
        )  # fmt: skip
    return rule


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
    """Write the next version. Refuses while somebody else edits the rule, or if it is not at the expected version.

    The secret of its coupon URLs stays unless the terms say another.
    """
    terms, secret = _without_secret(terms)
    async with database.transaction() as connection:
        version = await connection.fetchval(SQL.lock_rule, merchant_id, rule_id)
        if version is None:
            raise RuleNotFound(rule_id)
        lockable = Lockable(merchant_id, "redemption_rule", rule_id)
        await pass_lock(connection, lockable, Editor(actor, user_id), now)
        if expected_version is not None and version != expected_version:
            raise VersionConflict(rule_id)
        before = (await get_rule(connection, merchant_id, rule_id)).terms
        await _write_version(connection, merchant_id, rule_id, version + 1, terms, actor, now)
        await _keep_secret(connection, merchant_id, rule_id, secret)
        await connection.execute(SQL.advance_rule, merchant_id, rule_id, version + 1)
        rule = await get_rule(connection, merchant_id, rule_id)
        await _tell(connection, merchant_id, "redemption_rule.updated", rule)
        await note_change(
            connection, merchant_id, "redemption_rule.changed", Subject("redemption_rule", str(rule_id)), now=now,
            before=before, after=rule.terms, actor=actor,
        )  # fmt: skip
        if terms.active != before.active:
            await _tell(connection, merchant_id, "redemption_rule.status_changed", rule)
        return rule


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
    if isinstance(terms.codes, Pooled):
        await connection.execute(SQL.keep_pool, merchant_id, rule_id)


def _without_secret(terms: RedemptionRule) -> tuple[RedemptionRule, str]:
    """Terms that anybody may read, and the secret that they held."""
    if not isinstance(terms.codes, Called) or not terms.codes.secret:
        return terms, ""
    return replace(terms, codes=replace(terms.codes, secret="")), terms.codes.secret


async def _keep_secret(connection: Connection, merchant_id: int, rule_id: int, secret: str) -> None:
    if secret:
        await connection.execute(SQL.keep_secret, merchant_id, rule_id, secret)


async def _tell(connection: Connection, merchant_id: int, topic: str, rule: Rule) -> None:
    terms = rule.terms
    told = {"rule_id": rule.rule_id, "version": rule.version, "name": terms.name, "active": terms.active,
            "actor": rule.actor}  # fmt: skip
    await write_events(connection, merchant_id, [Event(topic, None, told)], rule.updated_at)


@lru_cache(TERMS_KEPT)
def _terms(document: str) -> RedemptionRule:
    return msgspec.json.decode(document, type=RedemptionRule)


def _rule(row: Row) -> Rule:
    return Rule(row["rule_id"], row["version"], _terms(row["terms"]), *tuple(row)[3:6])
