"""Several members, one account: joining, spending, leaving, dissolving, and what comes back from before."""

from datetime import timedelta

import pytest

from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.members import (
    HouseholdFull,
    HouseholdNotFound,
    InHousehold,
    NotInHousehold,
    OwnerNeeded,
)
from guerdon.errors.moving import OneAccount, PartySuspended, SpendingNotAllowed
from guerdon.members.members import get_member, set_standing
from guerdon.merchants.merchant import Policies
from guerdon.moving.household import SetHouseholdRole
from tests.moving.people import (
    ANA,
    BEN,
    CAT,
    allow,
    available,
    balances,
    dissolve,
    household,
    join,
    leave,
    merge,
    transfer,
)
from tests.shop import Shop
from tests.street import Street, cancel, contradictions, do, redeem, take

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_members_share_what_they_bring_and_earn(shop: Shop):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    await household(shop, ana, ben)
    assert await shop.balance(ANA) == await shop.balance(BEN) == (150, 0)
    await shop.give(BEN, 30)
    rule = await shop.rule()
    await redeem(shop, ANA, rule.rule_id, 100)
    assert await available(shop, ben) == 80
    assert (await balances(shop, ana)).earned == 180
    assert await contradictions(shop) == []


async def test_only_whom_the_household_allows_spends(shop: Shop):
    await allow(shop)
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    await shop.member(CAT)
    home = await household(shop, ana)
    await join(shop, home.household_id, ben, may_spend=False)
    rule = await shop.rule()
    with pytest.raises(SpendingNotAllowed):
        await redeem(shop, BEN, rule.rule_id, 100)
    with pytest.raises(SpendingNotAllowed):
        await transfer(shop, BEN, CAT, 10)
    assert not (await get_member(shop.engine.database, shop.merchant.merchant_id, ben)).may_spend
    may = SetHouseholdRole(merchant=shop.merchant, household_id=home.household_id, member_id=ben, may_spend=True)
    await do(shop, may)
    await redeem(shop, BEN, rule.rule_id, 100)
    await leave(shop, home.household_id, ben)
    assert (await get_member(shop.engine.database, shop.merchant.merchant_id, ben)).may_spend


async def test_points_among_members_of_one_household_are_theirs_already(shop: Shop):
    await allow(shop)
    await household(shop, await shop.member(ANA, 100), await shop.member(BEN))
    with pytest.raises(OneAccount):
        await transfer(shop, ANA, BEN, 10)


async def test_what_was_held_before_comes_back_to_the_household_and_then_to_its_member(shop: Shop):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 300)
    first = await redeem(shop, BEN, rule.rule_id, 100, delayed=True)
    second = await redeem(shop, BEN, rule.rule_id, 100, delayed=True)
    home = await household(shop, ana, ben)
    shown = await balances(shop, ana)
    assert (shown.available, shown.held) == (200, 200)
    await cancel(shop, first.redemption_id)
    assert await available(shop, ana) == 300
    await leave(shop, home.household_id, ben)
    assert (await available(shop, ana), await available(shop, ben)) == (300, 0)
    await cancel(shop, second.redemption_id)
    assert (await available(shop, ana), await available(shop, ben)) == (300, 100)
    assert await contradictions(shop) == []


async def test_what_the_household_paid_comes_back_to_it(shop: Shop):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    home = await household(shop, ana, ben)
    made = await redeem(shop, BEN, rule.rule_id, 100)
    await leave(shop, home.household_id, ben)
    await cancel(shop, made.redemption_id)
    assert (await available(shop, ana), await available(shop, ben)) == (100, 0)


async def test_a_debt_comes_along(shop: Shop):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    await take(shop, BEN, 30)
    await household(shop, ana, ben)
    assert await available(shop, ana) == 70
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("policy", "stated", "share"), [("stays", None, 0), ("equal", None, 33), ("stays", 40, 40)])
async def test_who_leaves_takes_a_share(street: Street, policy: str, stated: int | None, share: int):
    shop = await street.shop(policies=Policies(household_share=policy))  # pyright: ignore[reportArgumentType]  # one of the two
    ana, ben, cat = await shop.member(ANA, 60), await shop.member(BEN, 40), await shop.member(CAT)
    home = await household(shop, ana, ben, cat)
    await leave(shop, home.household_id, cat, stated)
    assert (await available(shop, cat), await available(shop, ana)) == (share, 100 - share)
    with pytest.raises(NotEnoughPoints):
        await leave(shop, home.household_id, ben, 101)
    assert await contradictions(shop) == []


