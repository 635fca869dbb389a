"""Writes of configuration: what they answer says its version, also where it is said again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.match import tell_version
from guerdon.api.v1.write import WriteAsked, changed, created
from guerdon.api.wire import Incoming, encode
from guerdon.database.pool import Database

Told = TypeVar("Told", bound=msgspec.Struct)


class _Kept(msgspec.Struct):
    """As much of an answer that was kept as headers repeat."""

    version: int
    id: str = ""


async def configured(
    engine: Engine, caller: Caller, incoming: Incoming, params: WriteAsked,
    write: Callable[[Database], Awaitable[Told]], *, place: str | None = None,
) -> Told | Raw:  # fmt: skip
    """What a write of one transaction answers, under the client's key, with its version as `ETag`; a dry run takes it
    back. With a `place`, such as `/v1/earning_rules`, something new is there by it.
    """
    answer = await changed(engine, caller, incoming, params, write)
    kept = msgspec.json.decode(answer if isinstance(answer, Raw) else encode(answer), type=_Kept)
    tell_version(incoming, kept.version)
    return answer if place is None else created(incoming, answer, f"{place}/{kept.id}")
