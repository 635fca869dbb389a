"""`/v1/members`: who takes part, found by any identity."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from guerdon.access.keys import Caller
from guerdon.activities.celebrations import Celebration, checked, remove_celebration, set_celebration
from guerdon.activities.enrol import Programme, enrol, welcome
from guerdon.activities.report import BIRTHDAY
from guerdon.api.engine import Engine
from guerdon.api.keyed import remembered
from guerdon.api.v1.finding import Found, look
from guerdon.api.v1.ids import MemberId
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.profile import KIND, Birthday, Expand, MemberAnswer, member_answer, members_shown
from guerdon.api.v1.who import KINDS, identity, member_at, member_present, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, changed, created, keyed, rehearsed
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.members.amend import FORGETTABLE, amend_member
from guerdon.members.members import Profile, ProfileChange, find_member, get_member, set_standing, upsert_member
from guerdon.members.search import find_profiles
from guerdon.metadata.metadata import note
from guerdon.points.command import Identity

Text = Annotated[str, Meta(min_length=1, max_length=255)]
Tag = Annotated[str, Meta(min_length=1, max_length=100)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", examples=["US"])]
Moment = Annotated[datetime, Meta(tz=True)]

Email = Annotated[str, Meta(max_length=320, examples=["ana@example.com"], extra_json_schema={"format": "email"})]
Phone = Annotated[
    str, Meta(max_length=40, examples=["+14155550100"], extra_json_schema={"pattern": r"^\+[1-9][0-9]{6,14}$"})
]
"""In E.164; what people dial is read as well as can be."""

TAGS_MAX = 100


class Described(WriteAsked, kw_only=True):
    """What a shop says of a member. What it leaves out stays, null is known no more, `tags` replace those before."""

    first_name: Text | UnsetType | None = UNSET
    last_name: Text | UnsetType | None = UNSET
    country: Country | UnsetType | None = UNSET
    birthday: Birthday | UnsetType | None = UNSET
    tags: Annotated[list[Tag], Meta(max_length=TAGS_MAX)] | UnsetType = UNSET
    opted_in: bool | UnsetType = UNSET
    opted_in_at: Moment | UnsetType = UNSET
    has_account: bool | UnsetType = UNSET
    platform_created_at: Moment | UnsetType | None = UNSET
    metadata: Metadata | None = None

    def change(self) -> ProfileChange:
        """What is said."""
        return ProfileChange(
            tags=None if self.tags is UNSET else tuple(dict.fromkeys(self.tags)),
            opted_in=self.opted_in if isinstance(self.opted_in, bool) else None,
            opted_in_at=self.opted_in_at or None,
            first_name=self.first_name or None,
            last_name=self.last_name or None,
            country=self.country or None,
            has_account=self.has_account if isinstance(self.has_account, bool) else None,
            platform_created_at=self.platform_created_at or None,
        )

    def forgotten(self) -> tuple[str, ...]:
        """What is known no more."""
        return tuple(name for name in FORGETTABLE if getattr(self, name) is None)

    def day(self, caller: Caller, now: datetime) -> Celebration | None:
        """The birthday, if one is said; refuses with BadField."""
        if not isinstance(self.birthday, Birthday):
            return None
        said = self.birthday
        try:
            return checked(said.month, said.day, said.year, caller.merchant.day(now))
        except BadField as wrong:
            raise BadField(f"birthday.{wrong.field}", wrong.problem) from None


class MemberSaid(Described, kw_only=True):
    """Somebody new, or whom one of these identities finds; all given must agree. An identity of a kind that they have
    replaces it.
    """

    email: Email | None = None
    phone: Phone | None = None
    external_id: Text | None = None
    pos_account_id: Text | None = None
    card: Text | None = None
    referral_code: Text | None = None
    """The code of the member who brought this one, where they are new."""


class MemberChosen(Asked, kw_only=True):
    """One member."""

    id: MemberId
    expand: Expand | None = None


class MemberChanged(Described, kw_only=True):
    """Changes of one member's profile."""

    id: MemberId


class MemberActed(WriteAsked, kw_only=True):
    """One member, of whom something is done."""

    id: MemberId


class MemberSought(Asked, kw_only=True):
    """By which identities to look; one is needed, and all given must agree."""

    email: Email | None = None
    phone: Phone | None = None
    external_id: Text | None = None
    pos_account_id: Text | None = None
    card: Text | None = None
    expand: Expand | None = None


