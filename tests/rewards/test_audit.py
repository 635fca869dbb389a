"""The proof of the rewards names the redemption, the member or the rule that contradicts the rest."""

from typing import NamedTuple

import pytest
import pytest_asyncio
from msgspec.structs import replace

from guerdon.rewards.audit import audit_rewards
from guerdon.rewards.rules import change_rule
from tests.shop import Shop
from tests.street import cancel, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Scene(NamedTuple):
    """Two members with a redemption in each state; the second one's is ruined."""

    member_id: int
    rule_id: int
    redemptions: dict[str, int]


CONSTRAINTS = "ALTER TABLE coupon DROP CONSTRAINT IF EXISTS coupon_is_used_by_an_order"

REDEMPTION_RUINS = [
    ("unlike_moves", "redeemed", "UPDATE redemption SET points = points + 100 WHERE redemption_id = $1"),
    ("unlike_moves", "redeemed", "UPDATE redemption SET entry = 1 WHERE redemption_id = $1"),
    ("unlike_moves", "redeemed", "UPDATE redemption SET entry = 77 WHERE redemption_id = $1"),
    ("unlike_moves", "redeemed", "UPDATE redemption SET state = 'held' WHERE redemption_id = $1"),
    ("unlike_moves", "redeemed", "UPDATE redemption SET state = 'cancelled' WHERE redemption_id = $1"),
    ("unlike_moves", "held", "UPDATE redemption SET state = 'captured' WHERE redemption_id = $1"),
    ("unlike_moves", "held", "UPDATE redemption SET state = 'expired' WHERE redemption_id = $1"),
    ("unlike_moves", "cancelled", "UPDATE redemption SET state = 'redeemed' WHERE redemption_id = $1"),
    (
        "unlike_moves",
        "held",
        """
        UPDATE hold SET state = 'released', ended_by = hold.number FROM redemption
         WHERE (hold.account_id, hold.number) = (redemption.account_id, redemption.entry) AND redemption_id = $1
        """,
    ),
    ("wrong_coupons", "redeemed", "UPDATE coupon SET state = 'void' WHERE redemption_id = $1"),
    ("wrong_coupons", "held", "UPDATE coupon SET state = 'used' WHERE redemption_id = $1"),
    ("wrong_coupons", "cancelled", "UPDATE coupon SET state = 'issued' WHERE redemption_id = $1"),
    ("wrong_coupons", "held", "UPDATE coupon SET code = 'ANOTHER' WHERE redemption_id = $1"),
    ("wrong_coupons", "held", "DELETE FROM coupon WHERE redemption_id = $1"),
    (
        "doubled_coupons",
        "redeemed",
        "INSERT INTO coupon SELECT merchant_id, 'SECOND', redemption_id, 'used' FROM coupon WHERE redemption_id = $1",
    ),
]

USAGE_RUINS = [
    "UPDATE redemption_usage SET redemptions = redemptions + 1 WHERE member_id = $1",
    "UPDATE redemption_usage SET points = points - 100 WHERE member_id = $1",
    "UPDATE redemption_usage SET day_points = 0 WHERE member_id = $1",
    "UPDATE redemption_usage SET day = day - 1, day_points = 0 WHERE member_id = $1",
    "DELETE FROM redemption_usage WHERE member_id = $1",
]


@pytest_asyncio.fixture(loop_scope="session")
async def scene(shop: Shop) -> Scene:
    rule_id = (await shop.rule(stock=50)).rule_id
    scene = Scene(0, rule_id, {})
    for address in ("ana@example.com", "ben@example.com"):
        member_id = await shop.member(address, 1000)
        redeemed = await redeem(shop, address, rule_id, delayed=False)
        held = await redeem(shop, address, rule_id, delayed=True)
        cancelled = await redeem(shop, address, rule_id, delayed=True)
        await cancel(shop, cancelled.redemption_id)
        ids = {"redeemed": redeemed.redemption_id, "held": held.redemption_id, "cancelled": cancelled.redemption_id}
        scene = Scene(member_id, rule_id, ids)
    await shop.engine.database.execute(CONSTRAINTS)
    return scene


async def found(shop: Shop) -> set[tuple[str, str]]:
    findings = await audit_rewards(shop.engine.database, shop.merchant.merchant_id)
    return {(finding.check, finding.subject) for finding in findings}


async def test_nothing_is_found_where_nothing_is_wrong(shop: Shop, scene: Scene):
    assert await found(shop) == set()


@pytest.mark.parametrize(("check", "state", "ruin"), REDEMPTION_RUINS)
async def test_a_redemption_is_named(shop: Shop, scene: Scene, check: str, state: str, ruin: str):
    redemption_id = scene.redemptions[state]
    await shop.engine.database.execute(ruin, redemption_id)
    findings = await found(shop)
    assert (check, f"redemption:{redemption_id}") in findings
    assert {subject for _, subject in findings} <= {
        f"redemption:{redemption_id}", f"member:{scene.member_id}", f"rule:{scene.rule_id}"
    }  # fmt: skip


@pytest.mark.parametrize("ruin", USAGE_RUINS)
async def test_wrong_usage_names_its_member(shop: Shop, scene: Scene, ruin: str):
    await shop.engine.database.execute(ruin, scene.member_id)
    assert await found(shop) == {("wrong_usage", f"member:{scene.member_id}")}


async def test_usage_of_a_member_who_never_redeemed_is_found(shop: Shop, scene: Scene):
    await shop.engine.database.execute(
        "UPDATE redemption_usage SET member_id = 777777 WHERE member_id = $1", scene.member_id
    )
    assert await found(shop) == {("wrong_usage", f"member:{scene.member_id}"), ("wrong_usage", "member:777777")}


@pytest.mark.parametrize("column", ["redemptions", "amount_minor"])
async def test_wrong_stock_names_its_rule(shop: Shop, scene: Scene, column: str):
    await shop.engine.database.execute(
        f"UPDATE redemption_stock SET {column} = {column} + 1 WHERE rule_id = $1", scene.rule_id
    )
    assert await found(shop) == {("wrong_stock", f"rule:{scene.rule_id}")}


async def test_stock_stays_right_while_the_limit_comes_and_goes(shop: Shop):
    rule = await shop.rule(stock=50)
    await shop.member("ana@example.com", 1000)
    for stock in (None, 50):
        await redeem(shop, "ana@example.com", rule.rule_id)
        await change_rule(
            shop.engine.database, shop.merchant.merchant_id, rule.rule_id, replace(rule.terms, stock=stock),
            actor="test", user_id=None, now=shop.clock(),
        )  # fmt: skip
    await redeem(shop, "ana@example.com", rule.rule_id)
    assert await found(shop) == set()
