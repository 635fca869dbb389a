"""What the books and their members refuse."""

from dataclasses import dataclass
from uuid import UUID

from guerdon.errors.base import NotFound, Unprocessable


@dataclass(eq=False)
class MemberNotFound(NotFound):
    """No customer has the {kind} {value}."""

    kind: str
    value: str


@dataclass(eq=False)
class AccountNotFound(NotFound):
    """There is no account {account_id}."""

    account_id: int


@dataclass(eq=False)
class EntryNotFound(NotFound):
    """Account {account_id} has no entry {number}."""

    account_id: int
    number: int


@dataclass(eq=False)
class DecisionNotFound(NotFound):
    """There is no decision {decision}."""

    decision: UUID


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