class MembersAsked(ListAsked, kw_only=True):
    """Which members; all of what is said must hold. Without a status, those who are active or suspended.

    `q` looks for people: by any identity, a coupon code, the beginning of an email address, or the beginnings of words
    of their names, without case and accents; those who fit exactly come first. `order` and `updated_since` say nothing
    then. `order=asc` is for those who copy members elsewhere: whoever changes meanwhile comes again at the end.
    """

    status: Literal["active", "suspended", "erased"] | None = None
    tier_level: Annotated[int, Meta(ge=0, le=1000)] | None = None
    tag: Tag | None = None
    updated_since: Moment | None = None
    q: Annotated[str, Meta(max_length=200, examples=["ana lop"])] | None = None
    order: Literal["desc", "asc"] = "desc"
    expand: Expand | None = None


class _Kept(msgspec.Struct):
    """What is remembered of a member who was told of: the answer, and what it said by its status."""

    id: str
    is_new: bool
    member: MemberAnswer


class _Found(msgspec.Struct):
    """The same, read back."""

    id: str
    is_new: bool
    member: Raw


async def create(
    engine: Engine, caller: Caller, params: MemberSaid, incoming: Incoming
) -> MemberAnswer | Raw:  # fmt: skip
    """Add a member, or change the one whom the identities find; welcomes who is new to the programme."""
    identities, change, now = _identities(params), params.change(), engine.clock()
    params.day(caller, now)

    async def rehearse(database: Database) -> MemberAnswer:
        member_id = await upsert_member(database, caller.merchant.merchant_id, identities, change, now)
        return await _described(database, caller, member_id, params, now)

    async def write() -> _Kept:
        enrolled = await enrol(_programme(engine, caller), identities, change, referral_code=params.referral_code)
        member_id = enrolled.profile.member_id
        answer = await _described(engine.database, caller, member_id, params, engine.clock())
        return _Kept(answer.id, enrolled.is_new, answer)

    if params.dry_run:
        return await rehearsed(engine, incoming, rehearse)
    kept = await remembered(engine.database, keyed(engine, caller, incoming, params), write)
    if isinstance(kept, Raw):
        kept = msgspec.json.decode(kept, type=_Found)
    return created(incoming, kept.member, f"/v1/members/{kept.id}") if kept.is_new else kept.member


async def change(engine: Engine, caller: Caller, params: MemberChanged, incoming: Incoming) -> MemberAnswer | Raw:
    """Change a member's profile; whoever opts in by it for the first time is welcomed."""
    said, now = params.change(), engine.clock()
    params.day(caller, now)

    async def amend(database: Database) -> MemberAnswer:
        profile = await member_present(database, caller, params.id)
        merchant_id, forgotten = caller.merchant.merchant_id, params.forgotten()
        await amend_member(database, merchant_id, profile.member_id, said, now, forgotten=forgotten)
        return await _described(database, caller, profile.member_id, params, now)

    async def write() -> MemberAnswer:
        before = await member_present(engine.database, caller, params.id)
        answer = await amend(engine.database)
        if said.opted_in is not True or before.opted_in_at is not None:
            return answer
        joined = await get_member(engine.database, caller.merchant.merchant_id, before.member_id)
        joined = await welcome(_programme(engine, caller), joined, joined.identities, joins=True)
        return await member_answer(engine.database, caller, joined, engine.clock())

    if params.dry_run:
        return await rehearsed(engine, incoming, amend)
    return await remembered(engine.database, keyed(engine, caller, incoming, params), write)


async def suspend(engine: Engine, caller: Caller, params: MemberActed, incoming: Incoming) -> MemberAnswer | Raw:
    """Let a member earn and redeem nothing until activated again; the points stay."""
    return await _set_status(engine, caller, params, incoming, "suspended")


async def activate(engine: Engine, caller: Caller, params: MemberActed, incoming: Incoming) -> MemberAnswer | Raw:
    """Let a suspended member take part again."""
    return await _set_status(engine, caller, params, incoming, "active")


async def fetch(engine: Engine, caller: Caller, params: MemberChosen, _incoming: Incoming) -> MemberAnswer:
    """One member; the id of somebody who has become another answers with whom they became."""
    profile = await member_at(engine.database, caller, params.id)
    return await member_answer(engine.database, caller, profile, engine.clock(), params.expand)


async def fetch_by(engine: Engine, caller: Caller, params: MemberSought, _incoming: Incoming) -> MemberAnswer:
    """The one member whom these identities find."""
    profile = await find_member(engine.database, caller.merchant.merchant_id, _identities(params))
    return await member_answer(engine.database, caller, profile, engine.clock(), params.expand)


