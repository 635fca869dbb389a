"""The case `pages`: every page of the console, every list of the native API and the storefront's heavy reads, asked one
after the other over one connection, at a merchant with as many members as large merchants have.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import msgspec

from guerdon.api.storefront.envelope import StorefrontFormat
from guerdon.api.v1.lists import ListAsked
from guerdon.api.v1.routes import ROUTES as NATIVE
from guerdon.api.wire import Route
from guerdon.bench.console_pages import is_page, kind_of, links, look
from guerdon.bench.run import HOST, POSTGRES, Meter, Row, Server, let_rest
from guerdon.console.routes import ROUTES as CONSOLE
from guerdon.database.pool import Database
from guerdon.events.log import Numbered, list_events
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant

TIMES = 20
TIMES_OF_SLOW, SLOW_S = 3, 1.0
"""An answer that takes so long is asked for less often."""
LOOKS_MAX = 8
"""So many ways of looking at one kind of page are asked for: tabs, filters, the next page."""
PROMISED_MS = 100
LONG_STORY = "mem_1"
RENDERED = 100
"""So many events are rendered at once, as a worker does."""
SIGN_IN = "/console/sign-in"
OK = 200

ALSO = (
    "/console",
    *(f"/console?{since}" for since in ("since=2026-01-01", "since=2025-01-01&until=2025-12-31&compare=before")),
    *(f"/console/members?{urlencode({'q': typed})}" for typed in ("ana", "m g", "garcia rosa", "an", "rosa.kim", "1")),
    f"/console/members/{LONG_STORY}",
    f"/console/counter/{LONG_STORY}",
    "/console/counter?q=ana",
    "/console/insights?since=2025-01-01&by=month",
    "/console/insights/members?since=2025-01-01",
    "/console/insights/redemptions?since=2025-01-01",
    "/console/components",
)
"""Addresses to begin with: what people type, long periods, and whoever has the longest story."""

STOREFRONT = (
    "/api/v2/customers/all?per_page=100",
    "/api/v2/customers/all?per_page=100&page=5000",
    "/api/v2/customers/recent?per_page=100",
    "/api/v2/customers?customer_email={email}&with_history=true",
    "/api/v2/customers?customer_email={email}",
    "/api/v2/redemption_options?customer_email={email}",
    "/api/v2/redemption_options",
    "/api/v2/campaigns?customer_email={email}",
    "/api/v2/privacy/data/exists?email={email}",
)


class Visit(msgspec.Struct, frozen=True):
    """How to sign in, for the console, the native API and the storefront, at a merchant with so many members."""

    merchant_id: int
    username: str
    password: str
    api_key: str
    guid: str
    members: int
    entries: int


class Asked(NamedTuple):
    """How long each answer took, in seconds, how many were none, and how many processors were busy meanwhile."""

    took: list[float]
    refused: int
    cpu: dict[str, float]


def measure_pages(server: Server, visit: Visit) -> Iterator[Row]:
    """Each page, as it is measured; and each read of the two programs' interfaces."""
    let_rest(server)  # a database that lay still for days has nights to make up for
    url = f"http://{HOST}:{server.port}"
    with httpx.Client(base_url=url, timeout=60) as browser:
        form = {"username": visit.username, "password": visit.password}
        browser.post(SIGN_IN, data=form, follow_redirects=True).raise_for_status()
        yield from _console(browser, server)
    with httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {visit.api_key}"}) as program:
        email = program.get(f"/v1/members/{LONG_STORY}").json()["email"]
        for address in _native():
            yield _row(f"native {address}", server, _asked(server, program, address))
    headers = {"x-guid": visit.guid, "x-api-key": visit.api_key}
    with httpx.Client(base_url=url, timeout=60, headers=headers) as shop:
        for address in STOREFRONT:
            yield _row(f"storefront {address}", server, _asked(server, shop, address.format(email=email)))


