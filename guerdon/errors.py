"""Every "no" that Guerdon says, in one tree. A refusal is an answer, never a bug: bugs are assertions.

    Refusal
    ├── BadRequest (400)            the request cannot be read
    │   └── BadField
    ├── Unauthenticated (401)
    ├── NotAllowed (403)            ScopeMissing · OtherMerchant
    ├── NotFound (404)              MemberNotFound · RuleNotFound · RedemptionNotFound
    │                               · MerchantNotFound · PageNotFound
    ├── MethodNotAllowed (405)
    ├── Conflict (409)              KeyInFlight · VersionConflict · NameTaken
    ├── BodyTooLarge (413)
    ├── Unprocessable (422)         the request is clear, and the answer is no
    │   ├── KeyReused · IdentityConflict · OrderOfAnother
    │   ├── CurrencyNotAccepted · BalanceTooLarge
    │   ├── PointsRequired · PointsOffStep · PointsBelowMinimum · PointsNotFixed
    │   ├── Ineligible              RuleDisabled · RuleNotStarted · RuleEnded · MemberSuspended · NotOptedIn
    │   │                           · TierTooLow · TierDiffers · TagMissing · ChannelDiffers · CartTooSmall
    │   ├── CapReached              TransactionCap · DayCap · MemberCap
    │   ├── NotEnoughPoints
    │   ├── SoldOut                 StockGone · BudgetGone
    │   └── CouponDiffers
    ├── Locked (423)                RuleLocked
    └── Outage (503)                Busy · DatabaseAway · ShuttingDown

The docstring of a refusal is its sentence, filled in from its facts. Its code is its name in snake_case,
and never changes.
"""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID


@dataclass(eq=False)
class Refusal(Exception):
    """No."""

    status: ClassVar[int] = 422
    retry: ClassVar[bool] = False
    retry_after_s: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        super().__init__()
        self.also: tuple[Refusal, ...] = ()
        """Further reasons that hold at the same time, where all of them were looked at."""
        self.decision_id: UUID | None = None

    @property
    def code(self) -> str:
        """The stable name that programs compare."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def facts(self) -> dict[str, Any]:
        """The typed numbers and names behind the sentence."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def sentence(self) -> str:
        """What was wrong, with which value, and what would work."""
        return " ".join((self.__doc__ or "").split()).format(**self.facts)

    def __str__(self) -> str:
        return self.sentence


@dataclass(eq=False)
class BadRequest(Refusal):
    """The request cannot be read: {problem}."""

    status = 400
    problem: str


@dataclass(eq=False)
class BadField(Refusal):
    """{field}: {problem}."""

    status = 400
    field: str
    problem: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.problem = self.problem.removesuffix(".")


@dataclass(eq=False)
class Unauthenticated(Refusal):
    """{problem}."""

    status = 401
    problem: str


@dataclass(eq=False)
class NotAllowed(Refusal):
    """This is not allowed."""

    status = 403


@dataclass(eq=False)
class ScopeMissing(NotAllowed):
    """These credentials may not do this: {needed} is needed, they have {given}."""

    needed: str
    given: str


@dataclass(eq=False)
class OtherMerchant(NotAllowed):
    """merchantId {asked} is not yours: you signed in for merchant {own}."""

    asked: int
    own: int


@dataclass(eq=False)
class NotFound(Refusal):
    """There is no such thing."""

    status = 404


@dataclass(eq=False)
class MemberNotFound(NotFound):
    """No customer has the {kind} {value}."""

    kind: str
    value: str


@dataclass(eq=False)
class RuleNotFound(NotFound):
    """There is no redemption option {rule_id}."""

    rule_id: int


@dataclass(eq=False)
class RedemptionNotFound(NotFound):
    """There is no redemption {redemption_id}."""

    redemption_id: int


@dataclass(eq=False)
class MerchantNotFound(NotFound):
    """There is no merchant {merchant_id}."""

    merchant_id: int


@dataclass(eq=False)
class PageNotFound(NotFound):
    """There is nothing at {path}."""

    path: str


@dataclass(eq=False)
class MethodNotAllowed(Refusal):
    """{method} is not served here; {allowed} is."""

    status = 405
    method: str
    allowed: str


@dataclass(eq=False)
class Conflict(Refusal):
    """This is in conflict with something under way."""

    status = 409


@dataclass(eq=False)
class KeyInFlight(Conflict):
    """A request with the idempotency key {key} is being answered right now: ask again in a moment."""

    retry = True
    retry_after_s = 1
    key: str


@dataclass(eq=False)
class VersionConflict(Conflict):
    """Rule {rule_id} was changed meanwhile: read it again and repeat the change on what it says now."""

    retry = True
    rule_id: int


