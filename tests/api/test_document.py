"""The document against a live server: whatever it allows, and much that it does not, never makes the server fail."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error  # pyright: ignore[reportUnknownVariableType]  # it has no types

from tests.cli.terminal import Terminal


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> bytes:
    """A body of lines as it is sent."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class Live(NamedTuple):
    """A server of this test, and everything that signs in there."""

    url: str
    headers: dict[str, str]


@pytest.fixture
def live(dsn: str) -> Iterator[Live]:
    terminal = Terminal(database_url=dsn)
    merchant = terminal.json(
        "merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC"
    )
    operator = (
        "operator",
        "create",
        "--merchant",
        "42",
        "--username",
        "ana",
        "--password",
        "secret",
        "--role",
        "owner",
    )
    terminal.json(*operator)
    headers = {
        "x-guid": merchant["guid"],
        "x-api-key": merchant["api_key"],
        "Authorization": base64.b64encode(b"ana:secret").decode(),
    }
    with terminal.start("serve", "--port", "0") as server:
        yield Live(server.url(), headers)


def test_no_request_makes_the_server_fail(live: Live):
    schema: Any = schemathesis.openapi.from_url(f"{live.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 12
    for operation in operations:
        _try(operation, live)


def _try(operation: Any, live: Live) -> None:
    """Send what the document allows for this operation, drawn by hypothesis, the same each time."""

    @settings(
        max_examples=25, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers=live.headers, checks=[not_a_server_error])

    check()
