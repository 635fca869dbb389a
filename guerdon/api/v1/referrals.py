"""`/v1/referrals`: members who bring friends, and what comes of it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import MemberId, like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Email, MemberActed, Moment
from guerdon.api.v1.money import Money
from guerdon.api.v1.notes import Noted, renoted, words_of
from guerdon.api.v1.who import Who, identity, member_at, member_named, member_present, member_shown
from guerdon.api.v1.write import Metadata, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.referrals import NoReferralProgramme
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme
from guerdon.metadata.metadata import Words, note_each
from guerdon.moving.person import by_number
from guerdon.referrals.referral import Reason, Referral, Source, State
from guerdon.referrals.search import find_referrals, get_referral
from guerdon.referrals.share import Share
from guerdon.referrals.statistics import Refused, code_of, get_statistics

KIND = "referral"
EMAILS_MAX = 100


class ReferralChosen(Asked, kw_only=True):
    """One referral."""

    id: Annotated[str, like("ref", 7)]


class ReferralNoted(Noted, kw_only=True):
    """What the merchant notes beside a referral: a name with an empty text goes, others that are left out stay."""

    id: Annotated[str, like("ref", 7)]


class ReferralsAsked(ListAsked, kw_only=True):
    """Which referrals; all of what is said must hold. `member` is who referred."""

    member: Who | None = None
    state: State | None = None
    created_since: Moment | None = None
    created_before: Moment | None = None


class ReferrerAsked(Asked, kw_only=True):
    """Who brings friends."""

    id: MemberId


class SharesWanted(MemberActed, kw_only=True):
    """Whom a member tells of the shop. The metadata is noted beside each referral that begins so."""

    emails: Annotated[list[Email], Meta(min_length=1, max_length=EMAILS_MAX)]
    metadata: Metadata | None = None


class ReferralAnswer(msgspec.Struct, frozen=True):
    """Who brought whom, and how far it has come. `amount` is what the order came to that completed it."""

    id: str
    object: Literal["referral"]
    state: State
    member: str
    friend: str | None
    friend_email: str | None
    source: Source
    reason: Reason | None
    """Why it was refused."""
    order: str | None
    amount: Money
    shared_at: datetime | None
    signed_up_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    metadata: Words


class ReferrerAnswer(msgspec.Struct, frozen=True):
    """A member's code with the link that friends follow, and what has come of it so far."""

    object: Literal["referrer"]
    member: str
    code: str
    link: str
    shares: int
    signed_up: int
    completed: int
    amount: Money
    refused: list[Refused]


class ShareAnswer(msgspec.Struct, frozen=True):
    """Whom the shop now sends a mail to, as the event `referral.shared` says; who was told before is not told again.
    `referrals` are those that began so, one that was refused at once among them.
    """

    object: Literal["share"]
    member: str
    emails: list[str]
    referrals: list[str]


