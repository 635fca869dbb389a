"""Connections are lost before, during and after answers, and nothing is done twice."""

import asyncio
from random import Random

import pytest

from guerdon.client import AsyncGuerdon, Guerdon, Patience, Unreachable, redemptions
from tests.client.proxy import FATES, losing
from tests.shop import Shop
from tests.street import contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

REDEMPTIONS, AT_ONCE, MEMBERS = 300, 8, 10
PATIENT = Patience(tries_max=40, first_s=0.001, longest_s=0.02, told_max_s=5)


async def shop_full_of_points(shop: Shop) -> str:
    rule = await shop.rule()
    for number in range(MEMBERS):
        await shop.member(f"m{number}@example.com", 100 * REDEMPTIONS)
    return f"rule_{rule.rule_id}"


def wish(rule: str, number: int) -> redemptions.Ask[redemptions.Redemption]:
    return redemptions.create(member=f"email:m{number % MEMBERS}@example.com", rule=rule)


async def redeemed(shop: Shop) -> int:
    """How often the database says that points were redeemed."""
    row = await shop.engine.database.fetchrow(
        "SELECT count(*) FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert row is not None
    return row[0]


async def points_left(shop: Shop) -> int:
    return sum([(await shop.balance(f"m{number}@example.com"))[0] for number in range(MEMBERS)])


async def test_hundreds_of_redemptions_over_a_broken_line_happen_once_each(shop: Shop, port: int):
    rule = await shop_full_of_points(shop)
    wishes = [wish(rule, number) for number in range(REDEMPTIONS)]
    async with losing(port, Random(7)) as proxy:
        async with AsyncGuerdon(f"http://127.0.0.1:{proxy.port}", shop.api_key, patience=PATIENT) as guerdon:
            line = iter(wishes)

            async def till() -> list[redemptions.Redemption]:
                return [await guerdon.ask(ask) for ask in line]

            made = [one for served in await asyncio.gather(*(till() for _ in range(AT_ONCE))) for one in served]
        assert set(proxy.met) == set(FATES), "every fate was met"
        assert proxy.met.total() > REDEMPTIONS + 100, "and many requests had to be repeated"
    assert len({one.id for one in made}) == REDEMPTIONS
    assert len({one.coupon.code for one in made}) == REDEMPTIONS
    assert await redeemed(shop) == REDEMPTIONS
    assert await points_left(shop) == 100 * REDEMPTIONS * (MEMBERS - 1)
    assert await contradictions(shop) == []


async def test_a_program_that_waits_meets_the_same(shop: Shop, port: int):
    rule = await shop_full_of_points(shop)
    wishes = [wish(rule, number) for number in range(40)]
    async with losing(port, Random(11)) as proxy:

        def till() -> list[str]:
            with Guerdon(f"http://127.0.0.1:{proxy.port}", shop.api_key, patience=PATIENT) as guerdon:
                return [guerdon.ask(ask).id for ask in wishes]

        made = await asyncio.to_thread(till)
        assert proxy.met.total() > len(wishes)
    assert (len(set(made)), await redeemed(shop)) == (40, 40)
    assert await contradictions(shop) == []


async def test_who_gave_up_asks_the_same_again_later(shop: Shop, port: int):
    rule = await shop_full_of_points(shop)
    wishes = [wish(rule, number) for number in range(20)]
    made: dict[str | None, str] = {}
    async with losing(port, Random(13)) as proxy:
        impatient, lost = Patience(tries_max=1), list[str | None]()
        async with AsyncGuerdon(f"http://127.0.0.1:{proxy.port}", shop.api_key, patience=impatient) as guerdon:
            while len(made) < len(wishes):
                for ask in [one for one in wishes if one.key not in made]:
                    try:
                        made[ask.key] = (await guerdon.ask(ask)).id
                    except Unreachable as failure:
                        lost.append(failure.key)
        assert lost
        assert set(lost) <= {ask.key for ask in wishes}
    assert (len(set(made.values())), await redeemed(shop)) == (20, 20)
