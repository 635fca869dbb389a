"""What belongs to members and goes over to another when two become one: the one place where every table is declared.

A table that names a member is in one of three lists: its rows go over one by one, they are added up, or they stay as
they are for a reason. A test compares the lists with the live schema.
"""

from msgspec import Struct


class Belonging(Struct, frozen=True):
    """A row of a kind, by its key, and whose it is."""

    kind: str
    key: str
    member_id: int
    source: int = 0
    """Whose it was before."""


GOES_OVER = {
    "redemption": ("redemption", "member_id"),
    "order": ("shop_order", "member_id"),
    "award": ("award", "member_id"),
    "activity": ("activity", "member_id"),
    "adjustment": ("adjustment", "member_id"),
    "tier_change": ("tier_change", "member_id"),
    "celebration": ("celebration", "member_id"),
    "referral_code": ("referral_code", "member_id"),
    "referral": ("referral", "member_id"),
    "referral_friend": ("referral", "friend_id"),
    "movement_sent": ("movement", "sender_id"),
    "movement_received": ("movement", "receiver_id"),
}
"""Kinds of rows, each with its table and the column that says whose it is."""

ONE_OF_A_KEY = {"celebration"}
"""Kinds of which a member has one of each key: the survivor's own stays."""

ADDED_UP = {
    ("redemption_usage", "member_id"),
    ("earning_use", "member_id"),
    ("tier_progress", "member_id"),
    ("moving_usage", "member_id"),
    ("member_tier", "member_id"),
}
"""What is counted for a member; and the standing, of which the higher counts."""

STAYS = {
    ("member", "merged_into"): "says itself who has become whom",
    ("identity", "member_id"): "goes over with `merged_from` remembering whose it was",
    ("identity", "merged_from"): "remembers whose it was",
    ("member_account", "member_id"): "the account stays a merged member's own, and gets an heir",
    ("household_member", "member_id"): "nobody merges while in a household; past ones are history",
    ("merge", "member_id"): "the record of the merge itself",
    ("merge", "survivor_id"): "the record of the merge itself",
    ("member_word", "member_id"): "goes with the name of whoever becomes another, and comes back with it",
    ("member_milestone", "member_id"): "says how many members came before, and nobody leaves that count",
    ("decision", "member_id"): "says to whom it was said no; stories look at whoever has become the member too",
    ("erasure", "member_id"): "nobody merges who was erased",
    ("event", "member_id"): "what others were told is not told anew",
    ("delivery", "member_id"): "what others were told is not told anew",
    ("imported_code", "member_id"): "says whose a code was at the old system",
    ("reward_reach", "member_id"): "what a balance was enough for is looked at anew each night",
}
"""What stays as it is, and why."""
