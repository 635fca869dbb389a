"""POST /referral/referrer and /referral/share: members bring friends, and see what has come of it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, remembered
from guerdon.api.storefront.contract import (
    LIST_LENGTH_MAX,
    Credentials,
    CustomerNamed,
    Text,
    email,
    parts,
    stamp_or_none,
)
from guerdon.api.wire import Incoming
from guerdon.errors.access import OtherCustomer
from guerdon.errors.base import BadField
from guerdon.errors.referrals import NoReferralProgramme
from guerdon.members.members import Profile, ProfileChange, ensure_member, find_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme
from guerdon.points.command import Identity
from guerdon.referrals.referral import Referral
from guerdon.referrals.share import Share
from guerdon.referrals.shelf import emails_of
from guerdon.referrals.statistics import FriendSeen, Statistics, code_of, get_statistics, list_referrals

EMAILS_MAX = 100
RECEIPTS_MAX = 100
LAST_ID = 2**63 - 1
"""Before this one lie all."""


class IdentifyReferrer(Credentials, kw_only=True):
    """Somebody who wants to bring friends; who was unknown is a customer from now on."""

    email: Text
    first_name: Text | None = None
    last_name: Text | None = None


class ShareReferral(CustomerNamed, kw_only=True):
    """Whom a customer tells of the shop: addresses with commas between them."""

    email: Text | None = None
    emails: Annotated[str, Meta(max_length=LIST_LENGTH_MAX)]

    def confine(self, own: Identity) -> None:
        """Also compares the older name of the customer's own address."""
        super().confine(own)
        if self.email and Identity("email", email(self.email, "email")) != own:
            raise OtherCustomer("email")


class Receipt(msgspec.Struct):
    """One referral."""

    id: int
    referral_code_id: int
    customer_id: int | None
    signed_up_at: str | None
    completed_at: str | None
    email: str | None
    source: str
    source_host: None
    reminder_job_id: None


class ReferrerAnswer(msgspec.Struct):
    """A customer who brings friends. The discount code is what friends name in the order's `coupon_code`."""

    id: int
    email: str | None
    merchant_id: int
    referral_link: str
    referral_discount_code: str
    referral_discount_code_id: int
    referral_receipts: list[Receipt]


class ShareAnswer(msgspec.Struct):
    """Whom the shop now sends a mail to, as the event says; who was told before is not told again."""

    email: str | None
    referral_link: str
    emails: list[str]
    emails_sent: int


class CompletedCustomer(msgspec.Struct):
    """A friend whose order completed a referral."""

    email: str | None
    first_name: str | None
    last_name: str | None
    referral_points_contributed: int
    last_seen_at: str | None


class ReferralCodeAnswer(msgspec.Struct, kw_only=True):
    """A code and what came of it. Guerdon sees no clicks and sends no mail: those figures are the shop's to count."""

    code: str
    shares: int
    facebook_shares: int = 0
    twitter_shares: int = 0
    email_shares: int
    emails_sent: int
    emails_viewed: int = 0
    links_clicked_from_email: int = 0
    links_clicked_from_twitter: int = 0
    links_clicked_from_facebook: int = 0
    orders: int
    amount_cents: int
    average_amount_cents: int
    expires_at: None = None
    expired: bool = False
    completed_referral_customers: list[CompletedCustomer]
    email: str | None
    unique_clicks: int = 0
    total_clicks: int = 0


class ReferralLinkAnswer(msgspec.Struct):
    """The newer, shorter form."""

    link: str
    code: str
    expired: bool
    customer_id: int


async def identify_referrer(
    engine: Engine, caller: Caller, params: IdentifyReferrer, incoming: Incoming
) -> ReferrerAnswer | msgspec.Raw:
    """The customer's code and link, and their referrals so far; 422 where the merchant has no referrals."""
    asked = Asked(incoming, params, caller.merchant.merchant_id, caller.actor, engine.clock())
    return await remembered(engine.database, asked, lambda: _identify(engine, caller.merchant, params))


