"""`/v1/households`: members who share one account."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.notes import Noted, noted, renoted, words_of
from guerdon.api.v1.who import Who, member_named, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.members.members import profiles_of
from guerdon.metadata.metadata import Words
from guerdon.moving.household import (
    AddToHousehold,
    CreateHousehold,
    DissolveHousehold,
    Household,
    RemoveFromHousehold,
    Role,
    SetHouseholdRole,
)
from guerdon.moving.households import find_households, get_household, members_of_each, membership_of
from guerdon.points.command import Command
from guerdon.points.values import POINTS_MAX

KIND = "household"

HouseholdId = Annotated[str, like("hh", 7)]


class HouseholdWanted(WriteAsked, kw_only=True):
    """Whose points become those of a new household."""

    owner: Who
    name: Annotated[str, Meta(max_length=255)] = ""
    metadata: Metadata | None = None


class HouseholdChosen(Asked, kw_only=True):
    """One household."""

    id: HouseholdId


class HouseholdsAsked(ListAsked, kw_only=True):
    """Which: that of a member, who belongs to one or to none, and those that are `dissolved` or not."""

    member: Who | None = None
    dissolved: bool | None = None


class HouseholdNoted(Noted, kw_only=True):
    """What is noted beside one."""

    id: HouseholdId


class HouseholdActed(WriteAsked, kw_only=True):
    """One household, of which something is done."""

    id: HouseholdId


class JoinerNamed(HouseholdActed, kw_only=True):
    """Who joins, and whether they may spend; as the merchant's policy has it, where that is left out."""

    member: Who
    may_spend: bool | None = None


class PartChanged(HouseholdActed, kw_only=True):
    """Who owns the household, and who may spend. Owners always may."""

    member: Annotated[str, like("mem", 42)]
    role: Role | None = None
    may_spend: bool | None = None


class LeaverNamed(HouseholdActed, kw_only=True):
    """Who leaves, with how many points; as the merchant's policy has it, where that is left out."""

    member: Annotated[str, like("mem", 42)]
    share: Annotated[int, Meta(ge=0, le=POINTS_MAX)] | None = None


class HouseholdMember(msgspec.Struct, frozen=True):
    """Who belongs to a household."""

    member: str
    role: str
    may_spend: bool
    joined_at: datetime


class HouseholdAnswer(msgspec.Struct, frozen=True):
    """A household with those who belong to it now, whoever joined first first."""

    id: str
    object: Literal["household"]
    name: str
    account: str
    members: list[HouseholdMember]
    created_at: datetime
    dissolved_at: datetime | None
    metadata: Words


Members = list[HouseholdMember]


async def create(engine: Engine, caller: Caller, params: HouseholdWanted, incoming: Incoming) -> HouseholdAnswer:
    """Open a household that the member owns: their points become its points."""
    owner = await member_named(engine, caller, params.owner, "owner")
    command = CreateHousehold(merchant=caller.merchant, owner_id=owner.member_id, name=params.name)
    household = await decided(engine, caller, incoming, params, command)
    if params.dry_run:
        first = HouseholdMember(member_shown(owner.member_id), "owner", True, household.created_at)
        return _shown(household, [first], params.metadata or {})
    await noted(engine, caller, KIND, household.household_id, params.metadata)
    answer = await _answer(engine.database, caller, household.household_id)
    return created(incoming, answer, f"/v1/households/{answer.id}")


async def fetch(engine: Engine, caller: Caller, params: HouseholdChosen, _incoming: Incoming) -> HouseholdAnswer:
    """One household, dissolved or not."""
    return await _answer(engine.database, caller, number("hh", params.id))


async def find(
    engine: Engine, caller: Caller, params: HouseholdsAsked, incoming: Incoming
) -> Page[HouseholdAnswer]:  # fmt: skip
    """Households, newest first; or the one that a member belongs to, if there is one."""
    database, merchant_id = engine.database, caller.merchant.merchant_id
    if params.member is None:
        rows = await find_households(
            database, merchant_id, dissolved=params.dissolved, before=after(params, tuple[datetime, int]),
            count_max=params.limit + 1,
        )  # fmt: skip
    else:
        member = await member_named(engine, caller, params.member)
        membership = await membership_of(database, merchant_id, member.member_id)
        rows = [] if membership is None else [await get_household(database, merchant_id, membership.household_id)]
        rows = [row for row in rows if params.dissolved in (None, row.dissolved_at is not None)]
    answers = {answer.id: answer for answer in await _answers(database, caller, rows[: params.limit])}
    return page(
        incoming, params, rows, lambda row: (row.created_at, row.household_id),
        lambda row: answers[shown("hh", row.household_id)],
    )  # fmt: skip


async def note_beside(
    engine: Engine, caller: Caller, params: HouseholdNoted, incoming: Incoming
) -> HouseholdAnswer | Raw:  # fmt: skip
    """Note something beside a household."""
    household_id = number("hh", params.id)

    async def show(database: Database, _words: Words) -> HouseholdAnswer:
        return await _answer(database, caller, household_id)

    return await renoted(engine, caller, params, incoming, KIND, str(household_id), show)


async def add(engine: Engine, caller: Caller, params: JoinerNamed, incoming: Incoming) -> HouseholdAnswer:
    """Let a member join, with all points."""
    joiner = await member_named(engine, caller, params.member)
    command = AddToHousehold(
        merchant=caller.merchant, household_id=number("hh", params.id), member_id=joiner.member_id,
        may_spend=params.may_spend,
    )  # fmt: skip
    may_spend = caller.merchant.policies.household_may_spend if params.may_spend is None else params.may_spend
    new = HouseholdMember(member_shown(joiner.member_id), "member", may_spend, engine.clock())
    return await _done(engine, caller, params, incoming, command, lambda members: [*members, new])


