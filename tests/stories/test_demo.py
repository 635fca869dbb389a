"""`guerdon demo`, as somebody meets it who wants to see what this is."""

import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx
import msgspec
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
        "POST /api/v2/customers",
        '"points_balance": 200',
        "POST /api/v2/orders",
        '"points_earned": 20000',
        "Points for orders: 5 points for each $1.00 of $3,200.00: 16,000 points",
        "Double points outdoors: 2 times 4,000 points: 4,000 points more",
        "20,200 available, 0 held",
        '"vip_tier_name": "Platinum"',
        "POST /ui/v1/addRedemptionRule",
        '"description": "REDEMPTION_RULE_CREATION_SUCCESS"',
        '"code": "ACME-',
        "10,200 available, 0 held",
        '"delay_points_deduction": true',
        "200 available, 10,000 held",
        '"state": "used"',
        "Platinum: 1.5 times 600 points: 300 points more",
        "1,100 available, 0 held",
        "POST /api/v2/refunds",
        "3,375 available, 0 held",
        "6625 points short",
        "guerdon verify",
        "The books of 1 merchant add up.",
        "x-api-key: gk_",
        "curl -s",
    ]
    position = 0
    for text in told:
        position = first.find(text, position)
        assert position >= 0, f"{text!r} is not told, or not in its place:\n{first}"
    assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
    assert terminal.json("verify")["ok"] is True
    _expect_a_programme_that_was_lived(terminal)

    with terminal.start(*YEAR) as again:
        again.line_with("from an earlier start")
        url = again.line_with("is open at").split()[-1]
        assert 'data-api-key="gk_42_' in httpx.get(f"{url}/docs/requests", timeout=GRACE_S).text
        _, _, token = again.line_with("a shopper's page").split()[-1].partition("#")
        bearer = {"authorization": f"Bearer {token}"}
        seen = httpx.get(f"{url}/shopper/v1/overview", headers=bearer, timeout=GRACE_S).json()
        assert seen["balance"]["available"] == 3375
        command = again.line_with("curl -s").strip()
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=GRACE_S)
        assert '"points_balance":3375' in done.stdout, done
        again.process.terminate()
        assert again.process.wait(GRACE_S) == 0
    rules = terminal.json("rule", "list", "--merchant", "42")
    assert [rule["points"] for rule in rules].count(10_000) == 1


def _expect_a_programme_that_was_lived(terminal: Terminal) -> None:
    """Members joined, ordered, reviewed and redeemed by rules of every kind, and the worker came."""
    rules = terminal.json("earning-rule", "list", "--merchant", "42")
    assert sorted(rule["earns"]["kind"] for rule in rules) == ["flat", "flat", "multiplier", "multiplier", "per_amount"]
    tiers = terminal.json("tier", "show", "--merchant", "42")["programme"]["tiers"]
    assert [tier["name"] for tier in tiers] == ["Silver", "Gold", "Platinum"]
    entries = terminal.run("export", "entries", "--merchant", "42", "--format", "ndjson").stdout.splitlines()
    assert {msgspec.json.decode(line)["reason"] for line in entries} >= {"order", "activity", "redemption"}
    nights = terminal.json("worker", "--history", "--merchant", "42")
    assert "expire" in {run["job"] for run in nights}


def test_the_demo_leaves_alone_what_it_did_not_make(data_dir: Path):
    terminal = Terminal(data_dir=data_dir)
    terminal.run("merchant", "create", "--name", "Real Shop")
    assert "Real Shop" in terminal.run(*YEAR, "--fresh", status=2).stderr
    assert [merchant["name"] for merchant in terminal.json("merchant", "list")] == ["Real Shop"]
