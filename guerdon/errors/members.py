"""Why members do not become one, share an account, or leave."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.errors.base import Conflict, NotFound, Unprocessable


@dataclass(eq=False)
class MergeNotFound(NotFound):
    """There is no merge {merge_id}."""

    merge_id: int


@dataclass(eq=False)
class HouseholdNotFound(NotFound):
    """There is no household {household_id}."""

    household_id: int


@dataclass(eq=False)
class IdentityTaken(Conflict):
    """The {kind} {value} finds member {member_id} already: merge the two, or take it from that one first."""

    kind: str
    value: str
    member_id: int


@dataclass(eq=False)
class LastIdentity(Unprocessable):
    """The {kind} {value} is all that finds this member: add another identity first, or erase the member."""

    kind: str
    value: str


@dataclass(eq=False)
class SameMember(Unprocessable):
    """Both are member {member_id}: two different ones are needed."""

    member_id: int


@dataclass(eq=False)
class MemberMerged(Unprocessable):
    """Member {member_id} has become member {survivor_id}."""

    member_id: int
    survivor_id: int


@dataclass(eq=False)
class MemberErased(Unprocessable):
    """Member {member_id} was erased: nothing is left of whom it was."""

    member_id: int


@dataclass(eq=False)
class MergeFinal(Unprocessable):
    """Merge {merge_id} cannot be undone any more: the member was erased since."""

    merge_id: int


@dataclass(eq=False)
class WindowClosed(Unprocessable):
    """Merge {merge_id} could be undone until {until:%Y-%m-%d %H:%M} UTC."""

    merge_id: int
    until: datetime


@dataclass(eq=False)
class InHousehold(Unprocessable):
    """Member {member_id} belongs to household {household_id}: take them out of it first."""

    member_id: int
    household_id: int


@dataclass(eq=False)
class NotInHousehold(Unprocessable):
    """Member {member_id} does not belong to household {household_id}."""

    member_id: int
    household_id: int


@dataclass(eq=False)
class OwnerNeeded(Unprocessable):
    """Household {household_id} would be without an owner: make another member its owner first, or dissolve it."""

    household_id: int


@dataclass(eq=False)
class HouseholdFull(Unprocessable):
    """Household {household_id} has {members} members, which is as many as it may."""

    household_id: int
    members: int


@dataclass(eq=False)
class MemberBusy(Conflict):
    """Something of member {member_id} changed at the same moment: ask again."""

    retry = True
    member_id: int