async def change(engine: Engine, caller: Caller, params: PartChanged, incoming: Incoming) -> HouseholdAnswer:
    """Say who owns the household, and who may spend."""
    if params.role is None and params.may_spend is None:
        raise BadField("role", "a role or may_spend is needed: there is nothing to change")
    command = SetHouseholdRole(
        merchant=caller.merchant, household_id=number("hh", params.id),
        member_id=number("mem", params.member, "member"), role=params.role, may_spend=params.may_spend,
    )  # fmt: skip
    return await _done(
        engine, caller, params, incoming, command,
        lambda members: [_changed(one, params) if one.member == params.member else one for one in members],
    )  # fmt: skip


async def remove(engine: Engine, caller: Caller, params: LeaverNamed, incoming: Incoming) -> HouseholdAnswer:
    """Let a member leave. The last one who leaves takes all of it, and the household is no more."""
    command = RemoveFromHousehold(
        merchant=caller.merchant, household_id=number("hh", params.id),
        member_id=number("mem", params.member, "member"), share=params.share,
    )  # fmt: skip
    return await _done(
        engine, caller, params, incoming, command,
        lambda members: [one for one in members if one.member != params.member],
    )  # fmt: skip


async def dissolve(engine: Engine, caller: Caller, params: HouseholdActed, incoming: Incoming) -> HouseholdAnswer:
    """Give everybody an own account again; what the merchant's policy does not share out is the owner's."""
    command = DissolveHousehold(merchant=caller.merchant, household_id=number("hh", params.id))
    return await _done(engine, caller, params, incoming, command, lambda _: [])


async def _done(
    engine: Engine, caller: Caller, params: HouseholdActed, incoming: Incoming, command: Command[Any],
    after: Callable[[Members], Members],
) -> HouseholdAnswer:  # fmt: skip
    """The household once the command is decided; on a dry run, as those in it would be `after` it."""
    told = await decided(engine, caller, incoming, params, command)
    answer = await _answer(engine.database, caller, number("hh", params.id))
    if not params.dry_run:
        return answer
    dissolved_at = told.dissolved_at if isinstance(told, Household) else answer.dissolved_at
    return msgspec.structs.replace(answer, members=after(answer.members), dissolved_at=dissolved_at)


async def _answer(database: Queries, caller: Caller, household_id: int) -> HouseholdAnswer:
    household = await get_household(database, caller.merchant.merchant_id, household_id)
    return (await _answers(database, caller, [household]))[0]


async def _answers(database: Queries, caller: Caller, households: Sequence[Household]) -> list[HouseholdAnswer]:
    """Households with those who belong to them now."""
    merchant_id, numbers = caller.merchant.merchant_id, [one.household_id for one in households]
    memberships = await members_of_each(database, merchant_id, numbers)
    profiles = await profiles_of(
        database, merchant_id, [one.member_id for found in memberships.values() for one in found]
    )  # fmt: skip
    may_spend = {profile.member_id: profile.may_spend for profile in profiles}
    words = await words_of(database, caller, KIND, numbers)
    return [
        _shown(
            household,
            [
                HouseholdMember(
                    member_shown(one.member_id), one.role, may_spend.get(one.member_id, False), one.joined_at
                )
                for one in memberships[household.household_id]
            ],
            words.get(household.household_id, {}),
        )
        for household in households
    ]  # fmt: skip


def _changed(one: HouseholdMember, params: PartChanged) -> HouseholdMember:
    role = params.role or one.role
    may_spend = one.may_spend if params.may_spend is None else params.may_spend
    return msgspec.structs.replace(one, role=role, may_spend=role == "owner" or may_spend)


def _shown(household: Household, members: Sequence[HouseholdMember], words: Words) -> HouseholdAnswer:
    return HouseholdAnswer(
        shown("hh", household.household_id), "household", household.name, shown("acc", household.account_id),
        list(members), household.created_at, household.dissolved_at, words,
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/households", HouseholdWanted, HouseholdAnswer, create, "write",
          "Open a household", keyed=True, creates=True),
    Route("GET", "/v1/households", HouseholdsAsked, Page[HouseholdAnswer], find, "read",
          "List households, or find that of a member"),
    Route("GET", "/v1/households/{id:str}", HouseholdChosen, HouseholdAnswer, fetch, "read", "Get a household"),
    Route("PATCH", "/v1/households/{id:str}", HouseholdNoted, HouseholdAnswer, note_beside, "write",
          "Note something beside a household", keyed=True),
    Route("POST", "/v1/households/{id:str}/members", JoinerNamed, HouseholdAnswer, add, "write",
          "Let a member join a household", keyed=True),
    Route("PATCH", "/v1/households/{id:str}/members/{member:str}", PartChanged, HouseholdAnswer, change, "write",
          "Say who owns a household and who may spend", keyed=True),
    Route("DELETE", "/v1/households/{id:str}/members/{member:str}", LeaverNamed, HouseholdAnswer, remove, "write",
          "Let a member leave a household", keyed=True),
    Route("POST", "/v1/households/{id:str}/dissolve", HouseholdActed, HouseholdAnswer, dissolve, "write",
          "Dissolve a household", keyed=True),
)  # fmt: skip
