"""Two members turn out to be one: what the one had, the other has; and the way back, within a window. Pure.

The merged member's account gets the survivor's as its heir, so that points move over now, and later whatever comes back
or is owed. Rows that belong to a member go over; what is counted is added up, so that nobody is welcomed twice. The old
number answers with the survivor (behaviour 23).
"""

from datetime import date, datetime
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.members import SameMember
from guerdon.merchants.merchant import Merchant
from guerdon.moving.belongings import ONE_OF_A_KEY, Belonging
from guerdon.moving.counts import (
    DayDone,
    add_progress,
    add_uses,
    add_years,
    count_redeemed,
)
from guerdon.moving.movement import YearUse
from guerdon.moving.person import Person, by_number, present, require_no_household
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Member
from guerdon.tiers.programme import NOTHING, Sums, Tiers
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW, judged
from guerdon.tiers.standing import Assigned, Counted, Standing, first_standing
from guerdon.trail.noted import Subject, note


class TierStanding(Struct, frozen=True):
    """A member's row among the tiers, as it is stored."""

    member_id: int
    level: int
    best_level: int
    entered_at: datetime | None
    until: date | None
    counts_from: date | None
    review_on: date | None
    assigned: str
    version: int
    perks: dict[str, date]


class Inheritance(Struct, frozen=True):
    """What found a member, finds another. Undone, `sources` are those whose own it was."""

    survivor: int
    source: int
    member_id: int
    undone: bool


class MergeDocument(Struct, frozen=True, kw_only=True):
    """What undoing a merge needs: what the merged member was and had, and what the survivor was before and after."""

    account_id: int = 0
    followers: tuple[int, ...] = ()
    """Accounts whose heir the merged member's was."""
    members: tuple[int, ...] = ()
    """Members who had become the merged member before."""
    status: str = "active"
    before: Person | None = None
    after: Person | None = None
    standing_before: TierStanding | None = None
    standing_after: TierStanding | None = None
    perks_given: dict[str, date] = {}
    """Those of levels that the survivor entered by what both had done: they are not taken back."""
    entries: int = 0
    """How many entries the survivor's account had."""
    origins: dict[int, tuple[int, ...]] = {}
    """Which lots, there, had come from the followers: theirs again when their own merge is undone after this one."""
    keys: dict[str, tuple[str, ...]] = {}
    progress: tuple[DayDone, ...] = ()
    years: tuple[YearUse, ...] = ()


class Merge(Struct, frozen=True):
    """A member (`member_id`) who became another (`survivor_id`)."""

    merge_id: int
    member_id: int
    survivor_id: int
    state: str
    document: MergeDocument
    actor: str
    created_at: datetime
    undoable_until: datetime
    undone_at: datetime | None = None


class Inherited(Struct, frozen=True):
    """The lots that an account has from another, and the entries in which it paid what the other owed."""

    account_id: int
    giver_id: int
    lots: tuple[int, ...]
    paid: tuple[int, ...]


