"""The whole life of points at random: earned, waiting, held, spent, returned, expired and moved, while people become
one and tiers change. After every step the proofs find nothing, and the sums are those of a few additions.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from guerdon.activities.adjust import AdjustPoints
from guerdon.activities.log import reporting
from guerdon.earning.rule import Cap, Period
from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.earning import OrderOfAnother
from guerdon.errors.members import MemberMerged, SameMember, WindowClosed
from guerdon.errors.moving import OneAccount, PartySuspended
from guerdon.errors.rewards import MemberSuspended
from guerdon.members.members import find_member, set_standing
from guerdon.tiers.assign import AssignTier
from tests.machines.premises import (
    ANA,
    BEN,
    BY_AMOUNT,
    BY_PIECE,
    CAP_DAY,
    CAP_EVER,
    CAT,
    REVIEW,
    TIERS,
    WAITING,
    Premises,
    capped,
    capped_uses,
    have,
    lines,
    open_premises,
    sums,
)
from tests.machines.running import bounded, lively_street
from tests.moving.people import merge, transfer, unmerge
from tests.orders.sales import sell, send_back
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, do, redeem
from tests.worker.hands import night

MEMBERS = (ANA, BEN, CAT)
ORDERS = 6
FUNDS = 100
RUNS, STEPS = 8, 30

ALL_RULES = (
    BY_AMOUNT,
    BY_PIECE,
    WAITING,
    REVIEW,
    capped(Cap(per=Period.DAY, points=CAP_DAY, times=2), Cap(per=Period.EVER, points=CAP_EVER)),
)

member = st.integers(0, len(MEMBERS) - 1)
which_order = st.integers(0, ORDERS - 1)
position = st.integers(0, 4)
points = st.integers(1, 120)
some_pieces = st.dictionaries(st.sampled_from(["tea", "cup"]), st.integers(1, 3))
twice = st.sampled_from([False, False, True])
policies = st.fixed_dictionaries(
    {
        "returned_rewards": st.sampled_from(["reward_first", "proportional", "when_full"]),
        "debt": st.sampled_from(["unlimited", "unlimited", "within_balance", "pending_only"]),
        "expiry": st.sampled_from(["never", "12 days", "12 days inactive"]),
        "grace_days": st.sampled_from([0, 3]),
        "hold_days": st.sampled_from([5, 30]),
        "late_capture": st.sampled_from(["recapture", "flag"]),
    }
)


class Life(RuleBasedStateMachine):
    """What happens to the points of three members. The test says where."""

    runner: asyncio.Runner
    street: Street

    def __init__(self) -> None:
        super().__init__()
        self.premises: Premises | None = None
        self.adjusted = 0
        """What was given by hand, less what was taken back; `counted` is the part that counts as earned."""
        self.counted = 0
        self.orders: dict[int, int] = {}
        """How many points each order stands for, as the last answer about it said."""
        self.rewards: list[tuple[int, str]] = []
        """Redemptions: id and code."""
        self.merges: list[int] = []
        self.told = 0
        self.may_owe = True
        """Whether the step may leave somebody with less than nothing."""
        self.had: dict[int, tuple[int, int, int]] = {}

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
        assert self.premises is not None
        return self.premises.shop

    @property
    def numbers(self) -> list[int]:
        assert self.premises is not None
        return self.premises.numbers

    def number(self) -> str:
        """A new one."""
        self.told += 1
        return str(self.told)

    @initialize(chosen=policies)
    def open(self, chosen: dict[str, Any]) -> None:
        """A merchant of this run's own."""
        self.premises = self.run(open_premises(self.street, *ALL_RULES, tiers=TIERS, funds=FUNDS, **chosen))
        self.adjusted = self.counted = FUNDS * len(MEMBERS)

    # What earns

    @rule(
        at=which_order,
        status=st.sampled_from(["pending", "paid", "paid", "paid", "fulfilled", "cancelled"]),
        total_minor=st.integers(0, 12_000),
        tea=st.integers(0, 4),
        named=st.lists(position, max_size=2, unique=True),
        again=twice,
    )
    def report(self, at: int, status: str, total_minor: int, tea: int, named: list[int], again: bool) -> None:
        """Each member has two orders; told of again, an order may cost something else, and name other coupons."""
        codes = [self.rewards[one % len(self.rewards)][1] for one in named if self.rewards]
        for _ in range(1 + again):
            told = sell(
                self.here, total_minor, f"order {at}", who=MEMBERS[at % len(MEMBERS)], status=status,
                codes=tuple(codes), lines=lines(total_minor, tea),
            )  # fmt: skip
            self.may_owe |= at in self.orders
            answer = self.tried(told, OrderOfAnother)
            if answer is not None:
                self.orders[at] = answer.points

    @rule(
        at=which_order,
        minor=st.integers(0, 9000),
        pieces=st.dictionaries(st.sampled_from(["tea", "cup"]), st.integers(1, 3)),
        again=twice,
    )
    def send_back(self, at: int, minor: int, pieces: dict[str, int], again: bool) -> None:
        """By amount or by pieces; perhaps before anybody has heard of the order."""
        return_id = self.number()
        for _ in range(1 + again):
            self.may_owe = True
            taken = self.run(send_back(self.here, minor, return_id, f"order {at}", items=pieces))
            assert taken.waits == (at not in self.orders)
            if not taken.waits:
                self.orders[at] = taken.points

    @rule(who=member, again=twice)
    def review(self, who: int, again: bool) -> None:
        number = self.number()

        async def told() -> None:
            here = self.here
            command = await reporting(
                here.engine.database, here.merchant, email(MEMBERS[who]), "review", number, here.clock()
            )  # fmt: skip
            for _ in range(1 + again):
                await do(here, command)

        self.run(told())

    @rule(who=member, more=points, counted=st.booleans())
    def give(self, who: int, more: int, counted: bool) -> None:
        self.run(self.adjust(who, more, counted=counted))
        self.adjusted += more
        self.counted += more if counted else 0

    # What takes

    async def adjust(self, who: int, some: int, **more: Any) -> None:
        """By hand."""
        await do(self.here, AdjustPoints(merchant=self.here.merchant, who=email(MEMBERS[who]), points=some, **more))

    @rule(who=member, less=points, taken_as=st.sampled_from(["redeemed", "expired"]))
    def take(self, who: int, less: int, taken_as: str) -> None:
        self.tried(self.adjust(who, -less, taken_as=taken_as), NotEnoughPoints)

    @rule(who=member, less=points, below_zero=st.booleans())
    def take_back(self, who: int, less: int, below_zero: bool) -> None:
        self.may_owe = below_zero

        async def taken() -> int:
            await self.adjust(who, -less, counted=True, below_zero=below_zero)
            return less

        back = self.tried(taken(), NotEnoughPoints) or 0
        self.adjusted -= back
        self.counted -= back

    @rule(who=member, delayed=st.booleans())
    def redeem(self, who: int, delayed: bool) -> None:
        assert self.premises is not None
        asked = redeem(self.here, MEMBERS[who], self.premises.reward_rule, delayed=delayed)
        made = self.tried(asked, NotEnoughPoints, MemberSuspended)
        if made is not None:
            self.rewards.append((made.redemption_id, made.code))

    @rule(at=position)
    def cancel(self, at: int) -> None:
        if self.rewards:
            self.run(cancel(self.here, self.rewards[at % len(self.rewards)][0]))

    # What changes hands, and who they are

    @rule(sender=member, receiver=member, some=points)
    def move(self, sender: int, receiver: int, some: int) -> None:
        moved = transfer(self.here, MEMBERS[sender], MEMBERS[receiver], some)
        self.tried(moved, NotEnoughPoints, SameMember, OneAccount, PartySuspended)

    @rule(survivor=member, other=member)
    def merge(self, survivor: int, other: int) -> None:
        self.may_owe = True
        joined = merge(self.here, self.numbers[survivor], self.numbers[other])
        merged = self.tried(joined, SameMember, MemberMerged)
        if merged is not None:
            self.merges.append(merged.merge_id)

    @rule(at=position)
    def undo(self, at: int) -> None:
        if self.merges:
            self.may_owe = True
            self.tried(unmerge(self.here, self.merges[at % len(self.merges)]), MemberMerged, WindowClosed)

    @rule(who=member, level=st.integers(0, 2), pinned=st.booleans())
    def assign(self, who: int, level: int, pinned: bool) -> None:
        command = AssignTier(merchant=self.here.merchant, who=email(MEMBERS[who]), level=level, pinned=pinned)
        self.run(do(self.here, command))

    @rule(who=member, status=st.sampled_from(["active", "active", "suspended"]))
    def suspend(self, who: int, status: str) -> None:
        async def set_status() -> None:
            database, merchant_id = self.here.engine.database, self.here.merchant.merchant_id
            found = await find_member(database, merchant_id, email(MEMBERS[who]))
            await set_standing(database, merchant_id, found.member_id, self.here.clock(), status=status)

        self.run(set_status())

    @rule(days=st.integers(1, 9), noticed=st.booleans())
    def wait(self, days: int, noticed: bool) -> None:
        """Time passes, whether or not the worker has noticed."""
        self.here.clock.advance(days=days)
        if noticed:
            self.run(night(self.here))

    # What is always so

    @invariant()
    def the_books_are_the_sum_of_what_was_done(self) -> None:
        if self.premises is None:
            return
        assert self.run(contradictions(self.here)) == []
        found = self.run(sums(self.here))
        assert found.moved == 0
        assert found.owned + found.redeemed + found.expired == self.adjusted + found.awarded
        assert found.ordered == sum(self.orders.values())
        assert found.progress == self.counted + found.earned

    @invariant()
    def nobody_owes_without_a_reason(self) -> None:
        """Only what is taken back leaves less than nothing (behaviour 1)."""
        if self.premises is None:
            return
        had, self.had = self.had, self.run(have(self.here, self.numbers))
        for number, (available, held, pending) in self.had.items():
            assert min(held, pending) >= 0
            assert self.may_owe or available >= min(0, had[number][0]), (number, had, self.had)
        self.may_owe = False

    @invariant()
    def no_cap_is_passed(self) -> None:
        """What caps count is what awards stand for, and never too much: members who became one were two before."""
        if self.premises is not None:
            for _, day, ever, stands in self.run(capped_uses(self.premises)):
                assert ever == stands
                assert day <= CAP_DAY * (1 + len(self.merges))
                assert ever <= CAP_EVER * (1 + len(self.merges))


@pytest.fixture
def machine(street_dsn: str) -> Iterator[type[Life]]:
    """The machine on a street."""
    with lively_street(street_dsn) as (runner, street):
        yield type("Lively", (Life,), {"runner": runner, "street": street})


@pytest.mark.hypothesis
def test_life_at_random(machine: type[Life]):
    run_state_machine_as_test(machine, settings=bounded(RUNS, stateful_step_count=STEPS))
