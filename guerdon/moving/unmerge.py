"""A merge is undone: the two are two again. Pure.

What came with the merge and is still there goes back: lots, identities, rows, caps, the tier. What happened since stays
with the survivor (behaviour 23).
"""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from guerdon.errors.members import MemberErased, MemberMerged, MergeFinal, MergeNotFound, WindowClosed
from guerdon.merchants.merchant import Merchant
from guerdon.moving.belongings import Belonging
from guerdon.moving.counts import count_redeemed, give_uses_back, take_progress_back, take_years_back
from guerdon.moving.merge import Inheritance, Inherited, Merge, MergeDocument, TierStanding, hand_over, shown
from guerdon.moving.person import Person, require_no_household
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.ledger import HEIR
from guerdon.points.values import Cause, Entry, Holding
from guerdon.trail.noted import Subject, note


class UndoMerge(Struct, frozen=True, kw_only=True):
    """The two are two again. What came with the merge and is still there goes back; what happened since stays."""

    answers: ClassVar[type] = Merge

    merchant: Merchant
    merge_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The merge, with both in full and what belongs to the survivor now."""
        return Needs(rows=(("merge", self.merge_id),), alone=True)

    def decide(self, book: Book) -> Merge:
        """Asked again, it answers the same. Refuses with MergeNotFound, WindowClosed, MergeFinal, InHousehold, and with
        MemberMerged where the survivor has become another since: undo that first.
        """
        merge = book.page(Merge).get(self.merge_id)
        if merge is None:
            raise MergeNotFound(self.merge_id)
        if merge.state == "undone":
            return shown(merge)
        survivor = self._undoable(book, merge)
        document, member_id = merge.document, merge.member_id
        _give_points_back(book, merge)
        _give_rows_back(book, merge)
        for one in (member_id, *document.members):
            person = book.page(Person)[one]
            status = document.status if one == member_id else person.status
            into = None if one == member_id else member_id
            book.page(Person).put(one, replace(person, status=status, merged_into=into))
            move = Inheritance(survivor.member_id, one, member_id, undone=True)
            book.page(Inheritance).put((one, True), move)
        restored = _unfilled(survivor, document)
        if not _give_standing_back(book, document):
            restored = replace(restored, tier_level=survivor.tier_level)
        book.page(Person).put(survivor.member_id, restored)
        undone = replace(merge, state="undone", undone_at=book.now)
        book.page(Merge).put(merge.merge_id, undone)
        told = {"merge_id": merge.merge_id, "merged_id": member_id, "survivor_id": merge.survivor_id}
        note(book, "member.unmerged", Subject("member", str(merge.survivor_id)), merged=f"mem_{member_id}")
        book.tell("member.unmerged", merge.survivor_id, told)
        return shown(undone)

    def _undoable(self, book: Book, merge: Merge) -> Person:
        """The survivor, if the merge may be undone."""
        if merge.state == "final":
            raise MergeFinal(merge.merge_id)
        if book.now > merge.undoable_until:
            raise WindowClosed(merge.merge_id, merge.undoable_until)
        survivor = book.page(Person)[merge.survivor_id]
        if survivor.merged_into is not None:
            raise MemberMerged(survivor.member_id, survivor.merged_into)
        if survivor.status == "erased":
            raise MemberErased(survivor.member_id)
        require_no_household(book, survivor.member_id)
        return survivor


def _give_points_back(book: Book, merge: Merge) -> None:
    """The lots that came from the merged member's accounts, as far as they are there; what it owed, it owes again.

    Lots that a follower had passed on are the follower's in the next account too, should its own merge be undone.
    """
    document, cause = merge.document, Cause("merge_undone", f"merge:{merge.merge_id}")
    own, heir = document.account_id, book.page(Holding)[merge.survivor_id].account_id
    book.bequeath(own, None)
    for follower in document.followers:
        book.bequeath(follower, own)
    book.expire_due(heir)
    given = [(giver, book.page(Inherited)[heir, giver]) for giver in (*document.followers, own)]
    theirs = {lot for _, inherited in given for lot in inherited.lots}
    earlier = {lot for lots in document.origins.values() for lot in lots}
    for giver, inherited in given:
        if giver == own:
            lots, why = [lot for lot in inherited.lots if lot not in earlier], cause
        else:
            lots, why = [*inherited.lots, *document.origins[giver]], Cause(HEIR, f"account:{giver}")
        there = tuple(lot for lot in lots if _left(book, heir, lot))
        if there:
            book.move(heir, own, sum(_left(book, heir, lot) for lot in there), why, lots=there)
        for number in inherited.paid:
            _owe_again(book, own, book.entries[heir, number], theirs, why)


def _owe_again(book: Book, own: int, paid: Entry, theirs: set[int], cause: Cause) -> None:
    """What the survivor paid of the other's debts with lots of their own, not with those that came from the other."""
    owed = paid.points - sum(part.points for part in paid.parts)
    parts = tuple(part for part in paid.parts if part.lot not in theirs)
    book.take_debt_back(own, paid.account_id, parts, owed, cause)


def _left(book: Book, account_id: int, number: int) -> int:
    """What is in a lot; those that are empty need not be laid open."""
    lot = book.lots.get((account_id, number))
    return 0 if lot is None else lot.available


def _give_rows_back(book: Book, merge: Merge) -> None:
    """The rows that came with the merge, if they are the survivor's still, and what they count for."""
    document = merge.document
    theirs = {(kind, key) for kind, keys in document.keys.items() for key in keys}
    back = [
        row
        for row in book.page(Belonging).rows()
        if (row.kind, row.key) in theirs and row.member_id == merge.survivor_id
    ]
    for row in back:
        hand_over(book, row, merge.member_id)
    redeemed = {int(row.key) for row in back if row.kind == "redemption"}
    count_redeemed(book, lambda one: merge.member_id if one.redemption_id in redeemed else one.member_id)
    give_uses_back(book, merge.survivor_id, merge.member_id, {row.key for row in back if row.kind == "award"})
    take_progress_back(book, merge.survivor_id, merge.member_id, document.progress)
    take_years_back(book, merge.survivor_id, merge.member_id, document.years)


def _unfilled(survivor: Person, document: MergeDocument) -> Person:
    """What the merge changed of the survivor is as before, where nobody has changed it since."""
    assert document.before is not None, document
    assert document.after is not None, document
    before, after, now = asdict(document.before), asdict(document.after), asdict(survivor)
    return replace(
        survivor, **{name: before[name] for name in before if before[name] != after[name] and now[name] == after[name]}
    )


def _give_standing_back(book: Book, document: MergeDocument) -> bool:
    """The survivor stands as before; False if something has changed where they stand since. Perks that the merge gave
    are kept, and not given again.
    """
    after, person = document.standing_after, document.before
    if after is None or person is None:
        return True
    standings = book.page(TierStanding)
    if standings.get(after.member_id) != after:
        return False
    level = person.tier_level
    unjudged = TierStanding(
        after.member_id, level, level, book.now if level else None, None, None, None, "rules", after.version, {}
    )  # fmt: skip
    before = document.standing_before or unjudged
    standings.put(after.member_id, replace(before, perks={**before.perks, **document.perks_given}))
    return True
