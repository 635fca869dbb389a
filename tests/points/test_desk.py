"""The desk: batches form by themselves, each caller gets an answer of its own, and nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

import pytest
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from guerdon.activities.adjust import Adjustment, AdjustPoints
from guerdon.database.pool import Connection
from guerdon.errors.base import Busy, KeyInFlight, KeyReused, ShuttingDown
from guerdon.errors.books import NotEnoughPoints
from guerdon.points.book import Book
from guerdon.points.command import Identity, Key, Needs
from guerdon.points.desk import Desk
from guerdon.points.store import Shelf
from guerdon.points.values import Cause
from tests.shop import Shop, email
from tests.street import contradictions, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


class Broken(Struct, frozen=True):
    """A command with a bug, which shows in one place or another."""

    answers: ClassVar[type] = int

    merchant_id: int
    who: tuple[Identity, ...]
    where: Literal["needs", "decide", "answer", "number", "text"]

    def needs(self) -> Needs:
        """The member."""
        assert self.where != "needs"
        return Needs(identities=self.who)

    def decide(self, book: Book) -> Any:
        """Gives a thousand points, and then goes wrong."""
        book.earn(book.member(self.who).account_id, 1000, Cause("bug", ""))
        assert self.where != "decide"
        if self.where == "answer":
            return object()
        book.tell("a\0topic" if self.where == "text" else "topic", 2**70 if self.where == "number" else 1, {})
        return 1


WATCHED = ("watched", True)


class Onlooker(Shelf):
    """A shelf that keeps nothing, and sees each book that is opened."""

    reads = frozenset({WATCHED[0]})

    def __init__(self) -> None:
        self.books: list[Book] = []

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Look, and lay nothing open."""
        self.books.append(book)
        return set()


@asynccontextmanager
async def open_desk(shop: Shop, *shelves: Onlooker, **limits: Any) -> AsyncGenerator[Desk]:
    """A desk of its own on the shop's database."""
    desk = Desk(shop.engine.database, shelves, clock=shop.clock, **limits)
    try:
        yield desk
    finally:
        await desk.close()


class Watched(AdjustPoints, frozen=True, kw_only=True):
    """An adjustment that needs a row as well, which a shelf of a test looks for."""

    def needs(self) -> Needs:
        """The member, and that row."""
        return super().needs()._replace(rows=(WATCHED,))


def adjust(shop: Shop, points: int, address: str = ANA) -> AdjustPoints:
    return Watched(merchant=shop.merchant, who=email(address), points=points)


def commits() -> float:
    return REGISTRY.get_sample_value("guerdon_batch_commands_count") or 0.0


async def test_commands_that_arrive_together_are_committed_together(shop: Shop):
    for number in range(50):
        await shop.member(f"{number}@example.com")
    before = commits()
    answers = await asyncio.gather(
        *(shop.engine.desk.submit(adjust(shop, 5, f"{number}@example.com"), actor="test") for number in range(50))
    )
    assert len({answer.value.member_id for answer in answers}) == 50
    assert commits() - before <= 3
    assert await contradictions(shop) == []


async def test_commands_on_one_account_are_served_in_the_order_in_which_they_came(shop: Shop):
    await shop.member(ANA)
    answers = await asyncio.gather(
        *(shop.engine.desk.submit(adjust(shop, points), actor="test") for points in (10, -10, 5, -2))
    )
    assert [answer.value.available for answer in answers] == [10, 0, 5, 3]
    assert [answer.value.entry for answer in answers] == [1, 2, 3, 4]


async def test_a_refusal_is_its_callers_alone_and_can_be_looked_up(shop: Shop):
    await shop.member(ANA, 10)
    outcomes = await outcomes_of(
        *(shop.engine.desk.submit(adjust(shop, points), actor="test") for points in (1, -50, 1))
    )
    assert [outcome.value.available for outcome in (outcomes[0], outcomes[2])] == [11, 12]
    refusal = outcomes[1]
    assert isinstance(refusal, NotEnoughPoints)
    row = await shop.engine.database.fetchrow(
        "SELECT command, code, sentence, facts, actor FROM decision WHERE merchant_id = $1 AND decision_id = $2",
        shop.merchant.merchant_id,
        refusal.decision_id,
    )
    assert row is not None
    assert tuple(row) == (
        "Watched",
        "not_enough_points",
        "39 points short: this takes 50, and 11 are available.",
        '{"points": 50, "available": 11, "shortfall": 39}',
        "test",
    )


@pytest.mark.parametrize("where", ["needs", "decide", "answer", "number", "text"])
async def test_a_bug_is_its_callers_alone(shop: Shop, where: Any):
    await shop.member(ANA, 10)
    broken = Broken(shop.merchant.merchant_id, email(ANA), where)
    with capture_logs() as logs:
        async with open_desk(shop, connections=1) as desk:
            outcomes = await asyncio.wait_for(
                outcomes_of(
                    desk.submit(adjust(shop, 1), actor="test"),
                    desk.submit(broken, actor="test"),
                    desk.submit(adjust(shop, 2), actor="test"),
                ),
                timeout=60,
            )
    assert [(entry["event"], entry["command"]) for entry in logs] == [("command_failed", "Broken")]
    assert [outcome.value.points for outcome in (outcomes[0], outcomes[2])] == [1, 2]
    assert isinstance(outcomes[1], Exception)
    assert await shop.balance(ANA) == (13, 0)
    assert await contradictions(shop) == []


