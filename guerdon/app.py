"""The composition root: settings → pool → desk → surfaces → one ASGI application."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any, cast

from litestar import HttpMethod, Litestar, Request, Response, asgi, get, route
from litestar.datastructures import State
from litestar.types import ASGIApp

from guerdon.access.keys import Keys
from guerdon.access.limits import Limits
from guerdon.access.operators import Operators
from guerdon.access.seals import Seals
from guerdon.access.sessions import Sessions
from guerdon.access.sign_on import SignOn
from guerdon.activities.shelf import ActivityShelf
from guerdon.api.engine import Engine
from guerdon.api.openapi import Surface, document
from guerdon.api.operations import operations
from guerdon.api.portal.contract import PortalContract, PortalRefusal
from guerdon.api.portal.routes import ROUTES as PORTAL_ROUTES
from guerdon.api.requests import RequestLog
from guerdon.api.shopper.contract import ShopperContract
from guerdon.api.shopper.routes import ROUTES as SHOPPER_ROUTES
from guerdon.api.storefront.contract import StorefrontContract, StorefrontRefusal
from guerdon.api.storefront.envelope import STOREFRONT, StorefrontFormat
from guerdon.api.storefront.routes import ROUTES as STOREFRONT_ROUTES
from guerdon.api.v1.contract import ApiContract, Problem
from guerdon.api.v1.export_files import CONTENT_PATH, DOWNLOAD, downloads
from guerdon.api.v1.exports import PATH as EXPORTS_PATH
from guerdon.api.v1.exports import ROUTE as EXPORTS_ROUTE
from guerdon.api.v1.exports import exports
from guerdon.api.v1.import_files import UPLOAD, UPLOAD_PATH, uploads
from guerdon.api.v1.routes import ROUTES as API_ROUTES
from guerdon.api.v1.stream import PATH as STREAM_PATH
from guerdon.api.v1.stream import ROUTE as STREAM_ROUTE
from guerdon.api.v1.stream import stream
from guerdon.api.wire import Contract, Incoming, Route, serve
from guerdon.awards.shelf import AwardShelf
from guerdon.callbacks.settle import Callbacks
from guerdon.console.assets import asset as console_asset
from guerdon.console.contract import ConsoleContract
from guerdon.console.csv_export import csv_export
from guerdon.console.files import EXPORT_PATH as CONSOLE_EXPORT_PATH
from guerdon.console.files import UPLOADS as CONSOLE_UPLOADS
from guerdon.console.files import console_downloads, console_uploads
from guerdon.console.routes import EXPORTS as CONSOLE_EXPORTS
from guerdon.console.routes import ROUTES as CONSOLE_ROUTES
from guerdon.database.pool import Database
from guerdon.docs.examples import illustrated
from guerdon.docs.site import Shown, site
from guerdon.errors.base import PageNotFound
from guerdon.events.relay import Relay
from guerdon.kit.clock import Clock, machine_clock
from guerdon.kit.lasting import beside
from guerdon.kit.outbound import Outbound
from guerdon.merchants.clocks import Clocks
from guerdon.merchants.merchants import Merchants
from guerdon.moving.people import PeopleShelf
from guerdon.moving.shelf import MovementShelf
from guerdon.orders.shelf import OrderShelf
from guerdon.points.desk import Desk
from guerdon.points.store import Shelf
from guerdon.referrals.shelf import ReferralShelf
from guerdon.reports.prover import Prover
from guerdon.rewards.shelf import RewardShelf
from guerdon.settings import OpenIdSettings, Settings
from guerdon.tiers.shelf import TierShelf
from guerdon.trail.changes import TrailShelf
from guerdon.webhooks.deliverer import Deliverer
from guerdon.webhooks.deliveries import Formats
from guerdon.webhooks.message import STANDARD, StandardFormat
from guerdon.widget.pages import widget_pages
from guerdon.worker.chores import CHORES, Chore, ForgetRequests, ForgetSignIns
from guerdon.worker.job import Pace
from guerdon.worker.porter import Porter
from guerdon.worker.sweep import SWEEPS, SettleCallbacks
from guerdon.worker.worker import Worker

SURFACES = (
    Surface(
        "storefront",
        STOREFRONT_ROUTES,
        {"guid": [], "api_key": []},
        StorefrontRefusal,
        older=(
            {"guid": [], "bearer": []},
            {"account": [], "api_key": []},
            {"account": [], "store_token": []},
        ),
    ),
    Surface("api", (*API_ROUTES, STREAM_ROUTE, EXPORTS_ROUTE, UPLOAD, DOWNLOAD), {"bearer": []}, Problem, strict=True),
    Surface("portal", PORTAL_ROUTES, {"operator": []}, PortalRefusal, older=({"basic": []},)),
    Surface("shopper", SHOPPER_ROUTES, {"publishable": []}, Problem, strict=True),
)

EngineOf = Callable[[], Engine]

DESK_CONNECTIONS = 2
DELIVERER_CONNECTIONS = 3
PROVER_CONNECTIONS = 2
FORMATS = (STANDARD, STOREFRONT)
POOL_MAX = 4
DRAINING = "draining"
"""What the application's state calls the event that is set once its server is to end: streams end then."""
CALLS_MAX = 64
"""So many shoppers of one worker can wait for the coupons of one shop; others wait for their turn."""


