"""Orders, in whatever order they and their returns arrive, come to the same (behaviour 19, 20): the same history is
told to two merchants, each time shuffled, and in the end both have the same books, awards, rewards and tiers.

Orders share no cap here, and no lot expires before its time: which order takes the last points of either is decided by
who comes first, and should be.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import hypothesis.strategies as st
import pytest
from hypothesis import given

from guerdon.earning.rule import Cap, Period
from guerdon.tiers.assign import AssignTier
from tests.machines.premises import (
    ANA,
    BEN,
    BY_AMOUNT,
    BY_HAND,
    BY_PIECE,
    CAP_DAY,
    CAT,
    WAITING,
    Premises,
    capped,
    have,
    lines,
    open_premises,
)
from tests.machines.running import bounded, lively_street
from tests.orders.sales import rows, sell, send_back
from tests.shop import START, email
from tests.street import Street, contradictions, do, redeem
from tests.worker.hands import night

MEMBERS = (ANA, BEN, CAT)
FUNDS = 1000
"""Enough for every reward, whenever its points are asked for again."""
RUNS = 20

RULES = (BY_AMOUNT, BY_PIECE, WAITING, capped(Cap(per=Period.DAY, points=CAP_DAY)))

LIVES = (
    ("paid",),
    ("pending", "paid"),
    ("paid", "fulfilled"),
    ("pending", "paid", "fulfilled"),
    ("paid", "cancelled"),
    ("pending", "cancelled"),
    ("paid", "cancelled", "paid"),
)
"""What becomes of an order, one status after the other."""


class Step(NamedTuple):
    status: str
    total_minor: int
    tea: int


Piece = dict[str, int]


class Sale(NamedTuple):
    """An order, what is said of it one after the other, and what comes back. `coupon` is none, `now` or `later`."""

    who: str
    steps: tuple[Step, ...]
    coupon: str
    returns: tuple[tuple[int, Piece], ...]


class Message(NamedTuple):
    """The next of what is said of an order, or its return of that number."""

    order: int
    back: int | None


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """One order; told of again, it may cost something else."""
    steps: list[Step] = []
    for status in draw(st.sampled_from(LIVES)):
        is_same = bool(steps) and draw(st.sampled_from([True, True, False]))
        total, tea = steps[-1][1:] if is_same else (draw(st.integers(0, 12_000)), draw(st.integers(0, 4)))
        steps.append(Step(status, total, tea))
    pieces = st.dictionaries(st.sampled_from(["tea", "cup"]), st.integers(1, 3))
    returns = draw(st.lists(st.tuples(st.integers(0, 9000), pieces), max_size=3))
    coupon = draw(st.sampled_from(["none", "now", "later"]))
    return Sale(draw(st.sampled_from(MEMBERS)), tuple(steps), coupon, tuple(returns))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Sale], list[Message], list[Message]]:
    """A few orders, and two orders in which messages about them arrive."""
    told = draw(st.lists(sales(), min_size=1, max_size=4))
    messages: list[Message] = []
    for number, sale in enumerate(told):
        messages += [Message(number, None) for _ in sale.steps]
        messages += [Message(number, back) for back in range(len(sale.returns))]
    return told, draw(st.permutations(messages)), draw(st.permutations(messages))


async def live(street: Street, told: list[Sale], arriving: Sequence[Message], **policies: Any) -> list[Any]:
    """A merchant to whom it arrives so; how it stands in the end, and after a night much later."""
    premises = await open_premises(street, *RULES, tiers=BY_HAND, funds=FUNDS, **policies)
    shop = premises.shop
    await do(shop, AssignTier(merchant=shop.merchant, who=email(ANA), level=1))
    codes = [await code_of(premises, sale) for sale in told]
    said = dict.fromkeys(range(len(told)), 0)
    for order, back in arriving:
        sale = told[order]
        shop.clock.advance(minutes=1)
        if back is not None:
            minor, pieces = sale.returns[back]
            await send_back(shop, minor, f"{order}-{back}", str(order), items=pieces)
            continue
        status, total_minor, tea = sale.steps[said[order]]
        said[order] += 1
        await sell(
            shop, total_minor, str(order), who=sale.who, status=status, codes=codes[order],
            lines=lines(total_minor, tea), placed_at=START - timedelta(days=order),
        )  # fmt: skip
    at_once = await standing(premises)
    shop.clock.now = START + timedelta(days=10)
    await night(shop)
    assert await contradictions(shop) == []
    return [at_once, await standing(premises)]


async def code_of(premises: Premises, sale: Sale) -> tuple[str, ...]:
    """The coupon that the order will name."""
    if sale.coupon == "none":
        return ()
    made = await redeem(premises.shop, sale.who, premises.reward_rule, delayed=sale.coupon == "later")
    return (made.code,)


async def standing(premises: Premises) -> dict[str, Any]:
    """Everything that shops and members see of it, without our own numbers."""
    shop = premises.shop
    accounts = await have(shop, premises.numbers)
    awards = await rows(
        shop,
        """
        SELECT subject, CASE WHEN source ^@ 'rule:' THEN substr(source, 6)::bigint - $2 END AS rule, points, forgiven
          FROM award
         WHERE merchant_id = $1 AND points <> 0
         ORDER BY subject, rule
        """,
        premises.capped_rule,
    )
    return {
        "accounts": [accounts[number] for number in premises.numbers],
        "awards": awards,
        "uses": await rows(
            shop,
            """
            SELECT starts_on, sum(points)::bigint, sum(times)::bigint
              FROM earning_use
             WHERE merchant_id = $1
             GROUP BY starts_on
            HAVING sum(points) <> 0 OR sum(times) <> 0
             ORDER BY starts_on
            """,
        ),
        "redemptions": await rows(
            shop,
            """
            SELECT redemption.state, coupon.state, coupon.order_id
              FROM redemption
              JOIN coupon USING (merchant_id, redemption_id)
             WHERE merchant_id = $1
             ORDER BY redemption_id
            """,
        ),
        "orders": await rows(
            shop,
            """
            SELECT order_id, status, total_minor, flags, bought, spent_minor
              FROM shop_order
             WHERE merchant_id = $1
             ORDER BY order_id
            """,
        ),
        "progress": await rows(
            shop,
            """
            SELECT day, sum(points)::bigint, sum(spent_minor)::bigint, sum(orders)::bigint
              FROM tier_progress
             WHERE merchant_id = $1
             GROUP BY day
            HAVING sum(points) <> 0 OR sum(spent_minor) <> 0 OR sum(orders) <> 0
             ORDER BY day
            """,
        ),
    }


@pytest.fixture
def lively(street_dsn: str) -> Iterator[tuple[asyncio.Runner, Street]]:
    """A street, and its loop."""
    with lively_street(street_dsn) as opened:
        yield opened


@pytest.mark.hypothesis
def test_the_end_does_not_depend_on_what_arrives_first(lively: tuple[asyncio.Runner, Street]):
    runner, street = lively

    @bounded(RUNS)
    @given(
        histories(),
        st.sampled_from(["reward_first", "proportional", "when_full"]),
        st.sampled_from(["paid", "before_discounts"]),
    )
    def both_stand_alike(history: tuple[list[Sale], list[Message], list[Message]], back: str, total: str):
        told, *arrivals = history
        policies = {"returned_rewards": back, "order_total": total}
        one, other = (runner.run(live(street, told, arriving, **policies)) for arriving in arrivals)
        for before, after in zip(one, other, strict=True):
            for what in before:
                assert before[what] == after[what], what

    both_stand_alike()
