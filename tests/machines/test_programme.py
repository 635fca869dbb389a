"""A programme that lives at random on a real PostgreSQL: after every step its balances are those of the model."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from guerdon.activities.adjust import AdjustPoints
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.rewards import MemberCap
from tests.machines.model import MEMBERS, Model, Reward
from tests.machines.running import bounded, lively_street
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, do, expire, redeem, redemption_of, report, take

CAP = 4
FUNDS = 1000
RUNS, STEPS = 40, 50

member = st.sampled_from(MEMBERS)
position = st.integers(0, 4)


class Programme(RuleBasedStateMachine):
    """Two members with an order each, a plain rule and a capped one, and what is done to them. The test says where."""

    runner: asyncio.Runner
    street: Street

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.shop: Shop | None = None
        self.rule_ids: tuple[int, int] = (0, 0)

    def run(self, action: Coroutine[Any, Any, Any]) -> Any:
        """On the one loop that all runs share."""
        return self.runner.run(action)

    @property
    def here(self) -> Shop:
        assert self.shop is not None
        return self.shop

    def any_reward(self, at: int) -> Reward | None:
        rewards = self.model.rewards
        return rewards[at % len(rewards)] if rewards else None

    @initialize()
    def open(self) -> None:
        """A merchant of this run's own."""

        async def opened() -> None:
            self.shop = await self.street.shop()
            plain, capped = await self.shop.rule(), await self.shop.rule(redemptions_max_per_member=CAP, stock=1000)
            self.rule_ids = plain.rule_id, capped.rule_id
            for address in MEMBERS:
                await self.shop.member(address, FUNDS)

        self.run(opened())
        self.model.available = dict.fromkeys(MEMBERS, FUNDS)

    @rule(address=member, points=st.integers(100, 900))
    def give(self, address: str, points: int) -> None:
        self.run(self.here.give(address, points))
        self.model.available[address] += points

    @rule(address=member, points=st.integers(1, 300))
    def take_back(self, address: str, points: int) -> None:
        self.run(take(self.here, address, points))
        self.model.available[address] -= points

    @rule(address=member, points=st.integers(1, 300))
    def spend_by_hand(self, address: str, points: int) -> None:
        command = AdjustPoints(merchant=self.here.merchant, who=email(address), points=-points)
        enough = points <= self.model.available[address]
        try:
            self.run(do(self.here, command))
        except NotEnoughPoints:
            assert not enough
        else:
            assert enough
            self.model.available[address] -= points

    @rule(address=member, hundreds=st.integers(1, 3), delayed=st.booleans(), capped=st.booleans())
    def redeem(self, address: str, hundreds: int, delayed: bool, capped: bool) -> None:
        points, model = hundreds * 100, self.model
        full = capped and model.counted(address) >= CAP
        enough = points <= model.available[address]
        try:
            made = self.run(redeem(self.here, address, self.rule_ids[capped], points, delayed=delayed))
        except MemberCap:
            assert full
        except NotEnoughPoints:
            assert not enough
            assert not full
        else:
            assert enough
            assert not full
            state = "held" if delayed else "redeemed"
            model.redeem(Reward(made.redemption_id, made.code, address, points, state, capped, model.day))

    @rule(at=position)
    def cancel(self, at: int) -> None:
        if reward := self.any_reward(at):
            self.run(cancel(self.here, reward.redemption_id))
            self.model.cancel(reward)

    @rule(days=st.integers(1, 25), noticed=st.booleans())
    def wait(self, days: int, noticed: bool) -> None:
        self.here.clock.advance(days=days)
        self.model.day += days
        for reward in self.model.rewards if noticed else ():
            self.run(expire(self.here, reward.redemption_id))
            self.model.expire(reward)

    @rule(
        named=st.lists(position, min_size=1, max_size=2, unique=True),
        status=st.sampled_from(["pending", "paid", "paid", "cancelled"]),
        again=st.booleans(),
        stranger=st.sampled_from([False, False, False, True]),
    )
    def report(self, named: list[int], status: str, again: bool, stranger: bool) -> None:
        """Each member has one order, told of `again` without its coupons, or with some, even of a stranger's."""
        rewards = [reward for at in named if (reward := self.any_reward(at))]
        owner = MEMBERS.index(rewards[0].owner) if rewards else 0
        order = 1 - owner if stranger else owner
        told = [] if again else rewards
        codes = [reward.code.lower() for reward in told]
        self.run(report(self.here, MEMBERS[order], f"order {order}", *codes, status=status))
        self.model.report(order, MEMBERS[order], status, told)

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        if self.shop is not None:
            for address in MEMBERS:
                expected = self.model.available[address], self.model.held[address]
                assert self.run(self.shop.balance(address)) == expected

    def teardown(self) -> None:
        """In the end every redemption stands where the model has it, and the proofs find nothing."""
        if self.shop is None:
            return
        for reward in self.model.rewards:
            state, coupon, _ = self.run(redemption_of(self.shop, reward.redemption_id))
            assert (state, coupon == "used") == (reward.state, reward.used)
        assert self.run(contradictions(self.shop)) == []


@pytest.fixture
def machine(street_dsn: str) -> Iterator[type[Programme]]:
    """The machine on a street."""
    with lively_street(street_dsn) as (runner, street):
        yield type("Lively", (Programme,), {"runner": runner, "street": street})


@pytest.mark.hypothesis
def test_a_programme_at_random(machine: type[Programme]):
    run_state_machine_as_test(machine, settings=bounded(RUNS, stateful_step_count=STEPS))
