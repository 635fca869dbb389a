"""A shop with something of everything: rules of each kind, tiers, rewards; and its books as plain sums."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from guerdon.earning.earns import Flat, PerAmount, PerItem
from guerdon.earning.rule import Cap, EarningRule, Goods, Period
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import get_merchant, set_policies
from guerdon.orders.order import OrderLine
from guerdon.tiers.programme import Programme, Term, Threshold, Tier
from guerdon.tiers.programmes import set_programme
from tests.moving.people import allow
from tests.shop import Shop
from tests.street import Street

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"

CAP_DAY, CAP_EVER = 60, 150

GOLD = Tier(name="Gold", entry=Threshold(points_earned=600, purchases=4), points_multiplier=Decimal("1.5"))
SILVER = Tier(name="Silver", entry=Threshold(points_earned=150), points_reward=15, points_reward_expiry="5 days")

BY_AMOUNT = EarningRule(name="Points for money", earns=PerAmount(points=1, each_minor=100))
BY_PIECE = EarningRule(
    name="Points for tea", earns=PerItem(points=7), goods=Goods(products=frozenset({"tea"})), pending="fulfilled"
)
WAITING = EarningRule(name="Points that wait", earns=Flat(points=20), pending="7 days")
REVIEW = EarningRule(
    name="A review", trigger="review", earns=Flat(points=25), caps=(Cap(per=Period.DAY, times=1),), expiry="10 days"
)

TIERS = Programme(term=Term.CALENDAR_YEAR, tiers=(SILVER, GOLD))
BY_HAND = Programme(term=Term.LIFETIME, tiers=(Tier(name="Gold", points_multiplier=Decimal("1.5")),))
"""Nothing that is ordered changes the level, so it does not matter which order comes first."""


def capped(*caps: Cap) -> EarningRule:
    """A rule that soon gives no more."""
    return EarningRule(name="Points up to a cap", earns=PerAmount(points=1, each_minor=70), caps=caps)


def lines(total_minor: int, tea: int) -> tuple[OrderLine, ...]:
    """So many teas of a dollar, and something else for the rest."""
    return OrderLine(id="tea", quantity=tea, price_minor=100), OrderLine(id="cup", price_minor=total_minor)


@dataclass
class Premises:
    """A shop of three members who may give each other points; `numbers` are ours of them."""

    shop: Shop
    numbers: list[int]
    capped_rule: int
    reward_rule: int


async def open_premises(street: Street, *rules: EarningRule, tiers: Programme, funds: int, **policies: Any) -> Premises:
    """The next shop of the street; the last of its earning rules is the capped one."""
    shop = await street.shop()
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await set_policies(database, merchant_id, msgspec.structs.replace(Policies(), **policies))
    shop.merchant = await get_merchant(database, merchant_id)
    rule_id = 0
    for rule in rules:
        rule_id = (await add_rule(database, merchant_id, rule, actor="test", now=shop.clock())).rule_id
    await set_programme(database, merchant_id, tiers, actor="test", now=shop.clock())
    await allow(shop)
    reward = await shop.rule(points=50, amount_minor=500)
    return Premises(shop, [await shop.member(one, funds) for one in (ANA, BEN, CAT)], rule_id, reward.rule_id)


class Sums(NamedTuple):
    """All accounts of the merchant together: what members have, what left, and what accounts gave each other."""

    owned: int
    redeemed: int
    expired: int
    moved: int
    awarded: int
    earned: int
    """By orders and activities, where what was forgiven counts as taken back."""
    ordered: int
    """The part of it that orders earned."""
    progress: int


async def sums(shop: Shop) -> Sums:
    """As the database has them."""
    row = await shop.engine.database.fetchrow(
        """
        SELECT accounts.*, awards.*, progress.*
          FROM (SELECT sum(available + held + pending)::bigint, sum(redeemed)::bigint, sum(expired)::bigint,
                       sum(moved)::bigint
                  FROM account WHERE merchant_id = $1) AS accounts
         CROSS JOIN (SELECT coalesce(sum(points), 0)::bigint,
                            coalesce(sum(points - forgiven) FILTER (WHERE source ^@ 'rule:' OR subject ^@ 'order:'), 0)
                                ::bigint,
                            coalesce(sum(points - forgiven) FILTER (WHERE subject ^@ 'order:'), 0)::bigint
                       FROM award WHERE merchant_id = $1) AS awards
         CROSS JOIN (SELECT coalesce(sum(points), 0)::bigint FROM tier_progress WHERE merchant_id = $1) AS progress
        """,
        shop.merchant.merchant_id,
    )
    assert row is not None, "sums always answer"
    return Sums(*row)


async def capped_uses(premises: Premises) -> list[tuple[int, int, int, int]]:
    """By member: what the caps per day count at most, what the one for ever counts, and what awards stand for."""
    rows = await premises.shop.engine.database.fetch(
        """
        SELECT member_id, max(points) FILTER (WHERE period = 'day') AS day,
               sum(points) FILTER (WHERE period = 'ever')::bigint AS ever,
               (SELECT coalesce(sum(award.points - award.forgiven), 0)::bigint
                  FROM award
                 WHERE award.merchant_id = $1 AND award.member_id = earning_use.member_id
                   AND award.source = 'rule:' || $2::bigint::text) AS stands
          FROM earning_use
         WHERE merchant_id = $1 AND rule_id = $2::bigint
         GROUP BY member_id
        """,
        premises.shop.merchant.merchant_id,
        premises.capped_rule,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def have(shop: Shop, members: list[int]) -> dict[int, tuple[int, int, int]]:
    """What is available, held and pending on the account of each of these members itself."""
    rows = await shop.engine.database.fetch(
        """
        SELECT member_id, available, held, pending
          FROM member_account
          JOIN account USING (merchant_id, account_id)
         WHERE merchant_id = $1 AND member_id = ANY ($2)
        """,
        shop.merchant.merchant_id,
        members,
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
