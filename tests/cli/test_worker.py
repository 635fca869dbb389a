"""`guerdon worker` and `guerdon policy` as a user runs them, and the jobs beside a server."""

import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from guerdon.bench.nightly import POINTS, fill_night
from guerdon.database.pool import Database
from tests.cli.terminal import GRACE_S, Terminal, eventually, on_database

MEMBERS = 50


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a migrated database."""
    return Terminal(database_url=dsn)


@pytest.fixture
def merchant_id(dsn: str) -> int:
    """A merchant whose members' points have just expired."""
    return on_database(dsn, lambda database: fill_night(database, members=MEMBERS, on_progress=lambda _: None))


@pytest.fixture
def embedded(run_folder: Path) -> Iterator[Terminal]:
    """A terminal with a data directory of its own."""
    folder = Path(mkdtemp(prefix="worker-", dir=run_folder))
    folder.chmod(0o711)
    yield Terminal(data_dir=folder / "data")
    rmtree(folder)


def expired(dsn: str) -> int:
    """The points of everybody that have expired."""

    async def look(database: Database) -> int:
        return await database.fetchval("SELECT coalesce(sum(expired), 0)::bigint FROM account")

    return on_database(dsn, look)


def test_once_does_what_is_due_and_tells_it(terminal: Terminal, merchant_id: int):
    done = terminal.json("worker", "--once")
    assert done == [
        {"merchant": merchant_id, "job": "expire", "done": MEMBERS, "points": MEMBERS * POINTS, "failed": 0}
    ]
    assert terminal.json("worker", "--once") == []
    assert "Nothing was due." in terminal.run("worker", "--once").stdout
    assert terminal.json("verify")["ok"]
    history = terminal.json("worker", "--history", "--merchant", str(merchant_id))
    assert [(run["done"], run["points"]) for run in history if run["job"] == "expire"] == [(MEMBERS, MEMBERS * POINTS)]
    assert all(run["finished_at"] for run in history)
    assert "--merchant" in terminal.run("worker", "--history", status=2).stderr
    assert "expire" in terminal.run("worker", "--history", "--merchant", str(merchant_id)).stdout


def test_people_get_a_table(terminal: Terminal, merchant_id: int):
    lines = terminal.run("worker", "--once", "--merchant", str(merchant_id)).stdout.splitlines()
    assert lines[0].split() == ["merchant", "job", "done", "points", "failed"]
    assert lines[1].split() == [str(merchant_id), "expire", "50", "5000", "0"]


def test_another_merchants_night_is_left_alone(terminal: Terminal, merchant_id: int, dsn: str):
    other = terminal.json("merchant", "create", "--name", "Beside")["id"]
    assert terminal.json("worker", "--once", "--merchant", str(other)) == []
    assert expired(dsn) == 0
    refused = terminal.json("worker", "--once", "--merchant", "999999", status=2)
    assert refused["error"]["code"] == "merchant_not_found"
    assert merchant_id != other


def test_it_works_until_it_is_told_to_stop(terminal: Terminal, merchant_id: int, dsn: str):
    with terminal.start("worker") as worker:
        worker.line_with("does the jobs")
        eventually(f"the points of merchant {merchant_id} expire", lambda: expired(dsn) == MEMBERS * POINTS)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(GRACE_S) == 0


def test_one_process_of_a_server_does_the_jobs_unless_told_otherwise(embedded: Terminal):
    with embedded.start("serve", "--port", "0", "--workers", "2") as server:
        server.url()
        assert sorted(process.environ()["GUERDON_JOBS"] for process in server.workers()) == ["off", "on"]
        made = embedded.json("merchant", "create", "--name", "Beside")["id"]
        # Its first night is done by this process or by the server's, and either way there is no second.
        embedded.json("worker", "--once", "--merchant", str(made))
        assert embedded.json("worker", "--once", "--merchant", str(made)) == []
    with embedded.start("serve", "--port", "0", "--no-jobs") as server:
        server.url()
        assert [process.environ()["GUERDON_JOBS"] for process in server.workers()] == ["off"]


def test_a_server_does_the_jobs(terminal: Terminal, merchant_id: int, dsn: str):
    with terminal.start("serve", "--port", "0") as server:
        server.url()
        eventually(f"the points of merchant {merchant_id} expire", lambda: expired(dsn) == MEMBERS * POINTS)


def test_a_policy_is_previewed_and_applied(terminal: Terminal, merchant_id: int):
    asked = ("--merchant", str(merchant_id), "--to", "10 days", "--from", "never")
    found = terminal.json("policy", "expiry", "preview", *asked)
    assert (found["lots"], found["lots_kept"]) == (0, MEMBERS), "their dates are not those of the policy"
    assert terminal.json("policy", "expiry", "apply", *asked, status=2)["error"]["code"] == "unusable"
    done = terminal.json("policy", "expiry", "apply", *asked, "--yes")
    assert (done["lots"], done["after"]) == (0, "10 days")
    assert terminal.json("merchant", "policies", str(merchant_id))["expiry"] == "10 days"
    again = terminal.run("policy", "expiry", "preview", "--merchant", str(merchant_id), "--to", "12 months").stdout
    assert "From 10 days to 12 months: 0 lots" in again
    refused = terminal.run("policy", "expiry", "preview", *asked[:3], "10 moons", status=2).stderr
    assert "no expiry policy" in refused
