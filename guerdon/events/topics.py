"""What others are told of: every topic, in one sentence, with what its events say.

A test compares this with every topic in the source, and another with what events say. Names and meanings stay; fields
may be added. Numbers are ours unless said otherwise, points are whole, money is in minor units of the currency beside
it, times are ISO 8601, in UTC. No event says who a member is, only which one: whoever may can look them up. Friends who
are no members yet are an exception, since the shop is to write to them.
"""

from typing import NamedTuple

Payload = dict[str, str]
"""What each field is."""

NOTHING: Payload = {}


class Topic(NamedTuple):
    """`says` completes "It happened that…"; `optional` fields are not in every event."""

    says: str
    payload: Payload = NOTHING
    optional: Payload = NOTHING


REDEMPTION = {
    "redemption_id": "the redemption",
    "rule_id": "the redemption rule",
    "state": "asked, held, captured, redeemed, cancelled or expired",
    "points": "what it costs",
    "value_minor": "what its coupon is worth, where it is worth money",
    "currency": "of the value",
    "code": "of its coupon",
    "delayed": "whether an order decides about the points",
}
ORDER_ID = {"order_id": "the shop's number of the order"}
AWARD = {
    "points": "how many",
    "subject": "what they are for, such as order:1001",
    "source": "what gives them, such as rule:7",
}
TITLE = {"title": "what the member reads"}
REFERRAL = {
    "referral_id": "the referral",
    "referrer_id": "the member who brings",
    "friend_id": "the member who was brought, once there is one",
    "state": "shared, signed_up, completed, reversed or refused",
    "order_id": "the friend's order that completed it",
}
STEP = {
    "from_level": "the level before; 0 is none",
    "from_name": "its name",
    "to_level": "the level now; 0 is none",
    "to_name": "its name",
    "why": "reached, retained, lapsed, assigned or programme",
    "until": "the last day for which it holds; null for ever",
}
MOVEMENT = {
    "movement_id": "the movement",
    "kind": "transfer, gift or purchase",
    "sender_id": "the member who gives or pays",
    "receiver_id": "the member who gets the points",
    "points": "what the receiver gets",
    "fee_points": "what the sender pays beside",
    "fee_minor": "what the payment had beside the price",
    "price_minor": "what was paid for the points",
    "currency": "of the price and the fee",
}
ACTIVITY = {
    "activity_id": "whoever reported it numbered it so",
    "name": "what was done, such as review",
    "points": "what was given for it so far",
}
ADJUSTMENT = {"adjustment_id": "the proposal"}
RETURN = {"return_id": "the shop's number of the return", **ORDER_ID}
MERGE = {"merge_id": "the merge", "merged_id": "the member who became another", "survivor_id": "whom they became"}
HOUSEHOLD = {"household_id": "the household"}
ORDER = {
    **ORDER_ID,
    "status": "as the shop said it",
    "codes": "the coupons and discount codes that it names",
    "flags": "coupons that were not taken, with the reason",
    "points": "what it has earned by now, pending points included",
}
VERSION = {"version": "of its terms", "actor": "who signed in to write it"}
RULE = {"rule_id": "the rule", "name": "as the merchant calls it", "active": "whether it is", **VERSION}

