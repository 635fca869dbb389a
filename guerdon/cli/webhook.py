"""`guerdon webhook`: addresses that are told of events, and how the telling goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click
import msgspec

from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.events.log import last_sequence
from guerdon.kit.clock import machine_clock
from guerdon.kit.outbound import Outbound, OutboundFailed, Reply
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings
from guerdon.webhooks.attempt import shown
from guerdon.webhooks.deliveries import (
    NEWEST,
    Attempt,
    Shown,
    count_deliveries,
    list_attempts,
    list_deliveries,
    replay,
)
from guerdon.webhooks.endpoint import Endpoint
from guerdon.webhooks.endpoints import (
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
    update_endpoint,
)
from guerdon.webhooks.message import STANDARD
from guerdon.webhooks.trial import send_test

ENDPOINT = click.argument("endpoint_id", type=int, metavar="ID")
NAME = click.option("--name", help="What it is for, to tell it from others.")
TOPICS = click.option(
    "--topic",
    "topics",
    multiple=True,
    help="A topic to be told of, such as redemption.created or points.*; all if none given.",
)
EXIT_CODE = 1
"""The receiver did not take the test message."""


@click.group("webhook")
def command() -> None:
    """Tell other programs of events by HTTP: add addresses, look how deliveries go, send again.

    Deliveries are made by `guerdon serve` and `guerdon worker`. Messages are signed as Standard Webhooks has it.
    Addresses in your own network are refused unless GUERDON_ALLOW_PRIVATE_URLS is on.
    """


def on_endpoint(function: Callable[..., None]) -> Callable[..., None]:
    """The options of a command about one endpoint."""
    return with_settings(with_json(MERCHANT(ENDPOINT(function))))


@command.command("add")
@with_settings
@with_json
@MERCHANT
@click.argument("url")
@NAME
@TOPICS
@click.option("--format", "format_name", type=click.Choice((STANDARD, "storefront")), default=STANDARD,
              show_default=True, help="What bodies look like.")  # fmt: skip
@click.option("--ordered", is_flag=True, help="A member's messages come one after another.")
def add(
    settings: Settings, as_json: bool, merchant_id: int, url: str, name: str | None, topics: tuple[str, ...],
    format_name: str, ordered: bool,
) -> None:  # fmt: skip
    """Add an address, and show its secret this once. It is told of what happens from now on.

    \b
    Example:
      guerdon webhook add --merchant 42 --topic redemption.* https://shop.example/hooks
    """

    async def work(database: Database) -> tuple[Endpoint, str]:
        await get_merchant(database, merchant_id)
        return await add_endpoint(
            database, merchant_id, url=url, name=name or "", format=format_name, topics=topics, ordered=ordered,
            allow_private=settings.allow_private_urls, now=machine_clock(),
        )  # fmt: skip

    endpoint, secret = on_database(settings, work)
    if as_json:
        show_json({**msgspec.structs.asdict(endpoint), "secret": secret})
    else:
        click.echo(f"Endpoint {endpoint.endpoint_id} is told of events.\n  secret: {secret}")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List a merchant's addresses.

    \b
    Example:
      guerdon webhook list --merchant 42
    """
    endpoints = of_merchant(settings, merchant_id, list_endpoints)
    if as_json:
        show_json(endpoints)
        return
    rows = [
        (one.endpoint_id, one.name, one.url, one.format, ", ".join(one.topics) or "all", _state(one))
        for one in endpoints
    ]
    show_table(("id", "name", "url", "format", "topics", "state"), rows, empty="Nobody is told of events.")


@command.command("show")
@on_endpoint
def show(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int) -> None:
    """Show an address, how many deliveries are in each state, and how many events it has yet to be told of.

    \b
    Example:
      guerdon webhook show --merchant 42 3
    """

    async def work(database: Database) -> tuple[Endpoint, dict[str, int]]:
        endpoint = await get_endpoint(database, merchant_id, endpoint_id)
        counts = await count_deliveries(database, merchant_id, endpoint_id)
        ahead = await last_sequence(database, merchant_id) - endpoint.sequence
        return endpoint, {**counts, "events_ahead": ahead}

    endpoint, counts = on_database(settings, work)
    if as_json:
        show_json({**msgspec.structs.asdict(endpoint), "deliveries": counts})
        return
    told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    topics = ", ".join(endpoint.topics) or "all"
    click.echo(
        f"{endpoint.name}\n  {endpoint.url}\n  {_state(endpoint)}, {endpoint.format}"
        f"{', in order per member' if endpoint.ordered else ''}\n  topics: {topics}\n  {told}"
    )


