"""A Singer tap, published in 2020, that copies all customers: first everyone, then who changed since."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.cli.terminal import GRACE_S, Terminal

PYTHON = os.environ.get("GUERDON_TESTS_CLIENTS")
CUSTOMERS = 230

pytestmark = pytest.mark.skipif(PYTHON is None, reason="make clients runs it, in an environment of its own")


class Shop(NamedTuple):
    """A server, and how the tap signs in there."""

    http: httpx.Client
    folder: Path
    config: dict[str, str]


@pytest.fixture
def shop(dsn: str, tmp_path: Path) -> Iterator[Shop]:
    """A server with customers, some of whom have points and orders, and one without an address."""
    terminal = Terminal(database_url=dsn)
    merchant = terminal.json("merchant", "create", "--id", "42", "--name", "Acme")
    headers = {"x-guid": merchant["guid"], "x-api-key": merchant["api_key"]}
    config = {"api_guid": merchant["guid"], "api_key": merchant["api_key"], "start_date": "2019-01-01T00:00:00Z"}
    with (
        terminal.start("serve", "--port", "0") as server,
        httpx.Client(base_url=server.url(), headers=headers, timeout=GRACE_S) as http,
    ):
        for number in range(CUSTOMERS):
            who = {"id": f"C-{number}", "email": f"c{number}@example.com", "first_name": "Cleo"}
            http.post("/api/v2/customers", json=who).raise_for_status()
        http.post("/api/v2/customers", json={"phone_number": "+14155552671"}).raise_for_status()
        yield Shop(http, tmp_path, config)


def tap(shop: Shop, *arguments: str, **documents: Any) -> list[dict[str, Any]]:
    """What the tap writes, one message a line."""
    for name, document in {"config": shop.config, **documents}.items():
        file = shop.folder / f"{name}.json"
        file.write_text(json.dumps(document))
        arguments = (*arguments, f"--{name}", str(file))
    done = subprocess.run(
        [str(PYTHON), Path(__file__).with_name("tap.py"), *arguments],
        env={**os.environ, "GUERDON_URL": str(shop.http.base_url).rstrip("/")},
        capture_output=True,
        text=True,
        timeout=GRACE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"type"')] or [
        json.loads(done.stdout)
    ]


def records(messages: list[dict[str, Any]]) -> dict[str, int]:
    """The points of each customer that was copied, by address."""
    return {
        message["record"]["email"]: message["record"]["points_balance"]
        for message in messages
        if message["type"] == "RECORD"
    }


def test_the_tap_copies_everyone_and_then_who_changed(shop: Shop):
    (catalog,) = tap(shop, "--discover")
    for stream in catalog["streams"]:
        for metadata in stream["metadata"]:
            metadata["metadata"]["selected"] = True

    first = tap(shop, catalog=catalog)

    assert set(records(first)) == {"", *(f"c{number}@example.com" for number in range(CUSTOMERS))}
    given = {"customer_email": "c7@example.com", "point_adjustment_amount": 5}
    shop.http.post("/api/v2/points/adjust", json=given).raise_for_status()
    second = tap(shop, catalog=catalog, state=first[-1]["value"])
    assert records(second)["c7@example.com"] == 5
    assert len(records(second)) < CUSTOMERS
