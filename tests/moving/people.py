"""Members who move points, share accounts and become one, in the words of the tests."""

from typing import Any

from guerdon.moving.household import (
    AddToHousehold,
    CreateHousehold,
    DissolveHousehold,
    Household,
    RemoveFromHousehold,
)
from guerdon.moving.merge import Merge, MergeMembers
from guerdon.moving.movement import Kind, Movement
from guerdon.moving.rule import MovingRule, Rate, Terms
from guerdon.moving.rules import set_rule
from guerdon.moving.transfer import Transfer
from guerdon.moving.unmerge import UndoMerge
from guerdon.points.history import Balances, get_balances
from tests.shop import Shop, email
from tests.street import do

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"

OPEN = MovingRule(
    transfers=Terms(enabled=True), gifts=Terms(enabled=True), purchases=Terms(enabled=True), price=Rate(1, 10)
)
"""Everything allowed, without limits and fees; ten points cost a cent."""


async def allow(shop: Shop, rule: MovingRule = OPEN) -> None:
    """Set the merchant's rule for moving points."""
    await set_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def transfer(shop: Shop, sender: str, receiver: str, points: int, **more: Any) -> Movement:
    """Points of the sender become the receiver's."""
    return await do(
        shop, Transfer(merchant=shop.merchant, sender=email(sender), receiver=email(receiver), points=points, **more)
    )


async def gift(shop: Shop, sender: str, receiver: str, points: int) -> Movement:
    """The same, as a gift."""
    return await transfer(shop, sender, receiver, points, kind=Kind.GIFT)


async def merge(shop: Shop, survivor_id: int, member_id: int) -> Merge:
    """The member becomes the survivor."""
    return await do(shop, MergeMembers(merchant=shop.merchant, survivor_id=survivor_id, member_id=member_id))


async def unmerge(shop: Shop, merge_id: int) -> Merge:
    """The two are two again."""
    return await do(shop, UndoMerge(merchant=shop.merchant, merge_id=merge_id))


async def household(shop: Shop, *members: int) -> Household:
    """A household of these members; the first owns it."""
    created = await do(shop, CreateHousehold(merchant=shop.merchant, owner_id=members[0], name="Home"))
    for member_id in members[1:]:
        await join(shop, created.household_id, member_id)
    return created


async def join(shop: Shop, household_id: int, member_id: int, *, may_spend: bool | None = None) -> Household:
    """A member joins."""
    return await do(
        shop,
        AddToHousehold(
            merchant=shop.merchant, household_id=household_id, member_id=member_id, may_spend=may_spend
        ),
    )  # fmt: skip


async def leave(shop: Shop, household_id: int, member_id: int, share: int | None = None) -> Household:
    """A member leaves."""
    return await do(
        shop,
        RemoveFromHousehold(merchant=shop.merchant, household_id=household_id, member_id=member_id, share=share),
    )


async def dissolve(shop: Shop, household_id: int) -> Household:
    """Everybody leaves."""
    return await do(shop, DissolveHousehold(merchant=shop.merchant, household_id=household_id))


async def balances(shop: Shop, member_id: int) -> Balances:
    """What a member is shown, by our number."""
    return await get_balances(shop.engine.database, shop.merchant.merchant_id, member_id, shop.clock())


async def available(shop: Shop, member_id: int) -> int:
    """What a member can spend."""
    return (await balances(shop, member_id)).available