async def test_a_caller_who_leaves_takes_nobody_along(shop: Shop):
    await shop.member(ANA)
    async with open_desk(shop, connections=1) as desk:
        leaving = asyncio.create_task(desk.submit(adjust(shop, 1), actor="test"))
        staying = asyncio.create_task(desk.submit(adjust(shop, 2), actor="test"))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await staying).value.points == 2


async def test_the_same_key_has_the_same_answer(shop: Shop):
    await shop.member(ANA)
    key = Key("a key", b"body")
    first = await shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key)
    again = await shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.value == first.value
    assert isinstance(again.value, Adjustment)
    assert await shop.balance(ANA) == (5, 0)


async def test_the_same_key_with_another_body_is_refused(shop: Shop):
    await shop.member(ANA)
    await shop.engine.desk.submit(adjust(shop, 5), actor="test", key=Key("a key", b"body"))
    with pytest.raises(KeyReused) as refused:
        await shop.engine.desk.submit(adjust(shop, 6), actor="test", key=Key("a key", b"another"))
    assert refused.value.status == 422
    assert await shop.balance(ANA) == (5, 0)


async def test_a_key_whose_first_request_is_under_way_is_refused_for_a_moment(shop: Shop):
    await shop.member(ANA)
    key = Key("a key", b"body")
    first, second = await outcomes_of(
        shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key),
        shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key),
    )
    assert first.value.points == 5
    assert isinstance(second, KeyInFlight)
    assert (second.status, second.retry, second.retry_after_s) == (409, True, 1)
    assert (await shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key)).replayed


async def test_a_refused_key_is_free_again(shop: Shop):
    await shop.member(ANA)
    key = Key("a key", b"body")
    with pytest.raises(NotEnoughPoints):
        await shop.engine.desk.submit(adjust(shop, -5), actor="test", key=key)
    await shop.give(ANA, 5)
    answer = await shop.engine.desk.submit(adjust(shop, -5), actor="test", key=key)
    assert (answer.replayed, answer.value.available) == (False, 0)


async def test_a_full_line_is_told_when_to_ask_again(shop: Shop):
    await shop.member(ANA)
    async with open_desk(shop, connections=1, waiting_max=3) as desk:
        outcomes = await outcomes_of(*(desk.submit(adjust(shop, 1), actor="test") for _ in range(10)))
    busy = [outcome for outcome in outcomes if isinstance(outcome, Busy)]
    assert len(busy) == 7
    assert {(refusal.status, refusal.retry_after_s, refusal.waiting) for refusal in busy} == {(503, 1, 3)}
    assert await shop.balance(ANA) == (3, 0)


async def test_closing_answers_everyone_in_line_and_then_nobody(shop: Shop):
    await shop.member(ANA)
    async with open_desk(shop, batch_max=4) as desk:
        waiting = [asyncio.create_task(desk.submit(adjust(shop, 1), actor="test")) for _ in range(30)]
        await asyncio.sleep(0)
        await desk.close()
        assert all(task.done() for task in waiting)
        with pytest.raises(ShuttingDown):
            await desk.submit(adjust(shop, 1), actor="test")
    assert await shop.balance(ANA) == (30, 0)


async def test_no_merchant_waits_behind_the_line_of_another(shop: Shop):
    other = Shop(shop.engine, shop.clock, shop.merchant, "", shop.http)
    await shop.member(ANA)
    order: list[str] = []

    async def submit(desk: Desk, command: AdjustPoints, name: str) -> None:
        await desk.submit(command, actor="test")
        order.append(name)

    nobody = replace(other.merchant, merchant_id=other.merchant.merchant_id + 1_000_000)
    stranger = AdjustPoints(merchant=nobody, who=email(ANA), points=1)
    async with open_desk(shop, connections=1, batch_max=4) as desk:
        await asyncio.gather(
            *(submit(desk, adjust(shop, 1), "many") for _ in range(16)), submit(desk, stranger, "one"),
            return_exceptions=True,
        )  # fmt: skip
    assert await shop.balance(ANA) == (16, 0)
    assert order == ["many"] * 16, "the other merchant has no such member"


async def test_a_small_spend_loads_few_of_many_lots_and_a_large_one_as_many_as_it_needs(shop: Shop):
    await shop.member(ANA)
    await asyncio.gather(*(shop.give(ANA, 2) for _ in range(1000)))
    onlooker = Onlooker()
    async with open_desk(shop, onlooker) as desk:
        small = await desk.submit(adjust(shop, -5), actor="test")
        large = await desk.submit(adjust(shop, -1850), actor="test")
    assert (small.value.available, large.value.available) == (1995, 145)
    of_both = (onlooker.books[0], onlooker.books[-1])
    few, many = (len(book.accounts[small.value.account_id].live) + len(book.lots.changed()) for book in of_both)
    assert few <= 10
    assert 926 <= many <= 1000
    assert await contradictions(shop) == []