async def _identify(engine: Engine, merchant: Merchant, params: IdentifyReferrer) -> ReferrerAnswer:
    programme = _programme(merchant)
    identities = (Identity("email", email(params.email, "email")),)
    said = ProfileChange(first_name=params.first_name or None, last_name=params.last_name or None)
    await ensure_member(engine.database, merchant.merchant_id, identities, engine.clock(), said)
    profile = await find_member(engine.database, merchant.merchant_id, identities)
    code = await code_of(engine.database, merchant.merchant_id, profile.member_id, engine.clock())
    return ReferrerAnswer(
        id=profile.member_id,
        email=profile.identity("email"),
        merchant_id=merchant.merchant_id,
        referral_link=programme.link_of(code),
        referral_discount_code=code,
        referral_discount_code_id=profile.member_id,
        referral_receipts=await receipts_of(engine, merchant, profile.member_id),
    )


async def receipts_of(engine: Engine, merchant: Merchant, member_id: int) -> list[Receipt]:
    """The latest referrals of a customer."""
    referrals = await list_referrals(
        engine.database, merchant.merchant_id, member_id, before=engine.clock(), before_id=LAST_ID,
        count_max=RECEIPTS_MAX,
    )  # fmt: skip
    friends = {referral.friend_id for referral in referrals if referral.friend_id is not None}
    addresses = dict(await emails_of(engine.database, merchant.merchant_id, friends))
    return [_receipt(referral, addresses) for referral in referrals]


async def share_referral(engine: Engine, caller: Caller, params: ShareReferral, incoming: Incoming) -> ShareAnswer:
    """Note whom the customer tells; the event `referral.shared` asks the shop to send the mails."""
    merchant = caller.merchant
    programme = _programme(merchant)
    emails = tuple(dict.fromkeys(email(address, "emails") for address in parts(params.emails)))
    if not 0 < len(emails) <= EMAILS_MAX:
        raise BadField("emails", f"1 to {EMAILS_MAX} addresses with commas between them are needed")
    own = (Identity("email", email(params.email, "email")),) if params.email else ()
    who = own if own and not params.names_customer() else (*own, *params.identities())
    profile = await find_member(engine.database, merchant.merchant_id, who)
    code = await code_of(engine.database, merchant.merchant_id, profile.member_id, engine.clock())
    command = Share(merchant=merchant, who=who, code=code, emails=emails)
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed, shared = answer.replayed, answer.value
    return ShareAnswer(
        profile.identity("email"), programme.link_of(code), list(shared.emails), len(shared.emails)
    )  # fmt: skip


async def referral_of_customer(
    engine: Engine, merchant: Merchant, profile: Profile
) -> tuple[ReferralCodeAnswer, ReferralLinkAnswer] | None:
    """What GET /customers tells of a customer's referrals, in both of its forms; None without referrals."""
    programme = merchant.policies.referrals
    if programme is None:
        return None
    code = await code_of(engine.database, merchant.merchant_id, profile.member_id, engine.clock())
    statistics = await get_statistics(engine.database, merchant.merchant_id, profile.member_id)
    link = ReferralLinkAnswer(programme.link_of(code), code, False, profile.member_id)
    return code_answer(code, statistics, profile.identity("email")), link


def _programme(merchant: Merchant) -> ReferralProgramme:
    programme = merchant.policies.referrals
    if programme is None:
        raise NoReferralProgramme
    return programme


def code_answer(code: str, statistics: Statistics, address: str | None) -> ReferralCodeAnswer:
    """A code as this contract shows it, with what has come of it."""
    return ReferralCodeAnswer(
        code=code,
        shares=statistics.shares,
        email_shares=statistics.shares,
        emails_sent=statistics.shares,
        orders=statistics.orders,
        amount_cents=statistics.amount_minor,
        average_amount_cents=statistics.amount_minor // statistics.orders if statistics.orders else 0,
        completed_referral_customers=[_friend(friend) for friend in statistics.friends],
        email=address,
    )


def _friend(friend: FriendSeen) -> CompletedCustomer:
    return CompletedCustomer(
        friend.email, friend.first_name, friend.last_name, friend.points, stamp_or_none(friend.last_seen_at)
    )


def _receipt(referral: Referral, addresses: dict[int, str]) -> Receipt:
    address = referral.friend_email or addresses.get(referral.friend_id or 0)
    return Receipt(
        referral.referral_id, referral.member_id, referral.friend_id, stamp_or_none(referral.signed_up_at),
        stamp_or_none(referral.completed_at), address, referral.source, None, None,
    )  # fmt: skip
