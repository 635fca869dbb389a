"""A member as a person: profile, identities, tier, whether they take part; and members who leave for good."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from guerdon.api.engine import Engine
from guerdon.api.v1 import identities, members, privacy, tiers
from guerdon.api.v1.identities import IdentityNamed
from guerdon.api.v1.members import MemberActed, MemberChanged
from guerdon.api.v1.privacy import MemberAsked
from guerdon.api.v1.profile import IdentityKind, MemberAnswer
from guerdon.api.v1.tiers import TierAssigned
from guerdon.api.wire import Incoming, Route, encode
from guerdon.console.pages.acting import MEMBERS, Acting, MemberAt, acted, member_shown
from guerdon.console.pages.answers import sound
from guerdon.console.pages.lists import whole
from guerdon.console.pages.members import name_of, tags_of, tiers_of
from guerdon.console.view import Download, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal

Text = Annotated[str, Meta(max_length=255)]


class Editing(Acting, kw_only=True):
    """What the profile says from now on; an empty field is forgotten."""

    first_name: Text | None = None
    last_name: Text | None = None
    country: Text | None = None
    tags: Annotated[str, Meta(max_length=5000)] | None = None
    opted_in: Literal["yes", "no"] | None = None

    def wanted(self) -> MemberChanged:
        """As the native API takes it."""
        country = (whole(self.country) or "").upper() or None
        if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise BadField("country", f"{country!r} is no country; send two letters such as 'DE'")
        return MemberChanged(
            id=self.id, first_name=whole(self.first_name), last_name=whole(self.last_name), country=country,
            tags=tags_of(self.tags), opted_in=msgspec.UNSET if self.opted_in is None else self.opted_in == "yes",
            dry_run=not self.is_confirmed,
        )  # fmt: skip


class Naming(Acting, kw_only=True):
    """One identity, which is added or removed."""

    kind: IdentityKind
    value: Text
    way: Literal["add", "remove"] = "add"


class Moving(Acting, kw_only=True):
    """The tier that a member is put into, and why."""

    level: Annotated[int, Meta(ge=0, le=99)] | None = None
    because: Text | None = None
    pinned: bool = False


class Standing(Acting, kw_only=True):
    """Whether a member takes part."""

    status: Literal["active", "suspended"]


class Erasing(Acting, kw_only=True):
    """Who is erased; `typed` says so once more."""

    typed: Text | None = None


async def edit(engine: Engine, visitor: Visitor, params: Editing, incoming: Incoming) -> View:
    """Change what is known of a member."""
    member = await member_shown(engine, visitor, params.id, incoming)
    if params.step == "open":
        params = Editing(
            id=params.id, first_name=member.first_name, last_name=member.last_name, country=member.country,
            tags=", ".join(member.tags),
            opted_in=None if member.opted_in is None else "yes" if member.opted_in else "no",
        )  # fmt: skip
        return acted(visitor, "members/edit.html", params, member=member, name=name_of(member), changes=None)
    try:
        made = await members.change(engine, visitor.caller, sound(params.wanted()), visitor.inner(incoming))
    except Refusal as refusal:
        return acted(
            visitor, "members/edit.html", params, refusal=refusal, member=member, name=name_of(member), changes=None
        )
    if params.is_confirmed:
        return visitor.go(f"{MEMBERS}/{params.id}", visitor._("Changed the profile"))
    assert isinstance(made, MemberAnswer), "a dry run stores no answer"
    return acted(
        visitor, "members/edit.html", params, member=member, name=name_of(member), changes=_changes(member, made)
    )  # fmt: skip


def _changes(before: MemberAnswer, after: MemberAnswer) -> list[tuple[str, Any, Any]]:
    """Fields that would change: the name of each, and what it says before and after."""
    found: list[tuple[str, Any, Any]] = []
    for name in ("first_name", "last_name", "country", "tags", "opted_in"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            found.append((name, _plain(was), _plain(now)))
    return found


def _plain(value: Any) -> Any:
    return (", ".join(map(str, value)) or None) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]: tags


async def name(engine: Engine, visitor: Visitor, params: Naming, incoming: Incoming) -> View:
    """Let an identity find the member, or no more."""
    member = await member_shown(engine, visitor, params.id, incoming)
    named = IdentityNamed(id=params.id, kind=params.kind, value=params.value, dry_run=not params.is_confirmed)
    change = identities.add if params.way == "add" else identities.remove
    shown: dict[str, Any] = {"member": member, "name": name_of(member)}
    try:
        await change(engine, visitor.caller, sound(named), visitor.inner(incoming))
    except Refusal as refusal:
        return acted(visitor, "members/identity.html", params, refusal=refusal, **shown)
    if not params.is_confirmed:
        return acted(visitor, "members/identity.html", params, **shown)
    place = f"{MEMBERS}/{params.id}?tab=identities"
    if params.way == "add":
        return visitor.go(place, visitor._("%(value)s finds this member now", value=params.value))
    return visitor.go(place, visitor._("%(value)s finds this member no more", value=params.value))


async def move_tier(engine: Engine, visitor: Visitor, params: Moving, incoming: Incoming) -> View:
    """Put a member into a tier by hand."""
    member = await member_shown(engine, visitor, params.id, incoming, expand="tier")
    shown: dict[str, Any] = {
        "member": member, "name": name_of(member), "tiers": await tiers_of(engine, visitor, incoming),
    }  # fmt: skip
    if params.step == "open" or params.level is None:
        return acted(visitor, "members/tier.html", params, made=None, gives=0, **shown)
    wanted = TierAssigned(
        id=params.id, level=params.level, pinned=params.pinned, reason=whole(params.because) or "",
        dry_run=not params.is_confirmed,
    )  # fmt: skip
    inner = visitor.inner(incoming)
    try:
        made = await tiers.assign(engine, visitor.caller, sound(wanted), inner)
    except Refusal as refusal:
        return acted(visitor, "members/tier.html", params, refusal=refusal, made=None, gives=0, **shown)
    if params.is_confirmed:
        return visitor.go(
            f"{MEMBERS}/{params.id}", visitor._("Moved to %(tier)s", tier=made.name or visitor._("No tier"))
        )
    gives = sum(entry.points for entry in inner.entries if entry.target == "available")
    return acted(visitor, "members/tier.html", params, made=made, gives=gives, **shown)


async def set_status(engine: Engine, visitor: Visitor, params: Standing, incoming: Incoming) -> View:
    """Suspend a member, or let them take part again."""
    member = await member_shown(engine, visitor, params.id, incoming)
    act = members.activate if params.status == "active" else members.suspend
    wanted = MemberActed(id=params.id, dry_run=not params.is_confirmed)
    await act(engine, visitor.caller, wanted, visitor.inner(incoming))
    if not params.is_confirmed:
        return acted(visitor, "members/status.html", params, member=member, name=name_of(member))
    done = visitor._("Activated") if params.status == "active" else visitor._("Suspended")
    return visitor.go(f"{MEMBERS}/{params.id}", done)


async def erase(engine: Engine, visitor: Visitor, params: Erasing, incoming: Incoming) -> View:
    """Erase a person; the id has to be typed, since it cannot be taken back."""
    member = await member_shown(engine, visitor, params.id, incoming)
    shown: dict[str, Any] = {"member": member, "name": name_of(member)}
    wanted = MemberActed(id=params.id, dry_run=True)
    inner = visitor.inner(incoming)
    would = await privacy.erase(engine, visitor.caller, wanted, inner)
    if params.step != "do":
        return acted(visitor, "members/erase.html", params, would=would, **shown)
    if whole(params.typed) != params.id:
        refusal = BadField("typed", visitor._("type %(id)s to erase this member", id=params.id))
        return acted(visitor, "members/erase.html", params, refusal=refusal, would=would, **shown)
    await privacy.erase(engine, visitor.caller, MemberActed(id=params.id), visitor.inner(incoming))
    return visitor.go(MEMBERS, visitor._("Erased %(id)s", id=params.id))


async def export(engine: Engine, visitor: Visitor, params: MemberAt, incoming: Incoming) -> Download:
    """All that is known of a member, as a file."""
    known = await privacy.export(engine, visitor.caller, MemberAsked(id=params.id), visitor.inner(incoming))
    return Download(f"{known.member}.json", encode(known), "application/json")


ONE = MEMBERS + "/{id:str}"
ROUTES = (
    Route("GET", ONE + "/edit", Editing, View, edit, "serve", "Edit a member"),
    Route("POST", ONE + "/edit", Editing, View, edit, "serve", "Edit a member"),
    Route("POST", ONE + "/identities", Naming, View, name, "serve", "Change what finds a member"),
    Route("GET", ONE + "/tier", Moving, View, move_tier, "serve", "Move a member to a tier"),
    Route("POST", ONE + "/tier", Moving, View, move_tier, "serve", "Move a member to a tier"),
    Route("GET", ONE + "/status", Standing, View, set_status, "serve", "Suspend or activate"),
    Route("POST", ONE + "/status", Standing, View, set_status, "serve", "Suspend or activate"),
    Route("GET", ONE + "/erase", Erasing, View, erase, "erase", "Erase a member"),
    Route("POST", ONE + "/erase", Erasing, View, erase, "erase", "Erase a member"),
    Route("GET", ONE + "/export", MemberAt, Download, export, "export", "Export a member"),
)
