"""`/v1/merchant`: the merchant whose key it is, its currencies, and how its programme behaves."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import ADMIN, Caller
from guerdon.api.engine import Engine
from guerdon.api.reading import AT
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.match import require_version, tell_version, version_of
from guerdon.api.v1.money import CurrencyCode
from guerdon.api.v1.write import WriteAsked, changed
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.merchants.merchants import (
    changing_merchant,
    drop_rate,
    get_merchant,
    rename_merchant,
    set_policies,
    set_rate,
)

PATH = "/v1/merchant"


class MerchantAsked(Asked, kw_only=True):
    """The merchant of the key."""


class MerchantChanged(WriteAsked, kw_only=True):
    """What is given changes; policies and rates that are not named stay. A rate of null takes the currency no longer.

    The base currency and the time zone stay: what was booked was booked in them.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    policies: dict[str, Any] | None = None
    rates: dict[CurrencyCode, Decimal | None] | None = None


class MerchantAnswer(msgspec.Struct, frozen=True):
    """The merchant. `rates` tell what one unit of the base currency is worth in each other that is taken."""

    id: str
    object: Literal["merchant"]
    guid: UUID
    livemode: bool
    name: str
    currency: str
    timezone: str
    rates: dict[str, Decimal]
    policies: Policies


async def fetch(engine: Engine, caller: Caller, _params: MerchantAsked, incoming: Incoming) -> MerchantAnswer:
    """The merchant, with its version as `ETag`."""
    merchant = await get_merchant(engine.database, caller.merchant.merchant_id)
    answer = _shown(merchant)
    tell_version(incoming, version_of(answer))
    return answer


async def change(
    engine: Engine, caller: Caller, params: MerchantChanged, incoming: Incoming
) -> MerchantAnswer | Raw:  # fmt: skip
    """Change the merchant; servers go by it within seconds. With `If-Match`, only the version that is named."""
    merchant_id, now = caller.merchant.merchant_id, engine.clock()

    async def write(database: Database) -> MerchantAnswer:
        async with changing_merchant(database, merchant_id, now) as (within, before):
            require_version(incoming, version_of(_shown(before)))
            if params.name is not None:
                await rename_merchant(within, merchant_id, params.name)
            if params.policies is not None:
                await set_policies(within, merchant_id, changed_policies(before.policies, params.policies))
            for code, rate in (params.rates or {}).items():
                await _rate(within, before, code, rate)
        answer = _shown(await get_merchant(database, merchant_id))
        tell_version(incoming, version_of(answer))
        return answer

    return await changed(engine, caller, incoming, params, write)


def changed_policies(before: Policies, given: Mapping[str, Any]) -> Policies:
    """The policies with these in their place; refuses with BadField names that there are not, and values amiss."""
    known = Policies.__struct_fields__
    if unknown := sorted(set(given) - set(known)):
        raise BadField(f"policies.{unknown[0]}", f"there is no such policy; there are {', '.join(known)}")
    try:
        return msgspec.convert({**msgspec.to_builtins(before), **given}, Policies)
    except BadField as refused:
        raise BadField(f"policies.{refused.field}", refused.problem) from None
    except msgspec.ValidationError as error:
        found = AT.fullmatch(str(error))
        field, problem = ("", str(error)) if found is None else (f".{found['field']}", found["problem"])
        raise BadField(f"policies{field}", problem.replace("`", "'")) from None


async def _rate(database: Database, merchant: Merchant, code: str, rate: Decimal | None) -> None:
    if code == merchant.currency:
        raise BadField(f"rates.{code}", "the base currency is worth itself")
    if rate is None:
        await drop_rate(database, merchant.merchant_id, code)
    else:
        await set_rate(database, merchant.merchant_id, code, rate)


def _shown(merchant: Merchant) -> MerchantAnswer:
    return MerchantAnswer(
        shown("mrc", merchant.merchant_id), "merchant", merchant.guid, merchant.mode == "live", merchant.name,
        merchant.currency, merchant.timezone, dict(sorted(merchant.rates.items())), merchant.policies,
    )  # fmt: skip


ROUTES = (
    Route("GET", PATH, MerchantAsked, MerchantAnswer, fetch, "read", "Get the merchant and its policies"),
    Route("PATCH", PATH, MerchantChanged, MerchantAnswer, change, ADMIN, "Change the merchant", keyed=True),
)  # fmt: skip
