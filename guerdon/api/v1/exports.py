"""`GET /v1/exports/{kind}`: everything of a kind as lines of JSON, from one snapshot, as it is read.

A slow reader holds a connection to the database for as long as it reads: so there is one export at a time for each
server process, and a reader that takes nothing for a minute is left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Annotated, Any

from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.incoming import LINES
from guerdon.api.v1.flowing import Signed, begin, end, flow, say
from guerdon.api.v1.lists import Asked
from guerdon.api.wire import Incoming, Route
from guerdon.bulk.export import KINDS, export_lines
from guerdon.bulk.exporting import note_export
from guerdon.errors.base import BadField, Busy

PATH = "/v1/exports/{kind:str}"
PATIENCE_S = 60.0


class ExportAsked(Asked, kw_only=True):
    """What to write out: members, lots, history, redemptions, codes, orders or the rules of either kind."""

    kind: Annotated[str, Meta(extra_json_schema={"enum": [kind.replace("-", "_") for kind in KINDS]})]


async def download(_engine: Engine, _caller: Caller, params: ExportAsked, _incoming: Incoming) -> str:
    """The kind that is meant, as `guerdon export` calls it; refuses with BadField."""
    kind = params.kind.replace("_", "-")
    if kind not in KINDS:
        raise BadField("kind", f"there is no {params.kind[:40]!r}; there are {', '.join(KINDS)}".replace("-", "_"))
    return kind


ROUTE = Route("GET", PATH, ExportAsked, dict[str, Any], download, "read", "Write everything of a kind out",
              media=LINES)  # fmt: skip


def exports(engine_of: Callable[[], Engine], *, patience_s: float = PATIENCE_S) -> ASGIApp:
    """The application."""
    one_at_a_time = asyncio.Lock()

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        incoming = Incoming(scope)

        async def opened(signed: Signed) -> Awaitable[None]:
            kind = await download(signed.engine, signed.caller, signed.params, incoming)
            if one_at_a_time.locked():
                raise Busy(1)
            merchant_id, now = signed.caller.merchant.merchant_id, signed.engine.clock()
            await note_export(
                signed.engine.database, merchant_id, "written", None, actor=signed.caller.actor, now=now, kind=kind,
                format="ndjson",
            )  # fmt: skip
            return written(signed, kind)

        async def written(signed: Signed, kind: str) -> None:
            engine, merchant_id = signed.engine, signed.caller.merchant.merchant_id
            written_out = export_lines(engine.database, merchant_id, kind, now=engine.clock())
            async with one_at_a_time, aclosing(written_out) as lines:
                await begin(send, incoming, signed.headers, LINES.encode())
                async for some in lines:
                    async with asyncio.timeout(patience_s):
                        await say(send, some)
                await end(send)

        await flow(engine_of(), incoming, ROUTE, send, opened)

    return application