async def test_an_owner_leaves_when_another_owns(shop: Shop):
    ana, ben = await shop.member(ANA, 60), await shop.member(BEN)
    home = await household(shop, ana, ben)
    with pytest.raises(OwnerNeeded):
        await leave(shop, home.household_id, ana)

    def role(member_id: int, role: str) -> SetHouseholdRole:
        return SetHouseholdRole(
            merchant=shop.merchant, household_id=home.household_id, member_id=member_id,
            role=role,  # pyright: ignore[reportArgumentType]  # one of the two
        )  # fmt: skip

    with pytest.raises(OwnerNeeded):
        await do(shop, role(ana, "member"))
    await do(shop, role(ben, "owner"))
    await leave(shop, home.household_id, ana)
    assert (await available(shop, ana), await available(shop, ben)) == (0, 60)
    await leave(shop, home.household_id, ben)
    assert await available(shop, ben) == 60, "the last one takes all of it"
    with pytest.raises(HouseholdNotFound):
        await leave(shop, home.household_id, ben)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("policy", "shares"), [("stays", (101, 0, 0)), ("equal", (35, 33, 33))])
async def test_dissolving_shares_out_and_leaves_the_rest_to_the_owner(
    street: Street, policy: str, shares: tuple[int, ...]
):
    shop = await street.shop(policies=Policies(household_share=policy))  # pyright: ignore[reportArgumentType]  # one of the two
    rule = await shop.rule()
    members = [await shop.member(ANA, 201), await shop.member(BEN), await shop.member(CAT)]
    home = await household(shop, *members)
    held = await redeem(shop, BEN, rule.rule_id, 100, delayed=True)
    await dissolve(shop, home.household_id)
    assert tuple([await available(shop, member_id) for member_id in members]) == shares
    await cancel(shop, held.redemption_id)
    assert await available(shop, members[0]) == shares[0] + 100
    assert await contradictions(shop) == []


async def test_what_ends_first_goes_to_who_came_first(street: Street):
    shop = await street.shop(policies=Policies(household_share="equal"))
    cat, ben, ana = await shop.member(CAT), await shop.member(BEN), await shop.member(ANA)
    for days in (40, 20, 30):
        await shop.give(ANA, 10, expires_at=shop.clock() + timedelta(days=days))
    home = await household(shop, ana)
    for member_id in (ben, cat):
        shop.clock.advance(minutes=1)
        await join(shop, home.household_id, member_id)
    for role in ("owner", "member"):
        await do(
            shop,
            SetHouseholdRole(
                merchant=shop.merchant, household_id=home.household_id, member_id=ben,
                role=role,  # pyright: ignore[reportArgumentType]  # one of the two
            ),
        )  # fmt: skip
    await dissolve(shop, home.household_id)
    shop.clock.advance(days=25)
    assert [await available(shop, member_id) for member_id in (ana, ben, cat)] == [10, 0, 10]
    assert await contradictions(shop) == []


async def test_a_dissolved_household_follows_its_owner_into_the_next(shop: Shop):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 7)
    first = await household(shop, ana)
    held = await redeem(shop, ANA, rule.rule_id, 100, delayed=True)
    await dissolve(shop, first.household_id)
    second = await household(shop, ben, ana)
    await leave(shop, second.household_id, ana)
    await join(shop, second.household_id, ana)
    await cancel(shop, held.redemption_id)
    assert await available(shop, ben) == 107
    assert await contradictions(shop) == []


async def test_a_member_is_in_one_household_alone_and_merges_with_nobody(shop: Shop):
    ana, ben, cat = await shop.member(ANA), await shop.member(BEN), await shop.member(CAT)
    home = await household(shop, ana, ben)
    with pytest.raises(InHousehold):
        await household(shop, ben)
    with pytest.raises(NotInHousehold):
        await leave(shop, home.household_id, cat)
    with pytest.raises(HouseholdNotFound):
        await join(shop, home.household_id + 1000, cat)
    for pair in ((ana, cat), (cat, ana)):
        with pytest.raises(InHousehold):
            await merge(shop, *pair)


async def test_a_household_has_room_for_so_many_and_none_for_the_suspended(street: Street):
    shop = await street.shop(policies=Policies(household_members_max=2))
    ana, ben, cat = await shop.member(ANA), await shop.member(BEN), await shop.member(CAT)
    await set_standing(shop.engine.database, shop.merchant.merchant_id, ben, shop.clock(), status="suspended")
    home = await household(shop, ana)
    with pytest.raises(PartySuspended):
        await join(shop, home.household_id, ben)
    await join(shop, home.household_id, cat)
    await set_standing(shop.engine.database, shop.merchant.merchant_id, ben, shop.clock(), status="active")
    with pytest.raises(HouseholdFull):
        await join(shop, home.household_id, ben)
