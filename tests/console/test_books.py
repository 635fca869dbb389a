"""Proofs of the books, asked for and shown in the console."""

import re

import pytest

from guerdon.reports.prover import Prover
from tests.console.conftest import Hire, Person
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_books_are_proven_on_demand(shop: Shop, owner: Person):
    await shop.member("ana@example.com", 1000)
    assert "Nobody has asked for a proof yet" in await owner.text("/console/books")
    asked = await owner.post("/console/books")
    place = asked.headers["location"]
    assert re.fullmatch(r"/console/books/proof_\d+", place)
    assert (await owner.post("/console/books")).headers["location"] == place
    waiting = await owner.get(place)
    assert "The proof waits for its turn" in waiting.text
    assert 'hx-trigger="every 1s"' in waiting.text
    await Prover(shop.engine.database, clock=shop.clock).run_once()
    proven = await owner.get(place)
    assert "The books are right" in proven.text
    assert "hx-trigger" not in proven.text
    assert "The books are right 0" in await owner.text("/console/books")


async def test_what_is_wrong_is_shown_with_what_it_is_about(shop: Shop, owner: Person):
    await shop.member("ana@example.com", 1000)
    await shop.engine.database.execute(
        "UPDATE account SET earned = 1 WHERE merchant_id = $1", shop.merchant.merchant_id
    )  # fmt: skip
    place = (await owner.post("/console/books")).headers["location"]
    await Prover(shop.engine.database, clock=shop.clock).run_once()
    assert "Wrong earnings account:" in await owner.text(place)
    assert "The last proof found the books wrong" in await owner.text("/console")


async def test_who_may_only_look_asks_for_none(shop: Shop, hire: Hire):
    support = await hire("support")
    assert "Prove the books" not in await support.text("/console/books")
    assert (await support.post("/console/books")).status_code == 403
    assert (await support.get("/console/books/proof_0")).status_code == 404
