"""Storing and reading merchants."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import asyncpg
import msgspec

from guerdon.database.pool import Database, inside
from guerdon.errors.base import BadField, MerchantNotFound, NameTaken
from guerdon.kit.calendar import zone
from guerdon.kit.ids import merchant_guid
from guerdon.kit.money import UnknownCurrency, currency
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant, Mode, Policies
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "merchants.sql")

FRESH_FOR_S = 5.0
"""How long a worker goes by what it has read: a changed policy counts everywhere after that."""


class Merchants:
    """The merchants a worker has met, read again when what it knows is older than a few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, tuple[float, Merchant]] = {}

    async def get(self, merchant_id: int) -> Merchant:
        """The merchant; refuses with MerchantNotFound."""
        known = self._known.get(merchant_id)
        now = time.monotonic()
        if known is not None and now - known[0] < FRESH_FOR_S:
            return known[1]
        merchant = await get_merchant(self._database, merchant_id)
        self._known[merchant_id] = (now, merchant)
        return merchant


async def get_merchant(database: Database, merchant_id: int) -> Merchant:
    """The merchant as it stands; refuses with MerchantNotFound."""
    row = await database.fetchrow(SQL.get_merchant, merchant_id)
    if row is None:
        raise MerchantNotFound(merchant_id)
    policies = msgspec.json.decode(row["policies"], type=Policies)
    rates = dict(zip(row["currencies"], row["rates"], strict=True))
    return Merchant(*row[0:5], policies=policies, rates=rates, mode=row["mode"])


async def list_merchants(database: Database) -> list[Merchant]:
    """Every merchant of this installation."""
    return [await get_merchant(database, row[0]) for row in await database.fetch(SQL.list_merchants)]


async def create_merchant(
    database: Database,
    *,
    name: str,
    currency_code: str,
    timezone: str,
    now: datetime,
    merchant_id: int | None = None,
    policies: Policies | None = None,
    rates: dict[str, Decimal] | None = None,
    mode: Mode = "live",
) -> Merchant:
    """Add a tenant, perhaps to try things with. Refuses an unknown currency or time zone, and an id that is taken."""
    base = _currency(currency_code)
    _check_timezone(timezone)
    if merchant_id is None:
        merchant_id = int(await database.fetchval("SELECT nextval('merchant_sequence')"))
    elif not 0 < merchant_id < 2**31:
        raise BadField("id", f"{merchant_id} is not a whole number from 1 to {2**31 - 1}")
    guid: UUID = merchant_guid(merchant_id)
    document = msgspec.json.encode(policies or Policies()).decode()
    try:
        async with database.transaction() as connection:
            await connection.execute(SQL.insert_merchant, merchant_id, guid, name, base, timezone, document, now, mode)
            for code, rate in (rates or {}).items():
                await connection.execute(SQL.set_rate, merchant_id, _currency(code), _rate(code, rate))
            facts = {"name": name, "currency": base, "timezone": timezone, "mode": mode}
            await note_change(
                connection, merchant_id, "merchant.added", Subject("merchant", str(merchant_id)), now=now, after=facts
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken("merchant", str(merchant_id)) from error
    return await get_merchant(database, merchant_id)


async def set_policies(database: Database, merchant_id: int, policies: Policies) -> None:
    """Change how the programme behaves; workers go by it within seconds."""
    await database.execute(SQL.set_policies, merchant_id, msgspec.json.encode(policies).decode())


async def lock_merchant(database: Database, merchant_id: int) -> Merchant:
    """The merchant, which nobody else changes until the transaction ends; refuses with MerchantNotFound."""
    await database.execute(SQL.lock_merchant, merchant_id)
    return await get_merchant(database, merchant_id)


@asynccontextmanager
async def changing_merchant(
    database: Database, merchant_id: int, now: datetime
) -> AsyncGenerator[tuple[Database, Merchant]]:
    """A transaction in which the merchant is changed, with what it was before; the audit trail tells what differs
    after it. Refuses with MerchantNotFound.
    """
    async with database.transaction() as connection:
        within = inside(connection)
        before = await lock_merchant(within, merchant_id)
        yield within, before
        after = await get_merchant(within, merchant_id)
        await note_change(
            connection, merchant_id, "merchant.changed", Subject("merchant", str(merchant_id)), now=now, before=before,
            after=after,
        )  # fmt: skip


async def rename_merchant(database: Database, merchant_id: int, name: str) -> None:
    """What members know it as."""
    await database.execute(SQL.rename_merchant, merchant_id, name)


async def drop_rate(database: Database, merchant_id: int, code: str) -> None:
    """Take a currency no longer; what was booked in it stays."""
    await database.execute(SQL.drop_rate, merchant_id, _currency(code))


async def set_rate(database: Database, merchant_id: int, code: str, rate: Decimal) -> None:
    """Take a currency, at so many units of it for one unit of the base."""
    await database.execute(SQL.set_rate, merchant_id, _currency(code), _rate(code, rate))


def _currency(code: str) -> str:
    try:
        return currency(code).code
    except UnknownCurrency as error:
        raise BadField("currency", str(error)) from error


def _rate(code: str, rate: Decimal) -> Decimal:
    if not (rate.is_finite() and Decimal("1e-9") <= rate <= Decimal("1e9")):
        raise BadField("rate", f"{rate} {code} for one unit of the base currency is not between 1e-9 and 1e9")
    return rate


def _check_timezone(name: str) -> None:
    try:
        zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadField("timezone", f"{name!r} is no IANA time zone; one such as Europe/Berlin or UTC is") from error
