"""Storing and reading the programmes of tiers. A worker keeps what it has read for as long as its version counts."""

import time
from datetime import datetime

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.errors.rewards import RuleNotFound
from guerdon.kit.sql import load
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.rewards.rule import Versioned
from guerdon.rewards.rules import get_rule
from guerdon.tiers.programme import Programme, Tiers
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "programmes.sql")

FRESH_FOR_S = 5.0
"""How long a worker goes by the coupons it has read: a changed redemption rule counts everywhere after that."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Programme).decode


class StoredProgramme(Struct, frozen=True):
    """A programme as administrators see it: who signed in to make this version, and when."""

    version: int
    programme: Programme
    actor: str
    recorded_at: datetime


async def set_programme(
    database: Database, merchant_id: int, programme: Programme, *, actor: str, now: datetime
) -> StoredProgramme:
    """Write the next version of the merchant's tiers. Refuses a coupon of a redemption rule that is not there.

    Members keep their levels until they do something that counts, or the next night, when they are judged by it.
    """
    for index, tier in enumerate(programme.tiers):
        if tier.coupon_rule_id is not None:
            try:
                await get_rule(database, merchant_id, tier.coupon_rule_id)
            except RuleNotFound as missing:
                raise BadField(f"tiers[{index}].coupon_rule_id", missing.sentence) from None
    async with database.transaction() as connection:
        version: int = await connection.fetchval(SQL.advance_programme, merchant_id)
        replaced = await connection.fetchval(SQL.get_programme_version, merchant_id, version - 1)
        before = None if replaced is None else _decode(replaced)
        document = _encode(programme).decode()
        await connection.execute(SQL.insert_programme_version, merchant_id, version, document, actor, now)
        told = {"version": version, "tiers": [tier.name for tier in programme.tiers], "actor": actor}
        await write_events(connection, merchant_id, [Event("tier_programme.changed", None, told)], now)
        await note_change(
            connection, merchant_id, "tier_programme.changed", Subject("tier_programme"), now=now, before=before,
            after=programme, actor=actor,
        )  # fmt: skip
    return StoredProgramme(version, programme, actor, now)


async def get_programme(database: Queries, merchant_id: int) -> StoredProgramme | None:
    """The programme as it stands; None for a merchant without tiers."""
    row = await database.fetchrow(SQL.get_programme, merchant_id)
    if row is None:
        return None
    return StoredProgramme(row["version"], _decode(row["document"]), row["actor"], row["recorded_at"])


async def get_tiers(database: Queries, merchant_id: int) -> Programme | None:
    """What the programme says now."""
    stored = await get_programme(database, merchant_id)
    return stored.programme if stored else None


async def read_tiers(connection: Queries, merchant_id: int) -> Tiers | None:
    """The programme as decisions see it, with the rules of its coupons."""
    row = await connection.fetchrow(SQL.get_programme, merchant_id)
    if row is None:
        return None
    programme = _decode(row["document"])
    gifts: dict[int, Versioned] = {}
    for tier in programme.tiers:
        if tier.coupon_rule_id is not None and tier.coupon_rule_id not in gifts:
            rule = await get_rule(connection, merchant_id, tier.coupon_rule_id)
            gifts[rule.rule_id] = Versioned(rule.rule_id, rule.version, rule.terms)
    return Tiers(row["version"], row["timezone"], programme, gifts)


class ProgrammeCache:
    """The programmes a worker has met."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Tiers]] = {}

    def known(self, merchant_id: int) -> Tiers | None:
        """What was read a moment ago, if anything was."""
        read_at, tiers = self._known.get(merchant_id, (0.0, None))
        return tiers if time.monotonic() - read_at < FRESH_FOR_S else None

    async def read(self, connection: Queries, merchant_id: int) -> Tiers | None:
        """What counts now; None for a merchant without tiers."""
        tiers = await read_tiers(connection, merchant_id)
        if tiers is not None:
            self._known[merchant_id] = (time.monotonic(), tiers)
        return tiers
