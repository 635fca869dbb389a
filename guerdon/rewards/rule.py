"""A redemption rule: what points buy. A shop's redemption option and a rule of the admin portal are this one thing."""

from datetime import datetime
from enum import StrEnum
from math import gcd, lcm
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import force_setattr

from guerdon.errors.base import BadField
from guerdon.kit.money import UnknownCurrency, currency
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.codes import GENERATED, Codes, Generated


class Pricing(StrEnum):
    """How points are asked for.

    fixed: these points, this reward. each: N points at a time, N once unless told otherwise. variable: the caller says.
    """

    FIXED = "fixed"
    EACH = "each"
    VARIABLE = "variable"


class RewardKind(StrEnum):
    """What the coupon is worth."""

    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    FREE_SHIPPING = "free_shipping"
    FREE_PRODUCT = "free_product"


class Category(StrEnum):
    """What the reward is put to; the names are those of the portal contract."""

    DEFAULT = "DEFAULT"
    PAY_BALANCE = "PAY_BALANCE"
    GIFT_CARDS = "GIFT_CARDS"
    DONATE_TO_CHARITY = "DONATE_TO_CHARITY"


class Channel(StrEnum):
    """Where a redemption is made."""

    ANY = "any"
    ONLINE = "online"
    OFFLINE = "offline"


class RedemptionRule(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The terms of one version. Points are whole, money is in minor units, tier 0 means everyone."""

    points: int
    pricing: Pricing = Pricing.EACH
    reward: RewardKind = RewardKind.AMOUNT
    amount_minor: int = 0
    currency: str
    amounts_minor: dict[str, int] = {}
    """Amounts in other currencies that count instead of a conversion."""
    percentage_hundredths: int = 0
    """1250 is 12.5 percent."""
    product_id: str | None = None
    active: bool = True
    name: str = ""
    description: str = ""
    icon: str | None = None
    category: Category = Category.DEFAULT
    tier_level: int = 0
    tier_exact: bool | None = None
    """Admit this tier alone, or this and higher ones; None leaves it to the merchant's policy."""
    member_tags: tuple[str, ...] = ()
    channel: Channel = Channel.ANY
    minimum_points: int | None = None
    offset_points: int | None = None
    """Amounts of points grow from the minimum in these steps."""
    points_max_per_transaction: int | None = None
    points_max_per_day: int | None = None
    redemptions_max_per_member: int | None = None
    stock: int | None = None
    budget_minor: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minimum_cart_minor: int | None = None
    coupon_days: int | None = None
    """How long the coupon lives, to the end of its last day; None leaves it to the merchant's policy."""
    coupon_prefix: str | None = None
    codes: Codes = GENERATED
    refund_expired: bool = False
    """Whether points that were spent come back when the coupon expires unused."""
    transferable: bool = False
    """Whether another member than the owner may present the coupon."""
    created_user_id: int | None = None
    """The caller's own reference, echoed. Who really signed in is recorded with the version."""
    modified_user_id: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.codes, Generated):
            # A default is left out of documents where it is the very same object; that of a pickled rule is another.
            force_setattr(self, "codes", GENERATED)
        _check_numbers(self)
        _check_reward(self)
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise BadField("ends_at", f"{self.ends_at} is not after the start, {self.starts_at}")
        if self.offset_points and self.minimum_points is not None:
            common = gcd(self.points, self.offset_points)
            if self.minimum_points % common:
                raise BadField(
                    "offset_points",
                    f"no multiple of {self.points} points lies on {self.minimum_points} plus steps of "
                    f"{self.offset_points}: choose a minimum that is a multiple of {common}",
                )

    @property
    def limited(self) -> bool:
        """Whether members share something of this rule that runs out."""
        return self.stock is not None or self.budget_minor is not None


RuleState = Literal["active", "scheduled", "ended", "disabled"]


def state_of(rule: RedemptionRule, now: datetime) -> RuleState:
    """Whether members can redeem by it now, and if not, why."""
    if not rule.active:
        return "disabled"
    if rule.ends_at is not None and rule.ends_at <= now:
        return "ended"
    return "scheduled" if rule.starts_at is not None and rule.starts_at > now else "active"


class Ladder(NamedTuple):
    """The amounts of points a rule takes: `first`, and from there in whole steps."""

    first: int
    step: int


def ladder(rule: RedemptionRule) -> Ladder:
    """Multiples of N from the minimum on; with an offset, only those that lie on minimum + k × offset."""
    minimum = max(rule.minimum_points or 0, 1)
    if not rule.offset_points:
        return Ladder(-(-minimum // rule.points) * rule.points, rule.points)
    start = rule.minimum_points or 0
    common = gcd(rule.points, rule.offset_points)
    modulus = rule.offset_points // common
    steps = (start // common) * pow(rule.points // common, -1, modulus) % modulus
    step = lcm(rule.points, rule.offset_points)
    first = rule.points * steps
    return Ladder(first + max(0, -(-(minimum - first) // step)) * step, step)


class Versioned(Struct, frozen=True):
    """A rule as it stands: its id, the number of its version, and the terms of that version."""

    rule_id: int
    version: int
    terms: RedemptionRule


def _check_numbers(rule: RedemptionRule) -> None:
    for name, least in _LEAST.items():
        value = getattr(rule, name)
        if value is not None and not least <= value <= POINTS_MAX:
            raise BadField(name, f"{value} is not a whole number from {least} to {POINTS_MAX}")


def _check_reward(rule: RedemptionRule) -> None:
    for code in (rule.currency, *rule.amounts_minor):
        try:
            known = currency(code).code
        except UnknownCurrency as error:
            raise BadField("currency", str(error)) from error
        if known != code:
            raise BadField("currency", f"{code} is written {known}")
    for code, minor in rule.amounts_minor.items():
        if not 0 < minor <= POINTS_MAX:
            raise BadField("amounts_minor", f"{minor} {code} is not a whole number from 1 to {POINTS_MAX}")
    if rule.reward is RewardKind.AMOUNT and rule.amount_minor < 1:
        raise BadField("amount_minor", f"{rule.amount_minor} buys nothing: an amount above zero is needed")
    if rule.reward is RewardKind.PERCENTAGE and not 0 < rule.percentage_hundredths <= 100_00:
        raise BadField("percentage_hundredths", f"{rule.percentage_hundredths} is not from 1 to 10000")
    if rule.reward is RewardKind.FREE_PRODUCT and not rule.product_id:
        raise BadField("product_id", "a free product needs the product's id")


_LEAST = {
    "points": 1, "amount_minor": 0, "tier_level": 0, "minimum_points": 0, "offset_points": 0,
    "points_max_per_transaction": 1, "points_max_per_day": 1, "redemptions_max_per_member": 1, "stock": 0,
    "budget_minor": 0, "minimum_cart_minor": 0, "coupon_days": 0,
}  # fmt: skip
