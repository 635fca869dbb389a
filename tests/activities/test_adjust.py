"""Adjustments above the merchant's limit: proposed by one person, decided by another, once, and in time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from guerdon.activities.adjust import Adjustment, AdjustPoints, Proposal
from guerdon.activities.log import deciding_adjustment, get_proposal, list_proposals
from guerdon.errors.activities import AdjustmentNotFound, ProposalEnded, SecondPersonNeeded
from guerdon.errors.books import NotEnoughPoints
from guerdon.merchants.merchant import Policies
from tests.shop import Shop, email
from tests.street import Street, contradictions, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
LAST_ID = 2**63 - 1


@pytest_asyncio.fixture(loop_scope="session")
async def strict(street: Street) -> Shop:
    """A shop where one person decides 100 points, and Ana has none."""
    shop = await street.shop(policies=Policies(approval_above=100))
    await shop.member(ANA)
    return shop


async def adjust(shop: Shop, points: int, *, actor: str = "operator:1", **more: Any) -> Adjustment:
    command = AdjustPoints(merchant=shop.merchant, who=email(ANA), points=points, **more)
    return (await shop.engine.desk.submit(command, actor=actor)).value


async def decide(shop: Shop, adjustment_id: int | None, *, approve: bool = True, actor: str = "operator:2") -> Proposal:
    assert adjustment_id is not None
    command = await deciding_adjustment(shop.engine.database, shop.merchant, adjustment_id, approve=approve)
    return (await shop.engine.desk.submit(command, actor=actor)).value


async def test_up_to_the_limit_one_person_decides(strict: Shop):
    assert (await adjust(strict, 100)).proposal_id is None
    assert (await adjust(strict, -100)).proposal_id is None
    assert await strict.balance(ANA) == (0, 0)


@pytest.mark.parametrize("points", [101, -101])
async def test_above_it_nothing_is_booked_before_another_approves(strict: Shop, points: int):
    for _ in range(2):
        await adjust(strict, 100)
    proposed = await adjust(strict, points, counted=True, below_zero=True, title="Sorry", note="ticket 7")
    assert (proposed.entry, await strict.balance(ANA)) == (0, (200, 0))

    with pytest.raises(SecondPersonNeeded):
        await decide(strict, proposed.proposal_id, actor="operator:1")
    assert await strict.balance(ANA) == (200, 0)

    approved = await decide(strict, proposed.proposal_id)
    assert (approved.state, approved.proposer, approved.decided_by) == ("approved", "operator:1", "operator:2")
    assert (approved.note, approved.change.title) == ("ticket 7", "Sorry")
    assert await decide(strict, proposed.proposal_id) == approved
    assert await strict.balance(ANA) == (200 + points, 0)
    row = await strict.engine.database.fetchrow(
        "SELECT actor, title, counted, subject FROM entry WHERE merchant_id = $1 AND number = $2",
        strict.merchant.merchant_id,
        approved.entry,
    )
    assert row is not None
    assert tuple(row) == ("operator:2", "Sorry", True, f"adjustment:{proposed.proposal_id}")
    assert await contradictions(strict) == []


async def test_what_is_refused_is_kept_and_stays_refused(strict: Shop):
    proposed = await adjust(strict, 500)
    refused = await decide(strict, proposed.proposal_id, approve=False)
    assert refused.state == "refused"
    with pytest.raises(ProposalEnded) as ended:
        await decide(strict, proposed.proposal_id)
    assert ended.value.state == "refused"
    database, merchant_id = strict.engine.database, strict.merchant.merchant_id
    listed = await list_proposals(database, merchant_id, before=strict.clock(), before_id=LAST_ID)
    assert listed == [refused]
    assert await strict.balance(ANA) == (0, 0)


async def test_the_proposer_may_take_it_back(strict: Shop):
    proposed = await adjust(strict, 500)
    assert (await decide(strict, proposed.proposal_id, approve=False, actor="operator:1")).state == "refused"


async def test_a_proposal_ends_with_its_time(strict: Shop):
    first, second = await adjust(strict, 500), await adjust(strict, 600)
    strict.clock.advance(days=30, seconds=-1)
    assert (await decide(strict, first.proposal_id)).state == "approved"
    strict.clock.advance(seconds=1)
    with pytest.raises(ProposalEnded) as ended:
        await decide(strict, second.proposal_id)
    assert ended.value.state == "expired"
    assert (
        await get_proposal(strict.engine.database, strict.merchant.merchant_id, second.proposal_id or 0)
    ).entry is None
    assert await strict.balance(ANA) == (500, 0)


async def test_approving_is_refused_as_the_adjustment_would_be_and_can_be_tried_again(strict: Shop):
    proposed = await adjust(strict, -150)
    with pytest.raises(NotEnoughPoints):
        await decide(strict, proposed.proposal_id)
    for _ in range(2):
        await adjust(strict, 100)
    assert (await decide(strict, proposed.proposal_id)).state == "approved"
    assert await strict.balance(ANA) == (50, 0)


async def test_two_approvals_at_once_book_once(strict: Shop):
    proposed = await adjust(strict, 500)
    outcomes = await outcomes_of(*(decide(strict, proposed.proposal_id, actor=f"operator:{n}") for n in range(2, 9)))
    assert {one.state for one in outcomes} == {"approved"}
    assert len({one.decided_by for one in outcomes}) == 1
    assert await strict.balance(ANA) == (500, 0)


async def test_nobody_decides_another_merchants(strict: Shop, shop: Shop):
    proposed = await adjust(strict, 500)
    with pytest.raises(AdjustmentNotFound):
        await decide(shop, proposed.proposal_id)


async def test_a_reward_lives_by_the_merchants_policy_and_counts_towards_tiers(street: Street):
    shop = await street.shop(policies=Policies(expiry="30 days"))
    await shop.member(ANA)
    await adjust(shop, 70, counted=True)
    await adjust(shop, -20, counted=True)
    await adjust(shop, 5)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    expiries = await database.fetch("SELECT expires_at FROM lot WHERE merchant_id = $1", merchant_id)
    assert {row[0] for row in expiries} == {datetime(2026, 4, 10, tzinfo=UTC)}
    assert await database.fetchval("SELECT points FROM tier_progress WHERE merchant_id = $1", merchant_id) == 50


async def test_a_date_of_its_own_wins(street: Street):
    shop = await street.shop(policies=Policies(expiry="30 days"))
    await shop.member(ANA)
    expires_at = shop.clock() + timedelta(days=3)
    await adjust(shop, 70, expires_at=expires_at)
    found = await shop.engine.database.fetchval(
        "SELECT expires_at FROM lot WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert found == expires_at
