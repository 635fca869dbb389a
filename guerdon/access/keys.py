"""API keys: a GUID names the merchant, a secret proves the key. Only a hash of the secret is stored.

A secret key belongs on the merchant's own server. A publishable one may lie in the source of a page: alone it shows the
catalogue, and together with a customer token what is that customer's (tokens.py).
"""

import hashlib
import re
import secrets
import time
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.access import ApiKeyNotFound
from guerdon.errors.base import BadField, MerchantNotFound, ScopeMissing, Unauthenticated
from guerdon.kit.ids import merchant_of_guid
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import Merchants
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "access.sql")

SCOPES = ("redeem", "read", "write")
"""redeem: redeem and cancel. write: members, orders, adjustments. read: everything that changes nothing."""
ADMIN = "admin"
GRANTABLE = (*SCOPES, ADMIN)
"""admin: other keys, and the merchant's own terms. No key has it that was not given it by name."""

Kind = Literal["secret", "publishable"]
PREFIXES: dict[Kind, str] = {"secret": "gk_", "publishable": "gpk_"}
"""How the secrets of each kind begin, so that people and scanners tell them apart; those of test merchants go on with
`test_`."""

PUBLISHABLE_LIMIT = 10
"""Requests a second of a publishable key that nobody said another limit for. A secret key has none: the server is the
merchant's own."""
LIMIT_MAX = 1_000_000
MERCHANT = re.compile(r"gp?k_(test_)?(?P<merchant>[0-9]{1,18})_")
ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")

FRESH_FOR_S = 5.0
"""A revoked key opens nothing anywhere after this."""

KNOWN_MAX = 10_000
NO_PAGES = "This programme has no pages here: it needs a publishable key first, as `guerdon key create` makes it"
REFUSED = "These credentials are not valid: send x-guid with x-api-key, or merchant_id with api_key"


class Caller(Struct, frozen=True):
    """Who asks: the merchant, the name under which it is recorded, and what it may do."""

    merchant: Merchant
    actor: str
    scopes: frozenset[str]
    key_id: int
    publishable: bool
    limit_per_second: int | None
    origins: tuple[str, ...]
    """Whose pages may use a publishable key; anybody's, where it is empty."""
    api_version: date | None
    """The version of the native API that the key was first used with."""
    token_secrets: tuple[str, ...]
    """What may have signed the tokens of the merchant's customers, for publishable keys."""

    def require(self, scope: str) -> None:
        """Refuses with ScopeMissing."""
        if scope not in self.scopes:
            raise ScopeMissing(scope, ", ".join(sorted(self.scopes)) or "none")


class ApiKey(Struct, frozen=True):
    """A key as its owner sees it later: by name and the end of its secret."""

    key_id: int
    name: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    kind: Kind
    limit_per_second: int | None
    scopes: tuple[str, ...]
    origins: tuple[str, ...]


