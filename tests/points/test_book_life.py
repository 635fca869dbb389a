"""Points that wait, come back in parts, live as long as something happens, or move to another account."""

from datetime import timedelta
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from guerdon.errors.books import NotEnoughPoints
from guerdon.points.book import Book
from guerdon.points.values import Account, Grace, Life, Part
from tests.points.test_book import ACCOUNT, WHY, balances, days, lots, new_book

OTHER = 8


def two_accounts() -> Book:
    book = new_book()
    book.accounts.load(OTHER, Account(OTHER, "points"))
    return book


def idle(book: Book, number: int) -> Life:
    return Life(idle_days=number, lapses_at=book.now + timedelta(days=number))


def test_points_that_wait_cannot_be_spent():
    book = new_book()
    pending = book.earn_later(ACCOUNT, 100, WHY, activates_at=days(14), expiry="12 months")
    assert balances(book) == {"issued": -100, "pending": 100}
    assert book.accounts[ACCOUNT].earned == 100
    assert (pending.points_left, pending.activates_at, pending.expiry) == (100, days(14), "12 months")
    with pytest.raises(NotEnoughPoints):
        book.spend(ACCOUNT, 1, WHY)


def test_what_waited_becomes_a_lot_when_it_is_activated():
    book = new_book()
    pending = book.earn_later(ACCOUNT, 100, WHY, activates_at=None, expiry="never")
    book.now = days(3)
    entry = book.activate(pending, WHY, life=Life(days(33)))
    assert balances(book) == {"issued": -100, "available": 100}
    lot = book.lots[ACCOUNT, entry.number]
    assert (lot.earned_at, lot.expires_at) == (days(3), days(33))
    assert book.pendings[ACCOUNT, pending.number].points_left == 0
    assert book.accounts[ACCOUNT].earned == 100


def test_what_waits_can_be_taken_back_in_parts_without_touching_the_balance():
    book = new_book()
    book.earn(ACCOUNT, 5, WHY)
    pending = book.earn_later(ACCOUNT, 100, WHY, activates_at=None, expiry="never")
    book.cancel_pending(pending, 30, WHY)
    left = book.pendings[ACCOUNT, pending.number]
    book.activate(left, WHY, life=Life())
    assert balances(book) == {"issued": -105, "available": 75, "reversed": 30}
    assert book.accounts[ACCOUNT].earned == 75


def test_what_is_taken_back_comes_from_the_lot_it_was_earned_as():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(1)))
    earned = book.earn(ACCOUNT, 40, WHY)
    entry = book.claw_back(ACCOUNT, 60, WHY, below_zero=False, lots=(earned.number,))
    assert entry.parts == (Part(earned.number, 40), Part(1, 20))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_points_come_back_in_parts_to_the_lots_that_all_at_once_would_fill(returned: list[int]):
    def spent() -> tuple[Book, int]:
        book = new_book()
        for number in range(6):
            book.earn(ACCOUNT, 40, WHY, life=Life(days(number + 1)))
        return book, book.spend(ACCOUNT, sum(returned), WHY).number

    whole, number = spent()
    whole.give_back(whole.entries[ACCOUNT, number], WHY)
    parted, number = spent()
    after = 0
    for points in returned:
        parted.give_back(parted.entries[ACCOUNT, number], WHY, points=points, after=after)
        after += points
    assert lots(parted) == lots(whole)
    assert balances(parted) == balances(whole)


def test_what_comes_back_after_its_date_lives_for_the_days_of_grace():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(2)))
    hold = book.hold(ACCOUNT, 50, WHY, expires_at=None)
    book.now = days(5)
    book.release(hold, WHY, grace=Grace(book.now, days(8)))
    assert book.spendable(ACCOUNT) == 50
    book.now = days(8)
    assert book.spendable(ACCOUNT) == 0


def test_what_comes_back_brings_nothing_to_life_again_that_was_over():
    book = new_book()
    book.earn(ACCOUNT, 100, WHY, life=Life(days(5)))
    entry = book.spend(ACCOUNT, 80, WHY)
    book.now = days(6)
    book.give_back(entry, WHY, points=30, grace=Grace(book.now, days(8)))
    assert balances(book) == {"issued": -100, "available": 30, "redeemed": 50, "expired": 20}
    book.now = days(9)
    book.give_back(entry, WHY, points=50, after=30, grace=Grace(book.now, days(11)))
    assert balances(book) == {"issued": -100, "available": 50, "expired": 50}


def test_grace_shortens_no_life():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(20)))
    entry = book.spend(ACCOUNT, 50, WHY)
    book.give_back(entry, WHY, grace=Grace(book.now, days(8)))
    assert book.lots[ACCOUNT, 1].expires_at == days(20)


def test_rolling_points_live_as_long_as_something_happens():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=idle(book, 10))
    book.earn(ACCOUNT, 20, WHY, life=Life(days(100)))
    book.now = days(9)
    book.postpone(ACCOUNT, days(19))
    book.now = days(18)
    assert book.spendable(ACCOUNT) == 70
    book.now = days(19)
    assert book.spendable(ACCOUNT) == 20
    assert book.expire_due(ACCOUNT) == 50
    assert balances(book) == {"issued": -70, "available": 20, "expired": 50}
    assert book.expire_due(ACCOUNT) == 0


