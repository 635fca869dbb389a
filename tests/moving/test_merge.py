"""Two members who are one, and two again: points, holds, coupons, caps, tiers, identities, orders, and the numbers."""

from datetime import timedelta
from typing import Any

import pytest

from guerdon.errors.books import MemberNotFound
from guerdon.errors.members import InHousehold, MemberMerged, MergeNotFound, SameMember, WindowClosed
from guerdon.errors.moving import YearCap
from guerdon.errors.rewards import MemberCap
from guerdon.members.members import ProfileChange, find_member, get_member, upsert_member
from guerdon.merchants.merchant import Policies
from guerdon.moving.rule import MovingRule, Terms
from guerdon.points.command import Identity
from guerdon.points.history import get_balances, list_entries
from guerdon.rewards.redeem import Redeem
from guerdon.tiers.assign import AssignTier
from tests.moving.people import (
    ANA,
    BEN,
    CAT,
    allow,
    available,
    balances,
    dissolve,
    household,
    leave,
    merge,
    transfer,
    unmerge,
)  # fmt: skip
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, do, outcomes_of, redeem, redemption_of, report, take

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def profile(shop: Shop, member_id: int) -> Any:
    """Who a number answers with."""
    return await get_member(shop.engine.database, shop.merchant.merchant_id, member_id)


async def rows(shop: Shop, statement: str) -> list[tuple[Any, ...]]:
    """What the database has for this merchant ($1)."""
    found = await shop.engine.database.fetch(statement, shop.merchant.merchant_id)
    return [tuple(row) for row in found]


async def test_points_holds_and_debts_are_of_one_member(shop: Shop):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 300, expires_at=shop.clock() + timedelta(days=9))
    held = await redeem(shop, BEN, rule.rule_id, 200, delayed=True)
    await merge(shop, ana, ben)
    shown = await balances(shop, ana)
    assert (shown.available, shown.held, shown.earned) == (200, 200, 400)
    assert await balances(shop, ben) == shown, "the old number answers with the new one"
    await cancel(shop, held.redemption_id)
    assert await available(shop, ana) == 400
    shop.clock.advance(days=10)
    assert await available(shop, ana) == 100, "what was Ben's keeps its expiry"
    assert await contradictions(shop) == []


async def test_what_was_owed_is_paid_and_owed_again(shop: Shop):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    await take(shop, BEN, 130)
    merged = await merge(shop, ana, ben)
    assert await available(shop, ana) == -30
    await unmerge(shop, merged.merge_id)
    assert (await available(shop, ana), await available(shop, ben)) == (100, -130)
    assert await contradictions(shop) == []


async def test_identities_and_numbers_find_the_survivor(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN, 100)
    merged = await merge(shop, ana, ben)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    found = await find_member(database, merchant_id, email(BEN))
    assert (found.member_id, found.identity("email")) == (ana, ANA)
    assert (await profile(shop, ben)).member_id == ana
    rule = await shop.rule()
    by_number = Redeem(merchant=shop.merchant, who=(Identity("member", str(ben)),), rule_id=rule.rule_id)
    assert (await do(shop, by_number)).member_id == ana
    await unmerge(shop, merged.merge_id)
    assert (await find_member(database, merchant_id, email(BEN))).member_id == ben
    assert (await profile(shop, ben)).status == "active"


