"""The script of a year: what the terms are, what is delivered when, and which nights are worked. Plain values.

Times are those of the clock on the merchant's wall, so that an auditor needs no time zones. Nothing happens at a
deadline: days end at midnight, and the first thing of a day is its night, minutes later.
"""

from datetime import date, datetime
from typing import Literal, NamedTuple


class Reward(NamedTuple):
    """A redemption rule: so many points, or any multiple of them, for so many cents each. Level 0 is everyone."""

    points: int
    cents: int
    level: int = 0
    points_max_per_day: int | None = None
    times_max: int | None = None


class TierTerms(NamedTuple):
    """A level: points earned in the term to enter and to stay, hundredths of the usual points, and points on entry."""

    enter: int
    stay: int
    hundredths: int
    gift: int


class Terms(NamedTuple):
    """The programme. Amounts are in minor units, `rates` are units of a currency for so many units of the base."""

    timezone: str = "America/New_York"
    rates: tuple[tuple[str, int, int], ...] = (("JPY", 150, 1), ("KWD", 3, 10))
    decimals: tuple[tuple[str, int], ...] = (("USD", 2), ("JPY", 0), ("KWD", 3))
    points_per_dollar: int = 2
    special: str = "P7"
    points_per_special: int = 15
    campaign: tuple[date, date] = (date.max, date.max)
    """Twice the points for what was ordered from the first day to before the second."""
    pending_days: int = 14
    expiry_days: int = 90
    grace_days: int = 0
    hold_days: int = 10
    late_capture: Literal["recapture", "flag"] = "recapture"
    returned_rewards: Literal["reward_first", "proportional", "when_full"] = "reward_first"
    rewards: tuple[Reward, ...] = (
        Reward(100, 500),
        Reward(40, 200, points_max_per_day=160),
        Reward(150, 1000, level=1, times_max=4),
    )
    tiers: tuple[TierTerms, ...] = (TierTerms(400, 200, 125, 25), TierTerms(1200, 700, 150, 60))
    tier_term: Literal["rolling_year", "calendar_year", "lifetime"] = "rolling_year"
    tier_grace_days: int = 3
    welcome: int = 50
    birthday: int = 80
    review: int = 20
    reviews_max_per_month: int = 2
    review_expiry_days: int = 30
    merge_undo_days: int = 20
    household_share: Literal["stays", "equal"] = "stays"
    referrer_points: int = 60
    friend_points: int = 35
    referral_minimum: int = 3000
    referral_pending_days: int = 0
    referral_reversal_days: int = 30
    completions_max_per_day: int = 2
    shares_max_per_day: int = 2


class Join(NamedTuple):
    """Somebody becomes a member, perhaps with a birthday (month, day), and perhaps with the code of a `referrer`."""

    member: int
    birthday: tuple[int, int] | None
    referrer: int | None = None


class Share(NamedTuple):
    """A member tells a friend, who may be a member or become one, at the friend's mailbox."""

    member: int
    friend: int


class Sell(NamedTuple):
    """An order, whole, with its status. `coupons` are numbers of redemptions."""

    order: int
    member: int
    status: Literal["placed", "paid", "fulfilled", "cancelled"]
    currency: str
    total: int
    shipping: int
    tax: int
    specials: int
    coupons: tuple[int, ...]
    placed_at: datetime


class SendBack(NamedTuple):
    """A return of so much of an order's money."""

    number: int
    order: int
    member: int
    amount: int


class Redeem(NamedTuple):
    """So many points for the reward at this place of the terms; `delayed` holds them until an order comes."""

    number: int
    member: int
    reward: int
    points: int
    delayed: bool


class Cancel(NamedTuple):
    """A redemption is cancelled."""

    number: int
    member: int


class Give(NamedTuple):
    """Points of one member become another's."""

    sender: int
    receiver: int
    points: int
    gift: bool


class Buy(NamedTuple):
    """A member pays for points, of their own or of another member's."""

    number: int
    member: int
    receiver: int
    points: int


class Refund(NamedTuple):
    """The money for them was given back. `member` is whoever got the points."""

    number: int
    member: int


class Do(NamedTuple):
    """A member wrote a review, perhaps days ago."""

    number: int
    member: int
    at: datetime


class Adjust(NamedTuple):
    """Points by hand: counted as earned or not; taken ones that are not counted are redeemed or expired."""

    member: int
    points: int
    counted: bool
    taken_as: Literal["redeemed", "expired"]


class Merge(NamedTuple):
    """A member turns out to be another."""

    number: int
    survivor: int
    member: int


class Unmerge(NamedTuple):
    """They are not, after all."""

    number: int
    survivor: int
    member: int


class Found(NamedTuple):
    """A member begins a household."""

    household: int
    member: int


class Enter(NamedTuple):
    """A member joins a household, who may or may not spend its points."""

    household: int
    member: int
    may_spend: bool


class Allow(NamedTuple):
    """A member of a household may spend its points from now on, or may not."""

    household: int
    member: int
    may_spend: bool


class Leave(NamedTuple):
    """A member leaves a household, with so many of its points, or with what is usual."""

    household: int
    member: int
    share: int | None


class Dissolve(NamedTuple):
    """A household comes to its end; it was founded by this member."""

    household: int
    member: int


class Assign(NamedTuple):
    """A member is put into a tier by hand, to the end of a day."""

    member: int
    level: int
    until: date


class Erase(NamedTuple):
    """A member leaves for good. Nothing is ever told of the person after that."""

    member: int


Homely = Found | Enter | Allow | Leave | Dissolve
"""What happens to households."""

What = (
    Join | Share | Sell | SendBack | Redeem | Cancel | Give | Buy | Refund | Do | Adjust | Merge | Unmerge | Homely
    | Assign | Erase
)  # fmt: skip


class Delivery(NamedTuple):
    """One message as it arrives, under an idempotency key. `lost` if its answer is, so that it is sent once more."""

    key: str
    what: What
    by_http: bool
    lost: bool = False


class Tick(NamedTuple):
    """What arrives at one moment. Members are many, so much of it arrives at once. `restart` names an engine."""

    at: datetime
    deliveries: tuple[Delivery, ...]
    restart: int | None


class Night(NamedTuple):
    """The jobs of all days up to this one are done, and something goes wrong meanwhile."""

    at: datetime
    fault: Literal["none", "killed", "twice", "together", "anew"]


def members_of(what: What) -> tuple[int, ...]:
    """Whom it names."""
    match what:
        case Give(sender=one, receiver=other) | Buy(member=one, receiver=other):
            return one, other
        case Merge(survivor=one, member=other) | Unmerge(survivor=one, member=other):
            return one, other
        case Join(member=one, referrer=int(other)):
            return one, other
        case _:
            return (what.member,)


class Kin:
    """Who has ever been one with whom, or has shared something with them."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def of(self, member: int) -> int:
        """The same for all who are kin."""
        while (first := self._first.get(member, member)) != member:
            self._first[member] = self._first.get(first, first)
            member = first
        return member

    def alike(self, one: int, other: int) -> bool:
        """Whether two are kin."""
        return self.of(one) == self.of(other)

    def unite(self, one: int, other: int) -> None:
        """Two are kin from now on, with all who are theirs."""
        self._first[self.of(other)] = self.of(one)
