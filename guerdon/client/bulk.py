"""Many writes in one request, a line each: decided together, and answered line by line.

A line is the single request that it stands for. It may have a `key` of its own, under which it is done once, whatever
it was sent with; without one it has that of the ask, with its place. What is asked again writes nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from guerdon.client.ask import Ask, at, writing_lines
from guerdon.client.members import Member, MemberSaid
from guerdon.client.orders import Order, OrderSaid
from guerdon.client.problems import Told, problem_of
from guerdon.client.redemptions import Redemption, RedemptionWanted

LINES_MAX = 1000

Answer = TypeVar("Answer")


class RedemptionLine(RedemptionWanted, total=False):
    """A redemption."""

    key: str


class OrderLine(OrderSaid, total=False):
    """An order."""

    key: str


class MemberLine(MemberSaid, total=False):
    """A member."""

    key: str


class Line(Struct, Generic[Answer], frozen=True):
    """What a line came to: the `status` and the `body` that its request alone would have had."""

    status: int
    body: dict[str, Any]

    @property
    def refused(self) -> bool:
        """Whether it was; then `read` raises why."""
        return self.status >= 300


class RedemptionDone(Line[Redemption], frozen=True):
    """What a line that wanted a redemption came to."""

    def read(self) -> Redemption:
        """The redemption; raises the Problem where it was refused."""
        return _read(self, Redemption)


class OrderDone(Line[Order], frozen=True):
    """What a line that told of an order came to."""

    def read(self) -> Order:
        """The order; raises the Problem where it was refused."""
        return _read(self, Order)


class MemberDone(Line[Member], frozen=True):
    """What a line that told of a member came to."""

    def read(self) -> Member:
        """The member; raises the Problem where it was refused."""
        return _read(self, Member)


def redeem(lines: Iterable[RedemptionLine], *, dry_run: bool = False) -> Iterator[Ask[list[RedemptionDone]]]:
    """Redeem for many members: an ask for each thousand lines."""
    return _asks("redemptions", RedemptionDone, lines, dry_run=dry_run)


def report_orders(lines: Iterable[OrderLine], *, dry_run: bool = False) -> Iterator[Ask[list[OrderDone]]]:
    """Report many orders: an ask for each thousand lines."""
    return _asks("orders", OrderDone, lines, dry_run=dry_run)


def add_members(lines: Iterable[MemberLine], *, dry_run: bool = False) -> Iterator[Ask[list[MemberDone]]]:
    """Add or change many members: an ask for each thousand lines."""
    return _asks("members", MemberDone, lines, dry_run=dry_run)


def _asks(
    noun: str, answer: type[Answer], lines: Iterable[Mapping[str, Any]], *, dry_run: bool
) -> Iterator[Ask[list[Answer]]]:
    rest = iter(lines)
    while some := list(islice(rest, LINES_MAX)):
        yield writing_lines(at(noun, "bulk"), answer, some, dry_run=dry_run)


def _read(line: Line[Answer], kind: type[Answer]) -> Answer:
    if line.refused:
        raise problem_of(msgspec.convert(line.body, Told))
    return msgspec.convert(line.body, kind)
