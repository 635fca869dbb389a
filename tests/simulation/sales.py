"""The auditor's own reckoning of orders: what they earn, less what came back, is worked out anew with each report."""

from collections import defaultdict
from dataclasses import dataclass, field

from tests.simulation.awards import Award, Awards
from tests.simulation.coupons import Coupons, Use
from tests.simulation.friends import Friends
from tests.simulation.people import Member, PersonOf
from tests.simulation.ranks import Ranks
from tests.simulation.script import Sell, SendBack, Terms

EARNS = ("paid", "fulfilled")


@dataclass(slots=True, eq=False)
class Order:
    """A member's order as it was last told, and what it earned. `hundredths` are the tier's when it first earned."""

    told: Sell
    member: Member
    coupons: dict[int, Use] = field(default_factory=dict[int, Use])
    earns: bool = False
    cancelled: bool = False
    hundredths: int = 0
    awards: dict[str, Award] = field(default_factory=dict[str, Award])
    counts: tuple[int, int, int] = (0, 0, 0)
    """Points that stand, money kept in minor units of the base, and whether it is a purchase."""


class Sales:
    """All orders, and their returns, which may be there before. `person` tells who a member is by now."""

    def __init__(
        self, terms: Terms, ranks: Ranks, coupons: Coupons, awards: Awards, friends: Friends, person: PersonOf
    ) -> None:
        self._terms, self._ranks, self._coupons, self._person = terms, ranks, coupons, person
        self._awards, self._friends = awards, friends
        self._rates = {code: (amount, base) for code, amount, base in terms.rates}
        self._decimals = dict(terms.decimals)
        self._orders: dict[int, Order] = {}
        self._of: dict[Member, list[Order]] = defaultdict(list)
        self._returns: dict[int, dict[int, int]] = defaultdict(dict)

    def sell(self, what: Sell) -> bool:
        """An order as it stands now. It earns from when it is paid until it is cancelled (behaviour 16 to 20). Refused
        if it is another's.
        """
        member = self._person(what.member)
        order = self._orders.get(what.order)
        if order is None:
            order = self._orders[what.order] = Order(what, member)
            self._of[member].append(order)
        if order.member.person() is not member:
            return False
        order.told = what
        named = {use.number: use for number in what.coupons if (use := self._coupons.made(number))}
        order.coupons |= named
        order.cancelled = what.status == "cancelled"
        order.earns = not order.cancelled and (order.earns or what.status in EARNS)
        back, total = self._back(order)
        for use in order.coupons.values():
            if order.cancelled:
                if use.order == what.order and use.state in ("held", "spent"):
                    self._coupons.undo(use, "cancelled")
            elif back < total or use.order != what.order or use.state != "cancelled":
                self._coupons.take(use, member, what.order, captures=what.status in EARNS)
        self._settle(order)
        return True

    def send_back(self, what: SendBack) -> None:
        """A return counts once, and waits for its order."""
        if what.number in self._returns[what.order]:
            return
        self._returns[what.order][what.number] = what.amount
        if what.order in self._orders:
            self._settle(self._orders[what.order])

    def _back(self, order: Order) -> tuple[int, int]:
        """How much of the order's money came back, of how much."""
        return min(order.told.total, sum(self._returns[order.told.order].values())), order.told.total

    def _settle(self, order: Order) -> None:
        """Book what the order should stand for now, less what is booked."""
        member = order.member.person()
        back, total = self._back(order)
        if order.earns and not order.hundredths:
            order.hundredths = self._ranks.hundredths(member.rank)
        gives = self._gives(order) if order.earns else {}
        for name in gives:
            if name not in order.awards:
                order.awards[name] = Award(member.purse, order.told.placed_at, self._terms.pending_days)
        stands = {name: points - _nearest(points * back, total) for name, points in gives.items()}
        for name in sorted(order.awards):
            self._awards.stand(order.awards[name], stands.get(name, 0), f"order {order.told.order}")
        if back and not order.cancelled:
            self._rewards_back(order, back, total)
        bought = order.earns and back < total
        kept = total - _nearest(total * back, total)
        spent = self._in_base(kept, order.told.currency) if bought else 0
        counts = sum(stands.values()), spent, int(bought)
        if counts != order.counts:
            self._ranks.count(member.rank, member.purse, order.told.placed_at.date(), counts[0] - order.counts[0])
            was_bought, order.counts = order.counts[2], counts
            if bought and not was_bought:
                self._friends.bought(order.told.order, member, spent, first=self._is_first(order))
            elif was_bought and not bought:
                self._friends.not_bought(order.told.order, member)

    def _is_first(self, order: Order) -> bool:
        """Whether the person has no order before this one, those apart that were cancelled."""
        person, told = order.member.person(), order.told
        return not any(
            (one.told.placed_at, str(one.told.order)) < (told.placed_at, str(told.order))
            for member in person.everybody()
            for one in self._of[member]
            if not one.cancelled
        )

    def _gives(self, order: Order) -> dict[str, int]:
        """What each rule gives for the whole order: for dollars of goods, for special goods, in the campaign, and for
        the tier, of which a broken point is dropped. Two multipliers add up.
        """
        terms, told = self._terms, order.told
        goods = min(max(0, told.total - told.shipping - told.tax), told.total)
        dollars = self._in_base(goods, told.currency) // 100
        amount, specials = dollars * terms.points_per_dollar, told.specials * terms.points_per_special
        first, end = terms.campaign
        campaign = amount + specials if first <= told.placed_at.date() < end else 0
        tier = (amount + specials) * (order.hundredths - 100) // 100
        gives = {"1 amount": amount, "2 specials": specials, "3 campaign": campaign, "4 tier": tier}
        return {name: points for name, points in gives.items() if points}

    def _rewards_back(self, order: Order, back: int, total: int) -> None:
        """Points that the order's coupons cost come back, as the policy says: the first reward first, each for its own
        money; or all by the share; or with the last of the goods alone (behaviour 19).
        """
        policy = self._terms.returned_rewards
        money = back
        for use in order.coupons.values():
            if use.order != order.told.order or not (use.used or use.returned):
                continue
            worth = self._of_base(use.cents, order.told.currency)
            if back == total:
                points = use.points
            elif policy == "reward_first":
                points = _nearest(use.points * min(money, worth), worth)
            else:
                points = _nearest(use.points * back, total) if policy == "proportional" else 0
            money = max(0, money - worth)
            if use.used and points > use.back:
                self._coupons.give_back(use, points)

    def _in_base(self, minor: int, code: str) -> int:
        """An amount in the base currency, rounded down."""
        if code not in self._rates:
            return minor
        amount, base = self._rates[code]
        return minor * base * 100 // (amount * 10 ** self._decimals[code])

    def _of_base(self, minor: int, code: str) -> int:
        """An amount of the base currency in another, rounded down."""
        if code not in self._rates:
            return minor
        amount, base = self._rates[code]
        return minor * amount * 10 ** self._decimals[code] // (base * 100)


def _nearest(numerator: int, denominator: int) -> int:
    """A fraction rounded to the nearest whole number, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
