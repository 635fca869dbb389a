"""Households: several members, one account. Pure.

Whoever joins brings their points, and what comes back of what they had before; whoever leaves has an own account again.
Only those may spend whom the household allows. An account that left or dissolved keeps its past: it gets an heir.
"""

from datetime import datetime
from typing import ClassVar, Literal

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.members import HouseholdFull, HouseholdNotFound, NotInHousehold, OwnerNeeded
from guerdon.merchants.merchant import Merchant
from guerdon.moving.movement import reasons_against, refuse
from guerdon.moving.person import Membership, Person, by_number, present, require_no_household
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause

Role = Literal["owner", "member"]

UNIT = "points"


class Household(Struct, frozen=True):
    """Members who share an account."""

    household_id: int
    account_id: int
    name: str
    created_at: datetime
    dissolved_at: datetime | None = None


class CreateHousehold(Struct, frozen=True, kw_only=True):
    """The owner's points become the household's."""

    answers: ClassVar[type] = Household

    merchant: Merchant
    owner_id: int
    name: str = ""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The owner, and numbers for the household and its account."""
        return Needs(
            (by_number(self.owner_id),),
            rows=(("person", self.owner_id),),
            numbers=(("household_sequence", 1), ("account_sequence", 1)),
            alone=True,
        )

    def decide(self, book: Book) -> Household:
        """Refuses with InHousehold, PartySuspended and the like."""
        household_id, account_id = book.number("household_sequence"), book.number("account_sequence")
        household = Household(household_id, account_id, self.name, book.now)
        book.open_account(account_id, UNIT)
        _join(book, self.merchant, household, self.owner_id, "owner", may_spend=True)
        book.page(Household).put(household_id, household)
        book.tell("household.created", self.owner_id, {"household_id": household_id})
        return household


class AddToHousehold(Struct, frozen=True, kw_only=True):
    """A member joins; `may_spend` None leaves it to the merchant's policy."""

    answers: ClassVar[type] = Household

    merchant: Merchant
    household_id: int
    member_id: int
    may_spend: bool | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The household with its members, and the new one."""
        rows = (("household", self.household_id), ("person", self.member_id))
        return Needs((by_number(self.member_id),), rows=rows, alone=True)

    def decide(self, book: Book) -> Household:
        """Refuses with HouseholdNotFound, InHousehold, HouseholdFull, PartySuspended and the like."""
        household, members = _household(book, self.household_id)
        policies = self.merchant.policies
        if len(members) >= policies.household_members_max:
            raise HouseholdFull(self.household_id, len(members))
        may_spend = policies.household_may_spend if self.may_spend is None else self.may_spend
        _join(book, self.merchant, household, self.member_id, "member", may_spend=may_spend)
        book.tell("household.joined", self.member_id, {"household_id": self.household_id, "may_spend": may_spend})
        return household


class SetHouseholdRole(Struct, frozen=True, kw_only=True):
    """Say who owns the household, and who may spend. Owners always may."""

    answers: ClassVar[type] = Membership

    merchant: Merchant
    household_id: int
    member_id: int
    role: Role | None = None
    may_spend: bool | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The household with its members."""
        return Needs(rows=(("household", self.household_id),), alone=True)

    def decide(self, book: Book) -> Membership:
        """Refuses with NotInHousehold, and with OwnerNeeded to make the last owner a mere member."""
        _, members = _household(book, self.household_id)
        membership = _of(members, self.household_id, self.member_id)
        changed = replace(membership, role=self.role or membership.role)
        others = [one for one in members if one.member_id != self.member_id]
        if changed.role != "owner" and not any(one.role == "owner" for one in others):
            raise OwnerNeeded(self.household_id)
        person = book.page(Person)[self.member_id]
        may_spend = changed.role == "owner" or (person.may_spend if self.may_spend is None else self.may_spend)
        _put(book, changed)
        book.page(Person).put(self.member_id, replace(person, may_spend=may_spend))
        return changed


