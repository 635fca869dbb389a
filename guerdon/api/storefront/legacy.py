"""Older and newer names of the same things: the first version's paths, and those of the incumbent's third.

Their clients sign in with one token, which is an API key here: as `access_token`, as a bearer token, or as the other
endpoints take it. The account is the merchant or store in the path.
"""

from typing import Any

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.actions import ActionAnswer, RecordAction, record_action
from guerdon.api.storefront.contract import CommaList, CustomerNamed, Text
from guerdon.api.storefront.customers import whole_customer
from guerdon.api.storefront.record import CustomerAnswer
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField


class CustomerDetails(CustomerNamed, kw_only=True):
    """Which customer."""


class FetchStoreCustomer(CustomerNamed, kw_only=True):
    """Which customer, in an object or beside the switches. The store is the merchant, by number or by GUID."""

    merchant_id: str | int | None = msgspec.field(name="store_id", default=None)
    customers: CustomerNamed | None = None
    with_referral_code: bool = False
    with_history: bool = False


class StoreCustomerAnswer(msgspec.Struct):
    """The customer, under a name that promises more than one."""

    customers: CustomerAnswer


class StoreAction(CustomerNamed, kw_only=True):
    """What a customer did in a store, in an object or plainly; RecordAction says what each field means."""

    merchant_id: str | int | None = msgspec.field(name="store_id", default=None)
    custom_action: RecordAction | None = None
    custom_actions: RecordAction | None = None
    type: Text | None = None
    action_name: Text | None = None
    activity_id: Text | int | None = None
    ip_address: Text | None = None
    user_agent: CommaList | None = None
    created_at: Text | None = None
    reward_points: int | None = None
    history_title: Text | None = None

    def action(self) -> RecordAction:
        """The action; refuses one without a name, and what RecordAction refuses."""
        given = self.custom_action or self.custom_actions
        if given is not None:
            return given
        if not self.action_name:
            raise BadField("action_name", "the name of an earning rule's action is needed")
        plain: dict[str, Any] = {field: getattr(self, field) for field in RecordAction.__struct_fields__}
        try:
            return msgspec.convert(plain, RecordAction)
        except msgspec.ValidationError as error:
            raise BadField("reward_points", str(error).partition(" - at")[0].replace("`", "'")) from None


async def customer_details(
    engine: Engine, caller: Caller, params: CustomerDetails, _incoming: Incoming
) -> CustomerAnswer:
    """The first version's customer: with everything."""
    return await whole_customer(engine, caller.merchant, params.identities(), referrals=True, history=True)


async def fetch_store_customer(
    engine: Engine, caller: Caller, params: FetchStoreCustomer, _incoming: Incoming
) -> StoreCustomerAnswer:
    """The third version's customer; 404 for one whom nobody knows."""
    named = params.customers or params
    found = await whole_customer(
        engine, caller.merchant, named.identities(), referrals=params.with_referral_code, history=params.with_history
    )
    return StoreCustomerAnswer(found)


async def record_store_action(engine: Engine, caller: Caller, params: StoreAction, incoming: Incoming) -> ActionAnswer:
    """Take an action as POST /actions does."""
    return await record_action(engine, caller, params.action(), incoming)
