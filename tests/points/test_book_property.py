"""Whatever is done to an account, in whatever order: its balances agree with an account kept by hand, lot by lot."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import given, settings

from guerdon.errors.books import NotEnoughPoints
from guerdon.points.book import Book
from guerdon.points.values import Entry, Hold, Life
from tests.points.test_book import ACCOUNT, WHY, new_book
from tests.shop import START

POINTS = st.integers(1, 60)
EXPIRY = st.one_of(st.none(), st.integers(1, 5))

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), POINTS, EXPIRY),
        st.tuples(st.sampled_from(["spend", "hold", "expire", "owe", "claw_back"]), POINTS, st.none()),
        st.tuples(st.sampled_from(["capture", "release", "give_back"]), st.integers(0, 9), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 3), st.none()),
    ),
    max_size=40,
)


def step(book: Book, verb: str, number: int, days: int | None) -> None:
    holds = [hold for hold in book.holds.added() if hold.state == "open"]
    given_back = {entry.cause.subject for entry in book.entries.added() if entry.source == "redeemed"}
    spends = [
        entry for entry in book.entries.added()
        if entry.target == "redeemed" and entry.source == "available" and str(entry.number) not in given_back
    ]  # fmt: skip
    if verb == "earn":
        book.earn(ACCOUNT, number, WHY, life=Life(None if days is None else book.now + timedelta(days=days)))
    elif verb == "hold":
        book.hold(ACCOUNT, number, WHY, expires_at=None)
    elif verb in ("owe", "claw_back"):
        book.claw_back(ACCOUNT, number, WHY, below_zero=verb == "owe")
    elif verb == "wait":
        book.now += timedelta(days=number)
    elif verb in ("spend", "expire"):
        getattr(book, verb)(ACCOUNT, number, WHY)
    elif verb == "give_back" and spends:
        spent: Entry = spends[number % len(spends)]
        book.give_back(spent, WHY._replace(subject=str(spent.number)))
    elif verb in ("capture", "release") and holds:
        hold: Hold = holds[number % len(holds)]
        getattr(book, verb)(hold, WHY)


def assert_right(book: Book) -> None:
    """Balances are the sums of entries, running balances are right, and lots pay for what there is."""
    account = book.accounts[ACCOUNT]
    entries = book.entries.added()
    running: Counter[str] = Counter()
    in_lots: Counter[int] = Counter()
    for number, entry in enumerate(entries, start=1):
        assert entry.number == number
        running[entry.source] -= entry.points
        running[entry.target] += entry.points
        assert (entry.source_after, entry.target_after) == (running[entry.source], running[entry.target])
        for lot, points in entry.parts:
            assert points > 0
            if "available" in (entry.source, entry.target):
                in_lots[lot] += points if entry.target == "available" else -points
            assert 0 <= in_lots[lot] <= book.lots[ACCOUNT, lot].points
    assert account.entries == len(entries)
    for bucket in ("issued", "available", "held", "redeemed", "expired", "reversed"):
        assert getattr(account, bucket) == running[bucket]
    assert sum(running.values()) == 0
    lots = book.lots.added()
    assert {lot.number: lot.available for lot in lots if lot.available} == {
        number: points for number, points in in_lots.items() if points
    }
    assert sum(lot.available for lot in lots) == max(0, account.available)
    assert sum(lot.held for lot in lots) == account.held
    assert account.held == sum(book.entries[ACCOUNT, hold.number].points for hold in book.holds.added()
                               if hold.state == "open")  # fmt: skip


@settings(deadline=None)
@given(STEPS)
def test_the_books_are_right_after_any_sequence(steps: list[tuple[str, int, int | None]]):
    book = new_book(START)
    for command, (verb, number, days) in enumerate(steps):
        before = (book.accounts[ACCOUNT], book.lots.added(), book.holds.added(), book.entries.added())
        spendable = book.spendable(ACCOUNT)
        try:
            with book.attempt("test", UUID(int=command)):
                step(book, verb, number, days)
        except NotEnoughPoints:
            assert number > spendable, "a refusal is never false"
            after = (book.accounts[ACCOUNT], book.lots.added(), book.holds.added(), book.entries.added())
            assert after == before
        else:
            assert verb not in ("spend", "hold", "expire", "claw_back") or number <= spendable
        assert_right(book)