class MergeMembers(Struct, frozen=True, kw_only=True):
    """`member_id` becomes `survivor_id`."""

    answers: ClassVar[type] = Merge

    merchant: Merchant
    survivor_id: int
    member_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """Both in full, with all that belongs to them."""
        both = (self.survivor_id, self.member_id)
        rows = (*(("person", one) for one in both), *(("belongings", one) for one in both))
        numbers = (("merge_sequence", 1), TIER_NUMBERS)
        return Needs(tuple(map(by_number, both)), rows=(*rows, TIER_ROW), numbers=numbers, alone=True)

    def decide(self, book: Book) -> Merge:
        """What both have done may reach a higher tier, which is entered at once (behaviour 25).

        Refuses with SameMember, MemberMerged, MemberErased or InHousehold.
        """
        if self.survivor_id == self.member_id:
            raise SameMember(self.member_id)
        member, survivor, heir = present(book, self.survivor_id)
        _, person, own = present(book, self.member_id)
        for member_id in (self.survivor_id, self.member_id):
            require_no_household(book, member_id)
        document = MergeDocument(
            account_id=own.account_id,
            followers=own.followers,
            members=tuple(one.member_id for one in book.page(Person).rows() if one.merged_into == self.member_id),
            status=person.status,
            before=survivor,
            after=_filled(survivor, person),
            entries=book.accounts[heir.account_id].entries,
        )
        document = _inherit_points(book, document, heir.account_id)
        document = _inherit_standing(book, document, survivor.member_id, person.member_id)
        document = _inherit_rows(book, document, survivor.member_id, person.member_id)
        document = _rise(book, self.merchant, document, member)
        assert document.after is not None, "it was just written"
        _become(book, document, person, survivor.member_id)
        book.page(Person).put(survivor.member_id, document.after)
        merge = Merge(
            book.number("merge_sequence"), person.member_id, survivor.member_id, "done", document, book.actor, book.now,
            self.merchant.end_of_day(book.now, days_later=self.merchant.policies.merge_undo_days),
        )  # fmt: skip
        book.page(Merge).put(merge.merge_id, merge)
        told = {"merge_id": merge.merge_id, "merged_id": merge.member_id, "survivor_id": merge.survivor_id}
        note(book, "member.merged", Subject("member", str(merge.survivor_id)), merged=f"mem_{self.member_id}")
        book.tell("member.merged", merge.survivor_id, told)
        return shown(merge)


# Points


def _inherit_points(book: Book, document: MergeDocument, heir: int) -> MergeDocument:
    """All accounts of the merged member pass on what they have and will have; what it owes is owed by the survivor."""
    before, own = book.accounts[heir].entries, document.account_id
    for account_id in document.followers:
        book.bequeath(account_id, heir)
    passed_on = book.accounts[own].entries
    book.bequeath(own, heir)
    given = [
        part.lot
        for number in range(passed_on + 1, book.accounts[own].entries + 1)
        if book.entries[own, number].target == "moved"
        for part in book.entries[own, number].parts
    ]
    origins: dict[int, tuple[int, ...]] = {}
    for follower in document.followers:
        lots = book.page(Inherited)[own, follower].lots
        origins[follower] = tuple(before + 1 + place for place, lot in enumerate(given) if lot in lots)
    return replace(document, origins=origins)


# Rows and counts


def _inherit_rows(book: Book, document: MergeDocument, survivor_id: int, member_id: int) -> MergeDocument:
    rows = book.page(Belonging).rows()
    taken = {(row.kind, row.key) for row in rows if row.member_id == survivor_id and row.kind in ONE_OF_A_KEY}
    keys: dict[str, list[str]] = {}
    for row in rows:
        if row.member_id == member_id and (row.kind, row.key) not in taken:
            keys.setdefault(row.kind, []).append(row.key)
            hand_over(book, row, survivor_id)
    count_redeemed(book, lambda _: survivor_id)
    add_uses(book, survivor_id, member_id)
    return replace(
        document,
        keys={kind: tuple(found) for kind, found in keys.items()},
        progress=add_progress(book, survivor_id, member_id),
        years=add_years(book, survivor_id, member_id),
    )


def hand_over(book: Book, row: Belonging, member_id: int) -> None:
    """The row is the member's from now on."""
    book.page(Belonging).put(
        (row.kind, row.key, row.member_id), replace(row, member_id=member_id, source=row.member_id)
    )  # fmt: skip


# The person


def _become(book: Book, document: MergeDocument, person: Person, survivor_id: int) -> None:
    """The merged member, and whoever became them before, answer with the survivor."""
    people = book.page(Person)
    people.put(person.member_id, replace(person, status="merged", merged_into=survivor_id))
    for one in document.members:
        people.put(one, replace(people[one], merged_into=survivor_id))
    move = Inheritance(survivor_id, person.member_id, survivor_id, undone=False)
    book.page(Inheritance).put((person.member_id, False), move)


