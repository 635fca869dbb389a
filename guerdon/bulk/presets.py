"""What other systems call our columns, and how they write dates and numbers. Data, no code.

`docs/reference/import.md` says for each column whether the other system documents it or it was guessed; a file that
names a column otherwise is read with `--map theirs=ours`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from guerdon.bulk.fields import Numbers

IDENTITIES = ("email", "phone", "external_id", "pos_account_id", "card")
"""The columns that find a member, in the order in which they are looked at."""

COLUMNS: Mapping[str, Sequence[str]] = {
    "members": (
        *IDENTITIES, "first_name", "last_name", "full_name", "country", "tags", "status", "tier_level", "opted_in",
        "opted_in_at", "has_account", "joined_at", "birthday", "balance", "earned", "used", "earned_at", "expires_at",
    ),
    "lots": (*IDENTITIES, "points", "earned_at", "expires_at", "title"),
    "history": (*IDENTITIES, "points", "at", "title"),
    "codes": ("code", "state", *IDENTITIES, "order_id", "at"),
    "redemption-rules": ("terms",),
    "earning-rules": ("terms",),
}  # fmt: skip
"""The columns of each kind. A rule is a JSON document: the whole of a line of NDJSON, or the column `terms` of CSV."""


class Preset(NamedTuple):
    """`columns` tells for each of ours what the other system may call it, compared without case."""

    title: str
    columns: Mapping[str, Sequence[str]] = {}
    date: str | None = None
    """As strptime has it; None means ISO 8601."""
    numbers: Numbers = Numbers()


PRESETS: Mapping[str, Preset] = {
    "guerdon": Preset("guerdon export"),
    "smile": Preset(
        "Smile.io",
        {
            "external_id": ("id", "customer id"),
            "balance": ("points", "points_balance", "points balance"),
            "birthday": ("date_of_birth", "birthdate"),
            "status": ("state",),
            "tier_level": ("vip_tier", "vip tier"),
            "joined_at": ("created_at",),
        },
    ),
    "loyaltylion": Preset(
        "LoyaltyLion",
        {
            "external_id": ("customer id", "merchant_id"),
            "balance": ("points", "approved points", "points_approved"),
            "used": ("points_spent", "points spent"),
            "tier_level": ("tier", "loyalty tier", "tier name"),
            "opted_in": ("enrolled",),
            "joined_at": ("enrolled_at", "enrollment date"),
            "full_name": ("name",),
        },
    ),
    "yotpo": Preset(
        "Yotpo Loyalty & Referrals",
        {
            "full_name": ("full name",),
            "first_name": ("first name",),
            "last_name": ("last name",),
            "balance": ("points balance", "points"),
            "used": ("points spent",),
            "birthday": ("birthday", "birthday (mm/dd)", "birthday (mm/dd/yyyy)", "birthday (mm/dd) or (mm/dd/yyyy)"),
            "email": ("emails",),
            "opted_in": ("opted in", "opt in"),
            "tier_level": ("vip tier", "vip tier name"),
        },
        date="%m/%d/%Y",
    ),
    "stamped": Preset(
        "Stamped Loyalty & Rewards",
        {"balance": ("points",), "tier_level": ("vip_tier",)},
    ),
    "rivo": Preset(
        "Rivo (and BrandLift)",
        {
            "balance": ("points balance", "points"),
            "birthday": ("birthdate",),
            "tier_level": ("vip tier",),
            "joined_at": ("activation date",),
        },
    ),
    "rivyo": Preset(
        "Rivyo",
        {
            "balance": ("points balance",),
            "birthday": ("birthdate",),
            "expires_at": ("points expiry",),
            "joined_at": ("created at",),
        },
        date="%d-%m-%Y",
    ),
    "loylap": Preset(
        "LoyLap",
        {
            "pos_account_id": ("id",),
            "full_name": ("name",),
            "first_name": ("first name",),
            "last_name": ("last name",),
            "card": ("username",),
            "phone": ("phone_number",),
            "birthday": ("date_birth",),
            "joined_at": ("date_add",),
            "balance": ("points_balance", "stamp_balance"),
        },
    ),
}


def names_of(kind: str, preset: Preset, mapped: Mapping[str, str]) -> list[tuple[str, ...]]:
    """For each column of a kind what a file may call it: what the caller mapped, ours, and the preset's."""
    theirs: dict[str, list[str]] = {}
    for name, ours in mapped.items():
        theirs.setdefault(ours, []).append(name.casefold())
    return [(*theirs.get(column, ()), column, *preset.columns.get(column, ())) for column in COLUMNS[kind]]
