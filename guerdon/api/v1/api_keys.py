"""`/v1/api_keys`: the keys of the merchant's servers and pages, for keys that were given the scope `admin`."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from guerdon.access.keys import (
    ADMIN,
    LIMIT_MAX,
    SCOPES,
    ApiKey,
    Caller,
    create_key,
    get_key,
    key_of,
    limit_key,
    list_keys,
    lock_key,
    revoke_key,
)
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.match import require_version, tell_version, version_of
from guerdon.api.v1.write import DRY_RUN, WriteAsked, changed, created
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.base import BadField

PATH = "/v1/api_keys"

KeyId = Annotated[str, like("key", 7)]
Scope = Literal["redeem", "read", "write", "admin"]
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="Requests a second")]


class KeyWanted(WriteAsked, kw_only=True):
    """What the key is for. A publishable one may lie in the source of a page, of these `origins` or of any."""

    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["checkout"])]
    kind: Literal["secret", "publishable"] = "secret"
    scopes: tuple[Scope, ...] | None = None
    """What it may do; redeem, read and write, where nothing is said."""
    limit_per_second: Limit | None = None
    origins: Annotated[tuple[str, ...], Meta(max_length=50)] = ()


class KeyAsked(Asked, kw_only=True):
    """One key, to be read."""

    id: KeyId


class KeyChosen(WriteAsked, kw_only=True):
    """One key, to be changed."""

    id: KeyId


class KeyLimited(KeyChosen, kw_only=True):
    """How often it may ask; null is as often as it likes."""

    limit_per_second: Limit | None


class KeyAnswer(msgspec.Struct, kw_only=True):
    """A key, by the end of its secret. `secret` is there when it was just made."""

    id: str
    object: Literal["api_key"]
    name: str
    kind: str
    scopes: list[str]
    hint: str
    limit_per_second: int | None
    origins: list[str]
    created_at: datetime
    revoked_at: datetime | None
    secret: str | UnsetType = UNSET


async def create(engine: Engine, caller: Caller, params: KeyWanted, incoming: Incoming) -> KeyAnswer | Raw:
    """Make a key. Its secret is in this answer, and in no other: a repeat under the same key shows it no more."""
    merchant_id, now, secrets = caller.merchant.merchant_id, engine.clock(), list[str]()
    if params.origins and params.kind == "secret":
        raise BadField("origins", "they are for publishable keys: a secret key belongs on no page")
    if params.kind == "publishable" and ADMIN in (params.scopes or ()):
        raise BadField("scopes", "a publishable key lies in the open: it cannot have admin")

    async def write(database: Database) -> KeyAnswer:
        secret = await create_key(
            database, merchant_id, name=params.name, now=now, scopes=params.scopes or SCOPES, kind=params.kind,
            limit_per_second=params.limit_per_second, origins=params.origins,
        )  # fmt: skip
        secrets.append(secret)
        return _shown(await key_of(database, merchant_id, secret))

    answer = await changed(engine, caller, incoming, params, write)
    if isinstance(answer, Raw):
        return answer
    if DRY_RUN not in incoming.told:
        answer.secret = secrets[0]
    return created(incoming, answer, f"{PATH}/{answer.id}")


async def find(engine: Engine, caller: Caller, params: ListAsked, incoming: Incoming) -> Page[KeyAnswer]:
    """Keys, newest first, revoked ones too."""
    before = after(params, int)
    keys = await list_keys(engine.database, caller.merchant.merchant_id)
    rows = [key for key in reversed(keys) if before is None or key.key_id < before][: params.limit + 1]
    return page(incoming, params, rows, lambda row: row.key_id, _shown)


async def fetch(engine: Engine, caller: Caller, params: KeyAsked, incoming: Incoming) -> KeyAnswer:
    """One key, with its version as `ETag`."""
    key = await get_key(engine.database, caller.merchant.merchant_id, number("key", params.id))
    tell_version(incoming, _version(key))
    return _shown(key)


async def change(engine: Engine, caller: Caller, params: KeyLimited, incoming: Incoming) -> KeyAnswer | Raw:
    """Limit a key; servers go by it within seconds."""
    merchant_id, key_id, now = caller.merchant.merchant_id, number("key", params.id), engine.clock()

    async def write(database: Database) -> KeyAnswer:
        key = await lock_key(database, merchant_id, key_id)
        require_version(incoming, _version(key))
        if key.kind == "publishable" and params.limit_per_second is None:
            raise BadField("limit_per_second", "a publishable key has a limit in any case")
        await limit_key(database, merchant_id, key_id, params.limit_per_second, now)
        return await _changed(database, incoming, merchant_id, key_id)

    return await changed(engine, caller, incoming, params, write)


async def revoke(engine: Engine, caller: Caller, params: KeyChosen, incoming: Incoming) -> KeyAnswer | Raw:
    """Close a key; servers that know it go by it for a few seconds more."""
    merchant_id, key_id, now = caller.merchant.merchant_id, number("key", params.id), engine.clock()

    async def write(database: Database) -> KeyAnswer:
        require_version(incoming, _version(await lock_key(database, merchant_id, key_id)))
        await revoke_key(database, merchant_id, key_id, now)
        return await _changed(database, incoming, merchant_id, key_id)

    return await changed(engine, caller, incoming, params, write)


async def _changed(database: Database, incoming: Incoming, merchant_id: int, key_id: int) -> KeyAnswer:
    key = await get_key(database, merchant_id, key_id)
    tell_version(incoming, _version(key))
    return _shown(key)


def _version(key: ApiKey) -> int:
    return version_of([key.name, key.limit_per_second, key.revoked_at])


def _shown(key: ApiKey) -> KeyAnswer:
    return KeyAnswer(
        id=shown("key", key.key_id),
        object="api_key",
        name=key.name,
        kind=key.kind,
        scopes=list(key.scopes),
        hint=key.hint,
        limit_per_second=key.limit_per_second,
        origins=list(key.origins),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


ROUTES = (
    Route("POST", PATH, KeyWanted, KeyAnswer, create, ADMIN, "Make an API key", keyed=True, creates=True),
    Route("GET", PATH, ListAsked, Page[KeyAnswer], find, ADMIN, "List API keys"),
    Route("GET", PATH + "/{id:str}", KeyAsked, KeyAnswer, fetch, ADMIN, "Get an API key"),
    Route("PATCH", PATH + "/{id:str}", KeyLimited, KeyAnswer, change, ADMIN, "Limit an API key", keyed=True),
    Route("POST", PATH + "/{id:str}/revoke", KeyChosen, KeyAnswer, revoke, ADMIN, "Close an API key", keyed=True),
)  # fmt: skip
