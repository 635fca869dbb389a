"""A reward that is given for nothing: a coupon like any other, behind which no points stand."""

from typing import Any, ClassVar

import pytest
from msgspec import Struct

from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.rewards.grant import grant
from guerdon.rewards.redemption import Redemption, State
from guerdon.rewards.rule import Pricing, RewardKind, Versioned
from tests.shop import Shop, email
from tests.street import cancel, contradictions, do, redeem, redemption_of, report, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


class Give(Struct, frozen=True, kw_only=True):
    """Somebody gets a coupon."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    who: tuple[Identity, ...]
    rule_id: int

    @property
    def merchant_id(self) -> int:
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        return Needs(self.who, rows=(("rule", self.rule_id),), numbers=(("redemption_sequence", 1),))

    def decide(self, book: Book) -> Redemption:
        return grant(book, self.merchant, book.member(self.who), book.page(Versioned)[self.rule_id], "test:1")


async def given(shop: Shop, **terms: Any) -> Redemption:
    """Ana has a coupon of a rule of these terms, and no points."""
    rule = await shop.rule(**terms)
    await shop.member(ANA)
    return await do(shop, Give(merchant=shop.merchant, who=email(ANA), rule_id=rule.rule_id))


@pytest.mark.parametrize(
    ("terms", "value_minor"),
    [
        ({"points": 100, "amount_minor": 500}, 500),
        ({"points": 100, "amount_minor": 500, "minimum_points": 300}, 1500),
        ({"points": 100, "amount_minor": 500, "pricing": Pricing.VARIABLE}, 500),
        ({"reward": RewardKind.PERCENTAGE, "percentage_hundredths": 1500}, 0),
    ],
)
async def test_it_is_worth_what_the_fewest_points_buy(shop: Shop, terms: dict[str, Any], value_minor: int):
    gift = await given(shop, **terms)
    assert (gift.points, gift.value_minor, gift.state) == (0, value_minor, State.REDEEMED)
    assert await redemption_of(shop, gift.redemption_id) == ("redeemed", "issued", None)
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_the_shop_is_told_for_what(shop: Shop):
    await given(shop)
    payload = await shop.engine.database.fetchval(
        "SELECT payload ->> 'given_for' FROM event WHERE merchant_id = $1 AND topic = 'redemption.created'",
        shop.merchant.merchant_id,
    )
    assert payload == "test:1"


async def test_an_order_uses_it_gives_it_back_and_takes_it_again(shop: Shop):
    gift = await given(shop)
    await report(shop, ANA, "1001", gift.code)
    assert await redemption_of(shop, gift.redemption_id) == ("redeemed", "used", "1001")
    await report(shop, ANA, "1001", gift.code, status="cancelled")
    assert (await redemption_of(shop, gift.redemption_id))[:2] == ("cancelled", "void")
    await report(shop, ANA, "1001", gift.code)
    assert await redemption_of(shop, gift.redemption_id) == ("redeemed", "used", "1001")
    assert await contradictions(shop) == []


async def test_cancelling_it_gives_nothing_back(shop: Shop):
    gift = await given(shop)
    for _ in range(2):
        assert (await cancel(shop, gift.redemption_id)).state is State.CANCELLED
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_it_asks_for_no_eligibility_and_takes_no_share_of_caps_or_stock(shop: Shop):
    gift = await given(shop, stock=1, redemptions_max_per_member=1, tier_level=0)
    await shop.give(ANA, 100)
    assert (await redeem(shop, ANA, gift.rule_id)).points == 100
    await cancel(shop, gift.redemption_id)
    assert await contradictions(shop) == []


async def test_who_owes_points_can_have_one(shop: Shop):
    await shop.member(ANA)
    await take(shop, ANA, 50)
    gift = await given(shop)
    await report(shop, ANA, "1001", gift.code)
    assert (await redemption_of(shop, gift.redemption_id))[1] == "used"
    assert await contradictions(shop) == []
