"""An award settled again and again stands for what it should, and takes no more back than the policy on debts lets."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from guerdon.awards.award import Award, Terms, Why, activate, give, settle
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.points.values import Account, Cause, Life, Member
from tests.points.test_book import ACCOUNT, balances, days, new_book

HEIR = 8
MEMBER = Member(1, ACCOUNT, "active", None, 0, ())
WHY = Why("order:1001", "rule:7", "order", "Points for goods", 1, {"sentence": "because"})


def merchant(**policies: Any) -> Merchant:
    return Merchant(1, UUID(int=1), "Acme", "USD", "UTC", Policies(**policies), dict[str, Decimal]())


def test_an_award_is_a_lot_that_lives_by_the_merchants_policy():
    book = new_book()
    award = give(book, merchant(expiry="10 days"), MEMBER, WHY, 50, occurred_at=days(-2))
    assert (award.points, award.entries, award.rule_version) == (50, (1,), 1)
    lot = book.lots[ACCOUNT, 1]
    assert (lot.earned_at, lot.expires_at) == (days(-2), days(9).replace(hour=0, minute=0))
    assert [event.topic for event in book.events] == ["points.earned"]


def test_the_terms_of_the_award_win_over_the_merchants():
    book = new_book()
    give(book, merchant(expiry="10 days", earn_pending="3 days"), MEMBER, WHY, 50, terms=Terms("none", "never"))
    assert book.lots[ACCOUNT, 1].expires_at is None


def test_points_wait_for_a_day_or_a_word_and_are_activated_once():
    shop, book = merchant(expiry="10 days"), new_book()
    award = give(book, shop, MEMBER, WHY, 50, terms=Terms("14 days"))
    assert balances(book) == {"issued": -50, "pending": 50}
    assert book.pendings[ACCOUNT, 1].activates_at == days(14).replace(hour=0, minute=0)
    book.now = days(14)
    activate(book, shop, award)
    activate(book, shop, award)
    assert balances(book) == {"issued": -50, "available": 50}
    assert book.lots[ACCOUNT, 2].expires_at == days(25).replace(hour=0, minute=0)


def test_what_waits_is_taken_back_without_touching_the_balance():
    shop, book = merchant(debt="pending_only"), new_book()
    award = give(book, shop, MEMBER, WHY, 50, terms=Terms("fulfilled"))
    award = settle(book, shop, award, 80)
    award = settle(book, shop, award, 20)
    assert (award.points, award.forgiven) == (20, 0)
    assert balances(book) == {"issued": -80, "pending": 20, "reversed": 60}


def test_what_was_activated_comes_back_from_the_lots_it_became():
    shop, book = merchant(), new_book()
    book.earn(ACCOUNT, 100, Cause("test", ""), life=Life(days(1)))
    award = give(book, shop, MEMBER, WHY, 50, terms=Terms("fulfilled"))
    activate(book, shop, award)
    settle(book, shop, award, 10)
    assert book.lots[ACCOUNT, 1].available == 100
    assert book.lots[ACCOUNT, 3].available == 10


def test_within_the_balance_the_rest_is_forgiven_and_not_asked_for_again():
    shop, book = merchant(debt="within_balance"), new_book()
    award = give(book, shop, MEMBER, WHY, 50)
    book.spend(ACCOUNT, 30, Cause("test", ""))
    award = settle(book, shop, award, 0)
    assert (award.points, award.forgiven, book.accounts[ACCOUNT].available) == (30, 30, 0)
    book.earn(ACCOUNT, 100, Cause("test", ""))
    award = settle(book, shop, award, 0)
    assert (award.points, award.forgiven, book.accounts[ACCOUNT].available) == (30, 30, 100)
    award = settle(book, shop, award, 40)
    assert (award.points, award.forgiven, book.accounts[ACCOUNT].available) == (40, 0, 110)


def test_pending_only_leaves_what_is_available():
    shop, book = merchant(debt="pending_only"), new_book()
    award = settle(book, shop, give(book, shop, MEMBER, WHY, 50), 0)
    assert (award.points, award.forgiven, book.accounts[ACCOUNT].available) == (50, 50, 50)


def test_an_award_of_an_account_with_an_heir_is_settled_with_the_heir():
    shop, book = merchant(debt="within_balance"), new_book()
    book.accounts.load(HEIR, Account(HEIR, "points"))
    award = give(book, shop, MEMBER, WHY, 50)
    book.bequeath(ACCOUNT, HEIR)
    settle(book, shop, award, 20)
    assert (book.accounts[ACCOUNT].available, book.accounts[HEIR].available) == (0, 20)


@settings(deadline=None)
@given(
    st.sampled_from(["unlimited", "within_balance", "pending_only"]),
    st.sampled_from(["none", "3 days", "fulfilled"]),
    st.lists(st.one_of(st.tuples(st.just("settle"), st.integers(0, 90)),
                       st.tuples(st.sampled_from(["spend", "activate", "wait"]), st.integers(1, 60))), max_size=12),
)  # fmt: skip
def test_whatever_happens_between_an_award_stands_for_what_it_should(debt: str, waits: str, steps: list[Any]):
    shop, book = merchant(debt=debt), new_book()
    award, target = give(book, shop, MEMBER, WHY, 50, terms=Terms(waits)), 50
    for verb, number in steps:
        if verb == "settle":
            award, target = settle(book, shop, award, number), number
        elif verb == "activate":
            activate(book, shop, award)
        elif verb == "wait":
            book.now += timedelta(days=number)
        elif number <= book.spendable(ACCOUNT):
            book.spend(ACCOUNT, number, Cause("test", ""))
        assert award.points - award.forgiven == target
        assert award == book.page(Award)[award.key]
        entries = [entry for entry in book.entries.added() if entry.cause.subject == award.subject]
        issued = sum(entry.points for entry in entries if entry.source == "issued")
        assert award.points == issued - sum(entry.points for entry in entries if entry.target == "reversed")
        assert debt != "unlimited" or award.forgiven == 0
        assert debt != "within_balance" or book.accounts[ACCOUNT].available >= 0


def test_the_same_award_cannot_be_given_twice():
    shop, book = merchant(), new_book()
    give(book, shop, MEMBER, WHY, 50)
    with pytest.raises(AssertionError):
        give(book, shop, MEMBER, WHY, 50)
