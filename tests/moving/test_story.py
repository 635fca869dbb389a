"""A member's story: all that happened, newest first, whole whatever the size of its pages."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from guerdon.activities.adjust import AdjustPoints
from guerdon.errors.books import NotEnoughPoints
from guerdon.moving.merge import MergeMembers
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.story import KINDS, Kind, Line, Place, tell_story
from guerdon.orders.report import ReportOrder
from tests.moving.people import ANA, BEN, CAT, allow, transfer
from tests.shop import Shop, email
from tests.street import cancel, do, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def story(shop: Shop, member_id: int, *, page: int = 100, kinds: Collection[Kind] = KINDS) -> list[Line]:
    """The whole story, page by page."""
    told: list[Line] = []
    before: Place | None = None
    while True:
        some = await tell_story(
            shop.engine.database, shop.merchant.merchant_id, member_id, kinds=kinds, before=before, count_max=page
        )  # fmt: skip
        told += some
        if len(some) < page:
            return told
        before = some[-1].place


async def happened(shop: Shop) -> int:
    """Something of every kind happens to Ana, some of it in the same moment."""
    ana = await shop.member(ANA, 1000)
    await shop.member(BEN, 50)
    other = await shop.member(CAT)
    await allow(shop)
    rule = await shop.rule(name="Mug")
    shop.clock.advance(minutes=1)
    first = await redeem(shop, ANA, rule.rule_id)
    await cancel(shop, first.redemption_id)
    with pytest.raises(NotEnoughPoints):
        await redeem(shop, ANA, (await shop.rule(points=9000)).rule_id)
    with pytest.raises(NotEnoughPoints):
        await redeem(shop, CAT, rule.rule_id)
    order = ReportOrder(
        merchant=shop.merchant, who=email(ANA), order_id="A-1", total_minor=9000, currency="USD", status="paid"
    )  # fmt: skip
    await do(shop, order)
    shop.clock.advance(minutes=1)
    await transfer(shop, ANA, BEN, 20)
    await transfer(shop, BEN, ANA, 5)
    await do(shop, MergeMembers(merchant=shop.merchant, survivor_id=ana, member_id=other))
    return ana


async def test_pages_of_any_size_tell_the_same_story(shop: Shop):
    ana = await happened(shop)
    whole = await story(shop, ana)
    assert [line.at for line in whole] == sorted((line.at for line in whole), reverse=True)
    kinds = {line.kind for line in whole}
    assert kinds >= {"points", "redemption", "order", "transfer", "decision", "merge", "profile"}
    assert len({line.place for line in whole}) == len(whole)
    for page in (1, 2, 3, 7):
        assert await story(shop, ana, page=page) == whole, page


async def test_only_kinds_that_are_asked_for_are_told(shop: Shop):
    ana = await happened(shop)
    whole = await story(shop, ana)
    for kind in KINDS:
        assert await story(shop, ana, kinds=[kind], page=2) == [line for line in whole if line.kind == kind], kind


async def test_what_was_refused_to_who_became_the_member_is_told_too(shop: Shop):
    ana = await happened(shop)
    refused = await story(shop, ana, kinds=["decision"])
    assert sorted(line.facts["facts"]["shortfall"] for line in refused) == [100, 8000]
    assert {line.facts["command"] for line in refused} == {"Redeem"}


async def test_money_that_was_given_back_is_told_beside_what_it_had_bought(shop: Shop):
    ana, _ = await shop.member(ANA), await shop.member(BEN)
    await allow(shop)
    bought = await do(shop, BuyPoints(merchant=shop.merchant, buyer=email(ANA), points=50, payment="p-1"))
    shop.clock.advance(minutes=1)
    await transfer(shop, ANA, BEN, 20)
    shop.clock.advance(minutes=1)
    await do(shop, RefundPurchase(merchant=shop.merchant, movement_id=bought.movement_id))
    told = await story(shop, ana, kinds=["transfer"], page=1)
    assert [(line.facts["movement"], line.facts["refunded"], line.facts["points_back"]) for line in told] == [
        ("purchase", True, 50), ("transfer", False, None), ("purchase", False, None)
    ]  # fmt: skip
    assert told[0].key == told[2].key
    assert told[0].at == shop.clock()


async def test_a_place_of_no_story_is_told_apart(shop: Shop):
    with pytest.raises(ValueError, match="order"):
        await tell_story(
            shop.engine.database, shop.merchant.merchant_id, 1, kinds=["redemption"],
            before=Place(datetime(2026, 1, 1, tzinfo=UTC), "redemption", "order"),
        )  # fmt: skip


async def test_points_by_hand_are_told_with_their_reason(shop: Shop):
    ana = await shop.member(ANA)
    await do(shop, AdjustPoints(merchant=shop.merchant, who=email(ANA), points=10, title="Sorry"))
    line = (await story(shop, ana, kinds=["points"]))[0]
    assert line.entry is not None
    assert (line.entry.reason, line.entry.title, line.entry.actor) == ("adjustment", "Sorry", "test")
