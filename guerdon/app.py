"""The composition root: settings → pool → desk → surfaces → one ASGI application."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import HttpMethod, Litestar, Request, Response, asgi, get, route
from litestar.types import ASGIApp

from guerdon.access.keys import Keys
from guerdon.access.operators import Operators
from guerdon.activities.shelf import ActivityShelf
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
from guerdon.errors.base import PageNotFound
from guerdon.kit.clock import Clock, machine_clock
from guerdon.merchants.merchants import Merchants
from guerdon.moving.people import PeopleShelf
from guerdon.moving.shelf import MovementShelf
from guerdon.orders.shelf import OrderShelf
from guerdon.points.desk import Desk
from guerdon.points.store import Shelf
from guerdon.referrals.shelf import ReferralShelf
from guerdon.rewards.shelf import RewardShelf
from guerdon.settings import Settings
from guerdon.tiers.shelf import TierShelf
from guerdon.worker.job import Pace
from guerdon.worker.worker import Worker

SURFACES = (
    Surface("storefront", STOREFRONT_ROUTES, {"guid": [], "api_key": []}, StorefrontRefusal),
    Surface("portal", PORTAL_ROUTES, {"operator": []}, PortalRefusal),
)

EngineOf = Callable[[], Engine]

DESK_CONNECTIONS = 2
POOL_MAX = 4


def shelves() -> tuple[Shelf, ...]:
    """The rows that packages keep beside the books. The shelf of orders is last: budgets are the last locks."""
    return (
        MovementShelf(), PeopleShelf(), RewardShelf(), AwardShelf(), TierShelf(), ReferralShelf(), ActivityShelf(),
        OrderShelf(),
    )  # fmt: skip


@asynccontextmanager
async def running_engine(dsn: str, *, prepared: bool = True, clock: Clock = machine_clock) -> AsyncGenerator[Engine]:
    """One worker's parts on an open pool; on leaving, everyone in line is answered first."""
    database = await Database.open(dsn, size_max=POOL_MAX, prepared=prepared)
    books = await Database.open_indexed(dsn, size=DESK_CONNECTIONS, prepared=prepared)
    merchants = Merchants(database)
    desk = Desk(books, shelves(), clock=clock, connections=DESK_CONNECTIONS)
    requests = RequestLog(database)
    try:
        yield Engine(database, desk, merchants, Keys(database, merchants), Operators(database), requests, clock)
    finally:
        await desk.close()
        await requests.close()
        await books.close()
        await database.close()


@asynccontextmanager
async def running_worker(
    dsn: str, *, prepared: bool = True, clock: Clock = machine_clock, **more: Any
) -> AsyncGenerator[Worker]:
    """A worker for the jobs, on connections of its own, so that nobody who asks for something waits behind them.

    Each of its commands is a transaction: they are large already. `more` goes to the worker.
    """
    database = await Database.open(dsn, size_max=DESK_CONNECTIONS + 1, prepared=prepared)
    desk = Desk(database, shelves(), clock=clock, connections=DESK_CONNECTIONS, batch_max=1)
    try:
        yield Worker(database, desk, Merchants(database), clock, **more)
    finally:
        await desk.close()
        await database.close()


@asynccontextmanager
async def _jobs_beside(dsn: str, *, prepared: bool) -> AsyncGenerator[None]:
    """The jobs in the process that serves, in small commands: requests wait while one is decided."""
    async with running_worker(dsn, prepared=prepared, pace=Pace(page=500, command=50)) as worker:
        working = asyncio.create_task(worker.run(), name="jobs")
        try:
            yield
        finally:
            worker.stop()
            await asyncio.gather(working, return_exceptions=True)


def create_app(dsn: str, *, prepared: bool = True, jobs: bool = False) -> Litestar:
    """The application of one worker, which opens and closes its engine with itself; with `jobs`, does them too."""
    engines: list[Engine] = []

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with AsyncExitStack() as parts:
            engines.append(await parts.enter_async_context(running_engine(dsn, prepared=prepared)))
            if jobs:
                await parts.enter_async_context(_jobs_beside(dsn, prepared=prepared))
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
    return create_app(settings.database_url, prepared=settings.database_prepared, jobs=settings.jobs)


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