async def measure_envelope(database: Database, server: Server, merchant_id: int) -> Row:
    """How long it takes to tell of events, each with its member, as the storefront's receivers know it."""
    merchant = await get_merchant(database, merchant_id)
    last: int = await database.fetchval("SELECT sequence FROM event_relay WHERE merchant_id = $1", merchant_id)
    events: Sequence[Numbered] = await list_events(database, merchant_id, after=last - RENDERED, limit=RENDERED)
    render, took = StorefrontFormat(database, machine_clock).render, list[float]()
    meter, busy_s = Meter(server), time.process_time()
    for _ in range(TIMES):
        began = time.perf_counter()
        await render(merchant, events)
        took.append(time.perf_counter() - began)
    cpu = {"render": round((time.process_time() - busy_s) / sum(took), 2), POSTGRES: meter.read().get(POSTGRES, 0.0)}
    return _row(f"webhooks: {RENDERED} events in the storefront's envelope", server, Asked(took, 0, cpu))


def cpu_ms(row: Row) -> float:
    """The processor time of one answer, of the server and of its database: what else the machine does adds nothing."""
    return round(sum(row.cpu.values()) / row.per_second * 1000, 1)


def told(rows: Sequence[Row]) -> str:
    """All of them, the slowest first, and how many are slower than promised. Of twenty answers, p99 is the worst."""
    over, by_cpu = (sum(ms > PROMISED_MS for ms in some) for some in ((r.p50_ms for r in rows), map(cpu_ms, rows)))
    slowest = sorted(rows, key=lambda row: row.p50_ms, reverse=True)
    lines = [f"{row.p50_ms:>8} {row.p99_ms:>8} {cpu_ms(row):>8}  {row.case}" for row in slowest]
    ending = f"{over} of {len(rows)} over {PROMISED_MS} ms, {by_cpu} by processor time"
    return "\n".join(("  p50 ms   p99 ms   cpu ms  page", *lines, ending))


def _console(browser: httpx.Client, server: Server) -> Iterator[Row]:
    """From Home along all links."""
    waiting, seen, looks = list(ALSO), set[str](), Counter[str]()
    pages = {route.path for route in CONSOLE if is_page(route)}
    while waiting:
        address = waiting.pop(0)
        kind, known = kind_of(address), address if address in ALSO else look(address)
        if kind not in pages or known in seen or (known != address and looks[kind] >= LOOKS_MAX):
            continue
        answer = browser.get(address)
        if answer.status_code != OK or "text/html" not in answer.headers["content-type"]:
            continue  # it leads on to another page, or to a file
        seen.add(known)
        looks[kind] += 1
        waiting += links(answer.text)
        yield _row(address, server, _asked(server, browser, address))


def _native() -> Iterator[str]:
    """Every list, and what there is of one member."""
    for route in NATIVE:
        if route.method != "GET" or route.path.replace("/v1/members/{id:str}", "").count("{"):
            continue
        address = route.path.replace("{id:str}", LONG_STORY)
        yield f"{address}?limit=100" if _is_list(route) else address


def _is_list(route: Route[Any]) -> bool:
    return issubclass(route.params, ListAsked)


def _asked(server: Server, http: httpx.Client, address: str) -> Asked:
    took, refused, meter = list[float](), 0, Meter(server)
    while len(took) < (TIMES_OF_SLOW if max(took, default=0) > SLOW_S else TIMES):
        began = time.perf_counter()
        answer = http.get(address)
        took.append(time.perf_counter() - began)
        refused += answer.is_error
    return Asked(took, refused, meter.read())


def _row(case: str, server: Server, asked: Asked) -> Row:
    ordered = sorted(asked.took)
    return Row(
        case=case, connections=1, per_second=round(len(ordered) / sum(ordered), 1),
        p50_ms=round(ordered[len(ordered) // 2] * 1000, 1), p99_ms=round(ordered[-1] * 1000, 1), refused=asked.refused,
        baseline_per_second=None, ratio=None, cpu=asked.cpu, worker_mb=server.largest_worker_mb(),
    )  # fmt: skip
