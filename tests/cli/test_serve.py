"""`guerdon serve`: what it starts, what it keeps alive, and that nothing of it is left behind."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx
import pytest

from tests.cli.terminal import GRACE_S, Terminal, alive, eventually, free_port


@pytest.fixture(scope="module")
def terminal(run_folder: Path) -> Iterator[Terminal]:
    """A terminal with a data directory of its own."""
    folder = Path(mkdtemp(prefix="serve-", dir=run_folder))
    folder.chmod(0o711)
    yield Terminal(data_dir=folder / "data")
    rmtree(folder)


def answers(url: str) -> bool:
    """Whether somebody answers there; without keys the answer is a no."""
    try:
        return httpx.post(f"{url}/api/v2/redemptions", json={}, timeout=GRACE_S).status_code == 401
    except httpx.TransportError:
        return False


def test_a_killed_worker_is_replaced(terminal: Terminal):
    with terminal.start("serve", "--port", "0", "--workers", "2") as server:
        url = server.url()
        before = server.workers()
        assert len(before) == 2
        before[0].kill()
        eventually("another worker is there", lambda: len(set(server.workers()) - set(before)) == 1)
        assert answers(url)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(GRACE_S) == 0
        assert not alive(before)


def test_kill_9_of_the_parent_leaves_nothing_behind(terminal: Terminal):
    port = str(free_port())
    with terminal.start("serve", "--port", port, "--workers", "2") as server:
        url = server.url()
        family = server.family()
        assert len(family) > 3
        server.process.kill()
        eventually("workers and database are gone", lambda: not alive(family))
    with terminal.start("serve", "--port", port) as again:
        assert again.url() == url
        assert answers(url)


def test_other_commands_use_the_database_of_the_server_that_runs(terminal: Terminal):
    with terminal.start("serve", "--port", "0") as server:
        server.url()
        made = terminal.json("merchant", "create", "--name", "Beside")
        assert server.postgres().is_running()
        assert made["id"] in [merchant["id"] for merchant in terminal.json("merchant", "list")]
    assert made["id"] in [merchant["id"] for merchant in terminal.json("merchant", "list")]


def test_metrics_of_several_workers_leave_no_folder_behind(terminal: Terminal):
    with terminal.start("serve", "--port", "0", "--workers", "2") as server:
        server.url()
        folder = Path(server.workers()[0].environ()["PROMETHEUS_MULTIPROC_DIR"])
        assert folder.is_dir()
        assert "postgresql://" not in " ".join(part for process in server.family() for part in process.cmdline())
        server.process.terminate()
        assert server.process.wait(GRACE_S) == 0
    assert not folder.exists()


def test_a_port_that_is_taken_is_refused_with_one_that_is_free(terminal: Terminal):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = terminal.run("serve", "--port", str(port), status=2).stderr
    assert f"Port {port} of 127.0.0.1 is taken" in refused
    assert "--port" in refused
