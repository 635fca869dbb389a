"""POST and GET /customers: a shop tells who its customers are, and asks what they have."""

from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.activities.enrol import Programme, enrol
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, remembered
from guerdon.api.storefront.contract import (
    CommaList,
    Credentials,
    CustomerNamed,
    Text,
    country,
    email,
    parts,
    phone,
    text,
    time_given,
)
from guerdon.api.storefront.record import CustomerAnswer, customer_record
from guerdon.api.storefront.referral import receipts_of, referral_of_customer
from guerdon.api.storefront.statement import history_items, redeemed_by
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.members.members import ProfileChange, find_member
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity


class UpsertCustomer(Credentials, kw_only=True):
    """What a shop knows of a customer; what it leaves out stays as it was. `tags` replace those before."""

    id: Text | int | None = None
    email: str | None = None
    phone_number: str | int | None = None
    pos_account_id: Text | int | None = None
    country_iso_code: str | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    has_account: bool | None = None
    platform_account_created_at: Text | None = None
    opted_in: bool | None = None
    opted_in_at: Text | None = None
    tags: CommaList | None = None
    referral_code: Text | None = None
    """Ours: the code of the customer who brought this one, where they are new."""

    def identities(self) -> tuple[Identity, ...]:
        """Everything that will find the customer, in normal form; refuses if nothing would."""
        found: list[Identity] = []
        if self.email:
            found.append(Identity("email", email(self.email, "email")))
        if self.id not in (None, ""):
            found.append(Identity("external_id", text(self.id, "id")))
        if self.phone_number:
            found.append(Identity("phone", phone(self.phone_number, country(self.country_iso_code))))
        if self.pos_account_id not in (None, ""):
            found.append(Identity("pos_account_id", text(self.pos_account_id, "pos_account_id")))
        if not found:
            raise BadField("email", "one of email, id, phone_number, pos_account_id is needed")
        return tuple(found)


class FetchCustomer(CustomerNamed, kw_only=True):
    """Which customer, and how much of them."""

    with_referral_code: bool = False
    with_history: bool = False


async def upsert_customer(
    engine: Engine, caller: Caller, params: UpsertCustomer, incoming: Incoming
) -> CustomerAnswer | Raw:
    """Add the customer or change what is known of them; answers as GET does. Asked again, it changes nothing more."""
    asked = Asked(incoming, params, caller.merchant.merchant_id, caller.actor, engine.clock())
    return await remembered(engine.database, asked, lambda: _upsert(engine, caller, params))


async def _upsert(engine: Engine, caller: Caller, params: UpsertCustomer) -> CustomerAnswer:
    change = ProfileChange(
        tags=None if params.tags is None else parts(params.tags),
        opted_in=params.opted_in,
        opted_in_at=time_given(params.opted_in_at, "opted_in_at"),
        first_name=params.first_name or None,
        last_name=params.last_name or None,
        country=country(params.country_iso_code),
        has_account=params.has_account,
        platform_created_at=time_given(params.platform_account_created_at, "platform_account_created_at"),
    )
    programme = Programme(engine.database, engine.desk, engine.clock, caller.merchant, caller.actor)
    enrolled = await enrol(programme, params.identities(), change, referral_code=params.referral_code)
    return await customer_record(engine.database, caller.merchant, enrolled.profile, engine.clock())


async def fetch_customer(engine: Engine, caller: Caller, params: FetchCustomer, _incoming: Incoming) -> CustomerAnswer:
    """One customer; 404 for one whom nobody knows."""
    return await whole_customer(
        engine, caller.merchant, params.identities(), referrals=params.with_referral_code, history=params.with_history
    )


async def whole_customer(
    engine: Engine, merchant: Merchant, identities: tuple[Identity, ...], *, referrals: bool, history: bool
) -> CustomerAnswer:
    """The customer whom these find, with as much of them as is asked for."""
    profile = await find_member(engine.database, merchant.merchant_id, identities)
    answer = await customer_record(engine.database, merchant, profile, engine.clock())
    if referrals:
        referral = await referral_of_customer(engine, merchant, profile)
        answer.referral_code, answer.referral_link = referral or (None, None)
    if history:
        answer.history_items = await history_items(engine.database, merchant, profile.member_id, engine.clock())
        answer.point_redemptions, answer.purchases = await redeemed_by(
            engine.database, merchant, profile.member_id
        )  # fmt: skip
        answer.referral_receipts = await receipts_of(engine, merchant, profile.member_id)
    return answer
