"""Why a reward is not given."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.errors.base import Conflict, Locked, NotFound, Unprocessable


@dataclass(eq=False)
class RuleNotFound(NotFound):
    """There is no redemption option {rule_id}."""

    rule_id: int


@dataclass(eq=False)
class RedemptionNotFound(NotFound):
    """There is no redemption {redemption_id}."""

    redemption_id: int


@dataclass(eq=False)
class CouponNotFound(NotFound):
    """There is no coupon {coupon}."""

    coupon: str


@dataclass(eq=False)
class CouponElsewhere(Unprocessable):
    """The coupon {coupon} was handed out by the old system: no points of it are here to be given back."""

    coupon: str


@dataclass(eq=False)
class VersionConflict(Conflict):
    """Rule {rule_id} was changed meanwhile: read it again and repeat the change on what it says now."""

    retry = True
    rule_id: int


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
class PoolEmpty(SoldOut):
    """All codes of redemption option {rule_id} have been handed out: new ones must be uploaded first."""

    rule_id: int


@dataclass(eq=False)
class NotAPool(Unprocessable):
    """Redemption option {rule_id} takes no uploaded codes: the source of its codes is {source}."""

    rule_id: int
    source: str


@dataclass(eq=False)
class CodeTaken(Unprocessable):
    """The code {coupon} is another coupon's already."""

    coupon: str


@dataclass(eq=False)
class CouponNotIssued(Unprocessable):
    """The shop made no coupon for this redemption ({reason}), so no points were taken: ask again with a new key."""

    reason: str
    redemption_id: int


@dataclass(eq=False)
class RedemptionOver(Unprocessable):
    """Redemption {redemption_id} is {state}: there is nothing to cancel."""

    redemption_id: int
    state: str


@dataclass(eq=False)
class CouponDiffers(Unprocessable):
    """The coupon {coupon} is not the one of redemption {redemption_id}."""

    coupon: str
    redemption_id: int


@dataclass(eq=False)
class RuleLocked(Locked):
    """Rule {rule_id} is being edited by {username} (user {locked_by}) since {locked_at:%Y-%m-%d %H:%M} UTC."""

    rule_id: int
    locked_by: int
    username: str
    locked_at: datetime
