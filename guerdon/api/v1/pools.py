"""`/v1/redemption_rules/{id}/codes`: the codes that a merchant uploads, each handed out once."""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import RuleId, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.write import WriteAsked, changed
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.rewards.codes import CODE_LENGTH_MAX
from guerdon.rewards.pools import UPLOAD_MAX, Level, UploadedCode, get_level, list_codes, upload_codes

RULE = "/v1/redemption_rules/{id:str}"

UploadCode = Annotated[str, Meta(min_length=1, max_length=CODE_LENGTH_MAX, examples=["SPRING-1042"])]


class CodesUploaded(WriteAsked, kw_only=True):
    """Codes for a rule whose codes come from a pool; those that it has already change nothing."""

    id: RuleId
    codes: Annotated[list[UploadCode], Meta(min_length=1, max_length=UPLOAD_MAX)]


class PoolChosen(Asked, kw_only=True):
    """The pool of one rule."""

    id: RuleId


class PoolCodesAsked(ListAsked, kw_only=True):
    """The codes of one rule's pool."""

    id: RuleId


class PoolAnswer(msgspec.Struct, frozen=True):
    """How full a pool is. Others are told when only `low_at` codes are left, then half of that, and so on."""

    object: Literal["pool"]
    rule: str
    unused: int
    used: int
    low_at: int | None


class UploadAnswer(msgspec.Struct, frozen=True):
    """What became of the codes: `known` ones were there before, `refused` ones are another coupon's or pool's."""

    added: int
    known: int
    refused: int
    pool: PoolAnswer


class PoolCodeAnswer(msgspec.Struct, frozen=True):
    """A code as it was uploaded, with the redemption that has it."""

    code: str
    redemption: str | None
    uploaded_at: datetime


class _Place(NamedTuple):
    """Where a code stands in its pool."""

    uploaded_at: datetime
    code: str


async def upload(
    engine: Engine, caller: Caller, params: CodesUploaded, incoming: Incoming
) -> UploadAnswer | Raw:  # fmt: skip
    """Put codes into the pool of a rule."""
    rule_id = number("rule", params.id)

    async def write(database: Database) -> UploadAnswer:
        merchant_id = caller.merchant.merchant_id
        done = await upload_codes(database, merchant_id, rule_id, params.codes, now=engine.clock())
        return UploadAnswer(done.added, done.known, done.refused, _shown(done.level))

    return await changed(engine, caller, incoming, params, write)


async def fetch(engine: Engine, caller: Caller, params: PoolChosen, _incoming: Incoming) -> PoolAnswer:
    """How full the pool of a rule is."""
    return _shown(await get_level(engine.database, caller.merchant.merchant_id, number("rule", params.id)))


async def find(engine: Engine, caller: Caller, params: PoolCodesAsked, incoming: Incoming) -> Page[PoolCodeAnswer]:
    """The codes of a pool in the order in which they are handed out."""
    merchant_id, rule_id = caller.merchant.merchant_id, number("rule", params.id)
    await get_level(engine.database, merchant_id, rule_id)
    place = after(params, _Place)
    last = None if place is None else UploadedCode(place.code, None, place.uploaded_at)
    rows = await list_codes(engine.database, merchant_id, rule_id, after=last, count_max=params.limit + 1)
    return page(
        incoming, params, rows, lambda row: _Place(row.uploaded_at, row.code),
        lambda row: PoolCodeAnswer(
            row.code, None if row.redemption_id is None else shown("red", row.redemption_id), row.uploaded_at
        ),
    )  # fmt: skip


def _shown(level: Level) -> PoolAnswer:
    return PoolAnswer("pool", shown("rule", level.rule_id), level.unused, level.used, level.low_at)


ROUTES = (
    Route("POST", RULE + "/codes", CodesUploaded, UploadAnswer, upload, "write", "Upload codes for a redemption rule",
          keyed=True),
    Route("GET", RULE + "/codes", PoolCodesAsked, Page[PoolCodeAnswer], find, "read",
          "List the uploaded codes of a redemption rule"),
    Route("GET", RULE + "/pool", PoolChosen, PoolAnswer, fetch, "read", "See how many uploaded codes are left"),
)  # fmt: skip
