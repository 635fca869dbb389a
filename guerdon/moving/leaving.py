"""The way of a member who leaves for good: out of the household, erased by the desk, then out of the logs.

Logs are not under any account's lock, and are long: they are swept after the commit, and sweeping twice does nothing
more. Whoever asks again for a member who is erased already has the logs swept once more.
"""

from datetime import datetime

import msgspec

from guerdon.database.pool import Database
from guerdon.errors.members import MemberBusy
from guerdon.kit.sql import load
from guerdon.members.members import Profile, get_member
from guerdon.merchants.merchant import Merchant
from guerdon.moving.erase import EraseMember, Erasure
from guerdon.moving.household import DissolveHousehold, RemoveFromHousehold, SetHouseholdRole
from guerdon.moving.households import members_of, membership_of
from guerdon.moving.people import list_held
from guerdon.points.desk import Desk

SQL = load(__file__, "leaving.sql")

TRIES = 5
"""A member who keeps redeeming while being erased is a conflict in the end."""

CONTACTS = ("email", "phone", "card")
"""Identities that tell of a person wherever they are written; a number of the shop's own could mean anything."""


async def erase_member(
    database: Database, desk: Desk, merchant: Merchant, member_id: int, *, actor: str
) -> Erasure:  # fmt: skip
    """Erase the member (behaviour 24). Refuses with MemberNotFound, and with MemberErased where nobody is left."""
    profile = await get_member(database, merchant.merchant_id, member_id)
    for attempt in range(TRIES):
        await _leave_household(database, desk, merchant, profile.member_id, actor)
        held = await list_held(database, merchant.merchant_id, profile.member_id)
        orders = await database.fetch(SQL.list_order_ids, merchant.merchant_id, profile.member_id)
        command = EraseMember(merchant=merchant, member_id=profile.member_id, held=held)
        try:
            erasure = (await desk.submit(command, actor=actor)).value
        except MemberBusy:
            if attempt == TRIES - 1:
                raise
            continue
        await _sweep_logs(database, merchant.merchant_id, profile, [row[0] for row in orders], erasure.at)
        return erasure
    raise AssertionError("the last try returns or raises")


async def _leave_household(database: Database, desk: Desk, merchant: Merchant, member_id: int, actor: str) -> None:
    """A household is left first, with nothing; its last owner leaves it to whoever joined first."""
    membership = await membership_of(database, merchant.merchant_id, member_id)
    if membership is None:
        return
    household_id = membership.household_id
    others = [
        one for one in await members_of(database, merchant.merchant_id, household_id) if one.member_id != member_id
    ]
    if not others:
        await desk.submit(DissolveHousehold(merchant=merchant, household_id=household_id), actor=actor)
        return
    if not any(one.role == "owner" for one in others):
        heir = SetHouseholdRole(
            merchant=merchant, household_id=household_id, member_id=others[0].member_id, role="owner"
        )
        await desk.submit(heir, actor=actor)
    leaves = RemoveFromHousehold(merchant=merchant, household_id=household_id, member_id=member_id, share=0)
    await desk.submit(leaves, actor=actor)


async def _sweep_logs(database: Database, merchant_id: int, profile: Profile, orders: list[str], at: datetime) -> None:
    """Events, webhooks, decisions and stored answers that tell of the person."""
    values = [identity.value for identity in profile.identities if identity.kind in CONTACTS]
    kinds = [identity.kind for identity in profile.identities]
    every = [identity.value for identity in profile.identities]
    await database.execute(SQL.scrub_events, merchant_id, profile.member_id)
    await database.execute(SQL.scrub_changes, merchant_id, profile.member_id)
    await database.execute(SQL.scrub_deliveries, merchant_id, profile.member_id, at)
    await database.execute(SQL.scrub_decisions, merchant_id, kinds, every)
    await database.execute(SQL.forget_answers, merchant_id, values, [_in_json(order_id) for order_id in orders])


def _in_json(text: str) -> str:
    """A text as JSON has it between its quotation marks, up to the first that is its own."""
    return msgspec.json.encode(text).decode()[1:].partition('"')[0]
