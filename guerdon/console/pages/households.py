"""Households: members who share one account, who owns it and who may spend."""

from typing import Literal

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import accounts, households
from guerdon.api.v1.accounts import AccountChosen
from guerdon.api.v1.households import (
    HouseholdActed,
    HouseholdChosen,
    HouseholdsAsked,
    HouseholdWanted,
    JoinerNamed,
    LeaverNamed,
    PartChanged,
)
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.answers import sound
from guerdon.console.pages.lists import PAGE, filters_in_use, member_meant, said
from guerdon.console.pages.names import members_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

LIST = "/console/households"


class HouseholdsShown(Struct, kw_only=True):
    """Which households."""

    member: str | None = None
    dissolved: bool | None = None
    cursor: str | None = None


class HouseholdShown(Struct, kw_only=True):
    """One household."""

    id: str


class HouseholdOpened(Struct, kw_only=True):
    """Whose points a new household is to share."""

    owner: str = ""
    name: str = ""


class JoinerSaid(HouseholdShown, kw_only=True):
    """Who joins: first shown, then done."""

    member: str = ""
    may_spend: bool = False
    step: str = "preview"


class PartSaid(HouseholdShown, kw_only=True):
    """What somebody in it becomes."""

    member: str
    role: Literal["owner", "member"] | None = None
    may_spend: bool | None = None


class LeaverSaid(HouseholdShown, kw_only=True):
    """Who leaves, and with how much: first shown, then done."""

    member: str
    share: int | None = None
    step: str = "preview"


class Ended(HouseholdShown, kw_only=True):
    """The household comes to its end: first shown, then done."""

    step: str = "preview"


async def show_all(engine: Engine, visitor: Visitor, params: HouseholdsShown, incoming: Incoming) -> View:
    """The list, and the way to open one."""
    asked = HouseholdsAsked(
        limit=PAGE, cursor=params.cursor, member=member_meant(params.member), dissolved=params.dissolved
    )
    found, refusal = None, None
    try:
        found = await households.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    people = [one.member for household in (found.data if found else ()) for one in household.members]
    return visitor.view(
        "households/list.html", status=200 if refusal is None else refusal.status, found=found, refusal=refusal,
        asked=said(params), filtered=filters_in_use(said(params)), members=await members_named(engine, visitor, people),
    )  # fmt: skip


