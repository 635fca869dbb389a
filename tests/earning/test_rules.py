"""Earning rules in the database: versions, which of them count, and how caps and budgets are counted and given back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from guerdon.database.pool import Connection
from guerdon.earning.dryrun import dry_run
from guerdon.earning.earns import CouponGift, Earns, Flat, Multiplier
from guerdon.earning.rule import Cap, EarningRule, Period, VersionedRule
from guerdon.earning.rule_shelf import KINDS, RuleCache, find_uses, load_uses, lock_budgets, saves
from guerdon.earning.rules import (
    StoredRule,
    add_rule,
    change_rule,
    get_budgets,
    get_rule,
    list_rules,
    list_versions,
    set_active,
)
from guerdon.earning.use import Budget, Use, count, uncount, use_keys
from guerdon.errors.base import BadField
from guerdon.errors.books import MemberNotFound
from guerdon.errors.earning import EarningRuleNotFound
from guerdon.errors.rewards import VersionConflict
from guerdon.kit.together import Write
from guerdon.members.members import find_member
from guerdon.points.book import Book
from guerdon.points.store import GivenAnswer, Shelf, save_book
from tests.earning.programme import order, points, reasons
from tests.shop import START, Shop, email
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
DAY = START.date()
DAILY = (Cap(per=Period.DAY, points=100, times=3), Cap(per=Period.EVER, times=10))


def terms(earns: Earns | None = None, **more: Any) -> EarningRule:
    return EarningRule(name="Points", earns=earns or Flat(points=10), **more)


async def added(shop: Shop, earns: Earns | None = None, **more: Any) -> StoredRule:
    """A rule of the shop's: ten points for an order, unless the terms say otherwise."""
    return await add_rule(
        shop.engine.database, shop.merchant.merchant_id, terms(earns, **more), actor="ana", now=shop.clock()
    )


async def changed(shop: Shop, rule_id: int, new: EarningRule, **more: Any) -> StoredRule:
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    return await change_rule(database, merchant_id, rule_id, new, actor="ben", now=shop.clock(), **more)


@asynccontextmanager
async def batch(shop: Shop, *rules: VersionedRule, member_id: int) -> AsyncGenerator[Book]:
    """A book with what the desk would lay open of these rules on the day, saved at the end."""
    async with shop.engine.database.indexed_transaction() as connection:
        book = await opened(connection, shop, *rules, member_id=member_id)
        yield book
        await save_book(connection, book, (Saver(),), [GivenAnswer(str(uuid4()), "", "counted")], ())


async def opened(connection: Connection, shop: Shop, *rules: VersionedRule, member_id: int) -> Book:
    book = Book(shop.merchant.merchant_id, shop.clock(), lambda _: 0)
    keys = [key for rule in rules for day in (DAY, DAY - timedelta(days=1)) for key in use_keys(rule, member_id, day)]
    await load_uses(connection, book, keys)
    await lock_budgets(connection, book, rules)
    return book


class Saver(Shelf):
    """A shelf that has nothing but what was counted."""

    keeps = KINDS

    def save(self, book: Book) -> list[Write]:
        return saves(book)


async def uses(shop: Shop, rule: VersionedRule, member_id: int, day: Any = DAY) -> dict[str, tuple[int, int]]:
    """Points and times by period, as the database has them."""
    found = await find_uses(shop.engine.database, shop.merchant.merchant_id, use_keys(rule, member_id, day))
    return {str(use.period): (use.points, use.times) for use in found.values()}


