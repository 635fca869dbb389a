"""What an occasion earns under the given versions of rules, and why; and why other rules give nothing. Pure, and total.

    conditions ─► what each rule gives ─► caps ─► groups ─► multipliers ─► rounding, once for the sum ─► awards

The order in which rules are given does not matter: the higher priority goes first, then the older rule. An order that
is reported again is evaluated with the versions of its first evaluation, after its awards were uncounted.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from guerdon.earning.conditions import Reason, Scene, counted, reason_against, reason_against_all
from guerdon.earning.earns import CouponGift, Multiplier, TierEntry
from guerdon.earning.explanation import Explanation, explain
from guerdon.earning.occasion import Occasion
from guerdon.earning.rounding import whole_shares
from guerdon.earning.rule import Rounding, VersionedRule
from guerdon.earning.share import Limits, Share, capped, given, modes_of, multiplied, rank, settle
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.eligibility import Standing

GIFTS = (CouponGift, TierEntry)


class Earned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One award: points, a coupon of a redemption rule, or entry to a tier, and the version that gives it."""

    rule_id: int
    version: int
    points: int = 0
    coupon_rule_id: int | None = None
    tier_level: int | None = None
    pending: str | None = None
    """What the points wait for: `none`, `14 days`, or an order status; None leaves it to the merchant's policy."""
    expiry: str | None = None
    """How long the points live; None leaves it to the merchant's policy."""
    approval: bool = False
    """Whether an operator approves it first."""
    explanation: Explanation


class PassedOver(Struct, frozen=True):
    """A rule that gives nothing, and why."""

    rule_id: int
    version: int
    reason: Reason


class Evaluation(Struct, frozen=True):
    """Awards, and the rules that were passed over, each in order of rank."""

    earned: tuple[Earned, ...]
    passed_over: tuple[PassedOver, ...]

    @property
    def points(self) -> int:
        """The points of all awards."""
        return sum(award.points for award in self.earned)


NOTHING_USED = Limits({}, {})


def evaluate(
    rules: Iterable[VersionedRule],
    occasion: Occasion,
    member: Standing,
    merchant: Merchant,
    limits: Limits = NOTHING_USED,
) -> Evaluation:
    """Every rule's award, or the reason that it has none. The awards of an order add up to its rounded points."""
    scene = Scene(occasion, member, merchant)
    ordered = sorted(rules, key=rank)
    reasons: dict[int, Reason] = {}
    against = reason_against_all(scene)
    candidates = _kept(ordered, [against or _candidate(rule, scene) for rule in ordered], reasons)
    shares = _settled(candidates, scene, limits, reasons)
    earned = _awards(shares, scene, reasons)
    passed_over = tuple(
        PassedOver(rule.rule_id, rule.version, reasons[rule.rule_id]) for rule in ordered if rule.rule_id in reasons
    )
    return Evaluation(earned, passed_over)


def _candidate(rule: VersionedRule, scene: Scene) -> Share | Reason:
    """What the rule gives if nothing but itself is looked at."""
    if reason := reason_against(rule.terms, scene):
        return reason
    found = counted(rule.terms, scene)
    return found if isinstance(found, Reason) else given(rule, found, scene)


def _settled(candidates: Sequence[Share], scene: Scene, limits: Limits, reasons: dict[int, Reason]) -> list[Share]:
    """What is left after caps, groups and multipliers, with what the multipliers add."""
    plain = [share for share in candidates if not isinstance(share.rule.terms.earns, Multiplier)]
    multipliers = [share for share in candidates if isinstance(share.rule.terms.earns, Multiplier)]
    modes = modes_of(candidates)

    plain = _kept(_rules(plain), [capped(share, scene, limits) for share in plain], reasons)
    plain = _outranked(plain, settle(plain, modes), reasons)
    if not multipliers:
        return plain

    def added(to: Sequence[Share], by: Sequence[Share]) -> list[Share]:
        outcomes = [multiplied(share, to, modes, scene) for share in by]
        cut = [capped(one, scene, limits) if isinstance(one, Share) else one for one in outcomes]
        return _kept(_rules(by), cut, reasons)

    everything = sorted([*plain, *added(plain, multipliers)], key=lambda share: rank(share.rule))
    settled = _outranked(everything, settle(everything, modes), reasons)
    rest = [share for share in settled if not isinstance(share.rule.terms.earns, Multiplier)]
    if len(rest) == len(plain):
        return settled
    # A multiplier has won over rules of its group: the others must not multiply what those would have given.
    winners = [share for share in settled if isinstance(share.rule.terms.earns, Multiplier)]
    return sorted([*rest, *added(rest, winners)], key=lambda share: rank(share.rule))


def _awards(shares: Sequence[Share], scene: Scene, reasons: dict[int, Reason]) -> tuple[Earned, ...]:
    """Whole points, rounded once for all rules that round alike; a share that comes to nothing is no award."""
    default = Rounding(scene.merchant.policies.earn_rounding)
    alike: dict[Rounding, list[Share]] = {}
    for share in shares:
        alike.setdefault(share.rule.terms.rounding or default, []).append(share)
    points: dict[int, int] = {}
    for rounding, group in alike.items():
        whole = whole_shares([share.points for share in group], rounding)
        points |= {share.rule.rule_id: number for share, number in zip(group, whole, strict=True)}
    earned: list[Earned] = []
    for share in shares:
        rule_id = share.rule.rule_id
        if points[rule_id] or isinstance(share.rule.terms.earns, GIFTS):
            earned.append(_award(share, points[rule_id], scene))
        else:
            reasons[rule_id] = Reason.TOO_LITTLE
    return tuple(earned)


def _award(share: Share, points: int, scene: Scene) -> Earned:
    rule, terms = share.rule, share.rule.terms
    return Earned(
        rule_id=rule.rule_id,
        version=rule.version,
        points=points,
        coupon_rule_id=terms.earns.redemption_rule_id if isinstance(terms.earns, CouponGift) else None,
        tier_level=terms.earns.level if isinstance(terms.earns, TierEntry) else None,
        pending=terms.pending,
        expiry=terms.expiry,
        approval=terms.approval,
        explanation=explain(share, points, scene),
    )


def _rules(shares: Sequence[Share]) -> list[VersionedRule]:
    return [share.rule for share in shares]


def _kept(
    rules: Sequence[VersionedRule], outcomes: Sequence[Share | Reason], reasons: dict[int, Reason]
) -> list[Share]:
    """The shares among the outcomes; the reasons are noted."""
    kept: list[Share] = []
    for rule, outcome in zip(rules, outcomes, strict=True):
        if isinstance(outcome, Reason):
            reasons[rule.rule_id] = outcome
        else:
            kept.append(outcome)
    return kept


def _outranked(before: Sequence[Share], after: list[Share], reasons: dict[int, Reason]) -> list[Share]:
    """Those that are left; that the others had to stand back is noted."""
    if len(after) < len(before):
        left = {share.rule.rule_id for share in after}
        reasons |= {share.rule.rule_id: Reason.OUTRANKED for share in before if share.rule.rule_id not in left}
    return after