class Keys:
    """Tells callers by their credentials, and remembers for a few seconds whom it has told."""

    def __init__(self, database: Database, merchants: Merchants) -> None:
        self._database = database
        self._merchants = merchants
        self._known: dict[tuple[str, str], tuple[float, Caller]] = {}
        self._pages: dict[str, tuple[float, Caller]] = {}

    async def caller(self, account: str, secret: str) -> Caller:
        """The caller with this GUID or merchant id and this secret; refuses with Unauthenticated."""
        known = self._known.get((account, secret))
        now = time.monotonic()
        if known is not None and now - known[0] < FRESH_FOR_S:
            return known[1]
        caller = await self._look_up(account, secret)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[account, secret] = (now, caller)
        return caller

    async def page_caller(self, guid: str) -> Caller:
        """For whom pages of ours ask that show a merchant's customers what is theirs: the merchant with this GUID, by
        its oldest publishable key. Refuses with Unauthenticated, also where there is none: then it has no such pages.
        """
        known = self._pages.get(guid)
        now = time.monotonic()
        if known is not None and now - known[0] < FRESH_FOR_S:
            return known[1]
        merchant, _ = await self._merchant(guid)
        row = await self._database.fetchrow(SQL.find_page_key, merchant.merchant_id)
        if row is None or guid != str(merchant.guid):
            raise Unauthenticated(NO_PAGES)
        caller = _caller(merchant, row)
        if len(self._pages) >= KNOWN_MAX:
            self._pages.clear()
        self._pages[guid] = (now, caller)
        return caller

    async def pin_version(self, caller: Caller, version: date) -> Caller:
        """Hold a key that was not used before to this version; returns the caller as it is then."""
        merchant_id = caller.merchant.merchant_id
        pinned: date = await self._database.fetchval(SQL.pin_version, merchant_id, caller.key_id, version)
        after = replace(caller, api_version=pinned)
        self._known = {
            credentials: (read_at, after if one.key_id == caller.key_id else one)
            for credentials, (read_at, one) in self._known.items()
        }
        return after

    async def _look_up(self, account: str, secret: str) -> Caller:
        merchant, guid = await self._merchant(account)
        row = await self._database.fetchrow(SQL.find_key, merchant.merchant_id, hash_of(secret))
        if row is None or (guid is not None and guid != merchant.guid):
            raise Unauthenticated(REFUSED)
        return _caller(merchant, row)

    async def _merchant(self, account: str) -> tuple[Merchant, UUID | None]:
        """Whom an id or a GUID names, which is yet to be compared; refuses with Unauthenticated."""
        guid = None
        try:
            if account.isascii() and account.isdigit():
                merchant_id = int(account[:18])
            else:
                guid = UUID(account)
                merchant_id = merchant_of_guid(guid)
            return await self._merchants.get(merchant_id), guid
        except (ValueError, MerchantNotFound):
            raise Unauthenticated(REFUSED) from None


def _caller(merchant: Merchant, row: Row) -> Caller:
    publishable = row["kind"] == "publishable"
    signed_with = (row["current"], row["previous"]) if publishable else ()
    return Caller(
        merchant=merchant,
        actor=f"key:{row['key_id']}",
        scopes=frozenset(row["scopes"]),
        key_id=row["key_id"],
        publishable=publishable,
        limit_per_second=row["limit_per_second"],
        origins=tuple(row["origins"]),
        api_version=row["api_version"],
        token_secrets=tuple(secret for secret in signed_with if secret is not None),
    )


async def create_key(
    database: Database, merchant_id: int, *, name: str, now: datetime, scopes: tuple[str, ...] = SCOPES,
    kind: Kind = "secret", limit_per_second: int | None = None, origins: tuple[str, ...] = (),
) -> str:  # fmt: skip
    """Add a key; returns its secret, which nobody can show again. A publishable one has a limit in any case."""
    if kind == "publishable" and limit_per_second is None:
        limit_per_second = PUBLISHABLE_LIMIT
    _check_limit(limit_per_second)
    known = [origin.rstrip("/").lower() for origin in origins]
    for origin in known:
        if not ORIGIN.fullmatch(origin):
            raise BadField("origin", f"{origin!r} is no origin; send one such as 'https://shop.example'")
    test = "test_" if await database.fetchval(SQL.get_mode, merchant_id) == "test" else ""
    secret = f"{PREFIXES[kind]}{test}{merchant_id}_{secrets.token_urlsafe(32)}"
    key_id = await database.fetchval("SELECT nextval('api_key_sequence')")
    async with database.transaction() as connection:
        await connection.execute(
            SQL.insert_key, merchant_id, key_id, name, hash_of(secret), secret[-4:], list(scopes), now, kind,
            limit_per_second, known,
        )  # fmt: skip
        made = await get_key(connection, merchant_id, key_id)
        await note_change(connection, merchant_id, "api_key.made", _subject(key_id), now=now, after=made)
    return secret


async def key_of(database: Database, merchant_id: int, secret: str) -> ApiKey:
    """The key that has this secret and is not revoked; refuses with ApiKeyNotFound."""
    row = await database.fetchrow(SQL.find_key, merchant_id, hash_of(secret))
    return await get_key(database, merchant_id, 0 if row is None else row["key_id"])


