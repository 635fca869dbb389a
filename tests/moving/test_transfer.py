"""Points from one member to another: the order of checks with its numbers, fees, limits of a year, and what moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guerdon.errors.base import BadField
from guerdon.errors.books import MemberNotFound, NotEnoughPoints
from guerdon.errors.members import SameMember
from guerdon.errors.moving import (
    MovesOffStep,
    MovesTooFew,
    MovesTooMany,
    MovingOff,
    PartyNotOptedIn,
    PartySuspended,
    YearCap,
)
from guerdon.members.members import ProfileChange, set_standing, upsert_member
from guerdon.merchants.merchant import Policies
from guerdon.moving.movement import Kind
from guerdon.moving.rule import Fee, MovingRule, Rate, Terms
from guerdon.moving.rules import list_movements, list_rule_versions
from guerdon.moving.transfer import Transfer
from guerdon.points.command import Key
from tests.moving.people import ANA, BEN, CAT, allow, gift, transfer
from tests.shop import Shop, email
from tests.street import Street, contradictions, take

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_points_become_another_members_with_their_expiry(shop: Shop):
    await allow(shop)
    ana, ben = await shop.member(ANA, 100, expires_at=shop.clock() + timedelta(days=5)), await shop.member(BEN)
    await shop.give(ANA, 50)
    moved = await transfer(shop, ANA, BEN, 120)
    assert (moved.sender_id, moved.receiver_id, moved.points) == (ana, ben, 120)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((30, 0), (120, 0))
    shop.clock.advance(days=6)
    await transfer(shop, BEN, ANA, 20)
    with pytest.raises(NotEnoughPoints) as refused:
        await transfer(shop, BEN, ANA, 1)
    assert refused.value.available == 0, "100 of the 120 points have expired at Ben's too"
    assert await contradictions(shop) == []


async def test_a_rule_may_let_moved_points_live_anew(street: Street):
    shop = await street.shop(policies=Policies(expiry="10 days"))
    await allow(shop, MovingRule(transfers=Terms(enabled=True), keeps_expiry=False))
    await shop.member(ANA, 100, expires_at=shop.clock() + timedelta(days=1))
    await shop.member(BEN)
    await transfer(shop, ANA, BEN, 100)
    shop.clock.advance(days=9)
    await transfer(shop, BEN, ANA, 10)
    assert await shop.balance(BEN) == (90, 0)
    assert await contradictions(shop) == []


async def test_nothing_moves_until_the_merchant_allows_it(shop: Shop):
    await shop.member(ANA, 100)
    await shop.member(BEN)
    with pytest.raises(MovingOff):
        await transfer(shop, ANA, BEN, 10)
    await allow(shop, MovingRule(gifts=Terms(enabled=True)))
    with pytest.raises(MovingOff):
        await transfer(shop, ANA, BEN, 10)
    assert (await gift(shop, ANA, BEN, 10)).kind is Kind.GIFT


async def test_both_must_be_there_and_be_two(shop: Shop):
    await allow(shop)
    await shop.member(ANA, 100)
    with pytest.raises(MemberNotFound):
        await transfer(shop, ANA, BEN, 10)
    with pytest.raises(SameMember):
        await transfer(shop, ANA, ANA, 10)


@pytest.mark.parametrize("party", ["sender", "receiver"])
async def test_the_suspended_neither_give_nor_receive(shop: Shop, party: str):
    await allow(shop)
    members = {"sender": await shop.member(ANA, 100), "receiver": await shop.member(BEN)}
    await set_standing(
        shop.engine.database, shop.merchant.merchant_id, members[party], shop.clock(), status="suspended"
    )  # fmt: skip
    with pytest.raises(PartySuspended, match=f"The {party}'s membership is suspended"):
        await transfer(shop, ANA, BEN, 10)


@pytest.mark.parametrize("address", [ANA, BEN])
async def test_who_opted_out_keeps_points_and_can_do_nothing_with_them(shop: Shop, address: str):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    merchant_id = shop.merchant.merchant_id
    await upsert_member(shop.engine.database, merchant_id, email(address), ProfileChange(opted_in=False), shop.clock())
    with pytest.raises(PartyNotOptedIn):
        await transfer(shop, ANA, BEN, 10)
    assert await shop.balance(ANA) == (100, 0)


TERMS = Terms(enabled=True, minimum=100, maximum=1000, step=50, points_max_per_year=1500)


@pytest.mark.parametrize(
    ("points", "refusal", "facts"),
    [
        (50, MovesTooFew, {"minimum": 100}),
        (1050, MovesTooMany, {"maximum": 1000}),
        (120, MovesOffStep, {"below": 100, "above": 150}),
    ],
)
async def test_points_amiss_are_refused_with_what_would_do(
    shop: Shop, points: int, refusal: type[Exception], facts: dict[str, int]
):
    await allow(shop, MovingRule(transfers=TERMS))
    await shop.member(ANA, 5000)
    await shop.member(BEN)
    with pytest.raises(refusal) as refused:
        await transfer(shop, ANA, BEN, points)
    assert facts.items() <= vars(refused.value).items()
    assert await shop.balance(ANA) == (5000, 0)


async def test_every_reason_is_told(shop: Shop):
    await allow(shop, MovingRule(transfers=TERMS, received_max_per_year=20))
    await shop.member(ANA, 10)
    await shop.member(BEN)
    with pytest.raises(MovesTooFew) as refused:
        await transfer(shop, ANA, BEN, 30)
    assert [also.code for also in refused.value.also] == ["moves_off_step", "year_cap", "not_enough_points"]


async def test_the_year_of_the_merchants_calendar_limits_what_is_sent(street: Street):
    shop = await street.shop(timezone="America/New_York")
    await allow(shop, MovingRule(transfers=TERMS, gifts=Terms(enabled=True)))
    await shop.member(ANA, 9000)
    await shop.member(BEN)
    shop.clock.now = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)
    await transfer(shop, ANA, BEN, 1000)
    with pytest.raises(YearCap) as refused:
        await transfer(shop, ANA, BEN, 1000)
    assert (refused.value.party, refused.value.year, refused.value.points_left) == ("sender", 2026, 500)
    await gift(shop, ANA, BEN, 1000)
    shop.clock.advance(minutes=1)
    await transfer(shop, ANA, BEN, 1000)
    assert await contradictions(shop) == []


async def test_the_year_limits_what_is_received_from_all_together(shop: Shop):
    await allow(shop, MovingRule(transfers=Terms(enabled=True), gifts=Terms(enabled=True), received_max_per_year=100))
    for address in (ANA, BEN):
        await shop.member(address, 500)
    await shop.member(CAT)
    await transfer(shop, ANA, CAT, 60)
    with pytest.raises(YearCap) as refused:
        await gift(shop, BEN, CAT, 50)
    assert (refused.value.party, refused.value.points_left, refused.value.points_max) == ("receiver", 40, 100)
    await gift(shop, BEN, CAT, 40)


@pytest.mark.parametrize(
    ("fee", "points", "costs"),
    [
        (Fee(flat=25), 100, 25),
        (Fee(rate=Rate(1, 10)), 101, 11),
        (Fee(flat=5, rate=Rate(1, 2)), 100, 55),
        (Fee(flat=5, rate=Rate(1, 2), maximum=20), 100, 20),
    ],
)
async def test_the_sender_pays_the_fee_in_points(shop: Shop, fee: Fee, points: int, costs: int):
    await allow(shop, MovingRule(transfers=Terms(enabled=True, fee=fee)))
    await shop.member(ANA, points + costs - 1)
    await shop.member(BEN)
    with pytest.raises(NotEnoughPoints) as refused:
        await transfer(shop, ANA, BEN, points)
    assert (refused.value.points, refused.value.shortfall) == (points + costs, 1)
    await shop.give(ANA, 1)
    assert (await transfer(shop, ANA, BEN, points)).fee_points == costs
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((0, 0), (points, 0))
    assert await contradictions(shop) == []


async def test_a_fee_in_money_takes_no_points(shop: Shop):
    await allow(shop, MovingRule(transfers=Terms(enabled=True, fee=Fee(unit="money", flat=99))))
    await shop.member(ANA, 100)
    await shop.member(BEN)
    moved = await transfer(shop, ANA, BEN, 100)
    assert (moved.fee_points, moved.fee_minor, moved.currency) == (0, 99, "USD")


async def test_a_debt_of_the_receiver_is_paid_first(shop: Shop):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await take(shop, BEN, 30)
    moved = await transfer(shop, ANA, BEN, 100)
    assert await shop.balance(BEN) == (70, 0)
    assert [one.movement_id for one in await list_movements(database, merchant_id, moved.receiver_id)] == [
        moved.movement_id
    ]
    assert await contradictions(shop) == []


async def test_the_same_key_moves_once(shop: Shop):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    command = Transfer(merchant=shop.merchant, sender=email(ANA), receiver=email(BEN), points=40)
    answers = [await shop.engine.desk.submit(command, actor="test", key=Key("k", b"f")) for _ in range(2)]
    assert answers[0].value == answers[1].value
    assert answers[1].replayed
    assert await shop.balance(BEN) == (40, 0)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"transfers": Terms(minimum=0)}, "transfers.minimum"),
        ({"transfers": Terms(step=0)}, "transfers.step"),
        ({"gifts": Terms(minimum=10, maximum=5)}, "gifts.maximum"),
        ({"gifts": Terms(points_max_per_year=-1)}, "gifts.points_max_per_year"),
        ({"transfers": Terms(fee=Fee(flat=-1))}, "transfers.fee.flat"),
        ({"transfers": Terms(fee=Fee(rate=Rate(1, 0)))}, "transfers.fee.rate.points"),
        ({"transfers": Terms(fee=Fee(maximum=-1))}, "transfers.fee.maximum"),
        ({"purchases": Terms(enabled=True)}, "price"),
        ({"price": Rate(0, 10)}, "price.amount"),
        ({"price": Rate(1), "purchases": Terms(enabled=True, fee=Fee(flat=1))}, "purchases.fee.unit"),
        ({"received_max_per_year": 2**60}, "received_max_per_year"),
    ],
)
async def test_a_rule_with_something_amiss_is_refused(shop: Shop, terms: dict[str, Any], field: str):
    with pytest.raises(BadField) as refused:
        await allow(shop, MovingRule(**terms))
    assert refused.value.field == field


async def test_rules_are_versions(shop: Shop):
    await allow(shop)
    await allow(shop, MovingRule(transfers=TERMS))
    versions = await list_rule_versions(shop.engine.database, shop.merchant.merchant_id)
    assert [(one.version, one.actor, one.terms.transfers.minimum) for one in versions] == [
        (2, "test", 100), (1, "test", 1)
    ]  # fmt: skip
