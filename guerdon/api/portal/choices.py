"""The enumerations of the portal contract, which are objects on the wire: read by name, shown with a label.

What a request says beside `name` is ignored, as the contract's own samples contradict themselves there.
"""

import re
from typing import Annotated

from msgspec import Meta, Struct

from guerdon.errors.base import BadField
from guerdon.rewards.rule import Category
from guerdon.tiers.programme import Programme, level_name

ACTIVE, DISABLED = "ACTIVE", "DISABLED"
FLAT, MULTIPLIER = "FLAT", "MULTIPLIER"
ONCE, UNLIMITED = "ONCE", "UNLIMITED"
REDEMPTION, ISSUANCE, BUY_GIFT_TRANSFER = "REDEMPTION", "ISSUANCE", "BUY_GIFT_TRANSFER"
LABELS = {
    ACTIVE: "Active",
    DISABLED: "Disabled",
    Category.DEFAULT: "Default",
    Category.PAY_BALANCE: "Pay Balance",
    Category.GIFT_CARDS: "Gift Cards",
    Category.DONATE_TO_CHARITY: "Donate To Charity",
    FLAT: "Flat",
    MULTIPLIER: "Multiplier",
    ONCE: "Once",
    UNLIMITED: "Unlimited",
    REDEMPTION: "Redemption",
    ISSUANCE: "Issuance",
    BUY_GIFT_TRANSFER: "Buy Gift Transfer",
}
NO_TIER = level_name(0)
TIER = re.compile(r"TIER([1-9][0-9]{0,8})", re.ASCII)


class Named(Struct):
    """A choice as it is sent."""

    name: str


class StatusNamed(Named):
    """Whether a rule counts."""

    name: Annotated[str, Meta(extra_json_schema={"enum": [ACTIVE, DISABLED]})]


class CategoryNamed(Named):
    """What a reward is put to."""

    name: Annotated[str, Meta(extra_json_schema={"enum": [*Category]})]


class TierNamed(Named):
    """A tier by its level, TIER1 the lowest; NONE is everyone."""

    name: Annotated[str, Meta(extra_json_schema={"pattern": f"^({NO_TIER}|{TIER.pattern})$"})]


class TypeNamed(Named):
    """What an issuance rule gives: FLAT points for an order, or a MULTIPLIER of what was paid."""

    name: Annotated[str, Meta(extra_json_schema={"enum": [FLAT, MULTIPLIER]})]


class LimitNamed(Named):
    """How often one member earns by a rule."""

    name: Annotated[str, Meta(extra_json_schema={"enum": [ONCE, UNLIMITED]})]


class KindNamed(Named):
    """A kind of rules."""

    name: Annotated[str, Meta(extra_json_schema={"enum": [REDEMPTION, ISSUANCE, BUY_GIFT_TRANSFER]})]


KindWord = Annotated[str, Meta(extra_json_schema={"enum": [REDEMPTION, ISSUANCE, BUY_GIFT_TRANSFER]})]


class Labelled(Struct):
    """A choice as it is shown."""

    value: str
    name: str


class TierShown(Struct):
    """A tier as it is shown."""

    nickname: str
    name: str


def read_status(sent: Named, field: str = "redemptionRuleStatus") -> bool:
    """Whether the status means that the rule is active."""
    if sent.name not in (ACTIVE, DISABLED):
        raise BadField(f"{field}.name", f"{sent.name[:40]!r} is neither {ACTIVE} nor {DISABLED}")
    return sent.name == ACTIVE


def read_category(sent: Named) -> Category:
    """The category with this name."""
    try:
        return Category(sent.name)
    except ValueError:
        raise BadField("redemptionCategory.name", f"{sent.name[:40]!r} is none of {', '.join(Category)}") from None


def read_tier(sent: Named) -> int:
    """The level of a tier: 0 for NONE, which is everyone, and n for TIERn."""
    if sent.name == NO_TIER:
        return 0
    found = TIER.fullmatch(sent.name)
    if found is None:
        raise BadField("loyaltyTierLevel.name", f"{sent.name[:40]!r} is neither {NO_TIER} nor TIER1, TIER2 and so on")
    return int(found[1])


def show_status(active: bool) -> Labelled:
    """The status of a rule."""
    return labelled(ACTIVE if active else DISABLED)


def show_category(category: Category) -> Labelled:
    """What a rule's reward is put to."""
    return labelled(category)


def show_tier(level: int, programme: Programme | None) -> TierShown:
    """The tier that a rule asks for, as the merchant's programme calls it."""
    tier = programme.tier(level) if programme else None
    return TierShown(tier.name if tier else f"Tier {level}" if level else "None", level_name(level))


def labelled(name: str) -> Labelled:
    """A choice by its name."""
    return Labelled(LABELS[name], name)
