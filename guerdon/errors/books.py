"""What the books and their members refuse."""

from dataclasses import dataclass

from guerdon.errors.base import NotFound, Unprocessable


@dataclass(eq=False)
class MemberNotFound(NotFound):
    """No customer has the {kind} {value}."""

    kind: str
    value: str


@dataclass(eq=False)
class IdentityConflict(Unprocessable):
    """The {first_kind} and the {second_kind} belong to two different customers: send those of one."""

    first_kind: str
    second_kind: str


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
class NotEnoughPoints(Unprocessable):
    """{shortfall} points short: this takes {points}, and {available} are available."""

    points: int
    available: int
    shortfall: int
