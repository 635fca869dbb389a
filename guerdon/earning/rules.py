"""Adding, changing and reading earning rules. Configuration, not points: plain transactions, not the desk."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.access.edit_lock import Editor, Lockable, pass_lock
from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.earning.earns import CouponGift
from guerdon.earning.rule import EarningRule, VersionedRule
from guerdon.earning.use import Budget
from guerdon.errors.base import BadField
from guerdon.errors.earning import EarningRuleNotFound
from guerdon.errors.rewards import RuleNotFound, VersionConflict
from guerdon.kit.sql import load
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.rewards.rules import get_rule as get_redemption_rule
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "rules.sql")

NEXT_ID = "SELECT nextval('earning_rule_sequence')"

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(EarningRule).decode


class StoredRule(Struct, frozen=True):
    """A rule as administrators see it: its terms with their history's ends."""

    rule_id: int
    version: int
    terms: EarningRule
    created_at: datetime
    updated_at: datetime
    actor: str
    """Who signed in to make this version."""

    @property
    def versioned(self) -> VersionedRule:
        """The rule as it is evaluated."""
        return VersionedRule(self.rule_id, self.version, self.terms)


class StoredVersion(Struct, frozen=True):
    """What a rule said once, and who signed in to say it."""

    version: int
    terms: EarningRule
    actor: str
    recorded_at: datetime


async def add_rule(
    database: Database, merchant_id: int, terms: EarningRule, *, actor: str, now: datetime
) -> StoredRule:
    """Store a new rule; its id comes from the database. Refuses a coupon of a redemption rule that is not there."""
    await _check_coupon(database, merchant_id, terms)
    async with database.transaction() as connection:
        rule_id: int = await connection.fetchval(NEXT_ID)
        await connection.execute(SQL.insert_rule, merchant_id, rule_id, terms.trigger, terms.active)
        await _write_version(connection, merchant_id, rule_id, 1, terms, actor, now)
        rule = StoredRule(rule_id, 1, terms, now, now, actor)
        await _tell(connection, merchant_id, "earning_rule.created", rule)
        await note_change(
            connection, merchant_id, "earning_rule.added", Subject("earning_rule", str(rule_id)), now=now, after=terms,
            actor=actor,
        )  # fmt: skip
    return rule


async def change_rule(
    database: Database,
    merchant_id: int,
    rule_id: int,
    terms: EarningRule,
    *,
    actor: str,
    now: datetime,
    user_id: int | None = None,
    expected_version: int | None = None,
) -> StoredRule:
    """Write the next version. What was awarded keeps its own. Refuses while somebody else edits the rule, or if it is
    not at the expected version.
    """
    await _check_coupon(database, merchant_id, terms)
    async with database.transaction() as connection:
        version = await connection.fetchval(SQL.lock_rule, merchant_id, rule_id)
        if version is None:
            raise EarningRuleNotFound(rule_id)
        lockable = Lockable(merchant_id, "earning_rule", rule_id)
        await pass_lock(connection, lockable, Editor(actor, user_id), now)
        if expected_version is not None and version != expected_version:
            raise VersionConflict(rule_id)
        before = (await get_rule(connection, merchant_id, rule_id)).terms
        await _write_version(connection, merchant_id, rule_id, version + 1, terms, actor, now)
        await connection.execute(SQL.advance_rule, merchant_id, rule_id, version + 1, terms.trigger, terms.active)
        rule = await get_rule(connection, merchant_id, rule_id)
        await _tell(connection, merchant_id, "earning_rule.updated", rule)
        await note_change(
            connection, merchant_id, "earning_rule.changed", Subject("earning_rule", str(rule_id)), now=now,
            before=before, after=rule.terms, actor=actor,
        )  # fmt: skip
        if terms.active != before.active:
            await _tell(connection, merchant_id, "earning_rule.status_changed", rule)
        return rule


async def set_active(
    database: Database, merchant_id: int, rule_id: int, *, active: bool, actor: str, now: datetime
) -> StoredRule:
    """Let the rule earn, or stop it: a version of its own, unless it is so already."""
    rule = await get_rule(database, merchant_id, rule_id)
    if rule.terms.active == active:
        return rule
    terms = replace(rule.terms, active=active)
    return await change_rule(database, merchant_id, rule_id, terms, actor=actor, now=now, expected_version=rule.version)


async def get_rule(database: Queries, merchant_id: int, rule_id: int) -> StoredRule:
    """The rule as it stands; refuses with EarningRuleNotFound."""
    rows = await database.fetch(SQL.get_rules, merchant_id, [rule_id])
    if not rows:
        raise EarningRuleNotFound(rule_id)
    return _rule(rows[0])


async def merchant_of_rule(database: Queries, merchants: Sequence[int], rule_id: int) -> int:
    """Whose rule this is, among these merchants; refuses with EarningRuleNotFound."""
    merchant_id = await database.fetchval(SQL.find_merchant_of_rule, merchants, rule_id)
    if merchant_id is None:
        raise EarningRuleNotFound(rule_id)
    return merchant_id


async def list_rules(database: Queries, merchant_id: int) -> list[StoredRule]:
    """All rules of a merchant, by id."""
    return [_rule(row) for row in await database.fetch(SQL.get_rules, merchant_id, None)]


async def list_versions(database: Queries, merchant_id: int, rule_id: int) -> list[StoredVersion]:
    """All that a rule ever said, newest first; empty for a rule that is not there."""
    rows = await database.fetch(SQL.get_versions, merchant_id, rule_id)
    return [StoredVersion(row["version"], _decode(row["terms"]), row["actor"], row["recorded_at"]) for row in rows]


async def get_budgets(database: Queries, merchant_id: int) -> dict[int, Budget]:
    """How much all members together have earned, of each rule that was ever limited, by the rule's id."""
    return {row["rule_id"]: Budget(*row) for row in await database.fetch(SQL.get_budgets, merchant_id)}


async def _check_coupon(database: Database, merchant_id: int, terms: EarningRule) -> None:
    if not isinstance(terms.earns, CouponGift):
        return
    try:
        await get_redemption_rule(database, merchant_id, terms.earns.redemption_rule_id)
    except RuleNotFound as missing:
        raise BadField("earns.redemption_rule_id", missing.sentence) from None


async def _write_version(
    connection: Connection,
    merchant_id: int,
    rule_id: int,
    version: int,
    terms: EarningRule,
    actor: str,
    now: datetime,
) -> None:
    document = _encode(terms).decode()
    await connection.execute(SQL.insert_version, merchant_id, rule_id, version, document, actor, now)
    if terms.limited:
        await connection.execute(SQL.keep_budget, merchant_id, rule_id)


async def _tell(connection: Connection, merchant_id: int, topic: str, rule: StoredRule) -> None:
    terms = rule.terms
    told = {"rule_id": rule.rule_id, "version": rule.version, "name": terms.name, "active": terms.active,
            "actor": rule.actor}  # fmt: skip
    await write_events(connection, merchant_id, [Event(topic, None, told)], rule.updated_at)


def _rule(row: Row) -> StoredRule:
    return StoredRule(row["rule_id"], row["version"], _decode(row["terms"]), *tuple(row)[3:6])
