"""A merchant as decisions see it: a frozen value with its policies."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.kit.calendar import end_of_day, local_day
from guerdon.kit.money import convert, currency
from guerdon.merchants.expiry import DAYS_MAX, ExpiryPolicy
from guerdon.merchants.referral import ReferralProgramme
from guerdon.points.book import Book
from guerdon.points.values import Grace, Life, Member

Mode = Literal["live", "test"]
"""A test merchant's time can be moved on; everything else is as it is live."""

POINT_VALUE_MAX = 1_000_000


class Policies(Struct, frozen=True):
    """How a programme behaves where merchants differ. The defaults are those of docs/reference/behaviour."""

    capture_statuses: tuple[str, ...] = ("paid", "fulfilled", "complete", "completed")
    """Order statuses at which coupons named by the order are used and held points leave (behaviour 12)."""
    cancel_statuses: tuple[str, ...] = ("cancelled", "canceled", "voided")
    """Order statuses that give points back."""
    hold_days: int | None = 30
    """How long a delayed redemption waits for its order; None waits for ever."""
    late_capture: Literal["recapture", "flag"] = "recapture"
    """An order after its hold has expired: take the points again if the balance allows, or only flag the order."""
    opt_in: Literal["everyone", "opted_in"] = "everyone"
    """Who takes part: everyone who has not opted out, or only who has opted in."""
    tier_match: Literal["at_least", "exact"] = "at_least"
    """Whether a rule of a tier admits higher tiers too."""
    debt: Literal["unlimited", "within_balance", "pending_only"] = "unlimited"
    """Whether taking back wrongly earned points may leave a balance below zero, stops at zero, or leaves alone what
    is not pending any more (behaviour 1)."""
    expiry: str = "never"
    """How long earned points live (behaviour 4)."""
    grace_days: int = 0
    """Points that come back after their date expire at the next midnight, or so many days after it (behaviour 3)."""
    remind_expiring_days: tuple[int, ...] = (30, 7)
    """How many days ahead members are told of points that expire; none, where it is empty."""
    remind_rewards: bool = False
    """Whether members are told of rewards that their balance has become enough for, or nearly."""
    earn_statuses: tuple[str, ...] = ("paid", "fulfilled", "complete", "completed")
    """Order statuses at which an order earns."""
    earn_on: tuple[Literal["shipping", "tax"], ...] = ()
    """What an order earns on beside its goods (behaviour 16)."""
    earn_rounding: Literal["down", "nearest", "up"] = "down"
    """How the points of an order become whole."""
    earn_pending: str = "none"
    """What earned points wait for: `none`, `14 days`, or an order status such as `fulfilled` (behaviour 18)."""
    order_total: Literal["paid", "before_discounts"] = "paid"
    """What shops report as the total of an order: what was paid, or what it was before discounts and coupons."""
    returned_rewards: Literal["reward_first", "proportional", "when_full"] = "reward_first"
    """How redeemed points come back when part of an order does (behaviour 19)."""
    approval_above: int | None = None
    """Adjustments of more points than this wait for a second operator."""
    backdate_days: int | None = 365
    """How long ago an activity may have happened that is reported now; None takes any (behaviour 21)."""
    referrals: ReferralProgramme | None = None
    """What members get for bringing friends, and friends for coming; None has no referrals."""
    coupon_prefix: str = ""
    household_members_max: int = 10
    """How many members a household may have."""
    household_may_spend: bool = True
    """Whether whoever joins a household may spend its points, until an owner says otherwise."""
    household_share: Literal["stays", "equal"] = "stays"
    """What whoever leaves a household takes along where nobody says: nothing, or an equal share."""
    merge_undo_days: int = 30
    """For how many days two members who became one can be two again."""
    event_days: int | None = 90
    """For how many days events can be read again; None keeps them for ever."""
    erased_points: Literal["expire", "keep"] = "expire"
    """What becomes of the points of a member who is erased."""
    delivery_days: int = 30
    """For how many days settled webhook deliveries are kept, with what was answered."""
    point_value: Decimal | None = None
    """What a point is worth, in the base currency; None estimates it from what points were redeemed for."""
    keep_request_bodies: bool = True
    """Whether the history of requests keeps excerpts of what was asked and answered, without secrets and people."""

    def __post_init__(self) -> None:
        ExpiryPolicy.parse(self.expiry, "expiry")
        if not 0 <= self.grace_days <= DAYS_MAX:
            raise BadField("grace_days", f"{self.grace_days} is not a number of days from 0 to {DAYS_MAX}")
        if not 0 < self.delivery_days <= DAYS_MAX:
            raise BadField("delivery_days", f"{self.delivery_days} is not a number of days from 1 to {DAYS_MAX}")
        if self.event_days is not None and not 0 < self.event_days <= DAYS_MAX:
            raise BadField("event_days", f"{self.event_days} is not a number of days from 1 to {DAYS_MAX}")
        if self.point_value is not None and not (
            self.point_value.is_finite() and 0 < self.point_value <= POINT_VALUE_MAX
        ):
            raise BadField("point_value", f"{self.point_value} is not an amount above 0 and up to {POINT_VALUE_MAX}")
        for days in self.remind_expiring_days:
            if not 0 < days <= DAYS_MAX:
                raise BadField("remind_expiring_days", f"{days} is not a number of days from 1 to {DAYS_MAX}")


