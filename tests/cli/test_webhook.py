"""`guerdon webhook` as a user runs it, and deliveries by `guerdon worker` and `guerdon serve`."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from guerdon.database.pool import Database
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.points.store import write_events
from guerdon.points.values import Event
from tests.cli.terminal import GRACE_S, Terminal, eventually, on_database
from tests.shop import email
from tests.webhooks.receiver import Received, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a loop of its own, beside commands that are waited for."""
    there, loop = Receiver(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(there.open(), loop).result(GRACE_S)
    yield there
    asyncio.run_coroutine_threadsafe(there.close(), loop).result(GRACE_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(GRACE_S)
    loop.close()


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a migrated database, where receivers may be beside us."""
    return Terminal(database_url=dsn, allow_private_urls="on")


def happen(dsn: str, merchant_id: int, *numbers: int) -> None:
    """Events with these numbers, which nobody has numbered in the log yet."""

    async def write(database: Database) -> None:
        events = [Event("points.earned", None, {"n": number}) for number in numbers]
        async with database.transaction() as connection:
            await write_events(connection, merchant_id, events, datetime.now(UTC))

    on_database(dsn, write)


async def join(database: Database, merchant_id: int) -> int:
    """Somebody becomes a member."""
    return await upsert_member(database, merchant_id, email("ana@example.com"), ProfileChange(), datetime.now(UTC))


def test_an_address_from_its_first_day_to_its_last(terminal: Terminal, dsn: str, receiver: Receiver):
    merchant_id = terminal.json("merchant", "create", "--name", "Acme")["id"]
    of = ("--merchant", str(merchant_id))
    assert terminal.run("webhook", "list", *of).stdout == "Nobody is told of events.\n"
    made = terminal.json("webhook", "add", *of, receiver.url, "--name", "Shop", "--topic", "points.*", "--ordered")
    number, secret = str(made["endpoint_id"]), made["secret"]
    assert (made["state"], made["topics"], made["ordered"]) == ("enabled", ["points.*"], True)
    assert secret not in terminal.run("webhook", "list", *of, "--json").stdout, "shown once"
    assert secret not in terminal.run("webhook", "show", *of, number, "--json").stdout

    tested = terminal.json("webhook", "test", *of, number)
    assert (tested["taken"], tested["status"]) == (True, 204)
    came = receiver.received.pop()
    assert Webhook(secret).verify(came.body, came.headers)["type"] == "webhook_endpoint.test"

    happen(dsn, merchant_id, 1, 2)
    terminal.run("worker", "--once")
    assert sorted(receiver.numbers) == [1, 2], "numbered and delivered before it ends"
    [last, first] = terminal.json("webhook", "deliveries", *of, number)
    assert (first["sequence"], first["state"], last["topic"]) == (1, "delivered", "points.earned")
    [attempt] = terminal.json("webhook", "deliveries", *of, number, "--event", "1")
    assert (attempt["number"], attempt["status"]) == (1, 204)
    assert "2 delivered" in terminal.run("webhook", "show", *of, number).stdout
    assert "delivered" in terminal.run("webhook", "deliveries", *of, number).stdout

    assert terminal.json("webhook", "replay", *of, number, "--from", "2") == {"replayed": 1}
    rotated = terminal.json("webhook", "rotate", *of, number)["secret"]
    assert rotated != secret
    terminal.run("worker", "--once")
    assert receiver.numbers[2:] == [2]
    for known in (secret, rotated):
        Webhook(known).verify(receiver.received[-1].body, receiver.received[-1].headers)

    assert terminal.json("webhook", "update", *of, number, "--all-topics", "--unordered")["topics"] == []
    assert "disabled" in terminal.run("webhook", "disable", *of, number).stdout
    assert "disabled (by hand)" in terminal.run("webhook", "list", *of).stdout
    assert terminal.json("webhook", "enable", *of, number, "--from-now")["state"] == "enabled"
    assert terminal.json("webhook", "remove", *of, number) == {"removed": made["endpoint_id"]}
    refused = terminal.json("webhook", "show", *of, number, status=2)
    assert refused["error"]["code"] == "endpoint_not_found"


def test_an_address_at_home_is_refused_unless_a_setting_allows_it(dsn: str, terminal: Terminal, receiver: Receiver):
    merchant_id = terminal.json("merchant", "create", "--name", "Acme")["id"]
    careful = Terminal(database_url=dsn)
    refused = careful.json("webhook", "add", "--merchant", str(merchant_id), receiver.url, status=2)
    assert (refused["error"]["code"], refused["error"]["facts"]["field"]) == ("bad_field", "url")
    made = terminal.json("webhook", "add", "--merchant", str(merchant_id), receiver.url)["endpoint_id"]
    tested = careful.json("webhook", "test", "--merchant", str(merchant_id), str(made), status=1)
    assert (tested["taken"], tested["reason"]) == (False, "private_address")
    assert receiver.received == []


def test_a_server_delivers_in_both_formats(terminal: Terminal, dsn: str, receiver: Receiver):
    merchant_id = terminal.json("merchant", "create", "--name", "Acme")["id"]
    of = ("--merchant", str(merchant_id))
    terminal.json("webhook", "add", *of, receiver.url, "--topic", "member.created")
    terminal.json("webhook", "add", *of, receiver.url, "--format", "storefront")

    def came(key: str) -> list[Received]:
        return [one for one in receiver.received if key in one.json]

    with terminal.start("serve", "--port", "0") as server:
        server.url()
        on_database(dsn, lambda database: join(database, merchant_id))
        eventually("an event in our own format", lambda: bool(came("type")))
        eventually("an event in the other", lambda: bool(came("topic")))
    assert came("topic")[0].json["email"] == "ana@example.com"
