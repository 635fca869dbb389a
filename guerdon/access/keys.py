"""API keys: a GUID names the merchant, a secret proves the key. Only a hash of the secret is stored."""

import hashlib
import secrets
import time
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.errors.base import MerchantNotFound, ScopeMissing, Unauthenticated
from guerdon.kit.ids import merchant_of_guid
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import Merchants

SQL = load(__file__, "access.sql")

SCOPES = ("redeem", "read", "write")
"""redeem: redeem and cancel. write: members, orders, adjustments. read: everything that changes nothing."""

FRESH_FOR_S = 5.0
"""A revoked key opens nothing anywhere after this."""

KNOWN_MAX = 10_000
REFUSED = "These credentials are not valid: send x-guid with x-api-key, or merchant_id with api_key"


class Caller(Struct, frozen=True):
    """Who asks: the merchant, the name under which it is recorded, and what it may do."""

    merchant: Merchant
    actor: str
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Refuses with ScopeMissing."""
        if scope not in self.scopes:
            raise ScopeMissing(scope, ", ".join(sorted(self.scopes)) or "none")


class ApiKey(Struct, frozen=True):
    """A key as its owner sees it later: by name and the end of its secret."""

    key_id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """Tells callers by their credentials, and remembers for a few seconds whom it has told."""

    def __init__(self, database: Database, merchants: Merchants) -> None:
        self._database = database
        self._merchants = merchants
        self._known: dict[tuple[str, str], tuple[float, Caller]] = {}

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

    async def _look_up(self, account: str, secret: str) -> Caller:
        guid = None
        try:
            if account.isascii() and account.isdigit():
                merchant_id = int(account[:18])
            else:
                guid = UUID(account)
                merchant_id = merchant_of_guid(guid)
            merchant = await self._merchants.get(merchant_id)
        except (ValueError, MerchantNotFound):
            raise Unauthenticated(REFUSED) from None
        row = await self._database.fetchrow(SQL.find_key, merchant_id, hash_of(secret))
        if row is None or (guid is not None and guid != merchant.guid):
            raise Unauthenticated(REFUSED)
        return Caller(merchant, f"key:{row['key_id']}", frozenset(row["scopes"]))


async def create_key(
    database: Database, merchant_id: int, *, name: str, now: datetime, scopes: tuple[str, ...] = SCOPES
) -> str:
    """Add a key; returns its secret, which nobody can show again."""
    secret = "gk_" + secrets.token_urlsafe(32)
    key_id = await database.fetchval("SELECT nextval('api_key_sequence')")
    await database.execute(SQL.insert_key, merchant_id, key_id, name, hash_of(secret), secret[-4:], list(scopes), now)
    return secret


async def list_keys(database: Database, merchant_id: int) -> list[ApiKey]:
    """A merchant's keys, revoked ones too."""
    return [
        ApiKey(row["key_id"], row["name"], row["hint"], tuple(row["scopes"]), row["created_at"], row["revoked_at"])
        for row in await database.fetch(SQL.list_keys, merchant_id)
    ]


async def revoke_key(database: Database, merchant_id: int, key_id: int, now: datetime) -> None:
    """Close a key; workers that know it go by it for a few seconds more."""
    await database.execute(SQL.revoke_key, merchant_id, key_id, now)


def hash_of(secret: str) -> bytes:
    """A fast hash is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
