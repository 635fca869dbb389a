"""The auditor's own reckoning of redemptions: points set aside or spent, their coupons, and what comes back."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tests.simulation.ledger import Ledger, Part, Purse
from tests.simulation.people import Member
from tests.simulation.script import Cancel, Redeem, Terms


@dataclass(slots=True, eq=False)
class Use:
    """A redemption with its coupon, of a `member` and paid by a `purse`. `order` is the one that named the coupon,
    `back` how many points are back.
    """

    number: int
    member: Member
    purse: Purse
    reward: int
    points: int
    cents: int
    state: Literal["held", "spent", "cancelled", "expired"]
    parts: list[Part]
    made_on: date
    last_day: date | None
    used: bool = False
    order: int | None = None
    back: int = 0
    returned: bool = False
    """Whether all of it came back with goods that it had paid for."""


class Coupons:
    """All redemptions by their number. `person` tells who a member is by now."""

    def __init__(self, terms: Terms, ledger: Ledger, person: Callable[[int], Member]) -> None:
        self._terms, self._ledger, self._person = terms, ledger, person
        self._uses: dict[int, Use] = {}
        self._of: dict[Member, list[Use]] = defaultdict(list)

    def of(self, member: Member) -> list[Use]:
        """The redemptions of a person."""
        return [use for one in member.everybody() for use in self._of[one]]

    def made(self, number: int) -> Use | None:
        """The redemption, if it was not refused."""
        return self._uses.get(number)

    def end_holds(self) -> None:
        """Points that were held for too long are free again."""
        for use in self._uses.values():
            if self._is_over(use):
                self.undo(use, "expired")

    def redeem(self, what: Redeem) -> bool:
        """Refused where points, level or caps do not allow it: it changes nothing."""
        member, today = self._person(what.member), self._ledger.today
        terms = self._terms.rewards[what.reward]
        counted = [use for use in self.of(member) if use.reward == what.reward and use.state in ("held", "spent")]
        on_day = sum(use.points for use in counted if use.made_on == today)
        if (
            what.points > member.purse.available()
            or not member.may_spend
            or member.rank.level < terms.level
            or (terms.points_max_per_day is not None and on_day + what.points > terms.points_max_per_day)
            or (terms.times_max is not None and len(counted) >= terms.times_max)
        ):
            return False
        parts = self._ledger.take(member.purse, what.points, f"redemption {what.number}")
        last_day = today + timedelta(days=self._terms.hold_days) if what.delayed else None
        use = Use(
            what.number, member, member.purse, what.reward, what.points, terms.cents * (what.points // terms.points),
            "held" if what.delayed else "spent", parts, today, last_day,
        )  # fmt: skip
        if what.delayed:
            member.purse.held += what.points
        else:
            member.purse.redeemed += what.points
        self._uses[what.number] = use
        self._of[member].append(use)
        return True

    def cancel(self, what: Cancel) -> None:
        """The points come back once. A coupon that was cancelled on purpose is no order's any more."""
        use = self._uses.get(what.number)
        if use is not None and use.state in ("held", "spent"):
            self.undo(use, "cancelled")
            use.order = None

    def undo(self, use: Use, state: Literal["cancelled", "expired"]) -> None:
        """The points that are not back yet come back."""
        purse, points = use.purse, use.points - use.back
        if use.state == "held":
            purse.held -= points
        else:
            purse.redeemed -= points
        day = use.last_day if state == "expired" else None
        self._ledger.put_back(use.parts, points, use.back, f"redemption {use.number} {state}", day=day)
        use.state, use.back, use.used = state, use.points, False

    def take(self, use: Use, member: Member, number: int, *, captures: bool) -> None:
        """An order of the member names the coupon. It uses it, if its points are still set aside or can be taken again,
        once it `captures`.
        """
        if use.member.person() is not member or (use.used and use.order != number):
            return
        if self._is_over(use):
            self.undo(use, "expired")
        if use.used:
            return
        if use.state in ("held", "spent"):
            use.order = number
            if captures:
                if use.state == "held":
                    use.purse.held -= use.points
                    use.purse.redeemed += use.points
                use.state, use.used = "spent", True
            return
        cancelled_by_this = use.state == "cancelled" and use.order == number and not use.returned
        late = use.state == "expired" and self._terms.late_capture == "recapture"
        if not (cancelled_by_this or late):
            return
        if not captures:
            use.order = number
        elif use.purse.payer().available() >= use.points:
            use.purse = use.purse.payer()
            use.parts = self._ledger.take(use.purse, use.points, f"redemption {use.number} again")
            use.purse.redeemed += use.points
            use.state, use.used, use.order, use.back, use.returned = "spent", True, number, 0, False

    def give_back(self, use: Use, points: int) -> None:
        """So many of its points in all are back, with the goods that they paid for."""
        if points == use.points:
            self.undo(use, "cancelled")
            use.returned = True
            return
        use.purse.redeemed -= points - use.back
        self._ledger.put_back(use.parts, points - use.back, use.back, f"redemption {use.number} in part")
        use.back = points

    def _is_over(self, use: Use) -> bool:
        return use.state == "held" and use.last_day is not None and use.last_day < self._ledger.today