async def find(engine: Engine, caller: Caller, params: ReferralsAsked, incoming: Incoming) -> Page[ReferralAnswer]:
    """Referrals, newest first."""
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_referrals(
        engine.database, caller.merchant.merchant_id, member_id=member_id, state=params.state,
        since=params.created_since, until=params.created_before, before=after(params, tuple[datetime, int]),
        count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_of(engine.database, caller, KIND, [row.referral_id for row in rows])
    return page(
        incoming, params, rows, lambda row: (row.created_at, row.referral_id),
        lambda row: _shown(row, caller.merchant, words),
    )  # fmt: skip


async def fetch(engine: Engine, caller: Caller, params: ReferralChosen, _incoming: Incoming) -> ReferralAnswer:
    """One referral."""
    referral = await get_referral(engine.database, caller.merchant.merchant_id, number("ref", params.id))
    return _shown(
        referral, caller.merchant, await words_of(engine.database, caller, KIND, [referral.referral_id])
    )  # fmt: skip


async def change(engine: Engine, caller: Caller, params: ReferralNoted, incoming: Incoming) -> ReferralAnswer | Raw:
    """Note something beside it."""
    referral_id = number("ref", params.id)

    async def show(database: Database, words: Words) -> ReferralAnswer:
        referral = await get_referral(database, caller.merchant.merchant_id, referral_id)
        return _shown(referral, caller.merchant, {referral_id: words})

    return await renoted(engine, caller, params, incoming, KIND, str(referral_id), show)


async def fetch_referrer(engine: Engine, caller: Caller, params: ReferrerAsked, _incoming: Incoming) -> ReferrerAnswer:
    """A member's code, which is made when it is first asked for, and what has come of it."""
    programme, merchant_id = _programme(caller.merchant), caller.merchant.merchant_id
    member = await member_at(engine.database, caller, params.id)
    code = await code_of(engine.database, merchant_id, member.member_id, engine.clock())
    found = await get_statistics(engine.database, merchant_id, member.member_id, friends_max=0)
    return ReferrerAnswer(
        "referrer", member_shown(member.member_id), code, programme.link_of(code), found.shares, found.signed_up,
        found.orders, Money(found.amount_minor, caller.merchant.currency), list(found.refused),
    )  # fmt: skip


async def share(engine: Engine, caller: Caller, params: SharesWanted, incoming: Incoming) -> ShareAnswer:
    """Note whom a member tells; the event asks the shop to send the mails."""
    _programme(caller.merchant)
    member = await member_present(engine.database, caller, params.id)
    emails = tuple(
        dict.fromkeys(identity("email", one, f"emails[{place}]").value for place, one in enumerate(params.emails))
    )
    code = ""
    if not params.dry_run:
        code = await code_of(engine.database, caller.merchant.merchant_id, member.member_id, engine.clock())
    command = Share(merchant=caller.merchant, who=(by_number(member.member_id),), code=code, emails=emails)
    shared = await decided(engine, caller, incoming, params, command)
    if params.metadata and shared.referrals and not params.dry_run:
        beside = [str(referral_id) for referral_id in shared.referrals]
        merchant_id = caller.merchant.merchant_id
        await note_each(engine.database, merchant_id, KIND, beside, params.metadata, engine.clock())
    return ShareAnswer(
        "share", member_shown(shared.member_id), list(shared.emails), [shown("ref", one) for one in shared.referrals]
    )  # fmt: skip


def _programme(merchant: Merchant) -> ReferralProgramme:
    programme = merchant.policies.referrals
    if programme is None:
        raise NoReferralProgramme
    return programme


def _shown(referral: Referral, merchant: Merchant, words: dict[int, Words]) -> ReferralAnswer:
    return ReferralAnswer(
        shown("ref", referral.referral_id), "referral", referral.state, member_shown(referral.member_id),
        None if referral.friend_id is None else member_shown(referral.friend_id), referral.friend_email,
        referral.source, referral.reason, referral.order_id, Money(referral.amount_minor, merchant.currency),
        referral.shared_at, referral.signed_up_at, referral.completed_at, referral.created_at, referral.updated_at,
        words.get(referral.referral_id, {}),
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/referrals", ReferralsAsked, Page[ReferralAnswer], find, "read", "List referrals"),
    Route("GET", "/v1/referrals/{id:str}", ReferralChosen, ReferralAnswer, fetch, "read", "Get a referral"),
    Route("PATCH", "/v1/referrals/{id:str}", ReferralNoted, ReferralAnswer, change, "write",
          "Note something beside a referral", keyed=True),
    Route("GET", "/v1/members/{id:str}/referral", ReferrerAsked, ReferrerAnswer, fetch_referrer, "read",
          "Get a member's referral code, with what came of it"),
    Route("POST", "/v1/members/{id:str}/referral/share", SharesWanted, ShareAnswer, share, "write",
          "Note whom a member tells of the shop", keyed=True),
)  # fmt: skip
