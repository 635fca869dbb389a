"""`/console/members`: everybody who takes part, found as one types; and who is new."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import members, tier_programme
from guerdon.api.v1.lists import LIMIT_MAX, Page
from guerdon.api.v1.members import MemberSaid, MembersAsked, MemberSought
from guerdon.api.v1.profile import MemberAnswer
from guerdon.api.v1.tier_programme import ProgrammeAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, every
from guerdon.console.frame import N
from guerdon.console.pages.answers import sound
from guerdon.console.pages.lists import PAGE, filters_in_use, said, whole
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.errors.books import MemberNotFound

LIST = "/console/members"
Text = Annotated[str, Meta(max_length=255)]


class MembersShown(Struct, kw_only=True):
    """Which members, in which order of their last change, and from where on."""

    q: Annotated[str, Meta(max_length=200)] | None = None
    status: Literal["active", "suspended", "erased"] | None = None
    tier: Annotated[int, Meta(ge=0, le=1000)] | None = None
    tag: Annotated[str, Meta(max_length=100)] | None = None
    order: Literal["desc", "asc"] | None = None
    cursor: str | None = None


class MemberWanted(Struct, kw_only=True):
    """Somebody new, as a form says it."""

    email: Annotated[str, Meta(max_length=320)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    external_id: Text | None = None
    card: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    tags: Annotated[str, Meta(max_length=2000)] | None = None
    opted_in: bool | None = None


async def show_all(engine: Engine, visitor: Visitor, params: MembersShown, incoming: Incoming) -> View:
    """The list, or whom somebody looks for."""
    refusal, found = None, Page[MemberAnswer]([], has_more=False)
    try:
        found = await members.find(engine, visitor.caller, _asked(params, PAGE), visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    return visitor.view(
        "members/list.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), tiers=await tiers_of(engine, visitor, incoming),
        saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def new(_engine: Engine, visitor: Visitor, params: MemberWanted, _incoming: Incoming) -> View:
    """The form for somebody new."""
    return visitor.view("members/new.html", said=params, refusal=None)


async def create(engine: Engine, visitor: Visitor, params: MemberWanted, incoming: Incoming) -> View:
    """Add a member; one whom an identity finds is shown instead, and stays as they are."""
    wanted = MemberSaid(
        email=whole(params.email), phone=whole(params.phone), external_id=whole(params.external_id),
        card=whole(params.card), first_name=whole(params.first_name) or msgspec.UNSET,
        last_name=whole(params.last_name) or msgspec.UNSET, tags=tags_of(params.tags) or msgspec.UNSET,
        opted_in=True if params.opted_in else msgspec.UNSET,
    )  # fmt: skip
    try:
        for name in ("email", "phone", "external_id", "card"):
            await _require_unknown(engine, visitor, incoming, name, getattr(wanted, name))
        made = await members.create(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return visitor.view("members/new.html", status=refusal.status, said=params, refusal=refusal)
    known = msgspec.json.decode(made) if isinstance(made, Raw) else {"id": made.id}
    return visitor.go(f"{LIST}/{known['id']}", visitor._("Added the member"))


async def tiers_of(engine: Engine, visitor: Visitor, incoming: Incoming) -> list[tuple[int, str]]:
    """The tiers, by level and name; no tier comes first."""
    found = await tier_programme.find_tiers(engine, visitor.caller, ProgrammeAsked(), visitor.inner(incoming))
    return [(0, visitor._("No tier")), *((tier.level, tier.name) for tier in found.data if tier.level > 0)]


def tags_of(text: str | None) -> list[str]:
    """Tags as a form says them, with commas between."""
    return list(dict.fromkeys(tag.strip() for tag in (text or "").split(",") if tag.strip()))


def name_of(member: MemberAnswer) -> str:
    """What people call a member: the name, or else what finds them."""
    whole_name = " ".join(part for part in (member.first_name, member.last_name) if part)
    return whole_name or next((one.value for one in member.identities), member.id)


async def _require_unknown(engine: Engine, visitor: Visitor, incoming: Incoming, field: str, value: str | None) -> None:
    """Refuses with BadField an identity that finds somebody: adding would change that member."""
    if value is None:
        return
    sought = MemberSought(**{field: value})
    try:
        one = await members.fetch_by(engine, visitor.caller, sought, visitor.inner(incoming))
    except MemberNotFound:
        return
    raise BadField(field, visitor._("this finds %(name)s already (%(id)s)", name=name_of(one), id=one.id))


def _asked(params: MembersShown, limit: int) -> MembersAsked:
    return MembersAsked(
        limit=limit, cursor=params.cursor, q=whole(params.q), status=params.status, tier_level=params.tier,
        tag=whole(params.tag), order=params.order or "desc",
    )  # fmt: skip


async def _rows(engine: Engine, visitor: Visitor, params: MembersShown, incoming: Incoming) -> AsyncIterator[Rows]:
    params.cursor = None
    async for rows in every(members.find, engine, visitor, _asked(params, LIMIT_MAX), incoming):
        yield rows


def _of(name: str) -> Callable[[MemberAnswer], Any]:
    return lambda one: getattr(one, name)


def _points(bucket: str) -> Callable[[MemberAnswer], int]:
    return lambda one: getattr(one.balances, bucket)


def _tags(one: MemberAnswer) -> str:
    return ", ".join(one.tags)


COLUMNS = (
    Column(N("Member"), _of("id")),
    Column(N("First name"), _of("first_name")),
    Column(N("Last name"), _of("last_name")),
    Column(N("Email"), _of("email")),
    Column(N("Phone"), _of("phone")),
    Column(N("External id"), _of("external_id")),
    Column(N("Status"), _of("status")),
    Column(N("Tier"), _of("tier_level")),
    Column(N("Tags"), _tags),
    Column(N("Available"), _points("available")),
    Column(N("Held"), _points("held")),
    Column(N("Pending"), _points("pending")),
    Column(N("Added"), _of("created_at"), moment=True),
    Column(N("Changed"), _of("updated_at"), moment=True),
)
EXPORTS = (Export(f"{LIST}.csv", MembersShown, COLUMNS, _rows),)
ROUTES = (
    Route("GET", LIST, MembersShown, View, show_all, "see", "Members"),
    Route("GET", f"{LIST}/new", MemberWanted, View, new, "serve", "Add a member"),
    Route("POST", f"{LIST}/new", MemberWanted, View, create, "serve", "Add a member"),
)