TOPICS: dict[str, Topic] = {
    # Members
    "member.created": Topic(
        "somebody became a member", {"identities": "the kinds that find them", "opted_in": "their word, or null"}
    ),
    "member.updated": Topic("something about a member changed", {"changed": "the names of what did"}),
    "member.opted_in": Topic("a member said yes to the programme"),
    "member.opted_out": Topic("a member said no to the programme"),
    "member.suspended": Topic("a member may neither earn nor redeem for now"),
    "member.activated": Topic("a member who was suspended takes part again"),
    "member.imported": Topic("a member came from a file", {"points": "how many came along"}),
    "member.merged": Topic("a member turned out to be another one", MERGE),
    "member.unmerged": Topic("two who had become one are two again", MERGE),
    "member.erased": Topic(
        "a person was forgotten", {"points": "how many expired", "pending": "how many had waited, and came to nothing"}
    ),
    "celebration.set": Topic("a member told their day of the year", {"kind": "birthday or anniversary"}),
    "household.created": Topic("a household began", HOUSEHOLD),
    "household.joined": Topic("a member joined a household", {**HOUSEHOLD, "may_spend": "whether its points"}),
    "household.left": Topic("a member left a household", {**HOUSEHOLD, "points": "what they took along"}),
    "household.dissolved": Topic("a household ended", HOUSEHOLD),
    # Points
    "points.earned": Topic("points came, and can be spent", AWARD | TITLE),
    "points.pending": Topic("points came, and wait", AWARD | TITLE),
    "points.activated": Topic(
        "points that had waited can be spent", {name: AWARD[name] for name in ("points", "subject")}
    ),
    "points.reversed": Topic(
        "points that should not have been earned were taken back",
        {**AWARD, "forgiven": "how many should have been, and were not"},
    ),
    "points.adjusted": Topic(
        "somebody gave or took points by hand",
        {"points": "how many; below zero they were taken", "available": "how many can be spent now", **TITLE},
    ),
    "points.expiring": Topic(
        "points will expire unless they are spent",
        {
            "points": "how many",
            "expires_at": "when",
            "last_day": "the merchant's last day on which they can be spent",
            "days": "until then",
            "account_id": "on which account",
        },
    ),
    "points.expired": Topic(
        "the time of points was over", {"points": "how many", "expired_at": "when", "account_id": "on which account"}
    ),
    "points.sent": Topic("a member gave points to another", MOVEMENT),
    "points.received": Topic("a member got points from another", MOVEMENT),
    "points.bought": Topic("points were sold", MOVEMENT),
    "points.refunded": Topic(
        "the money for points was given back",
        {**MOVEMENT, "points_back": "how many were taken back; others were spent"},
    ),
    "adjustment.proposed": Topic(
        "an adjustment waits for a second person", {**ADJUSTMENT, "points": "how many it would give or take"}
    ),
    "adjustment.approved": Topic("a second person agreed", ADJUSTMENT),
    "adjustment.refused": Topic("a second person did not agree", ADJUSTMENT),
    # Redemptions and coupons
    "redemption.created": Topic(
        "a member has a coupon", REDEMPTION, {"given_for": "what gave it, where no points were asked for it"}
    ),
    "redemption.captured": Topic("an order took the points that a coupon held", REDEMPTION | ORDER_ID),
    "redemption.returned": Topic(
        "part of what a coupon paid for came back", {**REDEMPTION, "points_back": "how many of its points are back"}
    ),
    "redemption.cancelled": Topic("a redemption came to nothing, and its points are back", REDEMPTION),
    "redemption.expired": Topic("nobody used a coupon in time, and its points are back", REDEMPTION),
    "redemption.cancellation_requested": Topic("the shop should make a coupon worthless, then say so", REDEMPTION),
    "redemption.unissued": Topic(
        "the merchant's own shop made no coupon, and the points are back", {**REDEMPTION, "reason": "why"}
    ),
    "redemption.available": Topic(
        "a balance has become enough for rewards", {"points": "that can be spent", "rule_ids": "of the rewards"}
    ),
    "redemption.near": Topic(
        "a balance is nearly enough for a reward",
        {"points": "that can be spent", "rule_id": "of the reward", "points_needed": "that are missing"},
    ),
    "coupon.used": Topic("an order used a coupon whose points had left at once", REDEMPTION | ORDER_ID),
    "coupon.expired": Topic("nobody used a coupon in time, and its points stay spent", REDEMPTION),
    "pool.low": Topic(
        "the codes of a rule run out",
        {"rule_id": "the redemption rule", "unused": "codes that are left", "threshold": "that was reached"},
    ),
    # Orders, activities, referrals, tiers
    "order.created": Topic("a shop told of an order", ORDER),
    "order.updated": Topic("a shop told something new of an order", ORDER),
    "return.created": Topic("a shop told of a return", {**RETURN, "total_minor": "what came back"}),
    "return.taken": Topic("a return that counts was booked", {**RETURN, "problem": "null"}),
    "return.refused": Topic("a return cannot be of its order", {**RETURN, "problem": "why"}),
    "activity.reported": Topic(
        "a member did something", {**ACTIVITY, "state": "done, or waiting for an operator's word"}
    ),
    "activity.approved": Topic("an operator approved what had waited", ACTIVITY),
    "activity.rejected": Topic("an operator rejected what had waited", ACTIVITY),
    "referral.shared": Topic(
        "a member tells friends, and the shop should send the mails",
        {"referrer_id": "the member", "emails": "of the friends", "code": "the member's", "referral_link": "to send"},
    ),
    "referral.signed_up": Topic("a friend became a member", REFERRAL),
    "referral.completed": Topic("a friend's order brought both their rewards", REFERRAL),
    "referral.reversed": Topic("that order came to nothing, and so did the rewards", REFERRAL),
    "referral.refused": Topic("a referral is not believed", {**REFERRAL, "reason": "why"}),
    "tier.entered": Topic("a member rose", STEP),
    "tier.retained": Topic("a member's tier was prolonged", STEP),
    "tier.left": Topic("a member fell", STEP),
    # What the merchant sets, and what should be looked at
    "redemption_rule.created": Topic("there is a new redemption rule", RULE),
    "redemption_rule.updated": Topic("a redemption rule says something else", RULE),
    "redemption_rule.status_changed": Topic("a redemption rule was switched on or off", RULE),
    "earning_rule.created": Topic("there is a new earning rule", RULE),
    "earning_rule.updated": Topic("an earning rule says something else", RULE),
    "earning_rule.status_changed": Topic("an earning rule was switched on or off", RULE),
    "rule.lock_taken_over": Topic(
        "somebody went on with a rule that another was editing",
        {
            "kind": "redemption_rule, earning_rule or moving_rule",
            "rule_id": "the rule",
            "from_actor": "who was editing",
            "from_user_id": "the caller's own number of them, or null",
            "since": "since when",
            "by_actor": "who goes on",
            "by_user_id": "the caller's own number of them, or null",
        },
    ),
    "moving_rule.updated": Topic("the rule for moving points says something else", VERSION),
    "webhook_endpoint.disabled": Topic(
        "an endpoint is not told of events any more",
        {
            "endpoint_id": "the endpoint",
            "name": "as the merchant calls it",
            "url": "where it is",
            "reason": "why",
            "failing_since": "when it last took something",
        },
    ),
    "tier_programme.changed": Topic("the tiers are others", {**VERSION, "tiers": "their names, the lowest first"}),
}
