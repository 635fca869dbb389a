"""Who referred and the friend become one: nobody is rewarded for themselves, and undone, they are two again."""

import pytest

from guerdon.referrals.referral import Referral
from tests.moving.people import balances, merge, unmerge
from tests.referrals.friends import ANA, BEN, CAT, buy, code, join, referring
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDING = "SELECT state, reason, order_id FROM referral WHERE merchant_id = $1"


async def standing(shop: Shop) -> tuple[str, str | None, str | None]:
    """The one referral of the shop: its state, the reason, and the order."""
    row = await shop.engine.database.fetchrow(STANDING, shop.merchant.merchant_id)
    assert row is not None
    return row[0], row[1], row[2]


def said(referral: Referral | None) -> tuple[str, str | None]:
    """Its state and reason."""
    assert referral is not None
    return referral.state, referral.reason


@pytest.mark.parametrize("friend_stays", [True, False])
async def test_who_has_become_the_friend_is_not_rewarded_until_they_are_two_again(street: Street, friend_stays: bool):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    merged = await merge(shop, ben, ana) if friend_stays else await merge(shop, ana, ben)
    for order_id in ("o1", "o2"):
        assert said(await buy(shop, BEN, order_id=order_id)) == ("refused", "self")
    assert await shop.balance(BEN) == (0, 0)
    assert await standing(shop) == ("refused", "self", "o1")

    await unmerge(shop, merged.merge_id)
    assert await standing(shop) == ("signed_up", None, None)
    assert said(await buy(shop, BEN, order_id="o3", first=False)) == ("completed", None)
    assert [(await balances(shop, one)).available for one in (ana, ben)] == [100, 50]
    assert await contradictions(shop) == []


async def test_an_order_that_counts_again_rewards_nobody_who_has_become_the_friend(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    await buy(shop, BEN)
    await buy(shop, BEN, stands=False)
    merged = await merge(shop, ana, ben)
    assert said(await buy(shop, BEN)) == ("reversed", None)
    assert await shop.balance(ANA) == (0, 0)
    await unmerge(shop, merged.merge_id)
    assert said(await buy(shop, BEN)) == ("completed", None)
    assert [(await balances(shop, one)).available for one in (ana, ben)] == [100, 50]


async def test_who_named_their_own_code_stays_refused_whoever_becomes_them(street: Street):
    shop = await referring(street)
    assert said(await join(shop, ANA, await code(shop))) == ("refused", "self")
    merged = await merge(shop, await shop.member(CAT), await shop.member(ANA))
    await unmerge(shop, merged.merge_id)
    assert (await standing(shop))[:2] == ("refused", "self")


async def test_two_who_were_one_stay_refused_when_both_become_a_third_and_do_so_no_more(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    ana, ben, cat = await shop.member(ANA), await shop.member(BEN), await shop.member(CAT)
    first = await merge(shop, ana, ben)
    await buy(shop, BEN)
    second = await merge(shop, cat, ana)
    assert (await standing(shop))[:2] == ("refused", "self")
    await unmerge(shop, second.merge_id)
    assert (await standing(shop))[:2] == ("refused", "self")
    await unmerge(shop, first.merge_id)
    assert (await standing(shop))[:2] == ("signed_up", None)
