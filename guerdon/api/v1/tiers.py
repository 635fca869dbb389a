"""`/v1/members/{id}/tier`: where a member stands, how they came there, and a hand that puts them elsewhere."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import MemberId
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.standing import Done, TierStanding, done_shown, standing_shown
from guerdon.api.v1.who import member_at, member_present, member_shown
from guerdon.api.v1.write import WriteAsked, decided
from guerdon.api.wire import Incoming, Route
from guerdon.merchants.merchant import Merchant
from guerdon.moving.person import by_number
from guerdon.tiers.assign import AssignTier
from guerdon.tiers.members import find_changes, progress_of
from guerdon.tiers.programme import Programme, Sums, nickname
from guerdon.tiers.programmes import get_tiers
from guerdon.tiers.qualify import Change
from guerdon.tiers.standing import Assigned, Because

TIER = "/v1/members/{id:str}/tier"


class TierChosen(Asked, kw_only=True):
    """Whose tier."""

    id: MemberId


class TierChangesAsked(ListAsked, kw_only=True):
    """Whose history."""

    id: MemberId


class TierAssigned(WriteAsked, kw_only=True):
    """Put a member into a tier, to the end of the day `until` or until further notice.

    The rules may lift the member from there, unless it is `pinned`: then nothing moves it before its day.
    """

    id: MemberId
    level: Annotated[int, Meta(ge=0, le=99)]
    until: date | None = None
    pinned: bool = False
    perks: bool = True
    """Whether what the tier gives on entry is given, where it is a higher one."""
    reason: Annotated[str, Meta(max_length=255)] = ""


class StandingAnswer(msgspec.Struct, frozen=True):
    """A member's tier, with the way to the next."""

    object: Literal["member_tier"]
    member: str
    tier: TierStanding


class AssignmentAnswer(msgspec.Struct, frozen=True):
    """Where a member stands from now on; level 0 is no tier."""

    object: Literal["member_tier"]
    member: str
    level: int
    name: str | None
    entered_at: datetime | None
    until: date | None
    assigned: Assigned


class TierChangeAnswer(msgspec.Struct, frozen=True):
    """A step of a member's, and what counted then: reached, retained, lapsed, assigned, or by a new programme."""

    id: str
    object: Literal["tier_change"]
    from_level: int
    from_name: str | None
    to_level: int
    to_name: str | None
    why: Because
    reason: str
    actor: str
    counted: Done
    until: date | None
    at: datetime


async def fetch(engine: Engine, caller: Caller, params: TierChosen, _incoming: Incoming) -> StandingAnswer:
    """Where a member stands, and what is missing for more."""
    member = await member_at(engine.database, caller, params.id)
    levels = {member.member_id: member.tier_level}
    found = await progress_of(engine.database, caller.merchant, levels, engine.clock())
    standing = standing_shown(found[member.member_id], caller.merchant)
    return StandingAnswer("member_tier", member_shown(member.member_id), standing)


async def assign(engine: Engine, caller: Caller, params: TierAssigned, incoming: Incoming) -> AssignmentAnswer:
    """Put a member into a tier by hand."""
    member = await member_present(engine.database, caller, params.id)
    command = AssignTier(
        merchant=caller.merchant,
        who=(by_number(member.member_id),),
        level=params.level,
        until=params.until,
        reason=params.reason,
        pinned=params.pinned,
        perks=params.perks,
    )
    standing = await decided(engine, caller, incoming, params, command)
    programme = await get_tiers(engine.database, caller.merchant.merchant_id)
    return AssignmentAnswer(
        "member_tier", member_shown(standing.member_id), standing.level, nickname(programme, standing.level),
        standing.entered_at, standing.until, standing.assigned,
    )  # fmt: skip


async def find_history(
    engine: Engine, caller: Caller, params: TierChangesAsked, incoming: Incoming
) -> Page[TierChangeAnswer]:  # fmt: skip
    """How a member came where they are, newest first."""
    merchant = caller.merchant
    member = await member_at(engine.database, caller, params.id)
    rows = await find_changes(
        engine.database, merchant.merchant_id, member.member_id, before=after(params, tuple[datetime, UUID]),
        count_max=params.limit + 1,
    )  # fmt: skip
    programme = await get_tiers(engine.database, merchant.merchant_id)
    return page(
        incoming, params, rows, lambda row: (row.at, row.change_id), lambda row: _shown(row, merchant, programme)
    )  # fmt: skip


def _shown(change: Change, merchant: Merchant, programme: Programme | None) -> TierChangeAnswer:
    counted = Sums(change.points, change.spent_minor, change.orders, change.referrals)
    return TierChangeAnswer(
        str(change.change_id), "tier_change", change.from_level, nickname(programme, change.from_level),
        change.to_level, nickname(programme, change.to_level), change.why, change.reason, change.actor,
        done_shown(counted, merchant), change.until, change.at,
    )  # fmt: skip


ROUTES = (
    Route("GET", TIER, TierChosen, StandingAnswer, fetch, "read", "Get where a member stands among the tiers"),
    Route("POST", TIER, TierAssigned, AssignmentAnswer, assign, "write", "Put a member into a tier", keyed=True),
    Route("GET", TIER + "/history", TierChangesAsked, Page[TierChangeAnswer], find_history, "read",
          "List how a member came into their tier"),
)  # fmt: skip