@dataclass(eq=False)
class NameTaken(Conflict):
    """The {kind} {name} exists already: choose another."""

    kind: str
    name: str


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The body is over {bytes_max} bytes."""

    status = 413
    bytes_max: int


@dataclass(eq=False)
class Unprocessable(Refusal):
    """The request is clear, and the answer is no."""


@dataclass(eq=False)
class KeyReused(Unprocessable):
    """The idempotency key {key} was used before for another request: take a new key for a new request."""

    key: str


@dataclass(eq=False)
class IdentityConflict(Unprocessable):
    """The {first_kind} and the {second_kind} belong to two different customers: send those of one."""

    first_kind: str
    second_kind: str


@dataclass(eq=False)
class OrderOfAnother(Unprocessable):
    """Order {order_id} was placed by another customer."""

    order_id: str


@dataclass(eq=False)
class CurrencyNotAccepted(Unprocessable):
    """{currency} is not accepted here; {accepted} would be."""

    currency: str
    accepted: str


@dataclass(eq=False)
class BalanceTooLarge(Unprocessable):
    """The balance would pass {points_max} points, more than any client can count."""

    points_max: int


@dataclass(eq=False)
class PointsRequired(Unprocessable):
    """points_to_redeem is required: this option takes any amount of points from {minimum} in steps of {step}."""

    minimum: int
    step: int


@dataclass(eq=False)
class PointsOffStep(Unprocessable):
    """{points} points do not fit the steps of {step}: the nearest amounts are {below} and {above}."""

    points: int
    step: int
    below: int
    above: int


@dataclass(eq=False)
class PointsBelowMinimum(Unprocessable):
    """{points} points are below the minimum of {minimum}."""

    points: int
    minimum: int


@dataclass(eq=False)
class PointsNotFixed(Unprocessable):
    """This option costs {cost} points, not {points}: send {cost}, or no amount at all."""

    points: int
    cost: int


@dataclass(eq=False)
class Ineligible(Unprocessable):
    """The customer or the moment is not one that this option is for."""


@dataclass(eq=False)
class RuleDisabled(Ineligible):
    """Redemption option {rule_id} is disabled."""

    rule_id: int


@dataclass(eq=False)
class RuleNotStarted(Ineligible):
    """Redemption option {rule_id} starts on {starts_at:%Y-%m-%d %H:%M} UTC."""

    rule_id: int
    starts_at: datetime


@dataclass(eq=False)
class RuleEnded(Ineligible):
    """Redemption option {rule_id} ended on {ends_at:%Y-%m-%d %H:%M} UTC."""

    rule_id: int
    ends_at: datetime


@dataclass(eq=False)
class MemberSuspended(Ineligible):
    """This customer's membership is suspended: nothing can be redeemed until it is active again."""


@dataclass(eq=False)
class NotOptedIn(Ineligible):
    """This customer has not opted in to the programme."""


@dataclass(eq=False)
class TierTooLow(Ineligible):
    """This option is for tier {needed} and higher; the customer is in tier {level}."""

    needed: int
    level: int


@dataclass(eq=False)
class TierDiffers(Ineligible):
    """This option is for tier {needed} alone; the customer is in tier {level}."""

    needed: int
    level: int


@dataclass(eq=False)
class TagMissing(Ineligible):
    """This option is for customers with one of the tags {tags}."""

    tags: str


@dataclass(eq=False)
class ChannelDiffers(Ineligible):
    """This option is for {needed} use; this is {channel}."""

    needed: str
    channel: str


@dataclass(eq=False)
class CartTooSmall(Ineligible):
    """The cart is {shortfall_minor} short of {minimum_minor} (minor units of {currency}), which this option asks."""

    minimum_minor: int
    shortfall_minor: int
    currency: str


@dataclass(eq=False)
class CapReached(Unprocessable):
    """A cap of this option is reached."""


@dataclass(eq=False)
class TransactionCap(CapReached):
    """{points} points are over the {points_max} that one redemption of this option may take."""

    points: int
    points_max: int


@dataclass(eq=False)
class DayCap(CapReached):
    """{points} points are over what is left of today's {points_max}: {points_left} can still be redeemed today."""

    points: int
    points_max: int
    points_left: int


@dataclass(eq=False)
class MemberCap(CapReached):
    """This customer has redeemed this option {redemptions} times, which is as often as it may be."""

    redemptions: int


@dataclass(eq=False)
class NotEnoughPoints(Unprocessable):
    """{shortfall} points short: this takes {points}, and {available} are available."""

    points: int
    available: int
    shortfall: int


@dataclass(eq=False)
class SoldOut(Unprocessable):
    """This option is gone."""


@dataclass(eq=False)
class StockGone(SoldOut):
    """All {stock} of this option have been redeemed."""

    stock: int


@dataclass(eq=False)
class BudgetGone(SoldOut):
    """This option's budget does not pay for this: {left_minor} of {budget_minor} are left (in minor units)."""

    budget_minor: int
    left_minor: int


@dataclass(eq=False)
class CouponDiffers(Unprocessable):
    """The coupon {coupon} is not the one of redemption {redemption_id}."""

    coupon: str
    redemption_id: int


@dataclass(eq=False)
class Locked(Refusal):
    """Someone else is at it."""

    status = 423
    retry = True


@dataclass(eq=False)
class RuleLocked(Locked):
    """Rule {rule_id} is being edited by user {locked_by} since {locked_at:%H:%M} UTC."""

    rule_id: int
    locked_by: int
    locked_at: datetime


@dataclass(eq=False)
class Outage(Refusal):
    """This cannot be served right now: ask again with the same idempotency key."""

    status = 503
    retry = True
    retry_after_s = 2


@dataclass(eq=False)
class Busy(Outage):
    """{waiting} requests are waiting already: ask again in a moment with the same idempotency key."""

    retry_after_s = 1
    waiting: int


@dataclass(eq=False)
class DatabaseAway(Outage):
    """The database does not answer: ask again with the same idempotency key, which makes the repeat safe."""

    retry_after_s = 5


@dataclass(eq=False)
class ShuttingDown(Outage):
    """This server is shutting down: ask again, and another answers."""
