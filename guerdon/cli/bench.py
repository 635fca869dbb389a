"""`guerdon bench`: redemptions a second over HTTP, beside pgbench writing the same rows on the same database."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress

from guerdon.bench.imports import measure_import
from guerdon.bench.nightly import Night, fill_night, measure_night
from guerdon.bench.pages import told as pages_told
from guerdon.bench.programme import COST, PLENTY, Programme, lengthen_history, make_programme
from guerdon.bench.run import Case, Row, Server, measure, pgbench_program, serving
from guerdon.bench.traffic import Traffic, bulk_redemptions, native_redemptions, orders, redemptions
from guerdon.bench.webhooks import measure_webhooks
from guerdon.cli.bench_pages import pages
from guerdon.cli.database import bring_up_to_date, open_database, running_server
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json
from guerdon.cli.verify import Verdict, prove
from guerdon.database.pool import Database
from guerdon.settings import Settings

Result = TypeVar("Result")

CASES = ("redeem", "native", "bulk", "orders", "hot", "lots", "history", "import", "nightly", "webhooks", "pages")
CONNECTIONS = (1, 16, 64, 256)
USUAL_CONNECTIONS = 64
LOTS_A_MEMBER = 1000
MEMBERS_WITH_LOTS = 100
HEADER = "case     conns   per s.   p50 ms   p99 ms   pgbench  ratio      MB  processors kept busy"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured, and for how long."""

    cases: tuple[str, ...]
    connections: tuple[int, ...]
    seconds: float
    members: int
    entries: int
    workers: int
    baseline: bool
    deliveries: int


@click.command(name="bench")
@click.option("--case", "cases", type=click.Choice(CASES), multiple=True, help="Only these cases.  [all]")
@click.option("--connections", type=int, multiple=True, help="Requests at once, for `redeem`.  [1, 16, 64, 256]")
@click.option("--seconds", type=float, default=8.0, show_default=True, help="How long each side of a case runs.")
@click.option("--members", type=int, default=100_000, show_default=True, help="Members that redeem.")
@click.option("--entries", type=int, default=5_000_000, show_default=True, help="Entries of `history`.")
@click.option("--night-members", type=int, default=1_000_000, show_default=True, help="Members of `nightly`.")
@click.option("--deliveries", type=int, default=40_000, show_default=True, help="Events of `webhooks`.")
@click.option("--page-members", type=int, default=1_000_000, show_default=True, help="Members of `pages`.")
@click.option("--page-entries", type=int, default=5_000_000, show_default=True, help="Entries of `pages`.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the data of `pages` there, for the next run."
)
@click.option("--workers", type=int, default=2, show_default=True, help="Processes that serve.")
@click.option("--baseline/--no-baseline", default=True, help="Run pgbench beside each case.")
@with_json
@with_settings
def command(
    settings: Settings,
    as_json: bool,
    cases: tuple[str, ...],
    connections: tuple[int, ...],
    seconds: float,
    members: int,
    entries: int,
    night_members: int,
    deliveries: int,
    page_members: int,
    page_entries: int,
    keep: Path | None,
    workers: int,
    baseline: bool,
) -> None:
    """Measure redemptions a second, each case beside pgbench in the same run.

    \b
    redeem    members at random, at each number of connections
    native    the same by the native API at 64 connections, beside the storefront's
    bulk      a thousand redemptions a request, beside one a request, each over one connection
    orders    everyone orders, and earns by three rules, at 64 connections
    hot       everyone redeems from one balance
    lots      members with 1,000 lots each
    history   redeem at 64 connections, after years of entries
    import    members a second from a file
    nightly   the points of all members expire; the worker is killed half way, and another finishes
    webhooks  a worker delivers events to a receiver beside it, in any order and in order per member
    pages     every page of the console, native list and heavy read of the storefront, at a large merchant; none
              should take 100 ms. Its data take a while to make: --keep FOLDER finds them again

    Without --database-url it makes a database of its own, fully durable, and throws it away. The books are proven at
    the end. Machines differ and are noisy: only the ratios say something, best where nothing else runs.

    Example: guerdon bench --case redeem --connections 64 --seconds 5
    """
    sizes = Sizes(cases or CASES, connections or CONNECTIONS, seconds, members, entries, workers, baseline, deliveries)
    if baseline and set(sizes.cases) != {"pages"}:
        pgbench_program()
    rows: list[Row | Night] = []
    verdicts: list[Verdict] = []
    if "pages" in sizes.cases:
        with tempfile.TemporaryDirectory(prefix="guerdon-pages-") as folder:
            Path(folder).chmod(0o711)
            place = keep or Path(folder)
            measured, verdict = pages(
                settings, place, members=page_members, entries=page_entries, task=_task,
                shown=lambda measured: None if as_json else click.echo(pages_told(measured)),
            )  # fmt: skip
        rows += measured
        verdicts.append(verdict)
    if set(sizes.cases) != {"pages"}:
        verdicts.append(_others(settings, sizes, night_members, rows, as_json=as_json))
    if as_json:
        show_json(rows)
    wrong = [found for verdict in verdicts for found in verdict.findings]
    click.echo(f"THE BOOKS DO NOT ADD UP: {wrong}" if wrong else "The books add up.", err=as_json)
    raise SystemExit(1 if wrong else 0)


