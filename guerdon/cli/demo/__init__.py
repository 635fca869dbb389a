"""`guerdon demo`: a shop with a year behind it, then the main job live over HTTP, then a server to look around in.

story (told before? else history, by programme) ──► serve ──► walk ──► until Ctrl-C
"""

import asyncio
import logging
from collections.abc import Mapping

import click
import msgspec
import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from guerdon.cli.database import bring_up_to_date, open_database
from guerdon.cli.demo.books import Books
from guerdon.cli.demo.page import page_link
from guerdon.cli.demo.programme import NAME
from guerdon.cli.demo.story import Story, make_room, read_story, tell_year, write_story
from guerdon.cli.demo.walk import Walk
from guerdon.cli.failure import Unusable
from guerdon.cli.options import chosen, with_settings
from guerdon.cli.serve import listening, serve, url_of
from guerdon.serving import Ending
from guerdon.settings import Settings


@click.command("demo")
@with_settings
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [GUERDON_PORT; 8080]")
@click.option("--workers", type=click.IntRange(1, 256), help="How many processes serve.  [GUERDON_WORKERS; 1]")
@click.option("--members", type=click.IntRange(1), default=2000, show_default=True, help="How many join in the year.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed tells another year.")
@click.option("--fresh", is_flag=True, help="Forget the demo that is there and start over.")
@click.option("--once", is_flag=True, help="End after the walk instead of serving on.")
def command(settings: Settings, members: int, seed: int, fresh: bool, once: bool, **flags: object) -> None:
    """Make the shop Acme with a year of history, redeem live over HTTP, and keep serving until Ctrl-C.

    A second start finds the year as it was left. It runs on the embedded database, which it has to itself.

    \b
    Example:
      guerdon demo --fresh --members 500
    """
    if settings.database_url is not None:
        raise Unusable("The demo makes a database of its own: unset GUERDON_DATABASE_URL.")
    settings = chosen(data_dir=settings.data_dir, **flags)
    console = Console()
    story: Story | None = None

    async def prepare(dsn: str) -> Mapping[str, str]:
        nonlocal story
        if story is None:
            story = await _story(dsn, settings, console, members=members, seed=seed, fresh=fresh)
        signs_in = (story.guid, story.api_key, story.username, story.password)
        return {"GUERDON_DOCS_CREDENTIALS": " ".join(signs_in)}

    with listening(settings) as listeners:
        url = url_of(listeners)

        async def walk_and_serve(dsn: str, ending: asyncio.Future[Ending]) -> None:
            assert story is not None, "it was prepared"
            walking = asyncio.create_task(_walk(dsn, settings, story, url, console))
            await asyncio.wait((walking, ending), return_when=asyncio.FIRST_COMPLETED)
            if walking.cancel():
                return
            curl, page = walking.result()
            _tell_how_to_go_on(console, story, url, curl=curl, page=page)
            if not once:
                await ending

        serve(listeners, settings, prepare, walk_and_serve)


async def _story(dsn: str, settings: Settings, console: Console, *, members: int, seed: int, fresh: bool) -> Story:
    """The year of an earlier start, or a new one."""
    earlier = read_story(settings.data_dir)
    database = await open_database(dsn, prepared=True)
    try:
        await bring_up_to_date(database, settings)
        if earlier is not None and earlier.complete and not fresh:
            console.print(f"{NAME} is there from an earlier start; --fresh starts over.", highlight=False)
            return earlier
        await make_room(database, earlier)
    finally:
        await database.close()
    # The nights of the year tell the log that they are over, in the middle of the bar.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
                   console=console)  # fmt: skip
    with bar:
        task = bar.add_task(f"A year of {NAME}, {members:,} members", total=1.0)
        return await tell_year(
            dsn,
            settings.data_dir,
            members=members,
            seed=seed,
            on_progress=lambda share: bar.update(task, completed=share),
        )


async def _walk(dsn: str, settings: Settings, story: Story, url: str, console: Console) -> tuple[str, str]:
    """The main job, live; returns a request to try by hand, and a link to the customer's own page."""
    database = await open_database(dsn, prepared=True)

    try:
        walk = Walk(url, story, Books(database), console)
        email = await walk.earn()
        if (rule_id := story.rule_id) is None:
            rule_id = await walk.add_rule()
            write_story(settings.data_dir, msgspec.structs.replace(story, rule_id=rule_id))
        await walk.redeem(rule_id, email)
        await walk.verify()
        return walk.curl(email), await page_link(database, url, email)
    finally:
        await database.close()


def _tell_how_to_go_on(console: Console, story: Story, url: str, *, curl: str, page: str) -> None:
    """Where everything is, and how to sign in."""
    lines = (
        "",
        f"{NAME} is open at {url}",
        f"  console          {url}/console  name: {story.username}   password: {story.password}",
        f"  storefront API   {url}/api/v2   x-guid: {story.guid}   x-api-key: {story.api_key}",
        f"  admin API        {url}/ui/v1    the same name and password",
        f"  reference        {url}/docs     with these filled in",
        f"  a shopper's page {page}",
        "Try:",
        f"  {curl}",
        "Ctrl-C stops everything; `guerdon demo` goes on from here.",
    )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