def shelves() -> tuple[Shelf, ...]:
    """The rows that packages keep beside the books. The shelf of orders is last: budgets are the last locks."""
    return (
        TrailShelf(), MovementShelf(), PeopleShelf(), RewardShelf(), AwardShelf(), TierShelf(), ReferralShelf(),
        ActivityShelf(), OrderShelf(),
    )  # fmt: skip


@asynccontextmanager
async def running_engine(
    dsn: str, *, prepared: bool = True, clock: Clock = machine_clock, private_urls: bool = False,
    secret_keys: Sequence[str] = (), oidc: OpenIdSettings | None = None,
) -> AsyncGenerator[Engine]:  # fmt: skip
    """One worker's parts on an open pool; on leaving, everyone in line is answered first. With `private_urls`, the
    coupon URLs of merchants may lead into our own network.
    """
    database = await Database.open(dsn, size_max=POOL_MAX, prepared=prepared)
    books = await Database.open_indexed(dsn, size=DESK_CONNECTIONS, prepared=prepared)
    merchants = Merchants(database)
    clocks = Clocks(clock)
    desk = Desk(books, shelves(), clock=clock, time_of=clocks.now, connections=DESK_CONNECTIONS)
    requests = RequestLog(database, merchants)
    outbound = await Outbound.open(allow_private=private_urls, per_host_max=CALLS_MAX)
    try:
        sign_on = None if oidc is None else SignOn(database, oidc)
        operators = Operators(database, clock, seals=Seals(secret_keys))
        keys, limits = Keys(database, merchants), Limits(database)
        callbacks = Callbacks(database, desk, outbound, clock)
        sessions = Sessions(database)
        yield Engine(
            database, desk, merchants, keys, operators, sign_on, sessions, requests, limits, callbacks, clock, clocks
        )  # fmt: skip
    finally:
        await desk.close()
        await outbound.close()
        await requests.close()
        await books.close()
        await database.close()


@asynccontextmanager
async def running_worker(
    dsn: str, *, prepared: bool = True, clock: Clock = machine_clock, private_urls: bool = False, **more: Any
) -> AsyncGenerator[Worker]:
    """A worker for the jobs, on connections of its own, so that nobody who asks for something waits behind them.

    Each of its commands is a transaction: they are large already. `more` goes to the worker.
    """
    database = await Database.open(dsn, size_max=DESK_CONNECTIONS + 1, prepared=prepared)
    desk = Desk(
        database, shelves(), clock=clock, time_of=Clocks(clock).now, connections=DESK_CONNECTIONS, batch_max=1
    )  # fmt: skip
    outbound = await Outbound.open(allow_private=private_urls)
    sweeps = (*SWEEPS, SettleCallbacks(Callbacks(database, desk, outbound, clock)))
    try:
        yield Worker(database, desk, Merchants(database), clock, sweeps=sweeps, **more)
    finally:
        await desk.close()
        await outbound.close()
        await database.close()


