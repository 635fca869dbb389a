"""Everything that is known of one member, and members who leave for good."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import remembered
from guerdon.api.v1.ids import MemberId
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.members import MemberActed
from guerdon.api.v1.who import member_at, member_present, member_shown
from guerdon.api.v1.write import DRY_RUN, decided, keyed
from guerdon.api.wire import Incoming, Route
from guerdon.moving.erase import EraseMember
from guerdon.moving.export import collect_member
from guerdon.moving.households import membership_of
from guerdon.moving.leaving import erase_member
from guerdon.moving.people import list_held


class MemberAsked(Asked, kw_only=True):
    """Whose."""

    id: MemberId


class ErasureAnswer(msgspec.Struct, frozen=True):
    """Who was erased, and how many points expired, were pending, and had been held before.

    On a dry run for somebody in a household they are null: what is theirs, only leaving it tells.
    """

    object: Literal["erasure"]
    member: str
    points: int | None
    pending: int | None
    released: int | None
    erased_at: datetime


class ExportAnswer(msgspec.Struct, frozen=True):
    """Everything of a member and of who has become them, by kind, as it is stored."""

    object: Literal["member_export"]
    member: str
    known: dict[str, list[Raw]]


async def erase(engine: Engine, caller: Caller, params: MemberActed, incoming: Incoming) -> ErasureAnswer | Raw:
    """Erase the person and keep the sums: entries stay, identities and profile go. It cannot be undone."""
    if params.dry_run:
        return await _rehearsed(engine, caller, params, incoming)

    async def write() -> ErasureAnswer:
        member = await member_present(engine.database, caller, params.id)
        erasure = await erase_member(
            engine.database, engine.desk, caller.merchant, member.member_id, actor=caller.actor
        )  # fmt: skip
        return ErasureAnswer(
            "erasure", member_shown(erasure.member_id), erasure.points, erasure.pending, erasure.released, erasure.at
        )

    return await remembered(engine.database, keyed(engine, caller, incoming, params), write)


async def export(engine: Engine, caller: Caller, params: MemberAsked, _incoming: Incoming) -> ExportAnswer:
    """All that is known of a member: who they are, what the books have, and everything that names them."""
    member = await member_at(engine.database, caller, params.id)
    known = await collect_member(engine.database, caller.merchant.merchant_id, member.member_id)
    return ExportAnswer("member_export", member_shown(member.member_id), known)


async def _rehearsed(engine: Engine, caller: Caller, params: MemberActed, incoming: Incoming) -> ErasureAnswer:
    member = await member_present(engine.database, caller, params.id)
    merchant_id, name = caller.merchant.merchant_id, member_shown(member.member_id)
    if await membership_of(engine.database, merchant_id, member.member_id) is not None:
        incoming.told.append(DRY_RUN)
        return ErasureAnswer("erasure", name, None, None, None, engine.clock())
    held = await list_held(engine.database, merchant_id, member.member_id)
    command = EraseMember(merchant=caller.merchant, member_id=member.member_id, held=held)
    erasure = await decided(engine, caller, incoming, params, command)
    return ErasureAnswer("erasure", name, erasure.points, erasure.pending, erasure.released, erasure.at)


ROUTES = (
    Route("POST", "/v1/members/{id:str}/erase", MemberActed, ErasureAnswer, erase, "write",
          "Erase a member for good", keyed=True),
    Route("GET", "/v1/members/{id:str}/export", MemberAsked, ExportAnswer, export, "read",
          "Get everything that is known of a member"),
)  # fmt: skip
