"""Put into a tier by hand: until a day or further notice, with the rules still at work or not."""

from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from msgspec import Struct

from guerdon.awards.award import Why
from guerdon.errors.base import BadField
from guerdon.errors.tiers import TierEndsTooSoon, TierNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.tiers.assign import AssignTier, enter
from guerdon.tiers.members import history
from guerdon.tiers.programme import Tier
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW
from guerdon.tiers.standing import Assigned, Because, Standing
from tests.shop import Shop, email
from tests.street import contradictions, do
from tests.tiers.doing import ANA, SILVER, after, did, judge_due, level, programme, set_tiers, standing, topics

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assign(shop: Shop, level: int, **more: Any) -> Standing:
    return await do(shop, AssignTier(merchant=shop.merchant, who=email(ANA), level=level, **more))


async def test_an_assignment_holds_to_its_day_and_is_reviewed_then(shop: Shop):
    await set_tiers(shop, programme(grace_days=7))
    await shop.member(ANA)
    await assign(shop, 2, until=date(2026, 6, 30), reason="guest of the house")
    found = await standing(shop, ANA)
    assert (found.level, found.until, found.assigned) == (2, date(2026, 6, 30), Assigned.HAND)
    await did(shop, ANA, earned=60)
    after(shop, "2026-07-06")
    assert (await judge_due(shop)).members == 0
    after(shop, "2026-07-07")
    await judge_due(shop)
    assert await level(shop, ANA) == 1, "60 points keep silver"
    assert (await standing(shop, ANA)).until == date(2027, 12, 31)


async def test_the_history_says_who_assigned_it_and_why(shop: Shop):
    await set_tiers(shop, programme())
    member_id = await shop.member(ANA)
    await did(shop, ANA, earned=7, spent_minor=1250, orders=1)
    await assign(shop, 2, reason="guest of the house")
    shop.clock.advance(days=1)
    await assign(shop, 1)
    merchant_id, database = shop.merchant.merchant_id, shop.engine.database
    second, first = await history(database, merchant_id, member_id)
    assert (first.from_level, first.to_level, first.why, first.reason, first.actor, first.at) == (
        0, 2, Because.ASSIGNED, "guest of the house", "test", shop.clock() - timedelta(days=1)
    )  # fmt: skip
    assert (first.points, first.spent_minor, first.orders, first.referrals) == (7, 1250, 1, 0)
    assert (second.from_level, second.to_level) == (2, 1)
    assert await history(database, merchant_id, member_id, limit=1) == [second]
    assert await history(database, merchant_id, member_id, before=second) == [first]
    assert await topics(shop, ANA) == ["tier.entered", "tier.left"]


async def test_until_further_notice_is_never_reviewed(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await assign(shop, 1)
    after(shop, "2036-01-01")
    assert (await judge_due(shop)).members == 0
    assert await did(shop, ANA, earned=500) == 2, "the rules lift from there"
    assert (await standing(shop, ANA)).assigned is Assigned.RULES


async def test_what_is_pinned_is_not_even_lifted(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await assign(shop, 0, pinned=True, until=date(2026, 4, 30))
    assert await did(shop, ANA, earned=500) == 0
    after(shop, "2026-04-30")
    assert (await judge_due(shop)).entered == 1
    assert await level(shop, ANA) == 2


async def test_perks_come_with_an_assignment_unless_told_otherwise(shop: Shop):
    await set_tiers(shop, programme(Tier(name="Silver", entry=SILVER.entry, points_reward=25)))
    await shop.member(ANA)
    await assign(shop, 1, perks=False)
    assert await shop.balance(ANA) == (0, 0)
    await assign(shop, 0)
    await assign(shop, 1)
    await assign(shop, 0)
    await assign(shop, 1)
    assert await shop.balance(ANA) == (25, 0)
    assert await contradictions(shop) == []


async def test_a_level_that_is_not_there_is_refused(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    with pytest.raises(TierNotFound) as refused:
        await assign(shop, 4)
    assert refused.value.sentence == "There is no tier 4: the levels go from 0, which is none, to 3."
    with pytest.raises(TierEndsTooSoon):
        await assign(shop, 1, until=date(2026, 3, 9))
    assert (await assign(shop, 1, until=date(2026, 3, 10))).level == 1, "today is not over"


async def test_without_a_programme_a_level_is_a_level(shop: Shop):
    await shop.member(ANA)
    assert (await assign(shop, 2)).level == 2
    assert (await level(shop, ANA), (await standing(shop, ANA)).name) == (2, "TIER2")
    with pytest.raises(BadField):
        await assign(shop, 1, until=date(2026, 12, 31))
    await set_tiers(shop, programme())
    await judge_due(shop)
    found = await standing(shop, ANA)
    assert (found.level, found.name, found.until) == (2, "Gold", None)


class Entered(Struct, frozen=True, kw_only=True):
    """A rule gives entry to a tier."""

    answers: ClassVar[type] = Standing

    merchant: Merchant
    who: tuple[Identity, ...]
    level: int

    @property
    def merchant_id(self) -> int:
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        return Needs(self.who, rows=(TIER_ROW,), numbers=(TIER_NUMBERS,))

    def decide(self, book: Book) -> Standing:
        return enter(book, self.merchant, book.member(self.who), self.level, Why("activity:1", "rule:1", "activity"))


async def test_a_rule_may_give_entry_and_takes_nobody_down(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    entered = await do(shop, Entered(merchant=shop.merchant, who=email(ANA), level=2))
    assert (entered.level, entered.until, entered.assigned) == (2, date(2027, 12, 31), Assigned.HAND)
    assert (await do(shop, Entered(merchant=shop.merchant, who=email(ANA), level=1))).level == 2
    assert (await do(shop, Entered(merchant=shop.merchant, who=email(ANA), level=9))).level == 3, "the highest there is"
    await assign(shop, 0, pinned=True)
    assert (await do(shop, Entered(merchant=shop.merchant, who=email(ANA), level=1))).level == 0
