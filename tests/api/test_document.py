"""The document against a live server: what it allows is taken, what it does not is refused, and answers are as it says.

GUERDON_TESTS_CASES is how many cases are drawn for each operation; `make fuzz` draws many, and goes through everything
else that schemathesis knows too. They are the same each time, unless GUERDON_TESTS_SEED has a number.
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

from guerdon.database.address import Address
from guerdon.docs.build import ROOT
from tests.api import document_hooks
from tests.api.document_shop import open_shop
from tests.cli.terminal import GRACE_S, Terminal
from tests.street import cloned

CASES = int(os.environ.get("GUERDON_TESTS_CASES", "0"))
SEED = os.environ.get("GUERDON_TESTS_SEED", "")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
FEW = {"api": 2, "storefront": 1, "portal": 1}
"""Cases of an operation where none are asked for, in each interface: a lenient one takes each in several ways."""
ALL_PHASES = "examples,coverage,fuzzing,stateful"

assert document_hooks.UNSAID, "bodies of lines are sent by what is registered there"


class Live(NamedTuple):
    """A server of this test, and everything that signs in there."""

    url: str
    headers: dict[str, dict[str, str]]
    """By interface."""
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
            "storefront": {"x-guid": merchant["guid"], "x-api-key": merchant["api_key"]},
            "api": {"Authorization": f"Bearer {key['api_key']}"},
            "portal": {"Authorization": base64.b64encode(b"ana:secret-enough").decode()},
        }
        with terminal.start("serve", "--port", "0", "--no-jobs") as running:
            url = running.url()
            with httpx.Client(base_url=url, timeout=GRACE_S) as http:
                keys: list[Any] = http.get("/v1/api_keys", headers=headers["api"]).json()["data"]
                [key_id] = [one["id"] for one in keys if "admin" in one["scopes"]]
                open_shop(http, headers)
            yield Live(url, headers, key_id)


@pytest.mark.parametrize("interface", FEW)
def test_an_interface_is_what_its_document_says(live: Live, interface: str, tmp_path: Path):
    """Every check of schemathesis, but for what schemathesis.toml gives a reason for."""
    signed = [word for name, value in live.headers[interface].items() for word in ("--header", f"{name}: {value}")]
    seed = ["--seed", SEED] if SEED else ["--generation-deterministic"]
    tried = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIGURATION, "run",
            f"{live.url}/openapi.json", "--include-tag", interface, *signed,
            "--phases", ALL_PHASES if CASES else "fuzzing", "--max-examples", str(CASES or FEW[interface]), *seed,
            "--continue-on-failure", "--no-shrink", "--no-color", "--workers", "1",
        ],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), document_hooks.KEY_ID: live.key_id},
        capture_output=True, text=True,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stdout[-20_000:] + tried.stderr[-2_000:]
