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


class Join(NamedTuple):
    """Somebody becomes a member, perhaps with a birthday (month, day)."""

    member: int
    birthday: tuple[int, int] | None


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

    survivor: int
    member: int


class Assign(NamedTuple):
    """A member is put into a tier by hand, to the end of a day."""

    member: int
    level: int
    until: date


class Erase(NamedTuple):
    """A member leaves for good. Nothing is ever told of the person after that."""

    member: int


What = Join | Sell | SendBack | Redeem | Cancel | Give | Buy | Refund | Do | Adjust | Merge | Assign | Erase


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
    """Whose accounts it touches."""
    match what:
        case Give(sender=one, receiver=other) | Buy(member=one, receiver=other) | Merge(survivor=one, member=other):
            return one, other
        case _:
            return (what.member,)
