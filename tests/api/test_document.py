"""The document against a live server: whatever it allows, and much that it does not, never makes the server fail.

GUERDON_TESTS_CASES is how many cases are drawn for each operation; `make fuzz` draws many, and goes through everything
else that schemathesis knows too.
"""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error  # pyright: ignore[reportUnknownVariableType]  # it has no types

from guerdon.database.address import Address
from guerdon.docs.build import ROOT
from tests.api import document_hooks
from tests.cli.terminal import Terminal
from tests.street import cloned

CASES = int(os.environ.get("GUERDON_TESTS_CASES", "0"))
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
ALL_PHASES = "examples,coverage,fuzzing,stateful"

assert document_hooks.UNSAID, "bodies of lines are sent by what is registered there"


class Live(NamedTuple):
    """A server of this test, and everything that signs in there."""

    url: str
    headers: dict[str, str]
    bearer: str
    key_id: str
    """The bearer's, as the native API calls it."""


@pytest.fixture(scope="module")
def live(server: Address, administer: Callable[[str], None], template: str) -> Iterator[Live]:
    with cloned(server, administer, template) as dsn:
        terminal = Terminal(database_url=dsn)
        merchant = terminal.json("merchant", "create", "--id", "42", "--name", "Acme")
        operator = ("--username", "ana", "--password", "secret-enough", "--role", "owner")
        terminal.json("operator", "create", "--merchant", "42", *operator)
        scopes = [word for scope in ("read", "write", "redeem", "admin") for word in ("--scope", scope)]
        key = terminal.json("key", "create", "--merchant", "42", "--name", "server", *scopes)
        headers = {
            "x-guid": merchant["guid"],
            "x-api-key": merchant["api_key"],
            "Authorization": base64.b64encode(b"ana:secret-enough").decode(),
        }
        with terminal.start("serve", "--port", "0", "--no-jobs") as running:
            url, signed = running.url(), {"authorization": f"Bearer {key['api_key']}"}
            keys: list[Any] = httpx.get(f"{url}/v1/api_keys", headers=signed).json()["data"]
            [key_id] = [one["id"] for one in keys if "admin" in one["scopes"]]
            yield Live(url, headers, key["api_key"], key_id)


def test_no_request_makes_the_server_fail(live: Live):
    schema: Any = schemathesis.openapi.from_url(f"{live.url}/openapi.json")
    operations = [found.ok() for found in schema.exclude(tag="api").get_all_operations()]
    assert len(operations) >= 50
    for operation in operations:
        _try(operation, live)


def _try(operation: Any, live: Live) -> None:
    """Send what the document allows for this operation, drawn by hypothesis, the same each time."""

    @settings(
        max_examples=CASES or 6, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers=live.headers, checks=[not_a_server_error])

    check()


def test_the_native_api_is_what_its_document_says(live: Live, tmp_path: Path):
    """Every check of schemathesis, but for what schemathesis.toml gives a reason for."""
    tried = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIGURATION, "run",
            f"{live.url}/openapi.json", "--include-tag", "api", "--header", f"Authorization: Bearer {live.bearer}",
            "--phases", ALL_PHASES if CASES else "fuzzing", "--max-examples", str(CASES or 2),
            "--generation-deterministic", "--continue-on-failure", "--no-shrink", "--no-color", "--workers", "1",
        ],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), document_hooks.KEY_ID: live.key_id},
        capture_output=True, text=True,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stdout[-20_000:] + tried.stderr[-2_000:]