async def test_an_address_that_the_survivor_gave_up_stays_given_up(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    merged = await merge(shop, ana, ben)
    phone = Identity("phone", "+14155550100")
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await upsert_member(database, merchant_id, (*email(BEN), phone), ProfileChange(), shop.clock())
    await unmerge(shop, merged.merge_id)
    assert (await find_member(database, merchant_id, email(BEN))).member_id == ben
    assert (await find_member(database, merchant_id, (phone,))).member_id == ana, "it came after they were one"


async def test_caps_count_for_both_and_apart_again(shop: Shop):
    rule = await shop.rule(redemptions_max_per_member=2)
    ana, ben = await shop.member(ANA, 1000), await shop.member(BEN, 1000)
    first = await redeem(shop, ANA, rule.rule_id)
    second = await redeem(shop, BEN, rule.rule_id)
    merged = await merge(shop, ana, ben)
    with pytest.raises(MemberCap):
        await redeem(shop, ANA, rule.rule_id)
    assert await contradictions(shop) == []
    await cancel(shop, second.redemption_id)
    third = await redeem(shop, BEN, rule.rule_id)
    assert third.member_id == ana
    await unmerge(shop, merged.merge_id)
    assert await contradictions(shop) == []
    owners = await rows(shop, "SELECT redemption_id, member_id FROM redemption WHERE merchant_id = $1")
    assert set(owners) == {(first.redemption_id, ana), (second.redemption_id, ben), (third.redemption_id, ana)}
    for _ in range(2):
        await redeem(shop, BEN, rule.rule_id)
    for address in (ANA, BEN):
        with pytest.raises(MemberCap):
            await redeem(shop, address, rule.rule_id)
    assert await contradictions(shop) == []


async def test_the_limits_of_a_year_are_those_of_one_person(shop: Shop):
    await allow(shop, MovingRule(transfers=Terms(enabled=True, points_max_per_year=100)))
    ana, ben = await shop.member(ANA, 500), await shop.member(BEN, 500)
    await shop.member(CAT)
    await transfer(shop, ANA, CAT, 60)
    await transfer(shop, BEN, CAT, 30)
    merged = await merge(shop, ana, ben)
    with pytest.raises(YearCap) as refused:
        await transfer(shop, BEN, CAT, 11)
    assert refused.value.points_left == 10
    await transfer(shop, BEN, CAT, 10)
    await unmerge(shop, merged.merge_id)
    with pytest.raises(YearCap) as refused:
        await transfer(shop, BEN, CAT, 71)
    assert refused.value.points_left == 70
    with pytest.raises(YearCap) as refused:
        await transfer(shop, ANA, CAT, 31)
    assert refused.value.points_left == 30


async def test_orders_and_coupons_go_over_and_come_back(shop: Shop):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA), await shop.member(BEN, 200)
    held = await redeem(shop, BEN, rule.rule_id, 100, delayed=True)
    await report(shop, BEN, "o1", status="pending")
    merged = await merge(shop, ana, ben)
    await report(shop, ANA, "o1", held.code, status="paid")
    assert await redemption_of(shop, held.redemption_id) == ("captured", "used", "o1")
    owners = "SELECT order_id, member_id FROM shop_order WHERE merchant_id = $1"
    assert await rows(shop, owners) == [("o1", ana)]
    await unmerge(shop, merged.merge_id)
    assert await rows(shop, owners) == [("o1", ben)]
    assert (await available(shop, ana), await available(shop, ben)) == (0, 100)
    await report(shop, BEN, "o1", status="cancelled")
    assert await available(shop, ben) == 200
    assert await contradictions(shop) == []


async def test_gaps_of_the_profile_are_filled_and_emptied(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id

    async def member(address: str, **known: Any) -> int:
        return await upsert_member(database, merchant_id, email(address), ProfileChange(**known), shop.clock())

    ana = await member(ANA, first_name="Ana", tags=("a",))
    ben = await member(BEN, first_name="Ben", last_name="Stone", tags=("b",), opted_in=True, country="DE")
    await do(shop, AssignTier(merchant=shop.merchant, who=email(BEN), level=2))
    before = await profile(shop, ana)
    merged = await merge(shop, ana, ben)
    one = await profile(shop, ana)
    assert (one.first_name, one.last_name, one.country, one.tags) == ("Ana", "Stone", "DE", ("a", "b"))
    assert (one.opted_in, one.tier_level) == (True, 2)
    await member(ANA, country="FR")
    await unmerge(shop, merged.merge_id)
    after = await profile(shop, ana)
    assert (after.last_name, after.tags, after.opted_in, after.tier_level) == (None, ("a",), None, 0)
    assert after.country == "FR", "what was said since stays"
    assert after.identities == before.identities
    other = await profile(shop, ben)
    assert (other.first_name, other.last_name, other.tier_level) == ("Ben", "Stone", 2)


async def test_what_is_still_there_of_the_lots_goes_back(shop: Shop):
    await allow(shop)
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 300, expires_at=shop.clock() + timedelta(days=90))
    await shop.member(CAT)
    held = await redeem(shop, BEN, rule.rule_id, 100, delayed=True)
    merged = await merge(shop, ana, ben)
    await transfer(shop, ANA, CAT, 150)
    await cancel(shop, held.redemption_id)
    assert await available(shop, ana) == 250
    await unmerge(shop, merged.merge_id)
    assert (await available(shop, ana), await available(shop, ben)) == (100, 150)
    shop.clock.advance(days=91)
    assert (await available(shop, ana), await available(shop, ben)) == (100, 0)
    assert await contradictions(shop) == []