@asynccontextmanager
async def running_porter(dsn: str, *, prepared: bool = True, once: bool = False, **more: Any) -> AsyncGenerator[None]:
    """Imports and exports are carried, on connections of its own; `once`, those that are wanted on leaving. `more`
    goes to the porter.
    """
    database = await Database.open(dsn, size_max=1, prepared=prepared)
    porter = Porter(database, dsn, prepared=prepared, **more)
    try:
        async with beside(porter, "porter", instead=porter.run_once if once else None):
            yield
    finally:
        await database.close()


@asynccontextmanager
async def running_prover(dsn: str, *, prepared: bool = True, once: bool = False) -> AsyncGenerator[None]:
    """Proofs of the books are made, on connections of their own; `once`, those that are wanted on leaving."""
    database = await Database.open(dsn, size_max=PROVER_CONNECTIONS, prepared=prepared)
    prover = Prover(database)
    try:
        async with beside(prover, "prover", instead=prover.run_once if once else None):
            yield
    finally:
        await database.close()


@asynccontextmanager
async def running_relay(dsn: str, *, prepared: bool = True) -> AsyncGenerator[None]:
    """Events get their numbers, on a connection of its own; on leaving, all that are committed have one."""
    database = await Database.open(dsn, size_max=1, prepared=prepared)
    relay = Relay(database)
    try:
        async with beside(relay, "relay"):
            yield
    finally:
        await database.close()


@asynccontextmanager
async def running_deliverer(
    dsn: str, *, prepared: bool = True, private_urls: bool = False, once: bool = False
) -> AsyncGenerator[None]:
    """Webhooks are delivered, on connections of their own; `once`, what is due on leaving, and it is waited for."""
    database = await Database.open(dsn, size_max=DELIVERER_CONNECTIONS, prepared=prepared)
    outbound = await Outbound.open(allow_private=private_urls, connections_max=0, per_host_max=0)
    deliverer = Deliverer(database, Merchants(database), outbound, formats(database, machine_clock), machine_clock)
    try:
        async with beside(deliverer, "webhooks", instead=deliverer.run_once if once else None):
            yield
    finally:
        await outbound.close()
        await database.close()


def formats(database: Database, clock: Clock) -> Formats:
    """What webhooks can say."""
    return {STANDARD: StandardFormat(), STOREFRONT: StorefrontFormat(database, clock)}


@asynccontextmanager
async def _jobs_beside(
    dsn: str, *, prepared: bool, private_urls: bool, chores: Sequence[Chore]
) -> AsyncGenerator[None]:  # fmt: skip
    """The jobs in the process that serves, in small commands: requests wait while one is decided."""
    async with (
        running_deliverer(dsn, prepared=prepared, private_urls=private_urls),
        running_relay(dsn, prepared=prepared),
        running_porter(dsn, prepared=prepared),
        running_prover(dsn, prepared=prepared),
        running_worker(
            dsn, prepared=prepared, private_urls=private_urls, pace=Pace(page=500, command=50), chores=chores
        ) as worker,
        beside(worker, "jobs"),
    ):
        yield


def create_app(
    dsn: str, *, prepared: bool = True, jobs: bool = False, private_urls: bool = False,
    chores: Sequence[Chore] = CHORES, shown: Shown | None = None, secret_keys: Sequence[str] = (),
    oidc: OpenIdSettings | None = None,
) -> Litestar:  # fmt: skip
    """The application of one worker, which opens and closes its engine with itself; with `jobs`, does them too."""
    engines: list[Engine] = []

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with AsyncExitStack() as parts:
            engine = running_engine(
                dsn, prepared=prepared, private_urls=private_urls, secret_keys=secret_keys, oidc=oidc
            )  # fmt: skip
            engines.append(await parts.enter_async_context(engine))
            if jobs:
                jobs_beside = _jobs_beside(dsn, prepared=prepared, private_urls=private_urls, chores=chores)
                await parts.enter_async_context(jobs_beside)
            yield

    return application(lambda: engines[0], lifespan=[lifespan], shown=shown)


@cache
def _described() -> dict[str, Any]:
    """The document of all surfaces, which are the same for every application."""
    return illustrated(document(SURFACES))


