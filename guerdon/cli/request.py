"""`guerdon request`: what was asked of late."""

from datetime import timedelta
from uuid import UUID

import click
import msgspec

from guerdon.access.history import FIRST, NOBODY, Asked, Past, get_request, list_requests
from guerdon.cli.database import on_database
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


@click.group("request")
def command() -> None:
    """Show what was asked of late. Merchant 0 has the requests for which nobody signed in."""


@command.command("list")
@with_settings
@with_json
@MERCHANT
@click.option("--status", "status_class", type=click.Choice(CLASSES), help="Only answers of this class.")
@click.option("--path", help="Only paths that begin so.")
@click.option("--key", "key_id", type=int, help="Only with this key.")
@click.option("--minutes", type=click.IntRange(1), help="Only the last so many minutes.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
def list_all(
    settings: Settings, as_json: bool, merchant_id: int, status_class: str | None, path: str | None,
    key_id: int | None, minutes: int | None, limit: int,
) -> None:  # fmt: skip
    """List a merchant's requests, newest first; with --json, whole.

    \b
    Example:
      guerdon request list --merchant 42 --status 4xx --minutes 60
    """
    # Loaded here because it brings the whole interface with it.
    from guerdon.api.history import statuses

    asked = Asked(
        since=FIRST if minutes is None else machine_clock() - timedelta(minutes=minutes),
        statuses=statuses(status_class),
        path=path,
        caller=None if key_id is None else f"key:{key_id}",
    )

    async def work(database: Database) -> list[Past]:
        await _check_there(database, merchant_id)
        return await list_requests(database, merchant_id, asked, limit)

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    rows = [
        (f"{one.at:%m-%d %H:%M:%S}", one.status, f"{one.method} {one.path}", f"{one.duration_us / 1000:.1f}",
         one.error_code or "", one.request_id)
        for one in found
    ]  # fmt: skip
    names = ("at (UTC)", "", "request", "ms", "error", "id")
    show_table(names, rows, empty="Nothing was asked.")


@command.command("show")
@with_settings
@with_json
@MERCHANT
@click.argument("request_id", type=click.UUID)
def show(settings: Settings, as_json: bool, merchant_id: int, request_id: UUID) -> None:
    """Show one request by the x-request-id of its answer, with what was sent and answered, as far as it is kept.

    \b
    Example:
      guerdon request show --merchant 42 0199c0de-0000-7000-8000-000000000000
    """

    async def work(database: Database) -> Past:
        await _check_there(database, merchant_id)
        return await get_request(database, merchant_id, request_id)

    past = on_database(settings, work)
    if as_json:
        show_json(past)
        return
    facts = msgspec.structs.asdict(past)
    show_table(("", ""), [(name.replace("_", " "), value) for name, value in facts.items()], empty="")


async def _check_there(database: Database, merchant_id: int) -> None:
    if merchant_id != NOBODY:
        await get_merchant(database, merchant_id)