async def open_one(engine: Engine, visitor: Visitor, params: HouseholdOpened, incoming: Incoming) -> View:
    """A new household; its owner's points become its points."""
    wanted = HouseholdWanted(owner=member_meant(params.owner) or "", name=params.name)
    try:
        made = await households.create(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return visitor.view("households/new.html", status=refusal.status, said=params, refusal=refusal)
    return visitor.go(f"{LIST}/{made.id}", visitor._("The household is open"))


async def new(_engine: Engine, visitor: Visitor, _params: HouseholdsShown, _incoming: Incoming) -> View:
    """The form to open one."""
    return visitor.view("households/new.html", said=HouseholdOpened(), refusal=None)


async def show(engine: Engine, visitor: Visitor, params: HouseholdShown, incoming: Incoming) -> View:
    """One household with its points, and what can be done."""
    return await _shown(engine, visitor, params.id, incoming)


async def add(engine: Engine, visitor: Visitor, params: JoinerSaid, incoming: Incoming) -> View:
    """Let somebody join: what that does is shown first."""
    wanted = JoinerNamed(
        id=params.id, member=member_meant(params.member) or "", may_spend=params.may_spend, dry_run=params.step != "do"
    )
    try:
        after = await households.add(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal, joiner=params)
    if params.step == "do":
        return visitor.go(f"{LIST}/{params.id}", visitor._("They share the points now"))
    joiner = after.members[-1].member
    name = (await members_named(engine, visitor, [joiner]))[joiner]
    lines = [
        visitor._("All points of %(name)s become points of the household, with their dates.", name=name),
        visitor._("%(name)s may spend them.", name=name)
        if params.may_spend
        else visitor._("%(name)s may not spend them.", name=name),
    ]
    return await _shown(engine, visitor, params.id, incoming, joiner=params, lines=lines)


async def change(engine: Engine, visitor: Visitor, params: PartSaid, incoming: Incoming) -> View:
    """Say who owns it, or who may spend."""
    wanted = PartChanged(id=params.id, member=params.member, role=params.role, may_spend=params.may_spend)
    try:
        await households.change(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    return visitor.go(f"{LIST}/{params.id}", visitor._("Changed"))


async def remove(engine: Engine, visitor: Visitor, params: LeaverSaid, incoming: Incoming) -> View:
    """Let somebody leave: what that does is shown first."""
    wanted = LeaverNamed(id=params.id, member=params.member, share=params.share, dry_run=params.step != "do")
    try:
        after = await households.remove(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal, leaver=params)
    if params.step == "do":
        return visitor.go(f"{LIST}/{params.id}", visitor._("They have left"))
    name = (await members_named(engine, visitor, [params.member]))[params.member]
    lines = [
        visitor._("%(name)s gets an account of their own.", name=name),
        visitor._("%(number)s points go along.", number=params.share)
        if params.share is not None
        else visitor._("Points go along as the policy has it."),
    ]
    if not after.members:
        lines.append(visitor._("Nobody is left: the household is no more, and all of its points go along."))
    return await _shown(engine, visitor, params.id, incoming, leaver=params, lines=lines)


async def dissolve(engine: Engine, visitor: Visitor, params: Ended, incoming: Incoming) -> View:
    """Give everybody an account again: what that does is shown first."""
    wanted = HouseholdActed(id=params.id, dry_run=params.step != "do")
    try:
        await households.dissolve(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    if params.step == "do":
        return visitor.go(f"{LIST}/{params.id}", visitor._("The household is no more"))
    lines = [
        visitor._("Everybody gets an account of their own again."),
        visitor._("Points that the policy does not share out are the owner's."),
    ]
    return await _shown(engine, visitor, params.id, incoming, lines=lines, ending=True)


async def _shown(
    engine: Engine, visitor: Visitor, household_id: str, incoming: Incoming, *, refusal: Refusal | None = None,
    joiner: JoinerSaid | None = None, leaver: LeaverSaid | None = None, lines: list[str] | None = None,
    ending: bool = False,
) -> View:  # fmt: skip
    one = await households.fetch(engine, visitor.caller, HouseholdChosen(id=household_id), visitor.inner(incoming))
    account = await accounts.fetch(engine, visitor.caller, AccountChosen(id=one.account), visitor.inner(incoming))
    return visitor.view(
        "households/one.html", status=200 if refusal is None else refusal.status, one=one, account=account,
        refusal=refusal, lines=lines, joiner=joiner, leaver=leaver, ending=ending,
        members=await members_named(engine, visitor, (member.member for member in one.members)),
        usually_spends=visitor.merchant.policies.household_may_spend,
    )  # fmt: skip


ROUTES = (
    Route("GET", LIST, HouseholdsShown, View, show_all, "see", "Households"),
    Route("POST", LIST, HouseholdOpened, View, open_one, "serve", "Open a household"),
    Route("GET", LIST + "/new", HouseholdsShown, View, new, "serve", "Open a household"),
    Route("GET", LIST + "/{id:str}", HouseholdShown, View, show, "see", "A household"),
    Route("POST", LIST + "/{id:str}/add", JoinerSaid, View, add, "serve", "Let a member join"),
    Route("POST", LIST + "/{id:str}/change", PartSaid, View, change, "serve", "Change a part in a household"),
    Route("POST", LIST + "/{id:str}/remove", LeaverSaid, View, remove, "serve", "Let a member leave"),
    Route("POST", LIST + "/{id:str}/dissolve", Ended, View, dissolve, "serve", "Dissolve a household"),
)
