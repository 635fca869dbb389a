"""Three members at random who give each other points, buy some and send them back, become one, are two again, and share
accounts, with holds and orders in between: after every step no point is lost, none is hidden from everybody, and the
proofs find nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.earning import OrderOfAnother
from guerdon.errors.members import (
    HouseholdNotFound,
    InHousehold,
    MemberMerged,
    NotInHousehold,
    OwnerNeeded,
    SameMember,
    WindowClosed,
)
from guerdon.errors.moving import OneAccount
from guerdon.merchants.merchant import Policies
from guerdon.moving.movement import Movement
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from tests.machines.running import bounded, lively_street
from tests.moving.people import (
    ANA,
    BEN,
    CAT,
    allow,
    balances,
    dissolve,
    household,
    join,
    leave,
    merge,
    transfer,
    unmerge,
)
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, do, redeem, report, take

MEMBERS = (ANA, BEN, CAT)
FUNDS = 500
RUNS, STEPS = 15, 25

member = st.integers(0, len(MEMBERS) - 1)
position = st.integers(0, 4)
points = st.integers(1, 300)


@dataclass
class Reward:
    """A redemption of a hundred points, with the address that asked for it."""

    redemption_id: int
    code: str
    address: str
    state: str


class People(RuleBasedStateMachine):
    """What is done to three members. The test says where."""

    runner: asyncio.Runner
    street: Street

    def __init__(self) -> None:
        super().__init__()
        self.shop: Shop | None = None
        self.numbers: list[int] = []
        self.rule_id = 0
        self.total = 0
        self.rewards: list[Reward] = []
        self.merges: list[int] = []
        self.homes: list[int] = []
        self.purchases: list[int] = []
        self.refunded: set[int] = set()

    def run(self, action: Coroutine[Any, Any, Any]) -> Any:
        """On the one loop that all runs share."""
        return self.runner.run(action)

    def tried(self, action: Coroutine[Any, Any, Any], *refusals: type[Refusal]) -> Any:
        """What it came to, or None if it was refused for one of these reasons."""
        try:
            return self.run(action)
        except refusals:
            return None

    @property
    def here(self) -> Shop:
        assert self.shop is not None
        return self.shop

    @initialize()
    def open(self) -> None:
        """A merchant of this run's own."""

        async def opened() -> None:
            self.shop = await self.street.shop()
            await allow(self.shop)
            self.rule_id = (await self.shop.rule(redemptions_max_per_member=100)).rule_id
            self.numbers = [await self.shop.member(address, FUNDS) for address in MEMBERS]

        self.run(opened())
        self.total = FUNDS * len(MEMBERS)

    @rule(who=member, more=points)
    def give(self, who: int, more: int) -> None:
        self.run(self.here.give(MEMBERS[who], more))
        self.total += more

    @rule(who=member, less=points)
    def take_back(self, who: int, less: int) -> None:
        self.run(take(self.here, MEMBERS[who], less))
        self.total -= less

    @rule(who=member, delayed=st.booleans())
    def redeem(self, who: int, delayed: bool) -> None:
        made = self.tried(redeem(self.here, MEMBERS[who], self.rule_id, delayed=delayed), NotEnoughPoints)
        if made is not None:
            self.rewards.append(Reward(made.redemption_id, made.code, MEMBERS[who], made.state))
            self.total -= 0 if delayed else 100

    @rule(at=position)
    def cancel(self, at: int) -> None:
        if self.rewards:
            reward = self.rewards[at % len(self.rewards)]
            self.run(cancel(self.here, reward.redemption_id))
            self.total += 100 if reward.state in ("redeemed", "captured") else 0
            reward.state = "cancelled"

    @rule(at=position, status=st.sampled_from(["paid", "cancelled"]))
    def report(self, at: int, status: str) -> None:
        """The order of a coupon that is held: it takes the points, or gives them back."""
        held = [reward for reward in self.rewards if reward.state in ("held", "captured")]
        if held:
            reward = held[at % len(held)]
            told = report(self.here, reward.address, f"of {reward.code}", reward.code, status=status)
            order = self.tried(told, OrderOfAnother)
            if order is not None and not order.flags:
                self._ordered(reward, status)

    def _ordered(self, reward: Reward, status: str) -> None:
        if status == "paid" and reward.state == "held":
            self.total -= 100
            reward.state = "captured"
        elif status == "cancelled" and reward.state == "captured":
            self.total += 100
            reward.state = "cancelled"

    @rule(sender=member, receiver=member, some=points)
    def move(self, sender: int, receiver: int, some: int) -> None:
        moved = transfer(self.here, MEMBERS[sender], MEMBERS[receiver], some)
        self.tried(moved, NotEnoughPoints, SameMember, OneAccount)

    @rule(who=member, receiver=member, some=points)
    def buy(self, who: int, receiver: int, some: int) -> None:
        payment = str(len(self.purchases))
        command = BuyPoints(
            merchant=self.here.merchant, buyer=email(MEMBERS[who]), receiver=email(MEMBERS[receiver]), points=some,
            payment=payment,
        )  # fmt: skip
        self.purchases.append(self.run(do(self.here, command)).movement_id)
        self.total += some

    @rule(at=position, below_zero=st.booleans())
    def refund(self, at: int, below_zero: bool) -> None:
        """What is spent is owed, or let be; once."""
        if self.purchases:
            policies = Policies(debt="unlimited" if below_zero else "within_balance")
            merchant = replace(self.here.merchant, policies=policies)
            number = self.purchases[at % len(self.purchases)]
            refunded: Movement = self.run(do(self.here, RefundPurchase(merchant=merchant, movement_id=number)))
            assert refunded.points_back == refunded.points or not below_zero or number in self.refunded
            self.total -= 0 if number in self.refunded else refunded.points_back
            self.refunded.add(number)

    @rule(survivor=member, other=member)
    def merge(self, survivor: int, other: int) -> None:
        joined = merge(self.here, self.numbers[survivor], self.numbers[other])
        merged = self.tried(joined, SameMember, MemberMerged, InHousehold)
        if merged is not None:
            self.merges.append(merged.merge_id)

    @rule(survivor=member, other=member)
    def merge_and_undo_at_once(self, survivor: int, other: int) -> None:
        """Nobody notices."""
        before = self.run(self._seen())
        joined = merge(self.here, self.numbers[survivor], self.numbers[other])
        merged = self.tried(joined, SameMember, MemberMerged, InHousehold)
        if merged is not None:
            self.run(unmerge(self.here, merged.merge_id))
            assert self.run(self._seen()) == before

    @rule(at=position)
    def undo(self, at: int) -> None:
        if self.merges:
            undone = unmerge(self.here, self.merges[at % len(self.merges)])
            self.tried(undone, MemberMerged, InHousehold, WindowClosed)

    @rule(owner=member)
    def open_household(self, owner: int) -> None:
        opened = self.tried(household(self.here, self.numbers[owner]), InHousehold, MemberMerged)
        if opened is not None:
            self.homes.append(opened.household_id)

    @rule(who=member, at=position)
    def join(self, who: int, at: int) -> None:
        if self.homes:
            joined = join(self.here, self.homes[at % len(self.homes)], self.numbers[who])
            self.tried(joined, InHousehold, MemberMerged, HouseholdNotFound)

    @rule(who=member, at=position, share=st.none() | st.integers(0, 200))
    def leave(self, who: int, at: int, share: int | None) -> None:
        if self.homes:
            left = leave(self.here, self.homes[at % len(self.homes)], self.numbers[who], share)
            self.tried(left, NotInHousehold, OwnerNeeded, HouseholdNotFound, NotEnoughPoints)

    @rule(at=position)
    def dissolve(self, at: int) -> None:
        if self.homes:
            self.tried(dissolve(self.here, self.homes[at % len(self.homes)]), HouseholdNotFound)

    @rule(hours=st.integers(1, 20))
    def wait(self, hours: int) -> None:
        self.here.clock.advance(hours=hours)

    async def _seen(self) -> list[tuple[int, int, int]]:
        """What each member is shown: the account, and the points on it and on those bequeathed to it."""
        shown = [await balances(self.here, number) for number in self.numbers]
        return [(one.account_id, one.available, one.held) for one in shown]

    @invariant()
    def no_point_is_lost_and_none_is_hidden(self) -> None:
        if self.shop is not None:
            seen = {(account, available, held) for account, available, held in self.run(self._seen())}
            assert sum(available + held for _, available, held in seen) == self.total
            assert self.run(contradictions(self.shop)) == []


@pytest.fixture
def machine(street_dsn: str) -> Iterator[type[People]]:
    """The machine on a street."""
    with lively_street(street_dsn) as (runner, street):
        yield type("Lively", (People,), {"runner": runner, "street": street})


@pytest.mark.hypothesis
def test_people_at_random(machine: type[People]):
    run_state_machine_as_test(machine, settings=bounded(RUNS, stateful_step_count=STEPS))
