"""Events in the incumbent's envelope: `topic`, `name`, `email`, `customer`, and what the topic adds (storefront 1.12).

One of our events may be several of theirs, or none. docs/reference/compatibility.md says where we chose.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from guerdon.activities.report import BIRTHDAY, ActivityState
from guerdon.api.storefront.surroundings import Awarded, Json, Named, Surroundings, perk, surroundings_of
from guerdon.api.wire import encode
from guerdon.database.pool import Database
from guerdon.events.log import Numbered
from guerdon.kit.clock import Clock
from guerdon.merchants.merchant import Merchant
from guerdon.referrals.completion import REFERRER
from guerdon.webhooks.message import Message

STOREFRONT = "storefront"

NAMES = {
    "swell/account/created": "Swell Account Created",
    "loyalty/opt_in": "Loyalty Opt In",
    "loyalty/opt_out": "Loyalty Opt Out",
    "loyalty/birthday_captured": "Loyalty Birthday Captured",
    "loyalty/anniversary_captured": "Loyalty Anniversary Captured",
    "swell/points/earned": "Swell Points Earned",
    "swell/points/reminder": "Swell Points Reminder",
    "swell/redemption/created": "Swell Redemption Created",
    "swell/redemption/reminder": "Swell Redemption Reminder",
    "swell/point_redemption/cancellation_request": "Swell Point Redemption Cancellation Request",
    "swell/redemption_code/below_threshold": "Swell Redemption Code Below Threshold",
    "loyalty/expiration/reminder": "Loyalty Expiration Reminder",
    "swell/referral/completed": "Swell Referral Completed",
    "swell/referral/share": "Swell Referral Share",
    "yotpo/referral/shared": "Yotpo Referral shared",
    "swell/tier/earned": "Swell Tier Earned",
    "swell/tier/lost": "Swell Tier Lost",
    "swell/tier/status/changed": "Swell Tier Status Changed",
    "swell/customer/birthday": "Swell Customer Birthday",
}
"""Every topic of theirs that is told, with its name."""


class Said(NamedTuple):
    """One message: its topic, what it adds to the envelope, and to whom a mail about it goes, if not the customer."""

    topic: str
    more: Json
    email: str | None = None


Teller = Callable[[Surroundings, Numbered], Iterator[Said]]


class StorefrontFormat:
    """Renders events as the incumbent's webhooks say them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def render(self, merchant: Merchant, events: Sequence[Numbered]) -> list[list[Message]]:
        """For each event its messages. What they show is looked up once for all of these events."""
        told = [event for event in events if _concerns(event)]
        if not told:
            return [[] for _ in events]
        around = await surroundings_of(self._database, merchant, _named(told), self._clock())
        return [[Message(one.topic, encode(_enveloped(around, event, one))) for one in _said(around, event)]
                for event in events]  # fmt: skip


def _concerns(event: Numbered) -> bool:
    """Whether there may be something to say: most activities are nothing to them, and nothing is looked up then."""
    return event.topic in TELLERS and event.payload.get("name", BIRTHDAY) == BIRTHDAY


def _said(around: Surroundings, event: Numbered) -> list[Said]:
    """What an event is in their words; nothing where its member was erased, or it has no meaning to them."""
    if not _concerns(event) or (event.member_id is not None and event.member_id not in around.customers):
        return []
    return list(TELLERS[event.topic](around, event))


def _enveloped(around: Surroundings, event: Numbered, said: Said) -> Json:
    shop = {"store_name": around.merchant.name, "website_url": None}
    if event.member_id is None:
        return {"topic": said.topic, "name": NAMES[said.topic], **shop, **said.more}
    customer = around.customers[event.member_id]
    address = said.email or customer["email"]
    who = {"email": address, "customer": customer}
    return {"topic": said.topic, "name": NAMES[said.topic], **who, **shop, **said.more}


def _named(events: Sequence[Numbered]) -> Named:
    """What these events are about."""
    members = {event.member_id for event in events if event.member_id is not None}
    subjects: set[str] = set()
    redemptions: set[int] = set()
    coded: set[int] = set()
    for event in events:
        payload = event.payload
        if isinstance(number := payload.get("redemption_id"), int):
            redemptions.add(number)
        if isinstance(given_for := payload.get("given_for"), str):
            subjects.add(given_for)
        if "activity_id" in payload:
            subjects.add(f"activity:{payload['activity_id']}")
        if event.topic.startswith("referral."):
            coded |= {event.member_id} if event.member_id is not None else set()
            members |= {payload["friend_id"]} if isinstance(payload.get("friend_id"), int) else set()
            subjects.add(f"referral:{payload.get('referral_id')}")
    return Named(members, subjects, redemptions, coded)


