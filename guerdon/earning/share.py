"""What one rule gives of an occasion: by its kind, as far as its caps leave room, beside the other rules of its group.

Points are exact until the sum is rounded: whole numbers or fractions, never floats.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from guerdon.earning.conditions import Counted, Reason, Scene
from guerdon.earning.earns import Flat, Multiplier, PerAmount, PerItem
from guerdon.earning.rule import ORDER, Stacking, VersionedRule
from guerdon.earning.use import Budget, Known, Use, UseKey, use_keys

Exact = int | Fraction


class Cut(NamedTuple):
    """What left less room than the rule would have given: the cap of a period, or the `budget`."""

    by: str
    points_max: int
    points_left: int


class Share(NamedTuple):
    """What a rule gives. A multiplier tells how many points of other rules it multiplied."""

    rule: VersionedRule
    points: Exact
    counted: Counted
    cut: Cut | None = None
    multiplied: Exact = 0


class Limits(NamedTuple):
    """How much was earned before: what is not known of, was not used."""

    uses: Known[UseKey, Use]
    budgets: Known[int, Budget]


def rank(rule: VersionedRule) -> tuple[int, int]:
    """The higher priority first, then the older rule."""
    return (-rule.terms.priority, rule.rule_id)


def given(rule: VersionedRule, found: Counted, scene: Scene) -> Share | Reason:
    """What the rule gives by itself. A multiplier gives nothing yet, and a coupon or a tier is no points."""
    earns, occasion = rule.terms.earns, scene.occasion
    if isinstance(earns, PerAmount):
        points = _per_amount(earns, found, occasion.currency)
    elif isinstance(earns, PerItem):
        points = earns.points * found.pieces
    elif isinstance(earns, Flat):
        points = earns.points if occasion.points is None or occasion.kind == ORDER else occasion.points
    else:
        return Share(rule, 0, found)
    if points is None:
        return Reason.NO_RATE
    return Share(rule, points, found) if points > 0 else Reason.TOO_LITTLE


def _per_amount(earns: PerAmount, found: Counted, currency: str) -> Exact | None:
    each = earns.each_minor_in.get(currency)
    amount = found.amount_minor
    if each is None:
        if found.base_minor is None:
            return None
        each, amount = earns.each_minor, found.base_minor
    if earns.each_whole:
        return amount // each * earns.points
    return _exact(amount * earns.points, each)


def capped(share: Share, scene: Scene, limits: Limits) -> Share | Reason:
    """As much of it as caps and budget leave, which may be nothing (behaviour 9, for what earns)."""
    rule, terms = share.rule, share.rule.terms
    cut: Cut | None = None
    if terms.caps:
        for cap, key in zip(terms.caps, use_keys(rule, scene.member.member_id, scene.local.date()), strict=True):
            use = limits.uses.get(key)
            points, times = (use.points, use.times) if use else (0, 0)
            if _is_used_up(points, times, cap.points, cap.times):
                return Reason.CAPPED
            if cap.points is not None:
                cut = _narrower(cut, Cut(cap.per, cap.points, cap.points - points))
    if terms.limited:
        budget = limits.budgets.get(rule.rule_id)
        points, times = (budget.points, budget.times) if budget else (0, 0)
        if _is_used_up(points, times, terms.budget_points, terms.times_max):
            return Reason.BUDGET_SPENT
        if terms.budget_points is not None:
            cut = _narrower(cut, Cut("budget", terms.budget_points, terms.budget_points - points))
    if cut is None or share.points <= cut.points_left:
        return share
    return share._replace(points=cut.points_left, cut=cut)


def _is_used_up(points: int, times: int, points_max: int | None, times_max: int | None) -> bool:
    return (points_max is not None and points >= points_max) or (times_max is not None and times >= times_max)


def _narrower(one: Cut | None, other: Cut) -> Cut:
    return other if one is None or other.points_left < one.points_left else one


def modes_of(shares: Sequence[Share]) -> dict[str, Stacking]:
    """How each group gets on: as its first rule says. The shares are in order of rank."""
    modes: dict[str, Stacking] = {}
    for share in shares:
        group = share.rule.terms.group
        if group is not None:
            modes.setdefault(group, share.rule.terms.stacking)
    return modes


def settle(shares: Sequence[Share], modes: dict[str, Stacking]) -> list[Share]:
    """Those that count, of rules in order of rank: one of each group whose rules exclude each other."""
    if not modes:
        return list(shares)
    winners: dict[str, Share] = {}
    for share in shares:
        group = share.rule.terms.group
        if group is None or modes[group] is Stacking.SUM:
            continue
        winner = winners.setdefault(group, share)
        if modes[group] is Stacking.BEST and share.points > winner.points:
            winners[group] = share
    return [share for share in shares if winners.get(share.rule.terms.group or "", share) is share]


def multiplied(multiplier: Share, others: Sequence[Share], modes: dict[str, Stacking], scene: Scene) -> Share | Reason:
    """What the multiplier adds to the points of others. A rule that it excludes is not there for it."""
    earns, group = multiplier.rule.terms.earns, multiplier.rule.terms.group
    assert isinstance(earns, Multiplier), multiplier
    excluded = group if group is not None and modes[group] is not Stacking.SUM else None
    total: Exact = 0
    for other in others:
        if earns.rule_ids and other.rule.rule_id not in earns.rule_ids:
            continue
        if excluded is not None and other.rule.terms.group == excluded:
            continue
        total += _part(other, multiplier.counted, scene)
    numerator, denominator = (earns.factor - 1).as_integer_ratio()
    points = _exact(numerator * total.numerator, denominator * total.denominator)
    return multiplier._replace(points=points, multiplied=total, cut=None) if points > 0 else Reason.TOO_LITTLE


def _part(share: Share, chosen: Counted, scene: Scene) -> Exact:
    """How many points of a share the chosen goods earned: by pieces where pieces earn, else by amount."""
    if chosen.lines is None:
        return share.points
    own = share.counted
    common = chosen.lines if own.lines is None else chosen.lines & own.lines
    amount_minor, pieces = scene.measure(common, named=own.named or chosen.named)
    by_piece = isinstance(share.rule.terms.earns, PerItem)
    part, whole = (pieces, own.pieces) if by_piece else (amount_minor, own.amount_minor)
    if whole == 0:
        return 0
    return _exact(share.points.numerator * min(part, whole), share.points.denominator * whole)


def _exact(numerator: int, denominator: int) -> Exact:
    whole, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else whole
