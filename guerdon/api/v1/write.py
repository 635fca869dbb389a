"""What every write of the native API has in common."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, cast

from msgspec import Meta, Raw, Struct

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked as KeyedWrite
from guerdon.api.keyed import once
from guerdon.api.v1.lists import Asked
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database, inside
from guerdon.points.command import Command
from guerdon.points.desk import Answer

Result = TypeVar("Result")
Told = TypeVar("Told", bound=Struct)

DRY_RUN = (b"dry-run", b"true")
"""The header of an answer of which nothing is kept."""

NAMES_MAX = 50
Name = Annotated[str, Meta(min_length=1, max_length=40)]
Value = Annotated[str, Meta(max_length=500)]
Metadata = Annotated[dict[Name, Value], Meta(max_length=NAMES_MAX, examples=[{"campaign": "spring"}])]
"""The merchant's own words about a thing. We keep them, and never read them."""


class WriteAsked(Asked, kw_only=True):
    """With `dry_run` everything is looked at and decided as it would be, and nothing is kept."""

    dry_run: bool = False


async def decided(
    engine: Engine, caller: Caller, incoming: Incoming, params: WriteAsked, command: Command[Result]
) -> Result:
    """What the command answers, under the client's key, or on a dry run would answer."""
    if params.dry_run:
        incoming.told.append(DRY_RUN)
        rehearsal = await engine.desk.rehearse(command, actor=caller.actor)
        incoming.entries = rehearsal.entries
        return rehearsal.value
    return (await submitted(engine, caller, incoming, params, command)).value


async def submitted(
    engine: Engine, caller: Caller, incoming: Incoming, params: WriteAsked, command: Command[Result]
) -> Answer[Result]:
    """What the command answers, under the client's key."""
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    return answer


def keyed(engine: Engine, caller: Caller, incoming: Incoming, params: WriteAsked) -> KeyedWrite:
    """A write that is no command, with by whom and when it is asked, for `once` and `remembered`."""
    return KeyedWrite(incoming, params, caller.merchant.merchant_id, caller.actor, engine.clock())


async def changed(
    engine: Engine, caller: Caller, incoming: Incoming, params: WriteAsked,
    write: Callable[[Database], Awaitable[Told]],
) -> Told | Raw:  # fmt: skip
    """What a write of one transaction that is no command answers, under the client's key; a dry run takes it back."""
    if params.dry_run:
        return await rehearsed(engine, incoming, write)
    return await once(engine.database, keyed(engine, caller, incoming, params), write)


class _Rehearsed(Exception):
    """Everything was done once, and is taken back."""


async def rehearsed(engine: Engine, incoming: Incoming, write: Callable[[Database], Awaitable[Result]]) -> Result:
    """What a write would answer, done in a transaction that is taken back."""
    incoming.told.append(DRY_RUN)
    try:
        async with engine.database.transaction() as connection:
            raise _Rehearsed(await write(inside(connection)))
    except _Rehearsed as done:
        return cast("Result", done.args[0])


def created(incoming: Incoming, answer: Any, where: str) -> Any:
    """Something new is there: 201, and its place. A dry run has made nothing."""
    if DRY_RUN not in incoming.told:
        incoming.status = 201
        incoming.told.append((b"location", where.encode()))
    return answer


def patched(before: dict[str, str], change: dict[str, Any]) -> dict[str, str]:
    """Metadata after a change: names with an empty value go."""
    return {name: value for name, value in {**before, **change}.items() if value}