def test_what_has_lapsed_is_not_brought_back_by_activity():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY, life=idle(book, 10))
    book.now = days(11)
    book.postpone(ACCOUNT, days(21))
    assert balances(book) == {"issued": -50, "expired": 50}


def test_moved_lots_keep_their_age_and_their_expiry():
    book = two_accounts()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(9)))
    book.now = days(1)
    book.earn(ACCOUNT, 50, WHY, life=idle(book, 30))
    book.now = days(2)
    book.move(ACCOUNT, OTHER, 70, WHY)
    giver, taker = book.accounts[ACCOUNT], book.accounts[OTHER]
    assert (giver.available, giver.moved, taker.available, taker.moved) == (30, 70, 70, -70)
    assert [(lot.earned_at, lot.expires_at, lot.rolling, lot.available) for lot in book.lots.added()[2:]] == [
        (days(0), days(9), False, 50), (days(1), None, True, 20),
    ]  # fmt: skip
    assert (taker.idle_days, taker.lapses_at) == (30, days(31))
    with pytest.raises(NotEnoughPoints):
        book.move(ACCOUNT, OTHER, 31, WHY)


def test_a_debt_moves_and_is_paid_from_what_is_there():
    book = two_accounts()
    book.claw_back(ACCOUNT, 80, WHY, below_zero=True)
    book.earn(OTHER, 50, WHY)
    book.move_debt(ACCOUNT, OTHER, WHY)
    assert book.accounts[ACCOUNT].available == 0
    assert (book.accounts[OTHER].available, book.accounts[OTHER].moved) == (-30, 80)


def test_what_comes_back_moves_on_to_the_heir():
    book = two_accounts()
    book.earn(ACCOUNT, 50, WHY, life=Life(days(9)))
    hold = book.hold(ACCOUNT, 20, WHY, expires_at=None)
    book.bequeath(ACCOUNT, OTHER)
    assert (book.accounts[ACCOUNT].available, book.accounts[OTHER].available) == (0, 30)
    book.release(hold, WHY)
    assert (book.accounts[ACCOUNT].available, book.accounts[OTHER].available) == (0, 50)
    book.claw_back(ACCOUNT, 60, WHY, below_zero=True)
    assert (book.accounts[ACCOUNT].available, book.accounts[OTHER].available) == (0, -10)
    book.bequeath(ACCOUNT, None)
    book.earn(ACCOUNT, 5, WHY)
    assert book.accounts[ACCOUNT].available == 5


def test_a_lot_can_be_given_another_life():
    book = new_book()
    book.earn(ACCOUNT, 50, WHY)
    book.earn(ACCOUNT, 20, WHY, life=Life(days(5)))
    book.redate(ACCOUNT, 1, Life(days(2)))
    assert book.spend(ACCOUNT, 60, WHY).parts == (Part(1, 50), Part(2, 10))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "earn_later", "activate", "cancel", "hold", "release", "move", "back", "owe", "pass"]),
        st.sampled_from([ACCOUNT, OTHER]),
        st.integers(1, 50),
    ),
    max_size=40,
)


def step(book: Book, verb: str, account_id: int, points: int) -> None:
    other = ACCOUNT + OTHER - account_id
    waiting = [one for one in book.pendings.added() if one.points_left and one.account_id == account_id]
    holds = [hold for hold in book.holds.added() if hold.state == "open" and hold.account_id == account_id]
    if verb == "earn":
        book.earn(account_id, points, WHY, life=Life(book.now + timedelta(days=points)))
    elif verb == "earn_later":
        book.earn_later(account_id, points, WHY, activates_at=None, expiry="never")
    elif verb == "activate" and waiting:
        book.activate(waiting[0], WHY, life=Life())
    elif verb == "cancel" and waiting:
        book.cancel_pending(waiting[0], min(points, waiting[0].points_left), WHY)
    elif verb == "hold":
        book.hold(account_id, points, WHY, expires_at=None)
    elif verb == "release" and holds:
        book.release(holds[0], WHY)
    elif verb == "move":
        book.move(account_id, other, points, WHY)
    elif verb == "back":
        book.move_debt(account_id, other, WHY)
    elif verb == "owe":
        book.claw_back(account_id, points, WHY, below_zero=True)
    elif verb == "pass":
        book.now += timedelta(days=points % 9)


@settings(deadline=None)
@given(STEPS)
def test_two_accounts_are_right_after_any_sequence(steps: list[tuple[str, int, int]]):
    book = two_accounts()
    for number, (verb, account_id, points) in enumerate(steps):
        try:
            with book.attempt("test", UUID(int=number)):
                step(book, verb, account_id, points)
        except NotEnoughPoints:
            assert verb in ("hold", "move")
        accounts = [book.accounts[ACCOUNT], book.accounts[OTHER]]
        assert sum(account.moved for account in accounts) == 0
        for account in accounts:
            waiting = [one.points_left for one in book.pendings.added() if one.account_id == account.account_id]
            in_lots = [lot.available for lot in book.lots.added() if lot.account_id == account.account_id]
            assert account.pending == sum(waiting)
            assert max(0, account.available) == sum(in_lots)
