"""What those who run Guerdon ask of it: is it alive, can it serve, how is it doing."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from guerdon.api.engine import Engine
from guerdon.database.migrate import pending

READY_WITHIN_S = 3.0


class Health(msgspec.Struct):
    """`status` is ok, or what is wrong."""

    status: str


def operations(engine_of: Callable[[], Engine]) -> list[Any]:
    """The handlers; they ask no credentials, and tell nothing of any merchant."""

    @get("/health", sync_to_thread=False, summary="Whether this process is alive")
    def health() -> Health:
        return Health("ok")

    @get("/ready", summary="Whether requests can be served: the database answers and its schema is today's")
    async def ready() -> Response[Health]:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                waiting = await pending(engine_of().database)
        except Exception as error:  # noqa: BLE001  whatever it is, requests cannot be served
            return Response(Health(f"the database does not answer ({type(error).__name__})"), status_code=503)
        if waiting:
            names = ", ".join(migration.name for migration in waiting)
            return Response(Health(f"migrations are waiting ({names}): run `guerdon migrate`"), status_code=503)
        return Response(Health("ok"))

    @get("/metrics", sync_to_thread=True, media_type="text/plain", summary="Figures for Prometheus, of all workers")
    def metrics() -> Response[bytes]:
        registry = REGISTRY
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return [health, ready, metrics]
