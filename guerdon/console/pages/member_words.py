"""What a member's story is told with: each code that the books, orders and people have for something, in words."""

from collections.abc import Mapping

from guerdon.console.frame import N

KINDS: tuple[tuple[str, str], ...] = (
    ("", N("Everything")), ("points", N("Points")), ("redemption", N("Redemptions")), ("order,return", N("Orders")),
    ("activity", N("Activities")), ("tier", N("Tiers")), ("decision", N("Refusals")),
    ("transfer,merge,referral", N("With others")), ("profile", N("Profile")), ("adjustment", N("Proposals")),
)  # fmt: skip
"""What a story is looked at for."""

MOVES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("issued", "available"): (N("Earned"), "earned"),
    ("issued", "pending"): (N("Earned, pending"), "held"),
    ("issued", "redeemed"): (N("Earned and used before"), "redeemed"),
    ("pending", "available"): (N("Became available"), "earned"),
    ("pending", "reversed"): (N("Pending points taken back"), "reversed"),
    ("available", "redeemed"): (N("Points redeemed"), "redeemed"),
    ("available", "held"): (N("Points held"), "held"),
    ("held", "redeemed"): (N("Held points taken"), "redeemed"),
    ("held", "available"): (N("Held points released"), "reversed"),
    ("redeemed", "available"): (N("Points given back"), "earned"),
    ("available", "expired"): (N("Points expired"), "expired"),
    ("available", "reversed"): (N("Points taken back"), "reversed"),
    ("available", "moved"): (N("Points went to another account"), "plain"),
    ("moved", "available"): (N("Points came from another account"), "earned"),
}
"""What each way of points is called, and its tone."""

MOVED = (N("Points moved"), "plain")
"""The same of any other way."""

WHY: Mapping[str, str] = {
    "redemption": N("for a reward"), "order": N("for an order"), "activity": N("for an activity"),
    "referral": N("for a referral"), "adjustment": N("by hand"), "expiry": N("their date was over"),
    "capture": N("an order used the coupon"), "cancellation": N("a redemption was cancelled"),
    "release": N("a redemption was cancelled"), "hold_expired": N("nobody used the coupon in time"),
    "return": N("goods came back"), "reversal": N("what they were given for was taken back"),
    "activation": N("their waiting was over"), "transfer": N("a transfer"), "gift": N("a gift"),
    "purchase": N("bought"), "fee": N("a fee"), "household": N("a household"), "heir": N("after a merge"),
    "merge_undone": N("a merge was undone"), "erasure": N("the member was erased"), "import": N("from an import"),
    "tier": N("for reaching a tier"),
}  # fmt: skip
"""Why points moved, in words."""

TOLD_BY_TITLE = frozenset({"order", "activity", "redemption", "referral"})
"""Reasons that nobody needs beside the name of the rule that gave the points."""

ACTIVITIES: Mapping[str, str] = {
    "sign_up": N("Signed up"), "birthday": N("Birthday"), "anniversary": N("Anniversary"),
    "referral": N("Brought a friend"),
}  # fmt: skip
"""What everybody knows members to do; a shop calls the rest as it likes."""

TIERS: Mapping[str, str] = {
    "reached": N("reached by what was done"), "retained": N("kept for another period"),
    "lapsed": N("the period is over"), "assigned": N("by hand"), "programme": N("the programme changed"),
}  # fmt: skip
"""Why a tier changed."""

STATES: Mapping[str, str] = {
    "asked": N("waits for a code"), "held": N("held"), "captured": N("captured"), "redeemed": N("redeemed"),
    "cancelled": N("cancelled"), "expired": N("expired"), "proposed": N("waits for a second person"),
    "approved": N("approved"), "refused": N("refused"), "waiting": N("waits for approval"), "done": N("done"),
    "rejected": N("rejected"), "shared": N("told"), "signed_up": N("signed up"), "completed": N("completed"),
    "reversed": N("taken back"),
}  # fmt: skip

TOPICS: Mapping[str, str] = {
    "member.created": N("Became a member"), "member.updated": N("Profile changed"),
    "member.opted_in": N("Said yes to the programme"), "member.opted_out": N("Said no to the programme"),
    "member.suspended": N("Suspended"), "member.activated": N("Activated again"),
}  # fmt: skip
FIELDS: Mapping[str, str] = {
    "first_name": N("first name"), "last_name": N("last name"), "country": N("country"), "tags": N("tags"),
    "opted_in": N("opt-in"), "opted_in_at": N("opt-in"), "has_account": N("shop account"), "email": N("email"),
    "phone": N("phone"), "external_id": N("external id"), "pos_account_id": N("POS id"), "card": N("card"),
    "tier_level": N("tier"), "platform_created_at": N("customer since"),
}  # fmt: skip

TONES: Mapping[str, str] = {
    "held": "held", "asked": "warn", "cancelled": "reversed", "expired": "expired", "proposed": "held",
    "approved": "good", "refused": "bad",
}  # fmt: skip
"""How states look."""
