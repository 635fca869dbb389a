"""A merchant as decisions see it: a frozen value with its policies."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guerdon.errors.books import CurrencyNotAccepted
from guerdon.kit.calendar import end_of_day, local_day
from guerdon.kit.money import convert, currency
from guerdon.merchants.expiry import ExpiryPolicy
from guerdon.points.book import Book
from guerdon.points.values import Life


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
    """How long points live that come back after their date (behaviour 3)."""
    earn_statuses: tuple[str, ...] = ("paid", "fulfilled", "complete", "completed")
    """Order statuses at which an order earns."""
    earn_on: tuple[Literal["shipping", "tax"], ...] = ()
    """What an order earns on beside its goods (behaviour 16)."""
    earn_rounding: Literal["down", "nearest", "up"] = "down"
    """How the points of an order become whole."""
    earn_pending: str = "none"
    """What earned points wait for: `none`, `14 days`, or an order status such as `fulfilled` (behaviour 18)."""
    returned_rewards: Literal["reward_first", "proportional", "when_full"] = "reward_first"
    """How redeemed points come back when part of an order does (behaviour 19)."""
    approval_above: int | None = None
    """Adjustments of more points than this wait for a second operator."""
    coupon_prefix: str = ""


class Merchant(Struct, frozen=True):
    """A tenant. `rates` tells what one unit of the base currency is worth in each other accepted currency."""

    merchant_id: int
    guid: UUID
    name: str
    currency: str
    timezone: str
    policies: Policies
    rates: dict[str, Decimal]

    def day(self, now: datetime) -> date:
        """The merchant's calendar day."""
        return local_day(now, self.timezone)

    def end_of_day(self, now: datetime, *, days_later: int) -> datetime:
        """When the day so many days from now is over in the merchant's zone."""
        return end_of_day(now, self.timezone, days_later=days_later)

    def life(self, earned_at: datetime, policy: str | None = None) -> Life:
        """How long points earned at that moment live, by the merchant's policy or another."""
        return ExpiryPolicy.parse(policy or self.policies.expiry).life(earned_at, self.timezone)

    def note_activity(self, book: Book, account_id: int) -> None:
        """Something happened on the account: its rolling points live on (behaviour 4)."""
        days = book.accounts[account_id].idle_days
        if days is not None:
            book.postpone(account_id, self.end_of_day(book.now, days_later=days))

    def grace(self, now: datetime) -> datetime | None:
        """Until when points live that come back now after their date; None if they expire at once."""
        days = self.policies.grace_days
        return self.end_of_day(now, days_later=days - 1) if days else None

    def accepted(self, code: str | None) -> str:
        """The currency meant: the base if none is named; refuses what the merchant does not take (behaviour 27)."""
        if code is None:
            return self.currency
        if (code := code.upper()) == self.currency or code in self.rates:
            return code
        raise CurrencyNotAccepted(code, ", ".join([self.currency, *sorted(self.rates)]))

    def converted(self, minor: int, source: str, target: str) -> int:
        """An amount in another accepted currency, at the merchant's own fixed rates, rounded down."""
        if source == target:
            return minor
        rate = self._rate(target) / self._rate(source)
        return convert(minor, currency(source), currency(target), rate=rate)

    def _rate(self, code: str) -> Decimal:
        return Decimal(1) if code == self.currency else self.rates[self.accepted(code)]