class Merchant(Struct, frozen=True):
    """A tenant. `rates` tells what one unit of the base currency is worth in each other accepted currency."""

    merchant_id: int
    guid: UUID
    name: str
    currency: str
    timezone: str
    policies: Policies
    rates: dict[str, Decimal]
    mode: Mode = "live"

    def day(self, now: datetime) -> date:
        """The merchant's calendar day."""
        return local_day(now, self.timezone)

    def end_of_day(self, now: datetime, *, days_later: int) -> datetime:
        """When the day so many days from now is over in the merchant's zone."""
        return end_of_day(now, self.timezone, days_later=days_later)

    def life(self, earned_at: datetime, policy: str | None = None) -> Life:
        """How long points earned at that moment live, by the merchant's policy or another."""
        return ExpiryPolicy.parse(policy or self.policies.expiry).life(earned_at, self.timezone)

    def takes_part(self, member: Member) -> bool:
        """Whether the member earns and redeems: active, and opted in where the policy asks it."""
        opted_in = self.policies.opt_in == "everyone" if member.opted_in is None else member.opted_in
        return opted_in and member.status == "active"

    def note_activity(self, book: Book, account_id: int) -> None:
        """Something happened on the account: its rolling points live on (behaviour 4)."""
        days = book.accounts[account_id].idle_days
        if days is not None:
            book.postpone(account_id, self.end_of_day(book.now, days_later=days))

    def grace(self, at: datetime) -> Grace:
        """For points that come back at that moment: the end of the day, or of the days of grace after it (behaviour 3).

        What comes back at midnight comes back with the day that ends.
        """
        return Grace(at, self.end_of_day(at - timedelta.resolution, days_later=self.policies.grace_days))

    def accepts(self, code: str) -> bool:
        """Whether the merchant takes this currency."""
        return code == self.currency or code in self.rates

    def accepted(self, code: str | None) -> str:
        """The currency meant: the base if none is named; refuses what the merchant does not take (behaviour 27)."""
        if code is None:
            return self.currency
        if self.accepts(code := code.upper()):
            return code
        raise CurrencyNotAccepted(code, ", ".join([self.currency, *sorted(self.rates)]))

    def converted(self, minor: int, source: str, target: str) -> int:
        """An amount in another accepted currency, at the merchant's own fixed rates, rounded down."""
        if source == target:
            return minor
        return convert(minor, currency(source), currency(target), rate=self._rate(target), by=self._rate(source))

    def _rate(self, code: str) -> Decimal:
        return Decimal(1) if code == self.currency else self.rates[self.accepted(code)]
