"""What the book shows and takes back: windows on many lots, undone commands, pages, and members by their identities."""

from contextlib import suppress
from uuid import UUID

import pytest

from guerdon.errors.books import IdentityConflict, MemberNotFound, NotEnoughPoints
from guerdon.points.book import Book
from guerdon.points.command import Identity
from guerdon.points.ledger import MoreLotsNeeded
from guerdon.points.values import Account, Life, Lot, Member, Part
from tests.points.test_book import ACCOUNT, WHY, days, lots, new_book
from tests.shop import START


def window(shown: int, lots: list[Lot], available: int) -> Book:
    """A book that shows only the first lots of an account that has more."""
    book = Book(1, START, lambda sequence: 1)
    account = Account(
        ACCOUNT, "points", issued=-available, available=available, entries=len(lots),
        live=tuple(lot.number for lot in lots[:shown]),
        complete=shown >= len(lots),
    )  # fmt: skip
    book.accounts.load(ACCOUNT, account)
    for lot in lots[:shown]:
        book.lots.load((ACCOUNT, lot.number), lot)
    return book


def test_a_spend_within_the_window_needs_no_more_lots():
    many = [Lot(ACCOUNT, number, 10, 10, 0, START, None) for number in range(1, 101)]
    book = window(3, many, 1000)
    assert book.spend(ACCOUNT, 30, WHY).parts == (Part(1, 10), Part(2, 10), Part(3, 10))
    assert book.accounts[ACCOUNT].live == ()
    with pytest.raises(MoreLotsNeeded):
        book.spend(ACCOUNT, 1, WHY)


def test_a_spend_beyond_the_window_asks_for_more_lots_and_changes_nothing():
    many = [Lot(ACCOUNT, number, 10, 10, 0, START, None) for number in range(1, 101)]
    book = window(3, many, 1000)
    with pytest.raises(MoreLotsNeeded) as more, book.attempt("ana", UUID(int=1)):
        book.spend(ACCOUNT, 31, WHY)
    assert more.value.account_ids == (ACCOUNT,)
    assert book.lots.changed() == []
    with pytest.raises(NotEnoughPoints):
        book.spend(ACCOUNT, 1001, WHY)


def test_a_window_of_lots_that_are_all_due_tells_nothing():
    due = [Lot(ACCOUNT, number, 10, 10, 0, days(-9), days(-1)) for number in range(1, 101)]
    with pytest.raises(MoreLotsNeeded):
        window(3, due, 1000).spendable(ACCOUNT)
    assert window(100, due, 1000).spendable(ACCOUNT) == 0


def test_a_new_lot_beyond_the_window_stays_out_of_it():
    many = [Lot(ACCOUNT, number, 10, 10, 0, START, days(5)) for number in range(1, 6)]
    book = window(3, many, 50)
    book.earn(ACCOUNT, 10, WHY)
    book.earn(ACCOUNT, 10, WHY, life=Life(days(1)))
    assert book.accounts[ACCOUNT].live == (7, 1, 2, 3)
    with pytest.raises(MoreLotsNeeded):
        book.spend(ACCOUNT, 41, WHY)


def test_what_comes_back_to_the_last_lot_of_a_window_may_leave_it():
    many = [Lot(ACCOUNT, number, 10, 10, 0, START, None) for number in range(1, 6)]
    book = window(3, many, 50)
    spent = book.spend(ACCOUNT, 25, WHY)
    assert book.give_back(spent, WHY).parts == spent.parts
    live = list(book.accounts[ACCOUNT].live)
    assert live == list(range(1, len(live) + 1)), "a window shows the beginning, without a gap"
    assert book.spend(ACCOUNT, 10, WHY).parts == (Part(1, 10),)


def test_what_a_refused_command_did_is_undone_and_nothing_else():
    book = new_book()
    with book.attempt("ana", UUID(int=1)):
        book.earn(ACCOUNT, 100, WHY)
        hold = book.hold(ACCOUNT, 30, WHY, expires_at=None)
        book.tell("kept", 1, {})
    before = (book.accounts[ACCOUNT], lots(book), book.holds[ACCOUNT, hold.number], list(book.events))

    def refused() -> None:
        with book.attempt("ben", UUID(int=2)):
            book.earn(ACCOUNT, 5, WHY)
            book.capture(hold, WHY)
            book.spend(ACCOUNT, 20, WHY)
            book.tell("lost", 1, {})
            book.spend(ACCOUNT, 1000, WHY)

    with pytest.raises(NotEnoughPoints):
        refused()
    assert (book.accounts[ACCOUNT], lots(book), book.holds[ACCOUNT, hold.number], book.events) == before
    assert len(book.entries.added()) == 2


def test_a_bug_is_undone_as_a_refusal_is():
    book = new_book()

    def broken() -> None:
        with book.attempt("ana", UUID(int=1)):
            book.earn(ACCOUNT, 100, WHY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert book.accounts[ACCOUNT] == Account(ACCOUNT, "points")
    assert book.lots.added() == []


def test_a_page_tells_new_rows_from_changed_ones():
    book = new_book()
    page = book.page(str)
    page.load("a", "old")
    page.load("b", "old")
    page.put("a", "new")
    page.put("c", "first")
    page.put("c", "second")
    assert (page.added(), page.changed()) == (["second"], ["new"])
    assert page.get("d") is None


def found_by(*known: tuple[str, int]) -> Book:
    book = new_book()
    for kind, member_id in known:
        book.members[Identity(kind, "x")] = Member(member_id, ACCOUNT, "active", None, 0, ())
    return book


def test_any_identity_finds_the_member():
    book = found_by(("email", 1), ("card", 1))
    assert book.member((Identity("phone", "x"), Identity("card", "x"), Identity("email", "x"))).member_id == 1


def test_a_tier_is_that_of_the_member_by_whatever_they_are_found():
    book = new_book()
    email, phone, other = (Identity("email", "ana@example.com"), Identity("phone", "+14155550100"),
                           Identity("email", "ben@example.com"))  # fmt: skip
    ana, ben = (Member(number, ACCOUNT, "active", None, 0, (), True) for number in (1, 2))
    book.members |= {email: ana, other: ben}
    book.put_in_tier(2, 1)
    book.members[phone] = ana
    with suppress(NotEnoughPoints), book.attempt("ana", UUID(int=1)):
        book.put_in_tier(1, 3)
        assert [book.members[one].tier_level for one in (email, phone, other)] == [3, 3, 1]
        raise NotEnoughPoints(1, 0, 1)
    assert [book.members[one].tier_level for one in (email, phone, other)] == [0, 0, 1]


def test_identities_of_two_members_name_both_kinds():
    book = found_by(("email", 1), ("card", 2))
    with pytest.raises(IdentityConflict) as refused:
        book.member((Identity("phone", "x"), Identity("card", "x"), Identity("email", "x")))
    assert refused.value.facts == {"first_kind": "card", "second_kind": "email"}


def test_nobody_is_found_by_what_nobody_has():
    with pytest.raises(MemberNotFound) as refused:
        found_by(("email", 1)).member((Identity("phone", "x"), Identity("card", "x")))
    assert refused.value.kind == "phone"
