"""Why an award is what it is: its numbers, and a sentence made of them. Stored with the award. Pure."""

from typing import Any

from msgspec import Struct

from guerdon.earning.conditions import Counted, Scene
from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import Period
from guerdon.earning.sentence import PERIODS
from guerdon.earning.share import Cut, Exact, Share
from guerdon.earning.wording import factor_text, money_text, occasion_text, pieces_text, points_text


class Explanation(Struct, frozen=True, omit_defaults=True):
    """Money is in minor units of its currency. What says nothing about this award is left out."""

    sentence: str
    rule: str
    """The rule's name at the time."""
    amount_minor: int | None = None
    """What of the order counted."""
    currency: str | None = None
    base_minor: int | None = None
    """The same in the merchant's currency, where it was converted, by `rate`."""
    rate: str | None = None
    each_minor: int | None = None
    pieces: int | None = None
    factor: str | None = None
    multiplied: str | None = None
    """The points that a multiplier multiplied."""
    exact: str | None = None
    """The points before rounding, as a fraction, where they were not whole."""
    cut_by: str | None = None
    """The cap of a `day`, `week`, `month`, `year`, that for `ever`, or the `budget`."""
    cut_to: int | None = None


def explain(share: Share, points: int, scene: Scene) -> Explanation:
    """Why the share of a rule came to so many whole points."""
    terms, cut = share.rule.terms, share.cut
    head, facts = _head(share, scene)
    if isinstance(terms.earns, CouponGift | TierEntry):
        return Explanation(head, terms.name)
    if share.points.denominator != 1:
        facts["exact"] = str(share.points)
    if cut is not None:
        facts |= {"cut_by": str(cut.by), "cut_to": cut.points_left}
        head += f", cut by {_cut_text(cut)}"
    more = " more" if isinstance(terms.earns, Multiplier) else ""
    return Explanation(f"{head}: {points_text(points)}{more}", terms.name, **facts)


def _head(share: Share, scene: Scene) -> tuple[str, dict[str, Any]]:
    """What the points are reckoned from: in words, and as numbers."""
    terms, found = share.rule.terms, share.counted
    match terms.earns:
        case PerAmount() as earns:
            return _amount(earns, found, scene)
        case PerItem(points=each):
            return f"{points_text(each)} for each of {pieces_text(found.pieces)}", {"pieces": found.pieces}
        case Flat():
            return f"For {occasion_text(terms.trigger)}", {}
        case Multiplier(factor=factor):
            facts = {"factor": factor_text(factor), "multiplied": str(share.multiplied)}
            return f"{facts['factor']} times {_about(share.multiplied)}", facts
        case CouponGift(redemption_rule_id=rule_id):
            return f"A coupon of redemption rule {rule_id} for {occasion_text(terms.trigger)}", {}
        case TierEntry(level=level):
            return f"Entry to tier {level} for {occasion_text(terms.trigger)}", {}


def _amount(earns: PerAmount, found: Counted, scene: Scene) -> tuple[str, dict[str, Any]]:
    currency, base = scene.occasion.currency, scene.merchant.currency
    amount = money_text(found.amount_minor, currency)
    facts: dict[str, Any] = {"amount_minor": found.amount_minor, "currency": currency}
    each_minor = earns.each_minor_in.get(currency)
    each_currency = currency
    if each_minor is None:
        each_minor, each_currency = earns.each_minor, base
        if currency != base and found.base_minor is not None:
            facts |= {"base_minor": found.base_minor, "rate": f"{scene.merchant.rates[currency].normalize():f}"}
            amount = f"{amount}, which is {money_text(found.base_minor, base)}"
    facts["each_minor"] = each_minor
    return f"{points_text(earns.points)} for each {money_text(each_minor, each_currency)} of {amount}", facts


def _about(points: Exact) -> str:
    """Points before rounding, as people read them: "49 points", "49.95 points"."""
    whole, rest = divmod(points.numerator, points.denominator)
    if not rest:
        return points_text(whole)
    return f"{whole:,}.{rest * 100 // points.denominator:02} points"


def _cut_text(cut: Cut) -> str:
    if cut.by == "budget":
        return f"the budget of {points_text(cut.points_max)}"
    return f"the cap of {points_text(cut.points_max)} {PERIODS[Period(cut.by)]}"