class RemoveFromHousehold(Struct, frozen=True, kw_only=True):
    """A member leaves, with `share` of the points, or what the merchant's policy gives. The last one dissolves it."""

    answers: ClassVar[type] = Household

    merchant: Merchant
    household_id: int
    member_id: int
    share: int | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The household with its members, and the accounts that they had before."""
        return Needs(rows=(("household", self.household_id),), alone=True)

    def decide(self, book: Book) -> Household:
        """Refuses with NotInHousehold, OwnerNeeded, and NotEnoughPoints for a share that is not there."""
        household, members = _household(book, self.household_id)
        leaver = _of(members, self.household_id, self.member_id)
        others = [one for one in members if one.member_id != self.member_id]
        if not others:
            return _dissolve(book, household, leaver, [])
        if not any(one.role == "owner" for one in others):
            raise OwnerNeeded(self.household_id)
        _leave(book, household, leaver, _share(book, self.merchant, household, len(members), self.share))
        return household


class DissolveHousehold(Struct, frozen=True, kw_only=True):
    """Everybody has an own account again; what the policy does not share out, and what comes later, is the owner's."""

    answers: ClassVar[type] = Household

    merchant: Merchant
    household_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The household with its members, and the accounts that they had before."""
        return Needs(rows=(("household", self.household_id),), alone=True)

    def decide(self, book: Book) -> Household:
        """Refuses with HouseholdNotFound."""
        household, members = _household(book, self.household_id)
        owner = next(one for one in members if one.role == "owner")
        share = _share(book, self.merchant, household, len(members), None)
        return _dissolve(book, household, owner, [(one, share) for one in members if one is not owner])


def _household(book: Book, household_id: int) -> tuple[Household, list[Membership]]:
    """The household, and those who belong to it now, in the order of their coming."""
    household = book.page(Household).get(household_id)
    if household is None or household.dissolved_at is not None:
        raise HouseholdNotFound(household_id)
    members = [one for one in book.page(Membership).rows() if one.household_id == household_id and one.left_at is None]
    return household, sorted(members, key=lambda one: (one.joined_at, one.member_id))


def _of(members: list[Membership], household_id: int, member_id: int) -> Membership:
    found = next((one for one in members if one.member_id == member_id), None)
    if found is None:
        raise NotInHousehold(member_id, household_id)
    return found


def _share(book: Book, merchant: Merchant, household: Household, members: int, stated: int | None) -> int:
    """What one who leaves takes along."""
    if stated is not None:
        return stated
    equal = max(0, book.spendable(household.account_id)) // members
    return equal if merchant.policies.household_share == "equal" else 0


def _join(
    book: Book, merchant: Merchant, household: Household, member_id: int, role: Role, *, may_spend: bool
) -> None:  # fmt: skip
    """The member's accounts are bequeathed to the household's."""
    member, person, holding = present(book, member_id)
    require_no_household(book, member_id)
    refuse(list(reasons_against(merchant, member, "member")))
    for account_id in reversed(holding.accounts):
        book.bequeath(account_id, household.account_id)
    book.hand(member_id, household.account_id)
    _put(
        book,
        Membership(
            household.household_id, member_id, book.now, None, role, holding.account_id, holding.followers
        ),
    )  # fmt: skip
    book.page(Person).put(member_id, replace(person, may_spend=may_spend))


def _leave(book: Book, household: Household, membership: Membership, share: int) -> None:
    """The member's own account is nobody's heir's any more, and what had become its, is its again."""
    own, member_id = membership.own_account_id, membership.member_id
    book.bequeath(own, None)
    for follower in membership.followers:
        book.bequeath(follower, own)
    book.hand(member_id, own)
    if share:
        book.move(household.account_id, own, share, Cause("household", f"household:{household.household_id}"))
    _put(book, replace(membership, left_at=book.now))
    book.page(Person).put(member_id, replace(book.page(Person)[member_id], may_spend=True))
    book.tell("household.left", member_id, {"household_id": household.household_id, "points": share})


def _dissolve(
    book: Book, household: Household, owner: Membership, leavers: list[tuple[Membership, int]]
) -> Household:  # fmt: skip
    for membership, share in leavers:
        _leave(book, household, membership, share)
    _leave(book, household, owner, 0)
    book.bequeath(household.account_id, owner.own_account_id)
    dissolved = replace(household, dissolved_at=book.now)
    book.page(Household).put(household.household_id, dissolved)
    book.tell("household.dissolved", owner.member_id, {"household_id": household.household_id})
    return dissolved


def _put(book: Book, membership: Membership) -> None:
    book.page(Membership).put((membership.household_id, membership.member_id, membership.joined_at), membership)
