"""The verbs of the book, without a database: what moves where, out of which lots, and what is refused."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from guerdon.errors.books import BalanceTooLarge, NotEnoughPoints
from guerdon.points.book import Book
from guerdon.points.values import POINTS_MAX, Account, Cause, Life, Lot, Part
from tests.shop import START

ACCOUNT = 7
WHY = Cause("test", "member:1")


def days(number: float) -> datetime:
    return START + timedelta(days=number)


def new_book(now: datetime = START) -> Book:
    """A book with one empty account."""
    book = Book(1, now, lambda sequence: 1)
    book.accounts.load(ACCOUNT, Account(ACCOUNT, "points"))
    return book


def balances(book: Book) -> dict[str, int]:
    """The buckets that are not empty."""
    account = book.accounts[ACCOUNT]
    buckets = ("issued", "pending", "available", "held", "redeemed", "expired", "reversed")
    return {bucket: getattr(account, bucket) for bucket in buckets if getattr(account, bucket)}


def lots(book: Book) -> dict[int, tuple[int, int]]:
    """Available and held points of each lot."""
    found = {entry.number: book.lots.get((ACCOUNT, entry.number)) for entry in book.entries.added()}
    return {number: (lot.available, lot.held) for number, lot in found.items() if lot is not None}


def test_earned_points_are_a_lot_of_their_own():
    book = new_book()
    entry = book.earn(ACCOUNT, 100, WHY, life=Life(days(30)))
    assert balances(book) == {"issued": -100, "available": 100}
    assert (entry.source, entry.target, entry.source_after, entry.target_after) == ("issued", "available", -100, 100)
    assert book.lots[ACCOUNT, 1] == Lot(ACCOUNT, 1, 100, 100, 0, START, days(30))
    assert entry.parts == (Part(1, 100),)
    assert book.accounts[ACCOUNT].earned == 100


def test_points_that_come_back_otherwise_do_not_count_as_earned():
    book = new_book()
    book.earn(ACCOUNT, 100, WHY, counted=False)
    assert book.accounts[ACCOUNT].earned == 0


def test_a_lot_was_earned_when_what_it_is_for_happened():
    book = new_book()
    book.earn(ACCOUNT, 100, Cause("order", "order:1", occurred_at=days(-3)))
    assert book.lots[ACCOUNT, 1].earned_at == days(-3)


def test_a_balance_that_clients_cannot_count_is_refused():
    book = new_book()
    book.earn(ACCOUNT, POINTS_MAX, WHY)
    with pytest.raises(BalanceTooLarge):
        book.earn(ACCOUNT, 1, WHY)


def test_held_points_count_towards_the_largest_balance():
    book = new_book()
    book.earn(ACCOUNT, POINTS_MAX, WHY)
    book.hold(ACCOUNT, POINTS_MAX, WHY, expires_at=None)
    with pytest.raises(BalanceTooLarge):
        book.earn(ACCOUNT, 1, WHY)


def test_the_soonest_expiry_is_spent_first_then_the_oldest_and_never_expiring_last():
    book = new_book()
    for expires_at, happened in ((None, -9), (days(20), -5), (days(10), -1), (days(20), -7)):
        book.earn(ACCOUNT, 10, Cause("order", "", occurred_at=days(happened)), life=Life(expires_at))
    assert book.spend(ACCOUNT, 35, WHY).parts == (Part(3, 10), Part(4, 10), Part(2, 10), Part(1, 5))
    assert lots(book) == {1: (5, 0), 2: (0, 0), 3: (0, 0), 4: (0, 0)}
    assert balances(book) == {"issued": -40, "available": 5, "redeemed": 35}


def test_lots_of_one_moment_are_spent_in_their_order():
    book = new_book()
    for _ in range(3):
        book.earn(ACCOUNT, 10, WHY)
    assert book.spend(ACCOUNT, 25, WHY).parts == (Part(1, 10), Part(2, 10), Part(3, 5))


@pytest.mark.parametrize("points", [101, 10**15])
def test_nothing_is_spent_that_is_not_there(points: int):
    book = new_book()
    book.earn(ACCOUNT, 100, WHY)
    for verb in (book.spend, book.expire):
        with pytest.raises(NotEnoughPoints) as refused:
            verb(ACCOUNT, points, WHY)
        assert refused.value.facts == {"points": points, "available": 100, "shortfall": points - 100}
    with pytest.raises(NotEnoughPoints):
        book.hold(ACCOUNT, points, WHY, expires_at=None)
    with pytest.raises(NotEnoughPoints):
        book.claw_back(ACCOUNT, points, WHY, below_zero=False)


def test_a_refusal_names_no_negative_balance():
    book = new_book()
    book.claw_back(ACCOUNT, 50, WHY, below_zero=True)
    with pytest.raises(NotEnoughPoints) as refused:
        book.spend(ACCOUNT, 10, WHY)
    assert refused.value.facts == {"points": 10, "available": 0, "shortfall": 10}


def test_held_points_cannot_be_spent_again():
    book = new_book()
    book.earn(ACCOUNT, 100, WHY)
    hold = book.hold(ACCOUNT, 70, WHY, expires_at=days(30))
    assert (hold.number, hold.state, hold.expires_at) == (2, "open", days(30))
    assert balances(book) == {"issued": -100, "available": 30, "held": 70}
    assert lots(book) == {1: (30, 70)}
    with pytest.raises(NotEnoughPoints):
        book.spend(ACCOUNT, 31, WHY)


def test_a_captured_hold_is_redeemed_from_the_lots_it_took():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(5)))
    book.earn(ACCOUNT, 50, WHY)
    hold = book.hold(ACCOUNT, 70, WHY, expires_at=None)
    entry = book.capture(hold, WHY)
    assert entry.parts == (Part(1, 50), Part(2, 20))
    assert balances(book) == {"issued": -100, "available": 30, "redeemed": 70}
    assert lots(book) == {1: (0, 0), 2: (30, 0)}
    ended = book.holds[ACCOUNT, hold.number]
    assert (ended.state, ended.ended_by) == ("captured", entry.number)


def test_what_was_captured_of_a_lot_stays_so_when_the_rest_is_spent():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY)
    book.capture(book.hold(ACCOUNT, 20, WHY, expires_at=None), WHY)
    book.spend(ACCOUNT, 10, WHY)
    assert lots(book) == {1: (20, 0)}


def test_a_released_hold_goes_back_where_it_came_from():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(5)))
    book.earn(ACCOUNT, 50, WHY)
    hold = book.hold(ACCOUNT, 70, WHY, expires_at=None)
    entry = book.release(hold, WHY)
    assert lots(book) == {1: (50, 0), 2: (50, 0)}
    assert book.lots[ACCOUNT, 1].expires_at == days(5)
    assert (book.holds[ACCOUNT, 3].state, book.holds[ACCOUNT, 3].ended_by) == ("released", entry.number)
    assert book.spend(ACCOUNT, 60, WHY).parts == (Part(1, 50), Part(2, 10))


@pytest.mark.parametrize("ending", ["capture", "release"])
def test_a_hold_ends_once(ending: str):
    book = new_book()
    book.earn(ACCOUNT, 50, WHY)
    hold = book.hold(ACCOUNT, 50, WHY, expires_at=None)
    getattr(book, ending)(hold, WHY)
    with pytest.raises(AssertionError):
        book.release(book.holds[ACCOUNT, hold.number], WHY)


def test_what_is_given_back_returns_to_the_same_lots():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(5)))
    book.earn(ACCOUNT, 50, WHY)
    spent = book.spend(ACCOUNT, 80, WHY)
    book.earn(ACCOUNT, 10, WHY)
    entry = book.give_back(spent, WHY)
    assert (entry.source, entry.target, entry.parts) == ("redeemed", "available", spent.parts)
    assert lots(book) == {1: (50, 0), 2: (50, 0), 4: (10, 0)}
    assert balances(book) == {"issued": -110, "available": 110}


def test_only_what_was_redeemed_is_given_back():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY)
    with pytest.raises(AssertionError):
        book.give_back(book.expire(ACCOUNT, 10, WHY), WHY)


def test_a_claw_back_may_leave_a_debt_which_the_next_points_pay():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY)
    entry = book.claw_back(ACCOUNT, 80, WHY, below_zero=True)
    assert entry.parts == (Part(1, 50),)
    assert balances(book) == {"issued": -50, "available": -30, "reversed": 80}
    assert book.accounts[ACCOUNT].earned == -30
    assert book.earn(ACCOUNT, 20, WHY).parts == ()
    assert book.earn(ACCOUNT, 25, WHY).parts == (Part(4, 15),)
    assert lots(book) == {1: (0, 0), 3: (0, 0), 4: (15, 0)}
    assert book.spend(ACCOUNT, 15, WHY).parts == (Part(4, 15),)


def test_a_debt_takes_its_share_of_what_is_released():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY, life=Life(days(1)))
    book.earn(ACCOUNT, 40, WHY)
    hold = book.hold(ACCOUNT, 80, WHY, expires_at=None)
    book.claw_back(ACCOUNT, 50, WHY, below_zero=True)
    assert book.release(hold, WHY).parts == (Part(2, 30),)
    assert balances(book) == {"issued": -80, "available": 30, "reversed": 50}
    assert lots(book) == {1: (0, 0), 2: (30, 0)}


def test_a_debt_takes_all_of_what_is_given_back():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY)
    spent = book.spend(ACCOUNT, 40, WHY)
    book.claw_back(ACCOUNT, 50, WHY, below_zero=True)
    assert book.give_back(spent, WHY).parts == ()
    assert balances(book) == {"issued": -40, "available": -10, "reversed": 50}


def test_a_lot_whose_time_is_over_expires_when_points_next_move():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY, life=Life(days(1)))
    book.earn(ACCOUNT, 60, WHY)
    book.now = days(1)
    assert book.spendable(ACCOUNT) == 60
    assert balances(book) == {"issued": -100, "available": 100}, "looking changes nothing"
    assert book.spend(ACCOUNT, 60, WHY).parts == (Part(2, 60),)
    expiry = book.entries[ACCOUNT, 3]
    assert (expiry.source, expiry.target, expiry.points) == ("available", "expired", 40)
    assert (expiry.parts, expiry.cause.reason) == ((Part(1, 40),), "expiry")


def test_a_lot_lives_until_the_moment_it_expires():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY, life=Life(days(1)))
    book.now = days(1) - timedelta(microseconds=1)
    assert book.spendable(ACCOUNT) == 40


def test_expired_points_do_not_pay():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY, life=Life(days(1)))
    book.now = days(2)
    with pytest.raises(NotEnoughPoints) as refused, book.attempt("ana", UUID(int=1)):
        book.spend(ACCOUNT, 1, WHY)
    assert refused.value.facts["available"] == 0
    assert balances(book) == {"issued": -40, "available": 40}, "the refusal undid the expiry too"


def test_held_points_do_not_expire_until_they_are_released():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY, life=Life(days(1)))
    hold = book.hold(ACCOUNT, 40, WHY, expires_at=None)
    book.now = days(2)
    book.earn(ACCOUNT, 10, WHY)
    assert book.spend(ACCOUNT, 10, WHY).parts == (Part(3, 10),)
    assert balances(book)["held"] == 40
    book.release(hold, WHY)
    assert book.spendable(ACCOUNT) == 0


def test_an_operator_expires_the_soonest_first():
    book = new_book()
    book.earn(ACCOUNT, 40, WHY)
    book.earn(ACCOUNT, 40, WHY, life=Life(days(9)))
    assert book.expire(ACCOUNT, 50, WHY).parts == (Part(2, 40), Part(1, 10))
    assert balances(book) == {"issued": -80, "available": 30, "expired": 50}


def test_entries_are_numbered_and_name_who_and_which_command():
    book = new_book()
    with book.attempt("ana", UUID(int=5)):
        book.earn(ACCOUNT, 40, WHY)
        book.spend(ACCOUNT, 10, WHY)
    assert [(entry.number, entry.actor, entry.command_id) for entry in book.entries.added()] == [
        (1, "ana", UUID(int=5)),
        (2, "ana", UUID(int=5)),
    ]