@command.command("update")
@on_endpoint
@click.option("--url", help="Another address; what is waiting goes there.")
@NAME
@TOPICS
@click.option("--all-topics", is_flag=True, help="Be told of everything again.")
@click.option("--ordered/--unordered", default=None, help="Whether a member's messages come one after another.")
def update(
    settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int, url: str | None, name: str | None,
    topics: tuple[str, ...], all_topics: bool, ordered: bool | None,
) -> None:  # fmt: skip
    """Change an address, its name, its topics or its order.

    \b
    Example:
      guerdon webhook update --merchant 42 3 --topic points.* --topic tier.*
    """

    async def work(database: Database) -> Endpoint:
        return await update_endpoint(
            database, merchant_id, endpoint_id, now=machine_clock(), url=url, name=name,
            topics=topics if topics or all_topics else None, ordered=ordered,
            allow_private=settings.allow_private_urls,
        )  # fmt: skip

    _tell(on_database(settings, work), f"Endpoint {endpoint_id} is changed.", as_json=as_json)


@command.command("disable")
@on_endpoint
def disable(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int) -> None:
    """Stop telling an address; what it misses waits.

    \b
    Example:
      guerdon webhook disable --merchant 42 3
    """

    async def work(database: Database) -> Endpoint:
        await disable_endpoint(database, merchant_id, endpoint_id, now=machine_clock())
        return await get_endpoint(database, merchant_id, endpoint_id)

    _tell(on_database(settings, work), f"Endpoint {endpoint_id} is disabled.", as_json=as_json)


@command.command("enable")
@on_endpoint
@click.option("--from-now", is_flag=True, help="Give up what it has missed.")
def enable(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int, from_now: bool) -> None:
    """Tell an address again, beginning with what it has missed.

    \b
    Example:
      guerdon webhook enable --merchant 42 3
    """

    async def work(database: Database) -> Endpoint:
        await enable_endpoint(database, merchant_id, endpoint_id, now=machine_clock(), from_now=from_now)
        return await get_endpoint(database, merchant_id, endpoint_id)

    _tell(on_database(settings, work), f"Endpoint {endpoint_id} is enabled.", as_json=as_json)


@command.command("remove")
@on_endpoint
def remove(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int) -> None:
    """Remove an address, and all that is kept about it.

    \b
    Example:
      guerdon webhook remove --merchant 42 3
    """

    async def work(database: Database) -> None:
        await remove_endpoint(database, merchant_id, endpoint_id, now=machine_clock())

    on_database(settings, work)
    _tell({"removed": endpoint_id}, f"Endpoint {endpoint_id} is removed.", as_json=as_json)


@command.command("rotate")
@on_endpoint
@click.option("--overlap-hours", type=click.IntRange(0, 168), default=24, show_default=True,
              help="How long messages are signed by the secret before too.")  # fmt: skip
def rotate(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int, overlap_hours: int) -> None:
    """Make a new secret, and show it this once.

    \b
    Example:
      guerdon webhook rotate --merchant 42 3
    """

    async def work(database: Database) -> str:
        overlap = timedelta(hours=overlap_hours)
        return await rotate_secret(database, merchant_id, endpoint_id, now=machine_clock(), overlap=overlap)

    secret = on_database(settings, work)
    _tell({"endpoint_id": endpoint_id, "secret": secret}, f"  secret: {secret}", as_json=as_json)


