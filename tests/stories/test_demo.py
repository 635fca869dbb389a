"""`guerdon demo`, as somebody meets it who wants to see what this is."""

import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.cli.terminal import GRACE_S, Terminal

YEAR = ("demo", "--members", "30", "--port", "0")


@pytest.fixture
def data_dir(run_folder: Path) -> Iterator[Path]:
    """A data directory of the demo's own."""
    folder = Path(mkdtemp(prefix="demo-", dir=run_folder))
    folder.chmod(0o711)
    yield folder / "data"
    rmtree(folder)


def test_the_demo_walks_through_the_main_job_and_can_be_started_again(data_dir: Path):
    terminal = Terminal(data_dir=data_dir)
    first = terminal.run(*YEAR, "--once").stdout
    told = [
        "POST /ui/v1/addRedemptionRule",
        '"description": "REDEMPTION_RULE_CREATION_SUCCESS"',
        "25,000 available, 0 held",
        '"code": "ACME-',
        "15,000 available, 0 held",
        "5,000 available, 10,000 held",
        "5,000 available, 0 held",
        "5000 points short",
        "x-api-key: gk_",
        "curl -s",
    ]
    position = 0
    for text in told:
        position = first.find(text, position)
        assert position >= 0, f"{text!r} is not told, or not in its place:\n{first}"
    assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
    assert terminal.json("verify")["ok"] is True

    with terminal.start(*YEAR) as again:
        again.line_with("from an earlier start")
        command = again.line_with("curl -s").strip()
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=GRACE_S)
        assert '"points_balance":5000' in done.stdout, done
        again.process.terminate()
        assert again.process.wait(GRACE_S) == 0
    rules = terminal.json("rule", "list", "--merchant", "42")
    assert [rule["points"] for rule in rules].count(10_000) == 1


def test_the_demo_leaves_alone_what_it_did_not_make(data_dir: Path):
    terminal = Terminal(data_dir=data_dir)
    terminal.run("merchant", "create", "--name", "Real Shop")
    assert "Real Shop" in terminal.run(*YEAR, "--fresh", status=2).stderr
    assert [merchant["name"] for merchant in terminal.json("merchant", "list")] == ["Real Shop"]