async def get_key(database: Queries, merchant_id: int, key_id: int) -> ApiKey:
    """One of the merchant's keys; refuses with ApiKeyNotFound."""
    found = next((key for key in await list_keys(database, merchant_id) if key.key_id == key_id), None)
    if found is None:
        raise ApiKeyNotFound(key_id)
    return found


async def lock_key(database: Queries, merchant_id: int, key_id: int) -> ApiKey:
    """The same, under the lock of its row until the transaction that `database` is in ends."""
    await database.execute(SQL.lock_key, merchant_id, key_id)
    return await get_key(database, merchant_id, key_id)


async def list_keys(database: Queries, merchant_id: int) -> list[ApiKey]:
    """A merchant's keys, revoked ones too."""
    return [
        ApiKey(*row[0:7], scopes=tuple(row["scopes"]), origins=tuple(row["origins"]))
        for row in await database.fetch(SQL.list_keys, merchant_id)
    ]


async def limit_key(
    database: Database, merchant_id: int, key_id: int, limit_per_second: int | None, now: datetime
) -> None:  # fmt: skip
    """How often a key may ask; workers go by it within seconds. None is as often as it likes. Refuses with
    ApiKeyNotFound.
    """
    _check_limit(limit_per_second)
    async with database.transaction() as connection:
        before = await get_key(connection, merchant_id, key_id)
        await connection.execute(SQL.limit_key, merchant_id, key_id, limit_per_second)
        after = await get_key(connection, merchant_id, key_id)
        await note_change(
            connection, merchant_id, "api_key.limited", _subject(key_id), now=now, before=before, after=after
        )  # fmt: skip


async def revoke_key(database: Database, merchant_id: int, key_id: int, now: datetime) -> None:
    """Close a key; workers that know it go by it for a few seconds more. Refuses with ApiKeyNotFound."""
    async with database.transaction() as connection:
        before = await get_key(connection, merchant_id, key_id)
        await connection.execute(SQL.revoke_key, merchant_id, key_id, now)
        after = await get_key(connection, merchant_id, key_id)
        await note_change(
            connection, merchant_id, "api_key.revoked", _subject(key_id), now=now, before=before, after=after
        )  # fmt: skip


async def rotate_token_secret(database: Database, merchant_id: int, now: datetime) -> str:
    """A new secret to sign customer tokens with; tokens of the one before count until the next rotation."""
    secret = "gct_" + secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        await connection.execute(SQL.rotate_token_secret, merchant_id, secret, now)
        await note_change(connection, merchant_id, "token_secret.rotated", Subject("token_secret"), now=now)
    return secret


async def token_secret(database: Database, merchant_id: int) -> str | None:
    """What the merchant's server signs with now; None before the first rotation."""
    secret: str | None = await database.fetchval(SQL.get_token_secret, merchant_id)
    return secret


async def token_secrets(database: Database, merchant_id: int) -> tuple[str, ...]:
    """What may have signed the tokens and member codes of the merchant's customers, the newest first."""
    row = await database.fetchrow(SQL.list_token_secrets, merchant_id)
    return () if row is None else tuple(secret for secret in row if secret is not None)


def _subject(key_id: int) -> Subject:
    return Subject("api_key", str(key_id))


def _check_limit(limit_per_second: int | None) -> None:
    if limit_per_second is not None and not 0 < limit_per_second <= LIMIT_MAX:
        raise BadField("limit", f"{limit_per_second} is not a number of requests a second from 1 to {LIMIT_MAX}")


def merchant_of_secret(secret: str) -> str:
    """The id of the merchant that a secret says it opens, which is yet to be proven; refuses with Unauthenticated."""
    found = MERCHANT.match(secret)
    if found is None:
        raise Unauthenticated("This is no key: they look like gk_1042_… and are shown when they are made")
    return found["merchant"]


def hash_of(secret: str) -> bytes:
    """A fast hash is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
