"""The composition root: settings → pool → desk → surfaces → one ASGI application."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import HttpMethod, Litestar, Request, Response, asgi, get, route
from litestar.types import ASGIApp

from guerdon.access.keys import Keys
from guerdon.access.operators import Operators
from guerdon.api.engine import Engine
from guerdon.api.openapi import Surface, document
from guerdon.api.operations import operations
from guerdon.api.portal.contract import PortalContract, PortalRefusal
from guerdon.api.portal.routes import ROUTES as PORTAL_ROUTES
from guerdon.api.requests import RequestLog
from guerdon.api.storefront.contract import StorefrontContract, StorefrontRefusal
from guerdon.api.storefront.routes import ROUTES as STOREFRONT_ROUTES
from guerdon.api.wire import Contract, Route, serve
from guerdon.awards.shelf import AwardShelf
from guerdon.database.pool import Database
from guerdon.earning.shelf import OrderShelf
from guerdon.errors.base import PageNotFound
from guerdon.kit.clock import Clock, machine_clock
from guerdon.merchants.merchants import Merchants
from guerdon.points.desk import Desk
from guerdon.rewards.shelf import RewardShelf
from guerdon.rewards.sweep import keep_sweeping
from guerdon.settings import Settings

SURFACES = (
    Surface("storefront", STOREFRONT_ROUTES, {"guid": [], "api_key": []}, StorefrontRefusal),
    Surface("portal", PORTAL_ROUTES, {"operator": []}, PortalRefusal),
)

EngineOf = Callable[[], Engine]

DESK_CONNECTIONS = 2
POOL_MAX = 6


@asynccontextmanager
async def running_engine(dsn: str, *, prepared: bool = True, clock: Clock = machine_clock) -> AsyncGenerator[Engine]:
    """One worker's parts on an open pool; on leaving, everyone in line is answered first."""
    database = await Database.open(dsn, size_min=DESK_CONNECTIONS, size_max=POOL_MAX, prepared=prepared)
    merchants = Merchants(database)
    desk = Desk(database, (OrderShelf(), RewardShelf(), AwardShelf()), clock=clock, connections=DESK_CONNECTIONS)
    requests = RequestLog(database)
    sweeper = asyncio.create_task(keep_sweeping(database, desk, merchants, clock), name="sweep")
    try:
        yield Engine(database, desk, merchants, Keys(database, merchants), Operators(database), requests, clock)
    finally:
        sweeper.cancel()
        await asyncio.gather(sweeper, return_exceptions=True)
        await desk.close()
        await requests.close()
        await database.close()


def create_app(dsn: str, *, prepared: bool = True) -> Litestar:
    """The application of one worker, which opens and closes its engine with itself."""
    engines: list[Engine] = []

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with running_engine(dsn, prepared=prepared) as engine:
            engines.append(engine)
            yield

    return application(lambda: engines[0], lifespan=[lifespan])


def application(engine_of: EngineOf, *, lifespan: Sequence[Any] = ()) -> Litestar:
    """Every surface, on an engine that is there once requests come."""
    described = document(SURFACES)

    @get("/openapi.json", sync_to_thread=False)
    def openapi() -> dict[str, Any]:
        return described

    return Litestar(
        route_handlers=[
            *_mounted(engine_of, StorefrontContract(), STOREFRONT_ROUTES),
            *_mounted(engine_of, PortalContract(), PORTAL_ROUTES),
            *operations(engine_of),
            openapi,
        ],
        exception_handlers={404: _nothing_here},
        lifespan=list(lifespan),
        openapi_config=None,
        logging_config=None,
    )


def _nothing_here(request: Request[Any, Any, Any], _: Exception) -> Response[dict[str, str]]:
    return Response({"error": PageNotFound(request.url.path).sentence}, status_code=404)


def from_environment() -> Litestar:
    """The application of a worker process, which finds its settings in its environment."""
    settings = Settings.of()
    assert settings.database_url is not None, "the process that starts workers tells them where the database is"
    return create_app(settings.database_url, prepared=settings.database_prepared)


def _mounted(engine_of: EngineOf, contract: Contract[Any], routes: Sequence[Route[Any]]) -> list[Any]:
    """One handler for each path, with all its methods."""
    by_path: dict[str, list[Route[Any]]] = {}
    for served in routes:
        by_path.setdefault(served.path, []).append(served)
    return [_handler(path, serve(engine_of, contract, together)) for path, together in by_path.items()]


def _handler(path: str, application: ASGIApp) -> Any:
    @asgi(path, copy_scope=False)
    async def handler(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)

    @route(path, http_method=list(HttpMethod))
    async def handler_with_parameters() -> ASGIApp:
        return application

    # Litestar finds no plain ASGI handler behind a path with parameters: it looks for those by method alone.
    return handler_with_parameters if "{" in path else handler
