"""`/v1/test_clock`: the time of a test merchant, which can be moved on, so that a year of points passes in a minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import remembered
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.members import Moment
from guerdon.api.v1.write import DRY_RUN, WriteAsked, keyed
from guerdon.api.wire import Incoming, Route
from guerdon.callbacks.settle import Callbacks
from guerdon.errors.base import BadField
from guerdon.kit.clock import Clock
from guerdon.worker.advance import DAYS_MAX, advance, check_ahead
from guerdon.worker.sweep import SWEEPS, SettleCallbacks, Sweep

PATH = "/v1/test_clock"


class ClockAsked(Asked, kw_only=True):
    """The time of the test merchant whose key it is."""


class ClockAdvanced(WriteAsked, kw_only=True):
    """Either `to` a time, or `by_seconds`."""

    to: Moment | None = None
    by_seconds: Annotated[int, Meta(ge=1, le=DAYS_MAX * 86400)] | None = None


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The time; until it is moved on for the first time it is everybody's, and then it stands still in between.

    `done` says how many things each job did as it passed, and `nights` how many midnights there were.
    """

    object: Literal["test_clock"] = "test_clock"
    now: datetime
    stands_still: bool
    nights: int = 0
    done: dict[str, int] = {}


async def fetch(engine: Engine, caller: Caller, _params: ClockAsked, _incoming: Incoming) -> ClockAnswer:
    """What time it is."""
    time = await engine.clocks.test_time(engine.database, caller.merchant.merchant_id)
    return ClockAnswer(now=time.now, stands_still=time.moved is not None)


async def advance_time(
    engine: Engine, caller: Caller, params: ClockAdvanced, incoming: Incoming
) -> ClockAnswer | Raw:  # fmt: skip
    """Move the time on: nights, holds that end, reminders and points that expire come as they would have."""
    merchant_id = caller.merchant.merchant_id
    before = await engine.clocks.test_time(engine.database, merchant_id)
    to = _meant(params, before.now)
    if params.dry_run:
        check_ahead(before.now, to)
        incoming.told.append(DRY_RUN)
        return ClockAnswer(now=to, stands_still=True)

    def sweeps_at(clock: Clock) -> Sequence[Sweep]:
        callbacks = Callbacks(engine.database, engine.desk, engine.callbacks.outbound, clock)
        return (*SWEEPS, SettleCallbacks(callbacks))

    async def write() -> ClockAnswer:
        passed = await advance(engine.database, engine.desk, engine.clocks, merchant_id, to=to, sweeps_at=sweeps_at)
        return ClockAnswer(now=passed.now, stands_still=True, nights=passed.nights, done=passed.done)

    return await remembered(engine.database, keyed(engine, caller, incoming, params), write)


def _meant(params: ClockAdvanced, now: datetime) -> datetime:
    if (params.to is None) == (params.by_seconds is None):
        raise BadField("to", "send either the time to move to, or `by_seconds`")
    return params.to or now + timedelta(seconds=params.by_seconds or 0)


ROUTES = (
    Route("GET", PATH, ClockAsked, ClockAnswer, fetch, "read", "Get the time of a test merchant"),
    Route("POST", PATH + "/advance", ClockAdvanced, ClockAnswer, advance_time, "write",
          "Move the time of a test merchant on", keyed=True),
)  # fmt: skip