def application(engine_of: EngineOf, *, lifespan: Sequence[Any] = (), shown: Shown | None = None) -> Litestar:
    """Every surface, on an engine that is there once requests come. `shown` is what /docs fills in for anybody."""
    described = _described()
    draining = asyncio.Event()

    @get("/openapi.json", sync_to_thread=False)
    def openapi() -> dict[str, Any]:
        return described

    served = {
        **_served(engine_of, ApiContract(), API_ROUTES, strict=True),
        **_served(engine_of, StorefrontContract(), STOREFRONT_ROUTES),
        **_served(engine_of, PortalContract(), PORTAL_ROUTES),
        **_served(engine_of, ConsoleContract(), CONSOLE_ROUTES),
        **_served(engine_of, ShopperContract(), SHOPPER_ROUTES),
    }
    return Application(
        served,
        route_handlers=[
            *(_handler(path, one) for path, one in served.items()),
            *(_handler(one.path, csv_export(engine_of, one)) for one in CONSOLE_EXPORTS),
            console_asset,
            _handler(STREAM_PATH, stream(engine_of, draining)),
            _handler(EXPORTS_PATH, exports(engine_of)),
            _handler(UPLOAD_PATH, uploads(engine_of)),
            *(_handler(one.route.path, console_uploads(engine_of, one)) for one in CONSOLE_UPLOADS),
            _handler(CONSOLE_EXPORT_PATH, console_downloads(engine_of)),
            _handler(CONTENT_PATH, downloads(engine_of)),
            *operations(engine_of),
            *site(described, shown),
            *widget_pages(),
            openapi,
        ],
        exception_handlers={404: _nothing_here},
        lifespan=list(lifespan),
        state=State({DRAINING: draining}),
        openapi_config=None,
        logging_config=None,
    )


def _nothing_here(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """What is nowhere is told in the form of the interface that was meant."""
    nothing, incoming = PageNotFound(request.url.path), Incoming(request.scope)
    if request.url.path.startswith("/console"):
        page, headers = ConsoleContract().refused(nothing, incoming), dict(incoming.told)
        told = {name.decode(): value.decode() for name, value in headers.items()}
        return Response(page, status_code=nothing.status, media_type="text/html", headers=told)
    if not request.url.path.startswith("/v1/"):
        return Response({"error": nothing.sentence}, status_code=nothing.status)
    problem = ApiContract().refused(nothing, incoming)
    return Response(problem, status_code=nothing.status, media_type=ApiContract.refusal_type.decode())


def from_environment() -> Litestar:
    """The application of a worker process, which finds its settings in its environment."""
    settings = Settings.of()
    assert settings.database_url is not None, "the process that starts workers tells them where the database is"
    chores = (ForgetRequests(settings.request_days), ForgetSignIns())
    return create_app(
        settings.database_url, prepared=settings.database_prepared, jobs=settings.jobs,
        private_urls=settings.allow_private_urls, chores=chores, secret_keys=settings.secret_keys, oidc=settings.oidc,
        shown=Shown(*settings.docs_credentials) if settings.docs_credentials else None,
    )  # fmt: skip


class Application(Litestar):
    """Paths without parameters are served at once; to find all others, and to open and close, is Litestar's."""

    def __init__(self, served: Mapping[str, ASGIApp], **rest: Any) -> None:
        cast("Any", super()).__init__(**rest)
        self._at_once = {path: one for path, one in served.items() if "{" not in path}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the application."""
        one = self._at_once.get(scope["path"]) if scope["type"] == "http" else None
        await (super().__call__ if one is None else one)(scope, receive, send)


def _served(
    engine_of: EngineOf, contract: Contract[Any], routes: Sequence[Route[Any]], *, strict: bool = False
) -> dict[str, ASGIApp]:  # fmt: skip
    """What serves each path, with all its methods."""
    by_path: dict[str, list[Route[Any]]] = {}
    for served in routes:
        by_path.setdefault(served.path, []).append(served)
    return {path: serve(engine_of, contract, together, strict=strict) for path, together in by_path.items()}


def _handler(path: str, application: ASGIApp) -> Any:
    @asgi(path, copy_scope=False)
    async def handler(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)

    @route(path, http_method=list(HttpMethod))
    async def handler_with_parameters() -> ASGIApp:
        return application

    # Litestar finds no plain ASGI handler behind a path with parameters: it looks for those by method alone.
    return handler_with_parameters if "{" in path else handler