async def find(engine: Engine, caller: Caller, params: MembersAsked, incoming: Incoming) -> Page[MemberAnswer]:
    """Members, by their last change; or whom `q` finds."""
    if params.q is not None and params.q.strip():
        return await _looked_for(engine, caller, params, incoming)
    rows = await find_profiles(
        engine.database, caller.merchant.merchant_id, status=params.status, tier_level=params.tier_level,
        tag=params.tag, since=params.updated_since, oldest_first=params.order == "asc",
        after=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    some = await members_shown(engine.database, caller, rows[: params.limit], engine.clock(), params.expand)
    answers = {answer.id: answer for answer in some}
    return page(
        incoming, params, rows, lambda row: (row.updated_at, row.member_id),
        lambda row: answers[member_shown(row.member_id)],
    )  # fmt: skip


async def _looked_for(
    engine: Engine, caller: Caller, params: MembersAsked, incoming: Incoming
) -> Page[MemberAnswer]:  # fmt: skip
    def fits(profile: Profile) -> bool:
        return (
            params.status in (None, profile.status)
            and params.tier_level in (None, profile.tier_level)
            and (params.tag is None or params.tag in profile.tags)
        )

    found, further = await look(
        engine.database, caller.merchant, params.q or "", fits, after=after(params, Found),
        count_max=params.limit + 1,
    )  # fmt: skip
    profiles = [profile for _, profile in found[: params.limit]]
    some = await members_shown(engine.database, caller, profiles, engine.clock(), params.expand)
    answers = {answer.id: answer for answer in some}
    return page(
        incoming, params, found, lambda one: one[0], lambda one: answers[member_shown(one[1].member_id)],
        further=further,
    )  # fmt: skip


def _identities(params: MemberSaid | MemberSought) -> tuple[Identity, ...]:
    """Those that are given, in normal form; refuses with BadField if none is."""
    given = ((kind, getattr(params, kind)) for kind in KINDS)
    found = tuple(identity(kind, value, kind) for kind, value in given if value is not None)
    if not found:
        raise BadField("email", f"one of {', '.join(KINDS)} is needed")
    return found


async def _described(
    database: Database, caller: Caller, member_id: int, params: Described, now: datetime
) -> MemberAnswer:
    """What is kept beside a profile, and then the member."""
    merchant_id = caller.merchant.merchant_id
    if isinstance(params, MemberSaid) and (forgotten := params.forgotten()):
        await amend_member(database, merchant_id, member_id, ProfileChange(), now, forgotten=forgotten)
    if (day := params.day(caller, now)) is not None:
        await set_celebration(database, merchant_id, member_id, BIRTHDAY, day, now)
    elif params.birthday is None:
        await remove_celebration(database, merchant_id, member_id, BIRTHDAY)
    if params.metadata:
        await note(database, merchant_id, KIND, str(member_id), params.metadata, now)
    return await member_answer(database, caller, await get_member(database, merchant_id, member_id), now)


async def _set_status(
    engine: Engine, caller: Caller, params: MemberActed, incoming: Incoming, status: str
) -> MemberAnswer | Raw:
    merchant_id, now = caller.merchant.merchant_id, engine.clock()

    async def write(database: Database) -> MemberAnswer:
        profile = await member_present(database, caller, params.id)
        await set_standing(database, merchant_id, profile.member_id, now, status=status)
        return await member_answer(database, caller, await get_member(database, merchant_id, profile.member_id), now)

    return await changed(engine, caller, incoming, params, write)


def _programme(engine: Engine, caller: Caller) -> Programme:
    return Programme(engine.database, engine.desk, engine.clock, caller.merchant, caller.actor)


ROUTES = (
    Route("POST", "/v1/members", MemberSaid, MemberAnswer, create, "write",
          "Add a member, or change the one whom the identities find", keyed=True, creates=True),
    Route("GET", "/v1/members", MembersAsked, Page[MemberAnswer], find, "read", "List members"),
    Route("GET", "/v1/members/by", MemberSought, MemberAnswer, fetch_by, "read", "Find a member by identities"),
    Route("GET", "/v1/members/{id:str}", MemberChosen, MemberAnswer, fetch, "read", "Get a member"),
    Route("PATCH", "/v1/members/{id:str}", MemberChanged, MemberAnswer, change, "write",
          "Change a member's profile", keyed=True),
    Route("POST", "/v1/members/{id:str}/suspend", MemberActed, MemberAnswer, suspend, "write",
          "Suspend a member", keyed=True),
    Route("POST", "/v1/members/{id:str}/activate", MemberActed, MemberAnswer, activate, "write",
          "Activate a suspended member", keyed=True),
)  # fmt: skip
