"""Filling pools and looking at them. Configuration, not points: plain transactions. Codes leave a pool at the desk."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.errors.rewards import NotAPool
from guerdon.kit.sql import load
from guerdon.rewards.codes import CODE_LENGTH_MAX, Called, Pooled, is_code
from guerdon.rewards.pool import told_at
from guerdon.rewards.rules import get_rule
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "pools.sql")

UPLOAD_MAX = 10_000
"""Codes of one upload."""


class Level(Struct, frozen=True):
    """How full a pool is."""

    rule_id: int
    unused: int
    used: int
    low_at: int | None


class Uploaded(Struct, frozen=True):
    """What became of uploaded codes: `known` ones were there before, `refused` ones are another coupon's or pool's."""

    added: int
    known: int
    refused: int
    level: Level


class UploadedCode(Struct, frozen=True):
    """A code of a pool; `redemption_id` is who has it."""

    code: str
    redemption_id: int | None
    uploaded_at: datetime


async def upload_codes(
    database: Database, merchant_id: int, rule_id: int, codes: Sequence[str], *, now: datetime
) -> Uploaded:
    """Put codes into a rule's pool, at most UPLOAD_MAX; the same ones again change nothing. Refuses with RuleNotFound,
    NotAPool, or BadField for a code that cannot be one.
    """
    low_at = await _low_at(database, merchant_id, rule_id)
    given = _read(codes)
    async with database.transaction() as connection:
        await connection.fetchval(SQL.lock_filling, merchant_id, rule_id)
        known = await connection.fetchval(SQL.count_known, merchant_id, rule_id, list(given))
        done = await connection.execute(
            SQL.insert_uploaded, merchant_id, rule_id, list(given), list(given.values()), now
        )  # fmt: skip
        added = int(done.rpartition(" ")[2])
        level = await level_of(connection, merchant_id, rule_id, low_at)
        if low_at is not None and added:
            await connection.execute(SQL.set_told, merchant_id, rule_id, told_at(low_at, level.unused))
        if added:
            facts = {"added": added, "unused": level.unused}
            await note_change(
                connection, merchant_id, "pool.filled", Subject("redemption_rule", str(rule_id)), now=now, after=facts
            )  # fmt: skip
    return Uploaded(added, known, len(given) - known - added, level)


async def get_level(database: Queries, merchant_id: int, rule_id: int) -> Level:
    """How full a rule's pool is. Refuses with RuleNotFound or NotAPool."""
    return await level_of(database, merchant_id, rule_id, await _low_at(database, merchant_id, rule_id))


async def list_codes(
    database: Queries, merchant_id: int, rule_id: int, *, after: UploadedCode | None = None, count_max: int = 1000
) -> list[UploadedCode]:
    """The codes of a pool in the order in which they are handed out; the last one is `after` for the next page."""
    place = (None, None) if after is None else (after.uploaded_at, after.code.upper())
    rows = await database.fetch(SQL.list_codes, merchant_id, rule_id, *place, count_max)
    return [UploadedCode(*row) for row in rows]


async def _low_at(database: Queries, merchant_id: int, rule_id: int) -> int | None:
    codes = (await get_rule(database, merchant_id, rule_id)).terms.codes
    if not isinstance(codes, Pooled):
        raise NotAPool(rule_id, "callback" if isinstance(codes, Called) else "generated")
    return codes.low_at


async def level_of(database: Queries, merchant_id: int, rule_id: int, low_at: int | None) -> Level:
    """How full a rule's pool is, whether or not the rule takes codes from it now."""
    row = await database.fetchrow(SQL.get_level, merchant_id, rule_id)
    assert row is not None, "a count has a row"
    return Level(rule_id, row["unused"], row["used"], low_at)


def _read(codes: Sequence[str]) -> dict[str, str]:
    """The codes, once each: as they are compared, and as they are written."""
    given: dict[str, str] = {}
    for code in codes:
        if not is_code(code):
            problem = (
                f"{code[:40]!r} is no code: 1 to {CODE_LENGTH_MAX} printable ASCII characters without space or comma"
            )
            raise BadField("codes", problem)
        given.setdefault(code.upper(), code)
    if not 0 < len(given) <= UPLOAD_MAX:
        raise BadField("codes", f"{len(given)} codes are given: 1 to {UPLOAD_MAX} are needed")
    return given
