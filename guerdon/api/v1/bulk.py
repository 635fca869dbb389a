"""Many writes in one request: a line of JSON each, decided together, and answered line by line.

A line is the single request that it stands for, under a key of its own: so a body that was sent twice writes once, and
a line whose answer was lost may be sent again alone.
"""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.incoming import KEY_LENGTH_MAX, LINES
from guerdon.api.reading import read_line
from guerdon.api.v1 import members, orders, redemptions
from guerdon.api.v1.contract import ApiContract
from guerdon.api.v1.members import MemberSaid
from guerdon.api.v1.orders import OrderSaid
from guerdon.api.v1.redemptions import RedemptionWanted
from guerdon.api.v1.write import DRY_RUN, WriteAsked
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.base import BadRequest, Refusal

LINES_MAX = 1000

OwnKey = Annotated[str, Meta(min_length=1, max_length=KEY_LENGTH_MAX)]
"""The line's Idempotency-Key; without one, that of the request with a colon and the number of the line, from 1 on."""


class RedemptionLine(RedemptionWanted, kw_only=True):
    """A redemption."""

    key: OwnKey | None = None


class OrderReportLine(OrderSaid, kw_only=True):
    """An order."""

    key: OwnKey | None = None


class MemberLine(MemberSaid, kw_only=True):
    """A member."""

    key: OwnKey | None = None


class BulkAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """At most 1,000 lines, a megabyte in all. On a dry run each line is decided as if it came alone."""

    dry_run: bool = False


class LineAnswer(msgspec.Struct, frozen=True):
    """What a line came to: the `status` and the `body` that its request alone would have had, which is a problem where
    it was refused.
    """

    status: int
    body: Any


class Kind(NamedTuple):
    """What lines stand for: requests of this type, to this path."""

    path: str
    line: type[WriteAsked]
    request: type[WriteAsked]
    handle: Callable[[Engine, Caller, Any, Incoming], Awaitable[Any]]


REDEMPTIONS = Kind("/v1/redemptions", RedemptionLine, RedemptionWanted, redemptions.redeem)
ORDERS = Kind("/v1/orders", OrderReportLine, OrderSaid, orders.create)
MEMBERS = Kind("/v1/members", MemberLine, MemberSaid, members.create)

_decoders = {kind: msgspec.json.Decoder(kind.line) for kind in (REDEMPTIONS, ORDERS, MEMBERS)}


async def redeem(engine: Engine, caller: Caller, params: BulkAsked, incoming: Incoming) -> Raw:
    """Redeem for many members."""
    return await _answered(engine, caller, params, incoming, REDEMPTIONS)


async def report_orders(engine: Engine, caller: Caller, params: BulkAsked, incoming: Incoming) -> Raw:
    """Take many orders."""
    return await _answered(engine, caller, params, incoming, ORDERS)


async def add_members(engine: Engine, caller: Caller, params: BulkAsked, incoming: Incoming) -> Raw:
    """Add or change many members."""
    return await _answered(engine, caller, params, incoming, MEMBERS)


async def _answered(engine: Engine, caller: Caller, params: BulkAsked, incoming: Incoming, kind: Kind) -> Raw:
    """All lines at once, which the desk commits in batches; their answers in the order of the lines."""
    lines = _lines(incoming)
    answers = await asyncio.gather(
        *(_line(engine, caller, params, _alone(incoming, kind, number), kind, line)
          for number, line in enumerate(lines, start=1)),
        return_exceptions=True,
    )  # fmt: skip
    for answer in answers:
        if isinstance(answer, BaseException):  # a bug: the others are done, and a repeat under the same keys finds them
            raise answer
    if params.dry_run:
        incoming.told.append(DRY_RUN)
    incoming.media = LINES.encode()
    return Raw(b"\n".join(encode(answer) for answer in answers) + b"\n")


def _lines(incoming: Incoming) -> Sequence[bytes]:
    """The lines of the body; refuses with BadRequest."""
    if incoming.content_type != LINES:
        raise BadRequest(f"send {LINES}, with a JSON object on each line")
    lines = incoming.body.rstrip().splitlines()
    if not 0 < len(lines) <= LINES_MAX:
        raise BadRequest(f"it has {len(lines)} lines, and 1 to {LINES_MAX} are taken")
    return lines


def _alone(incoming: Incoming, kind: Kind, number: int) -> Incoming:
    """The request as it would be for this line alone."""
    alone = copy.copy(incoming)
    alone.path, alone.told = kind.path, []
    if (key := incoming.headers.get("idempotency-key")) is not None:
        alone.headers = incoming.headers | {"idempotency-key": f"{key}:{number}"}
    return alone


async def _line(
    engine: Engine, caller: Caller, params: BulkAsked, alone: Incoming, kind: Kind, line: bytes
) -> LineAnswer:  # fmt: skip
    """What a line comes to."""
    try:
        said: Any = read_line(line, _decoders[kind])
        if said.key is not None:
            alone.headers = alone.headers | {"idempotency-key": said.key}
        request = kind.request(**{name: getattr(said, name) for name in kind.request.__struct_fields__})
        request.dry_run = request.dry_run or params.dry_run
        answer = await kind.handle(engine, caller, request, alone)
    except Refusal as refusal:
        return LineAnswer(refusal.status, ApiContract().refused(refusal, alone))
    return LineAnswer(alone.status, answer)


ROUTES = (
    Route("POST", "/v1/redemptions/bulk", BulkAsked, LineAnswer, redeem, "redeem", "Redeem for many members",
          keyed=True, lines=RedemptionLine),
    Route("POST", "/v1/orders/bulk", BulkAsked, LineAnswer, report_orders, "write", "Report many orders",
          keyed=True, lines=OrderReportLine),
    Route("POST", "/v1/members/bulk", BulkAsked, LineAnswer, add_members, "write", "Add or change many members",
          keyed=True, lines=MemberLine),
)  # fmt: skip
