"""`/v1/members/{id}/identities`: what finds a member. One value of one kind finds one member of the merchant."""

from typing import Literal

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import MemberId
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.members import MemberActed, Text
from guerdon.api.v1.profile import IdentityAnswer, IdentityKind, identities_shown
from guerdon.api.v1.who import identity, member_at, member_present, member_shown
from guerdon.api.v1.write import changed
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.members.amend import add_identity, remove_identity
from guerdon.members.members import get_member


class IdentitiesAsked(Asked, kw_only=True):
    """Whose."""

    id: MemberId


class IdentityNamed(MemberActed, kw_only=True):
    """One identity of a member."""

    kind: IdentityKind
    value: Text


class IdentitiesAnswer(msgspec.Struct, frozen=True):
    """Everything that finds a member, what is their own before what came with members who became them."""

    object: Literal["identities"]
    member: str
    identities: list[IdentityAnswer]


async def find(engine: Engine, caller: Caller, params: IdentitiesAsked, _incoming: Incoming) -> IdentitiesAnswer:
    """What finds a member."""
    member = await member_at(engine.database, caller, params.id)
    return await _answer(engine.database, caller, member.member_id)


async def add(engine: Engine, caller: Caller, params: IdentityNamed, incoming: Incoming) -> IdentitiesAnswer | Raw:
    """Let one more identity find the member; those of the same kind stay."""
    return await _change(engine, caller, params, incoming, adds=True)


async def remove(engine: Engine, caller: Caller, params: IdentityNamed, incoming: Incoming) -> IdentitiesAnswer | Raw:
    """Let an identity find the member no more; the last one stays."""
    # The path is part of the key under which the answer is kept: what found the member is not to be read there.
    incoming.path = f"/v1/members/{params.id}/identities"
    return await _change(engine, caller, params, incoming, adds=False)


async def _change(
    engine: Engine, caller: Caller, params: IdentityNamed, incoming: Incoming, *, adds: bool
) -> IdentitiesAnswer | Raw:
    named = identity(params.kind, params.value, "value")
    merchant_id, now = caller.merchant.merchant_id, engine.clock()

    async def write(database: Database) -> IdentitiesAnswer:
        member = await member_present(database, caller, params.id)
        if adds:
            await add_identity(database, merchant_id, member.member_id, named, now)
        else:
            await remove_identity(database, merchant_id, member.member_id, named, now)
        return await _answer(database, caller, member.member_id)

    return await changed(engine, caller, incoming, params, write)


async def _answer(database: Database, caller: Caller, member_id: int) -> IdentitiesAnswer:
    profile = await get_member(database, caller.merchant.merchant_id, member_id)
    return IdentitiesAnswer("identities", member_shown(member_id), identities_shown(profile))


ROUTES = (
    Route("GET", "/v1/members/{id:str}/identities", IdentitiesAsked, IdentitiesAnswer, find, "read",
          "List what finds a member"),
    Route("POST", "/v1/members/{id:str}/identities", IdentityNamed, IdentitiesAnswer, add, "write",
          "Add an identity to a member", keyed=True),
    Route("DELETE", "/v1/members/{id:str}/identities", IdentityNamed, IdentitiesAnswer, remove, "write",
          "Remove an identity that is named in the body", keyed=True),
    Route("DELETE", "/v1/members/{id:str}/identities/{kind:str}/{value:str}", IdentityNamed, IdentitiesAnswer, remove,
          "write", "Remove an identity of a member", keyed=True),
)  # fmt: skip