@command.command("test")
@on_endpoint
def test(settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int) -> None:
    """Send a test message now, and show the answer. The exit code is 1 if it was not taken.

    \b
    Example:
      guerdon webhook test --merchant 42 3
    """

    async def work(database: Database) -> Reply | OutboundFailed:
        async with await Outbound.open(allow_private=settings.allow_private_urls) as outbound:
            return await send_test(database, outbound, merchant_id, endpoint_id, now=machine_clock())

    answer = on_database(settings, work)
    if isinstance(answer, OutboundFailed):
        facts: dict[str, Any] = {"taken": False, "reason": answer.reason, "detail": answer.detail}
        said = f"There was no answer ({answer})."
    else:
        text = shown(answer.body.decode(errors="replace"))
        taken = 200 <= answer.status < 300
        facts = {"taken": taken, "status": answer.status, "response": text, "took_ms": answer.took_ms}
        said = f"It answered {answer.status} in {answer.took_ms} ms. {text}".rstrip()
    _tell(facts, said, as_json=as_json)
    if not facts["taken"]:
        raise SystemExit(EXIT_CODE)


@command.command("replay")
@on_endpoint
@click.option("--from", "first", type=int, required=True, help="The number of the first event to send again.")
@click.option("--to", "last", type=int, help="The number of the last one; only the first, if none is given.")
@click.option("--failed", is_flag=True, help="Only what was given up.")
def replay_range(
    settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int, first: int, last: int | None, failed: bool
) -> None:  # fmt: skip
    """Send the messages of one event, or of a range of events, again. `guerdon event list` shows their numbers.

    \b
    Example:
      guerdon webhook replay --merchant 42 3 --from 1041 --to 1050
    """
    if first < 1 or (last is not None and last < first):
        raise Unusable("--from and --to are numbers of events: from 1 up, the first one first.")

    async def work(database: Database) -> int:
        # Loaded here because it takes longer than all the other commands do.
        from guerdon.app import formats

        endpoint = await get_endpoint(database, merchant_id, endpoint_id)
        merchant = await get_merchant(database, merchant_id)
        return await replay(
            database, endpoint, formats(database, machine_clock)[endpoint.format], merchant,
            first=first, last=last or first, now=machine_clock(), failed=failed,
        )  # fmt: skip

    count = on_database(settings, work)
    _tell({"replayed": count}, f"{count} messages are sent again.", as_json=as_json)


@command.command("deliveries")
@on_endpoint
@click.option("--state", type=click.Choice(("waiting", "delivered", "given_up")), help="Only those in this state.")
@click.option("--before", type=int, default=NEWEST, help="Only those of events before this number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--event", "sequence", type=int, help="Show every attempt at the messages of one event.")
def deliveries(
    settings: Settings, as_json: bool, merchant_id: int, endpoint_id: int, state: str | None, before: int, limit: int,
    sequence: int | None,
) -> None:  # fmt: skip
    """List deliveries, the newest first; or the attempts at one event with what was answered.

    \b
    Example:
      guerdon webhook deliveries --merchant 42 3 --state waiting
    """

    async def work(database: Database) -> list[Shown] | list[Attempt]:
        await get_endpoint(database, merchant_id, endpoint_id)
        if sequence is not None:
            return await list_attempts(database, merchant_id, endpoint_id, sequence)
        return await list_deliveries(database, merchant_id, endpoint_id, state=state, before=before, limit=limit)

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    if sequence is not None:
        names = ("part", "attempt", "status", "reason", "answer", "ms", "at (UTC)")
        show_table(names, [msgspec.structs.astuple(one) for one in found], empty="There was no attempt.")
        return
    names = ("event", "part", "topic", "member", "state", "attempts", "next (UTC)")
    rows = [
        (one.sequence, one.part, one.topic, one.member_id, one.state, one.attempts,
         f"{one.next_attempt_at:%Y-%m-%d %H:%M:%S}" if one.next_attempt_at else "")
        for one in found
        if isinstance(one, Shown)
    ]  # fmt: skip
    show_table(names, rows, empty="There is no delivery.")


def _state(endpoint: Endpoint) -> str:
    if endpoint.reason is not None:
        return f"disabled ({endpoint.reason.replace('_', ' ')})"
    if endpoint.failing_since is not None:
        return f"failing since {endpoint.failing_since:%Y-%m-%d %H:%M}"
    return "enabled"


def _tell(facts: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        show_json(facts)
    else:
        click.echo(sentence)
