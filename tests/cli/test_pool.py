"""`guerdon pool` and `guerdon redemption`: what they answer, to a person and to a program, and how they say no."""

import json

import pytest

from guerdon.activities.adjust import AdjustPoints
from guerdon.cli.person import booked
from guerdon.database.pool import Database
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchants import get_merchant
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from tests.cli.terminal import Terminal, on_database
from tests.shop import START, email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")
ANA = "ana@example.com"
RULE = {"points": 100, "amount_minor": 500, "currency": "USD", "codes": {"source": "pool", "low_at": 2}}


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    return terminal


async def _redeem(database: Database, rule_id: int) -> Redemption:
    """Ana redeems; what a shop would do over HTTP."""
    merchant = await get_merchant(database, 42)
    await upsert_member(database, 42, email(ANA), ProfileChange(), START)
    points = AdjustPoints(merchant=merchant, who=email(ANA), points=100, counted=True)
    await booked(database, points, actor="test")
    return await booked(database, Redeem(merchant=merchant, who=email(ANA), rule_id=rule_id), actor="test")


def test_codes_are_uploaded_counted_and_listed(terminal: Terminal, dsn: str):
    rule = terminal.json("rule", "create", *OURS, text=json.dumps(RULE))
    assert rule["codes"] == {"source": "pool", "low_at": 2}
    pool = (*OURS, str(rule["id"]))
    uploaded = terminal.json("pool", "upload", *pool, text="A-1,A-2\nA-3\n\n")
    assert uploaded == {"added": 3, "known": 0, "refused": 0, "unused": 3}
    said = terminal.run("pool", "upload", *pool, text="a-1\nB-1").stdout
    assert "1 codes were added; the pool has 4 to give." in said
    assert "1 were there before." in said
    redemption = on_database(dsn, lambda database: _redeem(database, rule["id"]))
    assert terminal.json("pool", "level", *pool) == {"rule_id": rule["id"], "unused": 3, "used": 1, "low_at": 2}
    assert "3 codes are left, 1 were handed out; 2 are told as few" in terminal.run("pool", "level", *pool).stdout
    listed = terminal.json("pool", "codes", *pool, "--count", "2")
    assert [(one["code"], one["redemption_id"]) for one in listed] == [
        ("A-1", redemption.redemption_id), ("A-2", None)
    ]  # fmt: skip
    refused = terminal.json("pool", "upload", *pool, text="two words", status=2)
    assert refused["error"]["code"] == "bad_field"
    assert terminal.json("pool", "upload", *pool, status=2)["error"]["code"] == "unusable"


def test_a_redemption_is_shown_and_cancelled_with_or_without_the_shop(terminal: Terminal, dsn: str):
    rule = terminal.json("rule", "create", *OURS, text=json.dumps({**RULE, "codes": {"source": "generated"}}))
    redemption = on_database(dsn, lambda database: _redeem(database, rule["id"]))
    which = (*OURS, str(redemption.redemption_id))
    shown = terminal.json("redemption", "show", *which)
    assert (shown["code"], shown["state"]) == (redemption.code, "redeemed")
    assert "token" not in shown
    assert redemption.code in terminal.run("redemption", "show", *which).stdout
    assert "The shop is asked" in terminal.run("redemption", "cancel", *which, "--request").stdout
    assert terminal.json("redemption", "show", *which)["state"] == "redeemed"
    assert terminal.json("redemption", "cancel", *which)["state"] == "cancelled"
    over = terminal.json("redemption", "cancel", *which, "--request", status=2)
    assert over["error"]["code"] == "redemption_over"
    assert terminal.json("pool", "level", *OURS, str(rule["id"]), status=2)["error"]["code"] == "not_a_pool"


def test_a_secret_is_taken_and_not_shown(terminal: Terminal):
    codes = {
        "source": "callback", "create_url": "https://shop.example/new", "cancel_url": "https://shop.example/old",
        "secret": "s3cret",
    }  # fmt: skip
    rule = terminal.json("rule", "create", *OURS, text=json.dumps({**RULE, "codes": codes}))
    assert rule["codes"] == {name: value for name, value in codes.items() if name != "secret"}
    assert "s3cret" not in json.dumps(terminal.json("rule", "list", *OURS))
