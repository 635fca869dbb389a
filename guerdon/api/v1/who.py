"""Which member a request means: by our id, or by any identity that finds one."""

from typing import Annotated

from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import DIGITS_MAX, number, shown
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.errors.members import MemberErased
from guerdon.kit.contact import BadContact, normal_email, normal_phone
from guerdon.members.members import Profile, find_member, get_member
from guerdon.points.command import Identity
from guerdon.points.store import MEMBER

LENGTH_MAX = 255
KINDS = ("email", "phone", "external_id", "pos_account_id", "card")

WHO = (
    rf"^(mem_[0-9]{{1,{DIGITS_MAX}}}|email:[!-?A-~]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*"
    r"|phone:\+[1-9][0-9]{6,14}|(external_id|pos_account_id|card):[!-~]{1,255})$"
)
"""How the document describes one. Phones and addresses that are written in other ways are read as well as can be."""

Who = Annotated[
    str,
    Meta(
        max_length=LENGTH_MAX + 20,
        description="A member's id, or an identity: `mem_42`, `email:ana@example.com`, `phone:+14155550100`, "
        "`external_id:C-17`, `pos_account_id:9`, `card:1234`",
        examples=["mem_42", "email:ana@example.com"],
        extra_json_schema={"pattern": WHO},
    ),
]


def identity_of(who: str, field: str = "member") -> Identity:
    """What finds the member, in normal form; refuses with BadField."""
    kind, colon, value = who.partition(":")
    if not colon:
        return Identity(MEMBER, str(number("mem", who, field)))
    if kind not in KINDS:
        raise BadField(field, f"{kind[:40]!r} is no kind of identity; there are {', '.join(KINDS)}")
    return identity(kind, value, field)


def identity(kind: str, value: str, field: str) -> Identity:
    """An identity of this kind in normal form; refuses with BadField."""
    try:
        if kind == "email":
            return Identity(kind, normal_email(value))
        if kind == "phone":
            return Identity(kind, normal_phone(value, None))
    except BadContact as error:
        raise BadField(field, str(error).removesuffix(".")) from None
    found = value.strip()
    if not 0 < len(found) <= LENGTH_MAX:
        raise BadField(field, f"a text of 1 to {LENGTH_MAX} characters is needed")
    return Identity(kind, found)


async def member_named(engine: Engine, caller: Caller, who: str, field: str = "member") -> Profile:
    """The member who is meant; refuses with MemberNotFound."""
    merchant_id, found = caller.merchant.merchant_id, identity_of(who, field)
    if found.kind == MEMBER:
        return await get_member(engine.database, merchant_id, int(found.value))
    return await find_member(engine.database, merchant_id, [found])


async def member_at(database: Database, caller: Caller, member: str) -> Profile:
    """The member with the id in a path, or who they have become; refuses with MemberNotFound.

    Paths name members by our id alone: they are logged in many places, and an address is nobody's business there.
    """
    return await get_member(database, caller.merchant.merchant_id, number("mem", member))


async def member_present(database: Database, caller: Caller, member: str) -> Profile:
    """The same, if anything is left of them; refuses with MemberErased too."""
    profile = await member_at(database, caller, member)
    if profile.status == "erased":
        raise MemberErased(profile.member_id)
    return profile


def member_shown(member_id: int) -> str:
    """A member's id as clients see it."""
    return shown("mem", member_id)
