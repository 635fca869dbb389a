"""Members who move points, become one and share accounts while others do the same, through one worker or two."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.members import InHousehold, MemberBusy, MemberErased, MemberMerged, SameMember
from guerdon.errors.moving import YearCap
from guerdon.members.members import ProfileChange, find_member, get_member, upsert_member
from guerdon.moving.household import AddToHousehold, CreateHousehold, RemoveFromHousehold
from guerdon.moving.leaving import erase_member
from guerdon.moving.merge import MergeMembers
from guerdon.moving.rule import MovingRule, Terms
from guerdon.moving.transfer import Transfer
from guerdon.points.command import Identity
from tests.moving.people import ANA, allow, available, balances, household
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, outcomes_of, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def second(street: Street) -> AsyncIterator[Engine]:
    """Another worker on the same database."""
    async with running_engine(street.dsn, clock=street.clock) as engine:
        yield engine


@pytest.fixture(params=["one worker", "two workers"])
def workers(request: pytest.FixtureRequest, street: Street, second: Engine) -> tuple[Engine, Engine]:
    return (street.engine, street.engine if request.param == "one worker" else second)


def send(shop: Shop, sender: str, receiver: str, points: int, engine: Engine) -> Any:
    """A transfer through this worker."""
    command = Transfer(merchant=shop.merchant, sender=email(sender), receiver=email(receiver), points=points)
    return do(shop, command, engine=engine)


async def test_points_go_to_and_fro_and_none_is_lost(shop: Shop, workers: tuple[Engine, Engine]):
    await allow(shop)
    addresses = [f"{number}@example.com" for number in range(4)]
    for address in addresses:
        await shop.member(address, 100)
    outcomes = await asyncio.wait_for(
        outcomes_of(
            *(
                send(shop, addresses[n % 4], addresses[(n + 1 + n // 4) % 4], 30, workers[n % 2])
                for n in range(120)
                if (1 + n // 4) % 4
            )
        ),
        timeout=120,
    )
    assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, NotEnoughPoints)]
    assert sum([(await shop.balance(address))[0] for address in addresses]) == 400
    assert await contradictions(shop) == []


async def test_the_limit_of_a_year_is_never_passed(shop: Shop, workers: tuple[Engine, Engine]):
    await allow(shop, MovingRule(transfers=Terms(enabled=True), received_max_per_year=100))
    await shop.member(ANA)
    senders = [f"{number}@example.com" for number in range(10)]
    for address in senders:
        await shop.member(address, 100)
    outcomes = await outcomes_of(*(send(shop, one, ANA, 30, workers[n % 2]) for n, one in enumerate(senders)))
    assert sum(isinstance(one, YearCap) for one in outcomes) == 7
    assert await shop.balance(ANA) == (90, 0)


async def test_two_merges_across_each_other_make_one_member(shop: Shop, workers: tuple[Engine, Engine]):
    for number in range(8):
        ana, ben = await shop.member(f"a{number}@example.com", 10), await shop.member(f"b{number}@example.com", 20)

        def merged(survivor: int, other: int, engine: Engine) -> Any:
            command = MergeMembers(merchant=shop.merchant, survivor_id=survivor, member_id=other)
            return do(shop, command, engine=engine)

        outcomes = await outcomes_of(merged(ana, ben, workers[0]), merged(ben, ana, workers[1]))
        assert sorted(isinstance(one, MemberMerged | SameMember) for one in outcomes) == [False, True], outcomes
        assert (await available(shop, ana), await available(shop, ben)) == (30, 30)
    assert await contradictions(shop) == []


async def test_a_merge_against_redemptions_of_both_falsely_refuses_nobody(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule(redemptions_max_per_member=20)
    for number in range(8):
        addresses = f"a{number}@example.com", f"b{number}@example.com"
        ana, ben = [await shop.member(address, 700) for address in addresses]
        merge = MergeMembers(merchant=shop.merchant, survivor_id=ana, member_id=ben)
        outcomes = await outcomes_of(
            *(redeem(shop, addresses[n % 2], rule.rule_id, delayed=n % 3 == 0, engine=workers[0]) for n in range(5)),
            do(shop, merge, engine=workers[1]),
            *(redeem(shop, addresses[n % 2], rule.rule_id, engine=workers[n % 2]) for n in range(5)),
        )
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        assert (await balances(shop, ben)).owned == 1400 - 800
    assert await contradictions(shop) == []


async def test_joining_and_leaving_against_redemptions(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    for number in range(6):
        addresses = f"a{number}@example.com", f"b{number}@example.com"
        ana, ben = [await shop.member(address, 300) for address in addresses]
        home = (await household(shop, ana)).household_id
        joins = AddToHousehold(merchant=shop.merchant, household_id=home, member_id=ben)
        leaves = RemoveFromHousehold(merchant=shop.merchant, household_id=home, member_id=ben)
        made: list[Any] = []
        for step in (joins, leaves):
            made += await outcomes_of(
                *(redeem(shop, addresses[n % 2], rule.rule_id, engine=workers[n % 2]) for n in range(2)),
                do(shop, step, engine=workers[1]),
            )
        unexpected = [one for one in made if isinstance(one, Exception) and not isinstance(one, NotEnoughPoints)]
        assert unexpected == []
        bought = 100 * sum(not isinstance(one, Exception) for one in made) - 200
        assert await available(shop, ana) + await available(shop, ben) == 600 - bought
    assert await contradictions(shop) == []


async def test_a_member_who_joins_two_households_at_once_is_in_one(shop: Shop, workers: tuple[Engine, Engine]):
    for number in range(6):
        members = [await shop.member(f"{name}{number}@example.com", 10) for name in "abc"]
        homes = [(await household(shop, owner)).household_id for owner in members[:2]]
        outcomes = await outcomes_of(
            *(
                do(shop, AddToHousehold(merchant=shop.merchant, household_id=home, member_id=members[2]), engine=one)
                for home, one in zip(homes, workers, strict=True)
            )
        )
        assert sorted(isinstance(one, InHousehold) for one in outcomes) == [False, True], outcomes
    ana = await shop.member(ANA)
    opened = await outcomes_of(
        *(do(shop, CreateHousehold(merchant=shop.merchant, owner_id=ana), engine=one) for one in workers)
    )
    assert sorted(isinstance(one, InHousehold) for one in opened) == [False, True], opened
    assert await contradictions(shop) == []


async def test_a_profile_that_is_changed_while_its_member_is_merged_is_the_survivors(
    shop: Shop, workers: tuple[Engine, Engine]
):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    for number in range(8):
        address = f"b{number}@example.com"
        ana, ben = await shop.member(f"a{number}@example.com"), await shop.member(address)
        card = Identity("card", f"card {number}")
        change = ProfileChange(last_name="Stone")
        outcomes = await outcomes_of(
            do(shop, MergeMembers(merchant=shop.merchant, survivor_id=ana, member_id=ben), engine=workers[1]),
            upsert_member(database, merchant_id, (*email(address), card), change, shop.clock()),
        )
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        found = await find_member(database, merchant_id, (card,))
        assert (found.member_id, found.last_name) == (ana, "Stone")


async def test_erasing_against_redemptions_leaves_nothing_held(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    for number in range(6):
        address = f"{number}@example.com"
        ana = await shop.member(address, 1000)
        outcomes = await outcomes_of(
            *(redeem(shop, address, rule.rule_id, delayed=True, engine=workers[n % 2]) for n in range(3)),
            erase_member(shop.engine.database, shop.engine.desk, shop.merchant, ana, actor="test"),
            erase_member(shop.engine.database, workers[1].desk, shop.merchant, ana, actor="test"),
        )
        assert sum(isinstance(one, MemberErased | MemberBusy) for one in outcomes[3:]) == 1, outcomes
        shown = await balances(shop, ana)
        assert (shown.available, shown.held) == (0, 0)
        assert (await get_member(shop.engine.database, shop.merchant.merchant_id, ana)).status == "erased"
    assert await contradictions(shop) == []


async def test_one_new_pair_at_both_ends(shop: Shop, workers: tuple[Engine, Engine]):
    """A transfer to whom the sender becomes at the same moment either happens before, or has nobody to go to."""
    await allow(shop)
    for number in range(6):
        addresses = f"a{number}@example.com", f"b{number}@example.com"
        ana, ben = [await shop.member(address, 100) for address in addresses]
        merge = MergeMembers(merchant=shop.merchant, survivor_id=ana, member_id=ben)
        outcomes = await outcomes_of(send(shop, *addresses, 50, workers[0]), do(shop, merge, engine=workers[1]))
        assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, SameMember)], outcomes
        assert await available(shop, ana) == 200
    assert await contradictions(shop) == []