async def test_a_change_is_a_new_version_and_the_old_one_stays(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    first = await added(shop)
    assert (first.version, await get_rule(database, merchant_id, first.rule_id)) == (1, first)
    shop.clock.advance(hours=1)
    second = await changed(shop, first.rule_id, terms(Flat(points=20)))
    assert (second.version, second.created_at, second.updated_at, second.actor) == (2, START, shop.clock(), "ben")
    versions = await list_versions(database, merchant_id, first.rule_id)
    assert [(one.version, one.terms.earns, one.actor) for one in versions] == [
        (2, Flat(points=20), "ben"), (1, Flat(points=10), "ana")
    ]  # fmt: skip
    assert [rule.version for rule in await list_rules(database, merchant_id)] == [2]


async def test_a_change_of_what_was_changed_meanwhile_is_refused(shop: Shop):
    rule = await added(shop)
    await changed(shop, rule.rule_id, terms(), expected_version=1)
    with pytest.raises(VersionConflict):
        await changed(shop, rule.rule_id, terms(), expected_version=1)


async def test_of_two_changes_at_once_both_count(shop: Shop):
    rule = await added(shop)
    both = await asyncio.gather(*(changed(shop, rule.rule_id, terms(Flat(points=n))) for n in (1, 2)))
    assert {one.version for one in both} == {2, 3}


async def test_a_rule_of_another_merchant_does_not_exist(shop: Shop, street: Street):
    rule = await added(await street.shop())
    with pytest.raises(EarningRuleNotFound):
        await get_rule(shop.engine.database, shop.merchant.merchant_id, rule.rule_id)
    with pytest.raises(EarningRuleNotFound):
        await changed(shop, rule.rule_id, terms())
    assert await list_versions(shop.engine.database, shop.merchant.merchant_id, rule.rule_id) == []


async def test_a_coupon_needs_its_redemption_rule(shop: Shop):
    with pytest.raises(BadField) as refused:
        await added(shop, CouponGift(redemption_rule_id=999_999))
    assert refused.value.field == "earns.redemption_rule_id"
    redemption_rule = await shop.rule()
    rule = await added(shop, CouponGift(redemption_rule_id=redemption_rule.rule_id))
    assert rule.version == 1


async def test_the_active_rules_of_an_occasion_at_the_version_that_counts(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    one, two = await added(shop), await added(shop, Multiplier(factor=Decimal(2)))
    review = await added(shop, trigger="review")
    cache = RuleCache()

    async def found(*triggers: str) -> list[tuple[int, int]]:
        return [(rule.rule_id, rule.version) for rule in await cache.load_rules(database, merchant_id, triggers)]

    assert await found("order") == [(one.rule_id, 1), (two.rule_id, 1)]
    assert await found("review", "birthday") == [(review.rule_id, 1)]
    await changed(shop, one.rule_id, terms(trigger="review"))
    stopped = await set_active(database, merchant_id, two.rule_id, active=False, actor="ana", now=shop.clock())
    assert (stopped.version, stopped.terms.active) == (2, False)
    assert await set_active(database, merchant_id, two.rule_id, active=False, actor="ana", now=shop.clock()) == stopped
    assert await found("order") == []
    assert await found("review") == [(one.rule_id, 2), (review.rule_id, 1)]
    await set_active(database, merchant_id, two.rule_id, active=True, actor="ana", now=shop.clock())
    assert await found("order") == [(two.rule_id, 3)]


async def test_an_award_finds_the_version_it_was_made_under(shop: Shop):
    rule = await added(shop)
    await changed(shop, rule.rule_id, terms(Flat(points=20)))
    versions = [(rule.rule_id, 2), (rule.rule_id, 1)]
    found = await RuleCache().load_versions(shop.engine.database, shop.merchant.merchant_id, versions)
    assert [one.terms.earns for one in found] == [Flat(points=20), Flat(points=10)]


async def test_what_is_counted_is_given_back(shop: Shop):
    rule = (await added(shop, caps=DAILY, budget_points=1000)).versioned
    ana = await shop.member(ANA)
    async with batch(shop, rule, member_id=ana) as book:
        count(book, rule, ana, DAY, 10)
        count(book, rule, ana, DAY, 30)
    assert await uses(shop, rule, ana) == {"day": (40, 2), "ever": (40, 2)}
    assert await get_budgets(shop.engine.database, shop.merchant.merchant_id) == {
        rule.rule_id: Budget(rule.rule_id, 40, 2)
    }
    async with batch(shop, rule, member_id=ana) as book:
        uncount(book, rule, ana, DAY, 12, times=0)
        uncount(book, rule, ana, DAY, 10)
    assert await uses(shop, rule, ana) == {"day": (18, 1), "ever": (18, 1)}
    budgets = await get_budgets(shop.engine.database, shop.merchant.merchant_id)
    assert budgets[rule.rule_id] == Budget(rule.rule_id, 18, 1)


async def test_what_happened_long_ago_counts_in_its_own_time(shop: Shop):
    rule = (await added(shop, caps=DAILY)).versioned
    ana = await shop.member(ANA)
    yesterday = DAY - timedelta(days=1)
    for day, given in ((DAY, 50), (yesterday, 30), (DAY, 20)):
        async with batch(shop, rule, member_id=ana) as book:
            count(book, rule, ana, day, given)
    assert await uses(shop, rule, ana) == {"day": (70, 2), "ever": (100, 3)}
    assert await uses(shop, rule, ana, yesterday) == {"day": (30, 1), "ever": (100, 3)}
    async with batch(shop, rule, member_id=ana) as book:
        uncount(book, rule, ana, yesterday, 30)
    assert await uses(shop, rule, ana) == {"day": (70, 2), "ever": (70, 2)}


async def test_a_share_goes_back_to_the_caps_of_its_own_version(shop: Shop):
    first = (await added(shop, caps=DAILY, times_max=5)).versioned
    ana = await shop.member(ANA)
    async with batch(shop, first, member_id=ana) as book:
        count(book, first, ana, DAY, 10)
    second = (await changed(shop, first.rule_id, terms())).versioned
    async with batch(shop, first, second, member_id=ana) as book:
        uncount(book, first, ana, DAY, 10)
        count(book, second, ana, DAY, 10)
    assert await uses(shop, first, ana) == {"day": (0, 0), "ever": (0, 0)}
    budgets = await get_budgets(shop.engine.database, shop.merchant.merchant_id)
    assert budgets == {first.rule_id: Budget(first.rule_id, 0, 0)}


async def test_a_refused_command_counts_nothing(shop: Shop):
    rule = (await added(shop, caps=DAILY, budget_points=1000)).versioned
    ana = await shop.member(ANA)
    async with batch(shop, rule, member_id=ana) as book:
        with suppress(MemberNotFound), book.attempt("test", uuid4()):
            count(book, rule, ana, DAY, 10)
            raise MemberNotFound("email", ANA)
        assert book.page(Use).get(use_keys(rule, ana, DAY)[0]) is None
    assert await uses(shop, rule, ana) == {}


async def test_nothing_is_given_back_twice(shop: Shop):
    rule = (await added(shop, caps=DAILY)).versioned
    ana = await shop.member(ANA)
    async with batch(shop, rule, member_id=ana) as book:
        count(book, rule, ana, DAY, 10)
        uncount(book, rule, ana, DAY, 10)
        with pytest.raises(AssertionError):
            uncount(book, rule, ana, DAY, 10)


async def test_two_who_draw_on_one_budget_wait_for_each_other(shop: Shop):
    rule = (await added(shop, budget_points=1000)).versioned
    ana = await shop.member(ANA)
    in_step: list[int] = []

    async def draw() -> None:
        async with batch(shop, rule, member_id=ana) as book:
            in_step.append(book.page(Budget)[rule.rule_id].points)
            await asyncio.sleep(0.05)
            count(book, rule, ana, DAY, 10)

    await asyncio.gather(draw(), draw(), draw())
    assert sorted(in_step) == [0, 10, 20]


async def test_a_dry_run_knows_what_was_used_and_books_nothing(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    capped = (await added(shop, Flat(points=80), caps=DAILY)).versioned
    budget = (await added(shop, Flat(points=80), budget_points=100)).versioned
    off = await added(shop, active=False)
    ana = await shop.member(ANA)
    member = await find_member(database, merchant_id, email(ANA))
    async with batch(shop, capped, budget, member_id=ana) as book:
        count(book, capped, ana, DAY, 60)
        count(book, budget, ana, DAY, 70)
    for _ in range(2):
        evaluation = await dry_run(database, shop.merchant, member, order())
        assert points(evaluation) == {capped.rule_id: 40, budget.rule_id: 30}
        assert reasons(evaluation) == {off.rule_id: "inactive"}
    assert await shop.balance(ANA) == (0, 0)
