"""A member as the native API shows one, loaded for many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from guerdon.access.keys import Caller
from guerdon.activities.celebrations import celebrations_of
from guerdon.activities.enrol import takes_part
from guerdon.activities.report import BIRTHDAY
from guerdon.api.v1.ids import shown
from guerdon.api.v1.notes import words_of
from guerdon.api.v1.standing import TierStanding, standing_shown
from guerdon.api.v1.who import member_shown
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.members.members import Profile
from guerdon.metadata.metadata import Words
from guerdon.points.history import Balances, balances_of
from guerdon.tiers.members import progress_of

KIND = "member"
EXPANDABLE = ("balances", "identities", "tier")
NAMES = f"({'|'.join(EXPANDABLE)})"

IdentityKind = Literal["email", "phone", "external_id", "pos_account_id", "card"]

Expand = Annotated[
    str,
    Meta(
        max_length=100,
        extra_json_schema={"pattern": f"^({NAMES}(,{NAMES})*)?$"},
        description="What to tell beside the rest, with commas between: `tier`. Balances and identities always come.",
        examples=["tier"],
    ),
]


class IdentityAnswer(msgspec.Struct, frozen=True):
    """One way to find a member."""

    kind: IdentityKind
    value: str


class Birthday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day of the year, and the year where it is known."""

    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]
    year: Annotated[int, Meta(ge=1900, le=2200)] | None = None


class NextExpiry(msgspec.Struct, frozen=True):
    """The next points that expire, together at this moment."""

    at: datetime
    points: int


class BalanceAnswer(msgspec.Struct, frozen=True):
    """A member's points as they stand now. In a household the account is not the member's alone."""

    account: str
    available: int
    held: int
    pending: int
    earned: int
    redeemed: int
    expired: int
    next_expiry: NextExpiry | None


class MemberAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A member. `email` and the like are the first identity of their kind; `identities` has all."""

    id: str
    object: Literal["member"] = "member"
    status: Literal["active", "suspended", "erased"]
    email: str | None
    phone: str | None
    external_id: str | None
    pos_account_id: str | None
    card: str | None
    identities: list[IdentityAnswer]
    first_name: str | None
    last_name: str | None
    country: str | None
    birthday: Birthday | None
    tags: list[str]
    opted_in: bool | None
    """By the member's own word; null where they have said nothing."""
    opted_in_at: datetime | None
    takes_part: bool
    """Whether they earn and redeem: by their word, else by the merchant's policy, and not suspended."""
    may_spend: bool
    has_account: bool
    """Whether they have an account with the shop, beside being its customer."""
    platform_created_at: datetime | None
    last_seen_at: datetime | None
    tier_level: int
    tier: TierStanding | UnsetType = UNSET
    balances: BalanceAnswer
    created_at: datetime
    updated_at: datetime
    metadata: Words


async def members_shown(
    database: Database, caller: Caller, profiles: Sequence[Profile], now: datetime, expand: str | None = None
) -> list[MemberAnswer]:
    """Members in the order of these profiles: a handful of statements, however many."""
    merchant, ids = caller.merchant, [profile.member_id for profile in profiles]
    tier = "tier" in _expanded(expand)
    balances = await balances_of(database, merchant.merchant_id, ids, now)
    birthdays = await celebrations_of(database, merchant.merchant_id, ids, BIRTHDAY)
    words = await words_of(database, caller, KIND, ids)
    levels = {profile.member_id: profile.tier_level for profile in profiles if tier}
    standings = await progress_of(database, merchant, levels, now)
    answers: list[MemberAnswer] = []
    for profile in profiles:
        number, birthday = profile.member_id, birthdays.get(profile.member_id)
        answers.append(
            MemberAnswer(
                id=member_shown(number),
                email=profile.identity("email"),
                phone=profile.identity("phone"),
                external_id=profile.identity("external_id"),
                pos_account_id=profile.identity("pos_account_id"),
                card=profile.identity("card"),
                **{name: getattr(profile, name) for name in _SAME},
                identities=identities_shown(profile),
                birthday=Birthday(birthday.month, birthday.day, birthday.year) if birthday else None,
                tags=list(profile.tags),
                takes_part=takes_part(profile, merchant) and profile.status == "active",
                tier=standing_shown(standings[number], merchant) if number in standings else UNSET,
                balances=_balances(balances[number]),
                metadata=words.get(number, {}),
            )
        )
    return answers


def identities_shown(profile: Profile) -> list[IdentityAnswer]:
    """Everything that finds a member, what is their own before what came with members who became them."""
    return [IdentityAnswer(cast("IdentityKind", kind), value) for kind, value in profile.identities]


async def member_answer(
    database: Database, caller: Caller, profile: Profile, now: datetime, expand: str | None = None
) -> MemberAnswer:
    """One member."""
    return (await members_shown(database, caller, [profile], now, expand))[0]


_SAME = (
    "status", "first_name", "last_name", "country", "opted_in", "opted_in_at", "may_spend", "has_account",
    "platform_created_at", "last_seen_at", "tier_level", "created_at", "updated_at",
)  # fmt: skip
"""What a profile and an answer call the same."""


def _expanded(expand: str | None) -> set[str]:
    names = {name.strip() for name in (expand or "").split(",") if name.strip()}
    if unknown := sorted(names - set(EXPANDABLE)):
        raise BadField("expand", f"there is no {unknown[0][:40]!r}; there are {', '.join(EXPANDABLE)}")
    return names


def _balances(found: Balances) -> BalanceAnswer:
    expiry = None if found.next_expiry_at is None else NextExpiry(found.next_expiry_at, found.next_points)
    return BalanceAnswer(
        shown("acc", found.account_id), found.available, found.held, found.pending, found.earned, found.redeemed,
        found.expired, expiry,
    )  # fmt: skip
