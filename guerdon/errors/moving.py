"""Why points do not change hands."""

from dataclasses import dataclass

from guerdon.errors.base import Conflict, NotFound, Unprocessable
from guerdon.errors.rewards import CapReached, Ineligible


@dataclass(eq=False)
class MovingRuleNotFound(NotFound):
    """There is no buy, gift and transfer rule {rule_id}: each merchant has one, under the merchant's own id."""

    rule_id: int


@dataclass(eq=False)
class MovementNotFound(NotFound):
    """There is no {kind} {movement_id}."""

    kind: str
    movement_id: int


@dataclass(eq=False)
class MovingOff(Ineligible):
    """Members of this programme cannot {act} points."""

    act: str


@dataclass(eq=False)
class PartySuspended(Ineligible):
    """The {party}'s membership is {standing}: no points can be moved from it or to it."""

    party: str
    standing: str


@dataclass(eq=False)
class PartyNotOptedIn(Ineligible):
    """The {party} has not opted in to the programme."""

    party: str


@dataclass(eq=False)
class SpendingNotAllowed(Ineligible):
    """This customer may not spend what lies on the household's account: an owner of the household can allow it."""


@dataclass(eq=False)
class OneAccount(Unprocessable):
    """Both share one account: the points are the receiver's already."""


@dataclass(eq=False)
class MovesTooFew(Unprocessable):
    """{points} points are fewer than the {minimum} that one {kind} moves at least."""

    kind: str
    points: int
    minimum: int


@dataclass(eq=False)
class MovesOffStep(Unprocessable):
    """{points} points do not fit the steps of {step}: the nearest amounts are {below} and {above}."""

    points: int
    step: int
    below: int
    above: int


@dataclass(eq=False)
class MovesTooMany(CapReached):
    """{points} points are over the {maximum} that one {kind} may move."""

    kind: str
    points: int
    maximum: int


@dataclass(eq=False)
class YearCap(CapReached):
    """{points} points are over what the {party} may still {act} in {year}: {points_left} of {points_max}."""

    party: str
    act: str
    year: int
    points: int
    points_max: int
    points_left: int


@dataclass(eq=False)
class PaymentReused(Conflict):
    """Payment {payment} has bought {points} points for member {receiver_id} already: a payment buys once."""

    payment: str
    points: int
    receiver_id: int
