"""What a rule gives: points by amount, by piece or flat, more of what other rules give, a coupon, or a tier."""

from decimal import Decimal

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.kit.money import UnknownCurrency, currency
from guerdon.points.values import POINTS_MAX

FACTOR_MAX = 1000


class Gives(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """One way to give; in JSON its `kind` tells which."""


class PerAmount(Gives, frozen=True, tag="per_amount"):
    """So many points for each so much money spent, in minor units of the merchant's currency."""

    points: int
    each_minor: int
    each_minor_in: dict[str, int] = {}
    """Amounts in other currencies that count instead of the merchant's rate."""
    each_whole: bool = True
    """Only whole steps count; otherwise a part of a step earns its part of the points."""

    def __post_init__(self) -> None:
        check_range("earns.points", self.points, 1)
        check_range("earns.each_minor", self.each_minor, 1)
        for code, minor in self.each_minor_in.items():
            _check_currency(code)
            check_range(f"earns.each_minor_in.{code}", minor, 1)


class Flat(Gives, frozen=True, tag="flat"):
    """So many points for the order or the activity."""

    points: int

    def __post_init__(self) -> None:
        check_range("earns.points", self.points, 1)


class PerItem(Gives, frozen=True, tag="per_item"):
    """So many points for each piece of the goods that count."""

    points: int

    def __post_init__(self) -> None:
        check_range("earns.points", self.points, 1)


class Multiplier(Gives, frozen=True, tag="multiplier"):
    """Multiplies what other rules give for the order. Two multipliers add up: 2 and 3 together give four times.

    With goods named, it multiplies the share of the points that these goods earned.
    """

    factor: Decimal
    rule_ids: frozenset[int] = frozenset()
    """Multiplies what these rules give; all others where none is named."""

    def __post_init__(self) -> None:
        if not self.factor.is_finite() or not 1 < self.factor <= FACTOR_MAX or self.factor != round(self.factor, 4):
            problem = f"{self.factor} is not above 1, at most {FACTOR_MAX}, with at most 4 decimals, such as 1.5"
            raise BadField("earns.factor", problem)


class CouponGift(Gives, frozen=True, tag="coupon"):
    """A coupon of this redemption rule, without its points."""

    redemption_rule_id: int

    def __post_init__(self) -> None:
        check_range("earns.redemption_rule_id", self.redemption_rule_id, 1)


class TierEntry(Gives, frozen=True, tag="tier"):
    """Entry to a tier."""

    level: int

    def __post_init__(self) -> None:
        check_range("earns.level", self.level, 1)


Earns = PerAmount | Flat | PerItem | Multiplier | CouponGift | TierEntry


def check_range(name: str, value: int | None, least: int) -> None:
    """Refuses with BadField a number that is below the least or beyond what clients count exactly."""
    if value is not None and not least <= value <= POINTS_MAX:
        raise BadField(name, f"{value} is not a whole number from {least} to {POINTS_MAX}")


def _check_currency(code: str) -> None:
    try:
        known = currency(code).code
    except UnknownCurrency as error:
        raise BadField("earns.each_minor_in", str(error)) from error
    if known != code:
        raise BadField("earns.each_minor_in", f"{code} is written {known}")
