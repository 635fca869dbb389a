"""The stream of events on a server as it is run: it tells what happens, and does not hold the server up."""

import httpx
import pytest

from tests.cli.terminal import GRACE_S, Terminal


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a migrated database."""
    return Terminal(database_url=dsn)


def test_a_stream_ends_with_its_server(terminal: Terminal):
    with terminal.start("serve", "--port", "0") as server:
        url = server.url()
        key = terminal.json("merchant", "create", "--name", "Acme", "--test")["api_key"]
        signed = {"authorization": f"Bearer {key}"}
        with (
            httpx.Client(base_url=url, headers=signed, timeout=GRACE_S) as http,
            http.stream("GET", "/v1/events/stream") as answer,
        ):
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
            made = httpx.post(f"{url}/v1/members", json={"email": "ana@example.com"}, headers=signed, timeout=GRACE_S)
            assert made.status_code == 201, made.text
            assert next(line for line in lines if line.startswith("event: ")) == "event: member.created"
            server.process.terminate()
            # To its very end: of one that the server cuts off when its patience is over, the client would complain.
            assert [line for line in lines if line.startswith("event: ")] in ([], ["event: points.earned"])
        assert server.process.wait(GRACE_S) == 0