def _others(
    settings: Settings, sizes: Sizes, night_members: int, rows: list[Row | Night], *, as_json: bool
) -> Verdict:  # fmt: skip
    """The cases that share a database, noted in `rows` as they are measured."""
    with tempfile.TemporaryDirectory(prefix="guerdon-bench-") as folder:
        Path(folder).chmod(0o711)
        with running_server(replace(settings, data_dir=Path(folder))) as server:
            bench = _Bench(server.dsn, settings)
            rows += _shown(bench.rows(sizes), as_json=as_json)
            if "nightly" in sizes.cases:
                night = bench.night(night_members)
                rows.append(night)
                if not as_json:
                    click.echo(_told(night))
            return bench.verdict()


class _Bench:
    """The cases, one after the other, on one database."""

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._dsn = dsn
        self._settings = settings

    def rows(self, sizes: Sizes) -> Generator[Row]:
        """Measure, and hand over each row as it is there."""
        if "import" in sizes.cases:
            with _task("Import", None):
                yield self._on(lambda database: _import(database, self._settings, sizes.members))
        if "webhooks" in sizes.cases:
            for ordered in (False, True):
                with _task("Webhooks", sizes.deliveries) as advance:
                    yield self._on(
                        lambda database, ordered=ordered, advance=advance: self._webhooks(
                            database, sizes.deliveries, ordered=ordered, advance=advance
                        )
                    )
        if set(sizes.cases) <= {"import", "nightly", "pages", "webhooks"}:
            return
        with _task("Members", sizes.members) as advance:
            programme = self._on(lambda database: _prepare(database, self._settings, sizes.members, (PLENTY,), advance))
        with serving(self._dsn, workers=sizes.workers) as server:
            yield from self._writes(server, programme, sizes)
            if "hot" in sizes.cases:
                yield self._row("hot", server, programme, USUAL_CONNECTIONS, sizes, members=1)
            if "lots" in sizes.cases:
                with _task("Lots", LOTS_A_MEMBER * MEMBERS_WITH_LOTS) as advance:
                    lots = (COST,) * LOTS_A_MEMBER
                    rich = self._on(
                        lambda database: _prepare(database, self._settings, MEMBERS_WITH_LOTS, lots, advance)
                    )
                yield self._row("lots", server, rich, USUAL_CONNECTIONS, sizes)
            if "history" in sizes.cases:
                with _task("History", None):
                    self._on(lambda database: lengthen_history(database, programme, entries=sizes.entries))
                yield self._row("history", server, programme, USUAL_CONNECTIONS, sizes)

    def _writes(self, server: Server, programme: Programme, sizes: Sizes) -> Generator[Row]:
        """What shops write, one by one and many at once."""
        if "redeem" in sizes.cases:
            for connections in sizes.connections:
                yield self._row("redeem", server, programme, connections, sizes)
        if "native" in sizes.cases:
            yield self._native(server, programme, sizes)
        if "bulk" in sizes.cases:
            yield self._bulk(server, programme, sizes)
        if "orders" in sizes.cases:
            traffic = self._on(lambda database: orders(database, programme))
            yield self._row("orders", server, programme, USUAL_CONNECTIONS, sizes, traffic=traffic)

    def _native(self, server: Server, programme: Programme, sizes: Sizes) -> Row:
        native, storefront = native_redemptions(programme), redemptions(programme)
        return self._row("native", server, programme, USUAL_CONNECTIONS, sizes, traffic=native, beside=storefront)

    def _bulk(self, server: Server, programme: Programme, sizes: Sizes) -> Row:
        many, one = bulk_redemptions(programme), native_redemptions(programme)
        return self._row("bulk", server, programme, 1, sizes, traffic=many, beside=one)

    async def _webhooks(
        self, database: Database, events: int, *, ordered: bool, advance: Callable[[int], None]
    ) -> Row:  # fmt: skip
        await bring_up_to_date(database, self._settings)
        return await measure_webhooks(database, self._dsn, events=events, ordered=ordered, on_progress=advance)

    def night(self, members: int) -> Night:
        """A night in which the points of so many members expire."""

        async def fill(database: Database, advance: Callable[[int], None]) -> int:
            await bring_up_to_date(database, self._settings)
            return await fill_night(database, members=members, on_progress=advance)

        with _task("Members of the night", members) as advance:
            merchant_id = self._on(lambda database: fill(database, advance))
        with _task("Night", members) as advance:
            return self._on(
                lambda database: measure_night(database, self._dsn, merchant_id, members=members, on_progress=advance)
            )

    def verdict(self) -> Verdict:
        """The proof of the books after all that."""
        with Progress(console=Console(stderr=True), transient=True) as progress:
            return self._on(lambda database: prove(database, None, progress))

    def _row(
        self,
        case: str,
        server: Server,
        programme: Programme,
        connections: int,
        sizes: Sizes,
        *,
        members: int | None = None,
        traffic: Traffic | None = None,
        beside: Traffic | None = None,
    ) -> Row:
        usual = traffic or redemptions(programme)
        measured = Case(server, programme, usual, connections, members or programme.members)
        other = None if beside is None else measured._replace(traffic=beside)
        with _task(f"{case}, {connections} connections", None):
            return measure(case, measured, sizes.seconds, beside=other, baseline=sizes.baseline)

    def _on(self, work: Callable[[Database], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            database = await open_database(self._dsn, prepared=self._settings.database_prepared)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())


async def _prepare(
    database: Database, settings: Settings, members: int, lots: tuple[int, ...], advance: Callable[[int], None]
) -> Programme:
    await bring_up_to_date(database, settings)
    return await make_programme(database, members=members, lots=lots, on_progress=advance)


async def _import(database: Database, settings: Settings, members: int) -> Row:
    await bring_up_to_date(database, settings)
    return await measure_import(database, members=members)


@contextmanager
def _task(name: str, total: int | None) -> Generator[Callable[[int], None]]:
    """Show how far something has come, to a person who watches."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda steps: progress.advance(task, steps)


def _shown(rows: Iterable[Row], *, as_json: bool) -> Generator[Row]:
    """The rows as they come, each printed for a person."""
    if not as_json:
        click.echo(HEADER)
    for row in rows:
        if not as_json:
            cpu = ", ".join(f"{kind} {share}" for kind, share in row.cpu.items())
            theirs, ratio = row.baseline_per_second or "", row.ratio or ""
            click.echo(
                f"{row.case:8} {row.connections:>5} {row.per_second:>9} {row.p50_ms:>8} {row.p99_ms:>8} "
                f"{theirs:>9} {ratio:>6}  {row.worker_mb:>6}  {cpu}"
            )
        yield row


def _told(night: Night) -> str:
    first, most = night.memory_mb
    return (
        f"nightly  {night.members} members in {night.seconds} s: {night.per_second} a second, "
        f"{night.minutes_a_million} minutes a million; {first} MB after the restart, {most} MB at most; killed after "
        f"{night.killed_at}, the next one waited {night.waited_s} s for its turn"
    )
