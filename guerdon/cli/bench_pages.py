"""The case `pages` of `guerdon bench`: makes the merchant, or finds the one of an earlier run, and asks for everything.

a year of some members (demo) ──► what a shop has beside them ──► all of it many times ──► each page, timed
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from msgspec.structs import replace as replace_fields
from rich.progress import Progress

from guerdon.access.keys import GRANTABLE, create_key
from guerdon.bench.furnish import furnish
from guerdon.bench.multiply import multiply
from guerdon.bench.pages import Visit, measure_envelope, measure_pages
from guerdon.bench.run import HOST, Row, serving
from guerdon.cli.database import bring_up_to_date, open_database, running_server
from guerdon.cli.demo.programme import MERCHANT_ID
from guerdon.cli.demo.story import tell_year
from guerdon.cli.verify import Verdict, prove
from guerdon.database.cluster import write_private
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant, set_policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.settings import Settings

FILE = "pages.json"
LIVED = 1000
"""So many members at most live through a year; the others are copies of them."""
FLIGHT_S = 60

Result = TypeVar("Result")
Task = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


def pages(
    settings: Settings, folder: Path, *, members: int, entries: int, task: Task, shown: Callable[[list[Row]], None]
) -> tuple[list[Row], Verdict]:  # fmt: skip
    """All pages, handed to `shown` once they are measured; and what the proof of the books says, which takes long.

    The database is the one of the settings, or else one in the folder, where a second run finds what the first made.
    """
    with running_server(replace(settings, data_dir=folder)) as postgres:
        dsn = postgres.dsn
        visit = _kept(folder, members, entries)
        if visit is None:
            visit = _made(dsn, settings, folder, members, entries, task)
        return shown_then_proved(
            _measured(dsn, visit, task), shown,
            lambda: _on(dsn, lambda database: prove(database, visit.merchant_id, Progress(disable=True))),
        )  # fmt: skip


def shown_then_proved(
    measuring: Iterable[Row], shown: Callable[[list[Row]], None], proving: Callable[[], Verdict]
) -> tuple[list[Row], Verdict]:  # fmt: skip
    """The figures are there for whoever waits for them before the proof begins, and also where it fails."""
    rows = list(measuring)
    shown(rows)
    return rows, proving()


def _measured(dsn: str, visit: Visit, task: Task) -> Generator[Row]:
    with serving(dsn, workers=1) as server, task("Pages", None) as advance:
        for row in measure_pages(server, visit):
            advance(1)
            yield row
        yield _on(dsn, lambda database: measure_envelope(database, server, visit.merchant_id))


def _kept(folder: Path, members: int, entries: int) -> Visit | None:
    """What an earlier run has made, if that was as large."""
    try:
        visit = msgspec.json.decode((folder / FILE).read_bytes(), type=Visit)
    except FileNotFoundError:
        return None
    return visit if (visit.members, visit.entries) == (members, entries) else None


def _made(dsn: str, settings: Settings, folder: Path, members: int, entries: int, task: Task) -> Visit:
    _on(dsn, lambda database: bring_up_to_date(database, settings))
    with task("A year", 1000) as advance:
        story = asyncio.run(tell_year(dsn, folder, members=min(LIVED, members), seed=1, on_progress=_steps(advance)))
    key = _on(dsn, _open_up)
    with serving(dsn, workers=1) as server, task("What a shop has", None):
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"http://{HOST}:{server.port}", headers=headers, timeout=FLIGHT_S) as http:
            furnish(http)

    async def grow(database: Database) -> None:
        merchant = await get_merchant(database, MERCHANT_ID)
        with task("Members", members) as advance:
            await multiply(
                database, merchant, members=members, entries=entries, now=machine_clock(), on_progress=advance
            )  # fmt: skip

    _on(f"{dsn}&synchronous_commit=off", grow)
    visit = Visit(MERCHANT_ID, story.username, story.password, key, story.guid, members, entries)
    write_private(folder / FILE, msgspec.json.encode(visit).decode())
    return visit


async def _open_up(database: Database) -> str:
    """Let members bring friends, and adjustments wait for somebody; returns a key for all that there is."""
    policies = (await get_merchant(database, MERCHANT_ID)).policies
    referrals = ReferralProgramme(friend_points=50)
    await set_policies(database, MERCHANT_ID, replace_fields(policies, approval_above=100, referrals=referrals))
    return await create_key(database, MERCHANT_ID, name="bench", now=machine_clock(), scopes=GRANTABLE)


def _steps(advance: Callable[[int], None]) -> Callable[[float], None]:
    """Shares of a year as steps of a thousand."""
    done = 0

    def go(share: float) -> None:
        nonlocal done
        steps, done = int(share * 1000) - done, int(share * 1000)
        advance(steps)

    return go


def _on(dsn: str, work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = await open_database(dsn, prepared=True)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