def _plain(topic: str) -> Teller:
    """A topic that adds nothing to the envelope."""

    def tell(_around: Surroundings, _event: Numbered) -> Iterator[Said]:
        yield Said(topic, {})

    return tell


def _perk(around: Surroundings, event: Numbered, given: Awarded) -> Json:
    """`perk` with the option of its coupon, and the coupon, where it is one."""
    assert event.member_id is not None, event
    option = None
    if given.redemption_id in around.option_of:
        option = around.options.get(around.option_of[given.redemption_id])
    return {"perk": perk(event, around.merchant, event.member_id, given, option), **around.reward(given.redemption_id)}


def _points_earned(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """Points that are there: earned, activated, or given by hand. Taking them is not told."""
    payload = event.payload
    if event.member_id is not None and payload["points"] > 0:
        given = Awarded(payload.get("source"), payload["points"], payload.get("title"), None, event.recorded_at)
        yield Said("swell/points/earned", _perk(around, event, given))


def _redemption_created(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """A coupon; with `perk`, if a campaign gave it."""
    redemption_id = event.payload["redemption_id"]
    more = around.reward(redemption_id)
    for given in around.awards.get(event.payload.get("given_for", ""), ()):
        if given.redemption_id == redemption_id:
            more = _perk(around, event, given)
    yield Said("swell/redemption/created", more)


def _cancellation_request(_around: Surroundings, event: Numbered) -> Iterator[Said]:
    more = {"point_redemption_id": str(event.payload["redemption_id"]), "reward_text": event.payload["code"]}
    yield Said("swell/point_redemption/cancellation_request", more)


def _below_threshold(around: Surroundings, event: Numbered) -> Iterator[Said]:
    option = around.options.get(event.payload["rule_id"])
    more = {
        "redemption_option": option,
        "redemption_option_id": event.payload["rule_id"],
        "redemption_option_name": option.name if option else None,
        "number_of_unused_codes": event.payload["unused"],
    }
    yield Said("swell/redemption_code/below_threshold", more)


def _redemption_reminder(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """One mail, not one for each reward: of the best that the points have become enough for."""
    options = [around.options[rule_id] for rule_id in event.payload["rule_ids"] if rule_id in around.options]
    if options:
        yield Said("swell/redemption/reminder", {"redemption_option": max(options, key=lambda one: one.amount or 0)})


def _points_reminder(around: Surroundings, event: Numbered) -> Iterator[Said]:
    option = around.options.get(event.payload["rule_id"])
    if option:
        more = {"points_needed": event.payload["points_needed"], "redemption_option": option}
        yield Said("swell/points/reminder", more)


def _expiration_reminder(_around: Surroundings, event: Numbered) -> Iterator[Said]:
    more = {
        "loyalty_next_points_expire_on": event.payload["last_day"],
        "loyalty_next_points_expire_amount": event.payload["points"],
        "days_to_point_expiration": event.payload["days"],
    }
    yield Said("loyalty/expiration/reminder", more)


def _referral_completed(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """To the customer who referred, with what they got."""
    assert event.member_id is not None, event
    payload = event.payload
    more: Json = {
        "referrer": around.customers[event.member_id],
        "referral_code": around.codes[event.member_id],
        "referred_customer": around.customers.get(payload["friend_id"]),
    }
    for given in around.awards.get(f"referral:{payload['referral_id']}", ()):
        if given.source == REFERRER:
            more |= _perk(around, event, given)
    yield Said("swell/referral/completed", more)


def _referral_share(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """In both forms, one message for each friend, whose address is the `email`: the mail goes there."""
    assert event.member_id is not None, event
    payload, customer = event.payload, around.customers[event.member_id]
    name = " ".join(part for part in (customer["first_name"], customer["last_name"]) if part)
    shared = {"from": name or customer["email"], "referral_link": payload["referral_link"]}
    programme = around.merchant.policies.referrals
    option = around.options.get(programme.friend_coupon_rule or 0) if programme else None
    newer = {**shared, "referral_code": _shared_code(around, event.member_id)}
    newer |= {"redemption_option": option} if option else {}
    for address in payload.get("emails", ()):
        yield Said("swell/referral/share", shared, address)
        yield Said("yotpo/referral/shared", newer, address)


def _shared_code(around: Surroundings, member_id: int) -> Json:
    """The newer form of a code: Guerdon sees no clicks and knows of shares by email alone."""
    code = around.codes[member_id]
    by_email = ("total_shares", "email_shares")
    unseen = (
        "sms_shares", "whatsapp_shares", "copy_link_shares", "personal_email_shares", "links_clicked_from_email",
        "links_clicked_from_sms", "links_clicked_from_whatsapp", "links_clicked_from_copy_link",
        "links_clicked_from_personal_email",
    )  # fmt: skip
    return {
        "code": code.code,
        "customer_id": member_id,
        **dict.fromkeys(by_email, code.shares),
        **dict.fromkeys(unseen, 0),
        "friends_orders": code.orders,
        "friends_amount_spent_cents": code.amount_cents,
        "friends_average_amount_cents": code.average_amount_cents,
    }


def _tier(topic: str) -> Teller:
    def tell(around: Surroundings, event: Numbered) -> Iterator[Said]:
        payload = event.payload
        new = around.tier(payload["to_level"], payload["to_name"])
        old = around.tier(payload["from_level"], payload["from_name"])
        more: Json = ({"new_tier": new} if new else {}) | ({"old_tier": old} if old else {})
        yield Said(topic, more)
        yield Said("swell/tier/status/changed", more)

    return tell


def _birthday(around: Surroundings, event: Numbered) -> Iterator[Said]:
    """The day itself, with what was given for it. What waits for an operator is told when it is approved."""
    if event.payload.get("state") == ActivityState.WAITING:
        return
    more: Json = {}
    awards = around.awards.get(f"activity:{event.payload['activity_id']}", [])
    for given in sorted(awards, key=lambda one: -one.points):
        more = _perk(around, event, given) | more
    yield Said("swell/customer/birthday", more)


def _captured(_around: Surroundings, event: Numbered) -> Iterator[Said]:
    yield Said(f"loyalty/{event.payload['kind']}_captured", {})


TELLERS: dict[str, Teller] = {
    "member.created": _plain("swell/account/created"),
    "member.opted_in": _plain("loyalty/opt_in"),
    "member.opted_out": _plain("loyalty/opt_out"),
    "celebration.set": _captured,
    "points.earned": _points_earned,
    "points.activated": _points_earned,
    "points.adjusted": _points_earned,
    "points.expiring": _expiration_reminder,
    "redemption.created": _redemption_created,
    "redemption.cancellation_requested": _cancellation_request,
    "redemption.available": _redemption_reminder,
    "redemption.near": _points_reminder,
    "pool.low": _below_threshold,
    "referral.completed": _referral_completed,
    "referral.shared": _referral_share,
    "tier.entered": _tier("swell/tier/earned"),
    "tier.left": _tier("swell/tier/lost"),
    "activity.reported": _birthday,
    "activity.approved": _birthday,
}

TOPICS: dict[str, tuple[str, ...]] = {
    "member.created": ("swell/account/created",),
    "member.opted_in": ("loyalty/opt_in",),
    "member.opted_out": ("loyalty/opt_out",),
    "celebration.set": ("loyalty/birthday_captured", "loyalty/anniversary_captured"),
    "points.earned": ("swell/points/earned",),
    "points.activated": ("swell/points/earned",),
    "points.adjusted": ("swell/points/earned",),
    "points.expiring": ("loyalty/expiration/reminder",),
    "redemption.created": ("swell/redemption/created",),
    "redemption.cancellation_requested": ("swell/point_redemption/cancellation_request",),
    "redemption.available": ("swell/redemption/reminder",),
    "redemption.near": ("swell/points/reminder",),
    "pool.low": ("swell/redemption_code/below_threshold",),
    "referral.completed": ("swell/referral/completed",),
    "referral.shared": ("swell/referral/share", "yotpo/referral/shared"),
    "tier.entered": ("swell/tier/earned", "swell/tier/status/changed"),
    "tier.left": ("swell/tier/lost", "swell/tier/status/changed"),
    "activity.reported": ("swell/customer/birthday",),
    "activity.approved": ("swell/customer/birthday",),
}
"""Which topics of theirs each of ours may become."""
