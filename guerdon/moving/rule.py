"""What members of a programme may give each other and buy, and what it costs. Pure: a frozen value, checked when set.

Everything is off until a merchant turns it on. Points and money are whole numbers: a price or a fee is "so many minor
units for so many points", rounded up, and exact wherever the points are a multiple.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from guerdon.errors.base import BadField, Refusal
from guerdon.errors.moving import MovesOffStep, MovesTooFew, MovesTooMany
from guerdon.kit.money import LARGEST
from guerdon.points.values import POINTS_MAX


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """So much (minor units, or points) for each so many points."""

    amount: int
    points: int = 1

    def of(self, points: int) -> int:
        """What that many points come to, rounded up."""
        return -(-points * self.amount // self.points)


class Fee(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What moving points costs: a flat part and one by the points, in points of the giver, or in minor units of the
    merchant's currency, which the shop collects.
    """

    unit: Literal["points", "money"] = "points"
    flat: int = 0
    rate: Rate = Rate(0)
    maximum: int | None = None

    def of(self, points: int) -> int:
        """The fee for moving so many points."""
        fee = self.flat + self.rate.of(points)
        return fee if self.maximum is None else min(fee, self.maximum)


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way of moving points. `points_max_per_year` is what one member may send by it in a calendar year."""

    enabled: bool = False
    minimum: int = 1
    maximum: int | None = None
    step: int = 1
    points_max_per_year: int | None = None
    fee: Fee = Fee()

    def reasons_against(self, kind: str, points: int) -> Iterator[Refusal]:
        """What is wrong with this number of points."""
        if points < self.minimum:
            yield MovesTooFew(kind, points, self.minimum)
        if self.maximum is not None and points > self.maximum:
            yield MovesTooMany(kind, points, self.maximum)
        if points % self.step:
            below = points - points % self.step
            yield MovesOffStep(points, self.step, below, below + self.step)


class MovingRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The merchant's rule: buying points, gifts, and transfers.

    `price` is what bought points cost, in minor units of the merchant's currency. With `keeps_expiry`, moved points
    expire when they would have at the giver's; else they live as if they were earned now.
    """

    transfers: Terms = Terms()
    gifts: Terms = Terms()
    purchases: Terms = Terms()
    price: Rate | None = None
    bought_for_others_max_per_year: int | None = None
    received_max_per_year: int | None = None
    keeps_expiry: bool = True
    created_user_id: int | None = None
    """The portal's own reference, echoed. Who really signed in is recorded with the version."""
    modified_user_id: int | None = None


class VersionedMoving(Struct, frozen=True):
    """The rule as of a version; 0 is that of a merchant who never set one."""

    version: int
    terms: MovingRule


def check_rule(rule: MovingRule) -> None:
    """Refuse with BadField what no rule can mean."""
    for name in ("transfers", "gifts", "purchases"):
        terms: Terms = getattr(rule, name)
        _check_terms(name, terms)
    if rule.price is not None:
        _check_rate("price", rule.price)
        if rule.price.amount == 0:
            raise BadField("price.amount", "points that cost nothing are not bought; give them by an adjustment")
    if rule.purchases.enabled and rule.price is None:
        raise BadField("price", "points can be bought once they have a price, such as 100 minor units for 10 points")
    if rule.purchases.enabled and rule.purchases.fee.unit == "points" and _costs(rule.purchases.fee):
        raise BadField("purchases.fee.unit", "the fee of a purchase is paid with it: it is in money")
    _check_limit("bought_for_others_max_per_year", rule.bought_for_others_max_per_year)
    _check_limit("received_max_per_year", rule.received_max_per_year)


def _check_terms(name: str, terms: Terms) -> None:
    for field in ("minimum", "step"):
        if not 1 <= getattr(terms, field) <= POINTS_MAX:
            raise BadField(f"{name}.{field}", f"a whole number from 1 to {POINTS_MAX} is needed")
    _check_limit(f"{name}.maximum", terms.maximum)
    _check_limit(f"{name}.points_max_per_year", terms.points_max_per_year)
    if terms.maximum is not None and terms.maximum < terms.minimum:
        raise BadField(f"{name}.maximum", f"it is below the minimum of {terms.minimum}")
    _check_rate(f"{name}.fee.rate", terms.fee.rate)
    if not 0 <= terms.fee.flat <= LARGEST:
        raise BadField(f"{name}.fee.flat", f"a whole number from 0 to {LARGEST} is needed")
    _check_limit(f"{name}.fee.maximum", terms.fee.maximum)


def _check_rate(field: str, rate: Rate) -> None:
    if not 0 <= rate.amount <= LARGEST:
        raise BadField(f"{field}.amount", f"a whole number from 0 to {LARGEST} is needed")
    if not 1 <= rate.points <= POINTS_MAX:
        raise BadField(f"{field}.points", f"a whole number from 1 to {POINTS_MAX} is needed")


def _check_limit(field: str, limit: int | None) -> None:
    if limit is not None and not 0 <= limit <= POINTS_MAX:
        raise BadField(field, f"a whole number from 0 to {POINTS_MAX} is needed, or none")


def _costs(fee: Fee) -> bool:
    return bool(fee.flat or fee.rate.amount)
