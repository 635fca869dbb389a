"""A shop tells of a customer: whoever is new to the programme by it, is welcomed to it."""

from collections.abc import Sequence
from typing import NamedTuple

from guerdon.activities.sign_up import is_owed, sign_up
from guerdon.database.pool import Database
from guerdon.errors.books import MemberNotFound
from guerdon.kit.clock import Clock
from guerdon.members.members import Profile, ProfileChange, find_member, get_member, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity
from guerdon.points.desk import Desk


class Enrolled(NamedTuple):
    """The member as they are now, and whether nobody had known them."""

    profile: Profile
    is_new: bool


class Programme(NamedTuple):
    """What it takes to enrol somebody with a merchant; `actor` is who says so."""

    database: Database
    desk: Desk
    clock: Clock
    merchant: Merchant
    actor: str


async def enrol(
    programme: Programme, identities: Sequence[Identity], change: ProfileChange, *, referral_code: str | None = None
) -> Enrolled:
    """Add the member, or change the one whom these identities find, and welcome who is new. Asked again, it changes
    nothing more. Refuses with IdentityConflict.
    """
    merchant_id, now = programme.merchant.merchant_id, programme.clock()
    before = await known_as(programme.database, merchant_id, identities)
    member_id = await upsert_member(programme.database, merchant_id, identities, change, now)
    profile = await get_member(programme.database, merchant_id, member_id)
    joins = before is None or (change.opted_in is True and before.opted_in_at is None)
    profile = await welcome(programme, profile, identities, joins=joins, referral_code=referral_code)
    return Enrolled(profile, before is None)


async def welcome(
    programme: Programme, profile: Profile, identities: Sequence[Identity], *, joins: bool,
    referral_code: str | None = None,
) -> Profile:  # fmt: skip
    """Welcome a member who takes part, and joins by what was just said, or should have been welcomed not long ago;
    returns them as they are then.
    """
    merchant_id, now = programme.merchant.merchant_id, programme.clock()
    if not takes_part(profile, programme.merchant):
        return profile
    since = max(profile.created_at, profile.opted_in_at or profile.created_at)
    if not joins and not await is_owed(programme.database, merchant_id, profile.member_id, since=since, now=now):
        return profile
    await sign_up(
        programme.database, programme.desk, programme.clock, programme.merchant, profile.member_id, identities,
        actor=programme.actor, referral_code=referral_code,
    )  # fmt: skip
    return await get_member(programme.database, merchant_id, profile.member_id)


async def known_as(database: Database, merchant_id: int, identities: Sequence[Identity]) -> Profile | None:
    """Whom these identities find, if anybody; refuses with IdentityConflict."""
    try:
        return await find_member(database, merchant_id, identities)
    except MemberNotFound:
        return None


def takes_part(profile: Profile, merchant: Merchant) -> bool:
    """Whether the member is in the programme: by their own word, else by the merchant's policy."""
    return merchant.policies.opt_in == "everyone" if profile.opted_in is None else profile.opted_in
