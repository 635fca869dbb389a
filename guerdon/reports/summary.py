"""A programme at a glance: what happened in a period, what is outstanding and what that is worth."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from guerdon.reports.period import By, Period
from guerdon.reports.points import UNREDEEMED, Figures, Numbers, rate
from guerdon.reports.roll_up import Rewarded
from guerdon.reports.tally import Counted
from guerdon.reports.worth import Worth
from guerdon.rewards.rules import Rule
from guerdon.rewards.wording import rule_title


class Standing(Struct, frozen=True):
    """A period in figures. `outstanding` and `pending` are those at its end."""

    since: date
    until: date
    figures: Figures
    outstanding: int
    pending: int
    active: int
    joined: int


class Glance(Struct, frozen=True):
    """A period, the one before if it was asked for, and what of all points whose life is over was redeemed."""

    now: Standing
    before: Standing | None
    worth: Worth
    ultimate_rate: Decimal | None


class RewardUse(Struct, frozen=True):
    """How often a rule's reward was taken in a period, for how many points and how much money, and what came back.

    Rewards that were given for nothing are not among it: no points were taken for them.
    """

    rule_id: int
    title: str
    active: bool
    uses: int
    points: int
    held: int
    captured: int
    came_back: int
    currency: str
    value_minor: int


class Funnel(Struct, frozen=True):
    """What became of redemptions in a period: those that points were taken for, at once or held; those that were kept;
    those that gave points back, whole or in part.
    """

    taken: int
    held: int
    at_once: int
    captured: int
    released: int
    given_back: int


async def standings(
    numbers: Numbers, counts: Counted, period: Period, by: By, *, compared: bool
) -> tuple[Standing, Standing | None]:  # fmt: skip
    """A period in figures, and as many days right before it, if they are asked for."""
    course = await numbers.course(period, by)
    closing = course.opening + course.during
    now = await _standing(numbers, counts, period, course.during, closing)
    if not compared:
        return now, None
    return now, await _standing(numbers, counts, period.before, course.before, course.opening)


async def ultimate_rate(numbers: Numbers, period: Period, by: By) -> Decimal | None:
    """Of all points that were redeemed or have expired, ever, how many were redeemed; None before there are any."""
    ever = (await numbers.course(period, by)).ever
    return rate(ever.redeemed, ever.redeemed + ever.expired)


def used(rewarded: list[Rewarded], rules: dict[int, Rule]) -> list[RewardUse]:
    """What was taken for each rule and currency."""
    keys = sorted({(one.rule_id, one.currency) for one in rewarded})
    found = [_use(*key, [one for one in rewarded if (one.rule_id, one.currency) == key], rules) for key in keys]
    return sorted(found, key=lambda one: (-one.uses, -one.points, one.rule_id))


def funnel(rewarded: list[Rewarded]) -> Funnel:
    """What became of the redemptions."""
    return Funnel(
        taken=_entries(rewarded, ("available", "held"), ("available", "redeemed")),
        held=_entries(rewarded, ("available", "held")),
        at_once=_entries(rewarded, ("available", "redeemed")),
        captured=_entries(rewarded, ("held", "redeemed")),
        released=_entries(rewarded, ("held", "available")),
        given_back=_entries(rewarded, UNREDEEMED),
    )


async def _standing(
    numbers: Numbers, counts: Counted, period: Period, here: Figures, closing: Figures
) -> Standing:  # fmt: skip
    return Standing(
        *period, here, closing.outstanding_change, closing.pending_change, await numbers.active(period),
        counts.joined_between(*period),
    )  # fmt: skip


def _use(rule_id: int, currency: str, rows: list[Rewarded], rules: dict[int, Rule]) -> RewardUse:
    rule = rules.get(rule_id)
    taken = [one for one in rows if one.source == "available"]
    return RewardUse(
        rule_id=rule_id,
        title=f"rule {rule_id}" if rule is None else rule.terms.name or rule_title(rule.terms),
        active=rule is not None and rule.terms.active,
        uses=sum(one.entries for one in taken),
        points=sum(one.points for one in taken),
        held=_entries(rows, ("available", "held")),
        captured=_entries(rows, ("held", "redeemed"), ("available", "redeemed")),
        came_back=_entries(rows, ("held", "available"), UNREDEEMED),
        currency=currency,
        value_minor=sum(one.value_minor for one in taken),
    )


def _entries(rows: list[Rewarded], *moves: tuple[str, str]) -> int:
    return sum(one.entries for one in rows if (one.source, one.target) in moves)
