"""`guerdon event`: the log of a merchant's events, by their numbers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import click
import msgspec

from guerdon.cli.database import on_database
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.events.log import BEGINNING, Numbered, list_events, relay
from guerdon.events.topics import TOPICS
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

PAGE = 500

HEAD = """# Events

What others are told of. Every event has a `sequence`, which rises by one within a merchant, an `event_id`, a `topic`,
the `member_id` that it is about, if there is one, the time `recorded_at`, and a payload: the fields below. Points are
whole, money is in minor units of the currency beside it, times are ISO 8601, in UTC. Fields may be added.

This page is what `guerdon event topics --markdown` prints.
"""
LOOK_EVERY_S = 0.5


@click.group("event")
def command() -> None:
    """List what others are told, as it happens or from a number on."""


@command.command("list")
@with_settings
@with_json
@MERCHANT
@click.option("--after", type=click.IntRange(min=0), default=BEGINNING, help="Only those after this number.")
@click.option("--topic", "topics", multiple=True, type=click.Choice(list(TOPICS)), help="Only these; can be repeated.")
@click.option("--follow", is_flag=True, help="Go on with those to come, until Ctrl-C.")
def list_some(
    settings: Settings, as_json: bool, merchant_id: int, after: int, topics: tuple[str, ...], follow: bool
) -> None:
    """List the events of a merchant, oldest first, a line each. Who remembers the last number misses nothing.

    \b
    Example:
      guerdon event list --merchant 42 --after 1000 --topic redemption.created --follow
    """

    async def work(database: Database) -> None:
        await get_merchant(database, merchant_id)
        async for event in _events(database, merchant_id, after, topics, follow=follow):
            if as_json:
                show_json(event)
            else:
                payload = msgspec.json.encode(event.payload).decode()
                who = "" if event.member_id is None else f" member {event.member_id}"
                click.echo(f"{event.sequence} {event.recorded_at:%Y-%m-%d %H:%M:%S} {event.topic}{who} {payload}")

    on_database(settings, work)


@command.command("topics")
@with_json
@click.option("--markdown", is_flag=True, help="Write the page docs/reference/events.md.")
def show_topics(as_json: bool, markdown: bool) -> None:
    """List what there is to be told of, and what each event says.

    \b
    Example:
      guerdon event topics
    """
    if as_json:
        show_json(TOPICS)
        return
    if markdown:
        click.echo(_page(), nl=False)
        return
    rows = [(name, topic.says, ", ".join(topic.payload)) for name, topic in TOPICS.items()]
    show_table(("topic", "tells", "payload"), rows, empty="")


def _page() -> str:
    """The reference of all topics."""
    lines = [HEAD]
    for name, topic in TOPICS.items():
        lines.append(f"## {name}\n\n{topic.says[0].upper()}{topic.says[1:]}.\n")
        lines += [f"- `{field}`: {what}" for field, what in topic.payload.items()]
        lines += [f"- `{field}`, where there is one: {what}" for field, what in topic.optional.items()]
        lines += [""] if topic.payload or topic.optional else []
    return "\n".join(lines)


async def _events(
    database: Database, merchant_id: int, after: int, topics: Sequence[str], *, follow: bool
) -> AsyncGenerator[Numbered]:
    """Page by page; where no relay runs, events get their numbers here."""
    while True:
        while await relay(database, merchant_id):
            pass
        page = await list_events(database, merchant_id, after, PAGE, topics)
        for event in page:
            yield event
            after = event.sequence
        if len(page) < PAGE:
            if not follow:
                return
            await asyncio.sleep(LOOK_EVERY_S)