async def test_merges_follow_one_another_and_are_undone_from_the_last(shop: Shop):
    rule = await shop.rule()
    ana, ben, cat = await shop.member(ANA, 1), await shop.member(BEN, 20), await shop.member(CAT, 300)
    held = await redeem(shop, CAT, rule.rule_id, 100, delayed=True)
    first = await merge(shop, ben, cat)
    second = await merge(shop, ana, ben)
    assert (await profile(shop, cat)).member_id == ana
    assert await balances(shop, cat) == await balances(shop, ana)
    with pytest.raises(MemberMerged) as refused:
        await unmerge(shop, first.merge_id)
    assert refused.value.survivor_id == ana
    await unmerge(shop, second.merge_id)
    assert (await available(shop, ana), await available(shop, ben)) == (1, 220)
    assert (await profile(shop, cat)).member_id == ben
    await unmerge(shop, first.merge_id)
    await cancel(shop, held.redemption_id)
    assert [await available(shop, member_id) for member_id in (ana, ben, cat)] == [1, 20, 300]
    assert await contradictions(shop) == []


async def test_undone_twice_is_undone_once_also_if_they_have_had_a_household_since(shop: Shop):
    ana, ben = await shop.member(ANA, 10), await shop.member(BEN, 20)
    merged = await merge(shop, ben, ana)
    undone = await unmerge(shop, merged.merge_id)
    home = await household(shop, ana)
    await dissolve(shop, home.household_id)
    assert await unmerge(shop, merged.merge_id) == undone
    assert await contradictions(shop) == []


async def test_a_merge_is_undone_only_once_the_survivor_has_left_a_household(shop: Shop):
    ana, ben, cat = await shop.member(ANA, 10), await shop.member(BEN, 20), await shop.member(CAT)
    merged = await merge(shop, ana, ben)
    home = await household(shop, cat, ana)
    with pytest.raises(InHousehold):
        await unmerge(shop, merged.merge_id)
    await leave(shop, home.household_id, ana, 30)
    await unmerge(shop, merged.merge_id)
    assert await contradictions(shop) == []


async def test_undone_twice_is_undone_once(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN, 50)
    merged = await merge(shop, ana, ben)
    undone = await unmerge(shop, merged.merge_id)
    assert (undone.state, await available(shop, ben)) == ("undone", 50)
    assert await unmerge(shop, merged.merge_id) == undone
    again = await merge(shop, ben, ana)
    assert (await profile(shop, ana)).member_id == ben
    await unmerge(shop, again.merge_id)
    assert await contradictions(shop) == []


async def test_the_window_closes(street: Street):
    shop = await street.shop(policies=Policies(merge_undo_days=7))
    merged = await merge(shop, await shop.member(ANA), await shop.member(BEN))
    shop.clock.advance(days=8)
    with pytest.raises(WindowClosed):
        await unmerge(shop, merged.merge_id)


async def test_nobody_merges_with_themselves_with_nobody_or_twice(shop: Shop):
    ana, ben, cat = await shop.member(ANA), await shop.member(BEN), await shop.member(CAT)
    with pytest.raises(SameMember):
        await merge(shop, ana, ana)
    with pytest.raises(MemberNotFound):
        await merge(shop, ana, 2**40)
    with pytest.raises(MergeNotFound):
        await unmerge(shop, 2**40)
    await merge(shop, ana, ben)
    for pair in ((cat, ben), (ben, cat)):
        with pytest.raises(MemberMerged) as refused:
            await merge(shop, *pair)
        assert refused.value.survivor_id == ana


async def test_the_statement_is_that_of_one_member(shop: Shop):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    shop.clock.advance(hours=1)
    await shop.give(BEN, 70)
    shop.clock.advance(hours=1)
    await merge(shop, ana, ben)
    await shop.give(BEN, 5)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    account_id = (await get_balances(database, merchant_id, ben, shop.clock())).account_id
    lines = await list_entries(database, merchant_id, account_id)
    assert [line.change for line in lines] == [5, 70, 100]
    page = await list_entries(database, merchant_id, account_id, before=lines[0].place, count_max=1)
    assert [line.change for line in page] == [70]


async def test_a_merge_among_other_commands_falsely_refuses_nobody(shop: Shop):
    rule = await shop.rule(redemptions_max_per_member=100)
    for number in range(10):
        ana, ben = await shop.member(f"a{number}@example.com"), await shop.member(f"b{number}@example.com", 500)
        outcomes = await outcomes_of(
            redeem(shop, f"b{number}@example.com", rule.rule_id),
            merge(shop, ana, ben),
            *(redeem(shop, f"b{number}@example.com", rule.rule_id, delayed=True) for _ in range(4)),
        )
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        assert (await balances(shop, ana)).held == 400
        assert await available(shop, ana) == 0
    assert await contradictions(shop) == []