def _filled(survivor: Person, person: Person) -> Person:
    """The survivor with gaps filled from the other, the higher tier, and the longer history."""
    gaps: dict[str, Any] = {
        name: getattr(person, name)
        for name in ("first_name", "last_name", "country")
        if getattr(survivor, name) is None
    }
    if survivor.birth_month is None:
        gaps |= {name: getattr(person, name) for name in ("birth_year", "birth_month", "birth_day")}
    if survivor.opted_in is None:
        gaps |= {"opted_in": person.opted_in, "opted_in_at": person.opted_in_at}
    return replace(
        survivor,
        tier_level=max(survivor.tier_level, person.tier_level),
        has_account=survivor.has_account or person.has_account,
        tags=tuple(dict.fromkeys((*survivor.tags, *person.tags))),
        platform_created_at=_first(survivor.platform_created_at, person.platform_created_at, min),
        last_seen_at=_first(survivor.last_seen_at, person.last_seen_at, max),
        **gaps,
    )


def _first(one: datetime | None, other: datetime | None, choose: Any) -> datetime | None:
    return choose(one, other) if one and other else one or other


# The tier


def _inherit_standing(book: Book, document: MergeDocument, survivor_id: int, member_id: int) -> MergeDocument:
    """The higher standing counts, and no level's perks are given twice."""
    standings = book.page(TierStanding)
    own, other = standings.get(survivor_id), standings.get(member_id)
    if other is None:
        return document
    higher = other if own is None or other.level > own.level else own
    perks = dict(other.perks)
    for level, day in own.perks.items() if own else ():
        perks[level] = max(day, perks.get(level, day))
    best_level = max(other.best_level, own.best_level if own else 0)
    after = replace(higher, member_id=survivor_id, best_level=best_level, perks=perks)
    standings.put(survivor_id, after)
    return replace(document, standing_before=own, standing_after=after)


def _rise(book: Book, merchant: Merchant, document: MergeDocument, member: Member) -> MergeDocument:
    """The survivor is judged by what both have done, and stands accordingly."""
    tiers, person = book.page(Tiers).get(book.merchant_id), document.after
    assert person is not None, "it was just written"
    if tiers is None:
        return document
    standings, survivor_id = book.page(TierStanding), person.member_id
    row = standings.get(survivor_id)
    if row is None:
        standing = first_standing(tiers, merchant, survivor_id, person.tier_level, book.now)
    else:
        standing = _standing(row)
    current, review = NOTHING, NOTHING
    for done in book.page(DayDone).rows():
        sums = Sums(done.points, done.spent_minor, done.orders, done.referrals)
        current = current.plus(sums) if done.day >= tiers.counts_from(book.now) else current
        review = review.plus(sums) if standing.reviews(done.day) else review
    now = replace(member, opted_in=person.opted_in, tags=person.tags, tier_level=person.tier_level)
    after, _ = judged(book, merchant, now, standing, Counted(survivor_id, current, review))
    if after == standing:
        return document
    risen = _row(after)
    standings.put(survivor_id, risen)
    return replace(
        document, standing_before=document.standing_before if document.standing_after else row, standing_after=risen,
        after=replace(person, tier_level=after.level),
        perks_given={str(level): day for level, day in after.perks.items() if standing.perks.get(level) != day},
    )  # fmt: skip


def _standing(row: TierStanding) -> Standing:
    return Standing(
        row.member_id, row.level, row.best_level, row.entered_at, row.until, row.counts_from, row.review_on,
        Assigned(row.assigned), row.version, {int(level): day for level, day in row.perks.items()},
    )  # fmt: skip


def _row(standing: Standing) -> TierStanding:
    return TierStanding(
        standing.member_id, standing.level, standing.best_level, standing.entered_at, standing.until,
        standing.counts_from, standing.review_on, str(standing.assigned), standing.version,
        {str(level): day for level, day in standing.perks.items()},
    )  # fmt: skip


def shown(merge: Merge) -> Merge:
    """The merge without what undoing it needs, which is nobody's business."""
    return replace(merge, document=MergeDocument())
