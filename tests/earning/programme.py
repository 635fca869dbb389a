"""Rules, orders, members and merchants to evaluate, with everything that a test does not care about filled in."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from guerdon.earning.earns import Earns, Flat, PerAmount
from guerdon.earning.evaluate import NOTHING_USED, Evaluation, evaluate
from guerdon.earning.occasion import Line, Occasion
from guerdon.earning.rule import EarningRule, VersionedRule
from guerdon.earning.share import Limits
from guerdon.earning.use import Budget, Use, use_keys
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.points.values import Member
from tests.shop import START

ONE_PER_DOLLAR = PerAmount(points=1, each_minor=100)
TEN = Flat(points=10)


def rule(rule_id: int = 1, earns: Earns = TEN, *, version: int = 1, **terms: Any) -> VersionedRule:
    """Ten points for an order, unless the terms say otherwise."""
    return VersionedRule(rule_id, version, EarningRule(name=f"Rule {rule_id}", earns=earns, **terms))


def merchant(
    *, currency: str = "USD", timezone: str = "UTC", rates: dict[str, str] | None = None, **policies: Any
) -> Merchant:
    """A merchant that takes dollars alone, on the clock of UTC."""
    others = {code: Decimal(rate) for code, rate in (rates or {}).items()}
    return Merchant(1, UUID(int=1), "Acme", currency, timezone, Policies(**policies), others)


def member(
    *, tier: int = 0, tags: tuple[str, ...] = (), status: str = "active", opted_in: bool | None = None
) -> Member:
    """A member of no tier."""
    return Member(1, 1, status, opted_in, tier, tags)


def order(eligible_minor: int = 0, *lines: Line, at: datetime = START, currency: str = "USD", **more: Any) -> Occasion:
    """An order, by default of nothing."""
    return Occasion(at=at, currency=currency, eligible_minor=eligible_minor, lines=lines, **more)


def line(net_minor: int, *collections: str, quantity: int = 1, sku: str = "SKU", **more: Any) -> Line:
    """A line of an order, in these collections."""
    return Line(id=sku, quantity=quantity, net_minor=net_minor, collections=frozenset(collections), **more)


def tried(
    *rules: VersionedRule,
    on: Occasion | None = None,
    by: Member | None = None,
    of: Merchant | None = None,
    limits: Limits = NOTHING_USED,
) -> Evaluation:
    """The rules evaluated: an order of nothing, by a member of no tier, unless the test says otherwise."""
    return evaluate(rules, on or order(), by or member(), of or merchant(), limits)


def points(evaluation: Evaluation) -> dict[int, int]:
    """The points of each rule that gives any."""
    return {award.rule_id: award.points for award in evaluation.earned}


def reasons(evaluation: Evaluation) -> dict[int, str]:
    """Why each of the other rules gives none."""
    return {passed.rule_id: str(passed.reason) for passed in evaluation.passed_over}


def sentence(evaluation: Evaluation) -> str:
    """The explanation of the only award."""
    (award,) = evaluation.earned
    return award.explanation.sentence


def used(one: VersionedRule, *, points: int = 0, times: int = 0, at: datetime = START) -> Limits:
    """So much earned by the member before, in each period that the rule caps and that this moment is in."""
    return Limits({key: Use(*key, points, times) for key in use_keys(one, 1, at.date())}, {})


def spent(rule_id: int, *, points: int = 0, times: int = 0) -> Limits:
    """So much earned by all members together."""
    return Limits({}, {rule_id: Budget(rule_id, points, times)})
