"""POST /customer_birthdays, and POST, GET and DELETE /customer_anniversary: days that come again each year."""

from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.activities.celebrations import (
    Celebration,
    Kind,
    checked,
    get_celebration,
    remove_celebration,
    set_celebration,
)
from guerdon.activities.report import ANNIVERSARY, BIRTHDAY
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, once
from guerdon.api.storefront.contract import CustomerNamed
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database
from guerdon.members.members import find_member, touch_member


class SetDay(CustomerNamed, kw_only=True):
    """A customer's day; another one takes its place, and earns from the next time on that it comes."""

    day: Annotated[int, Meta(ge=1, le=31)]
    month: Annotated[int, Meta(ge=1, le=12)]
    year: int | None = None


class DayNamed(CustomerNamed, kw_only=True):
    """Whose day."""


class DayAnswer(msgspec.Struct):
    """A day; all null where none is known."""

    day: int | None
    month: int | None
    year: int | None


async def set_birthday(engine: Engine, caller: Caller, params: SetDay, incoming: Incoming) -> DayAnswer | msgspec.Raw:
    """Remember a customer's birthday."""
    return await _set(engine, caller, params, incoming, BIRTHDAY)


async def set_anniversary(
    engine: Engine, caller: Caller, params: SetDay, incoming: Incoming
) -> DayAnswer | msgspec.Raw:
    """Remember a customer's anniversary."""
    return await _set(engine, caller, params, incoming, ANNIVERSARY)


async def fetch_anniversary(engine: Engine, caller: Caller, params: DayNamed, _incoming: Incoming) -> DayAnswer:
    """A customer's anniversary."""
    merchant_id = caller.merchant.merchant_id
    profile = await find_member(engine.database, merchant_id, params.identities())
    return _answer(await get_celebration(engine.database, merchant_id, profile.member_id, ANNIVERSARY))


async def delete_anniversary(engine: Engine, caller: Caller, params: DayNamed, _incoming: Incoming) -> DayAnswer:
    """Forget a customer's anniversary; asked again, nothing is left to forget."""
    merchant_id = caller.merchant.merchant_id
    profile = await find_member(engine.database, merchant_id, params.identities())
    await remove_celebration(engine.database, merchant_id, profile.member_id, ANNIVERSARY)
    return _answer(None)


async def _set(
    engine: Engine, caller: Caller, params: SetDay, incoming: Incoming, kind: Kind
) -> DayAnswer | msgspec.Raw:
    now, merchant_id = engine.clock(), caller.merchant.merchant_id
    celebration = checked(params.month, params.day, params.year, caller.merchant.day(now))

    async def write(database: Database) -> DayAnswer:
        profile = await find_member(database, merchant_id, params.identities())
        await set_celebration(database, merchant_id, profile.member_id, kind, celebration, now)
        await touch_member(database, merchant_id, profile.member_id, now)
        return _answer(celebration)

    return await once(engine.database, Asked(incoming, params, merchant_id, caller.actor, now), write)


def _answer(celebration: Celebration | None) -> DayAnswer:
    if celebration is None:
        return DayAnswer(None, None, None)
    return DayAnswer(celebration.day, celebration.month, celebration.year)
