"""Proofs that people ask for: made beside the jobs, one at a time, begun again by another where one dies."""

from datetime import timedelta

import pytest

from guerdon.errors.reports import ProofNotFound
from guerdon.reports.proofs import SQL, Proof, ask_for_proof, get_proof, list_proofs
from guerdon.reports.prover import LEASE, Prover
from tests.shop import Shop
from tests.street import redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def asked(shop: Shop) -> Proof:
    return await ask_for_proof(shop.engine.database, shop.merchant.merchant_id, actor="operator:1", now=shop.clock())


async def read(shop: Shop, proof: Proof) -> Proof:
    return await get_proof(shop.engine.database, shop.merchant.merchant_id, proof.proof_id)


async def test_books_that_are_right_are_proven_right(shop: Shop):
    await shop.member("ana@example.com", 500)
    await redeem(shop, "ana@example.com", (await shop.rule()).rule_id, 200)
    proof = await asked(shop)
    assert (proof.state, (await asked(shop)).proof_id) == ("waiting", proof.proof_id)
    assert await Prover(shop.engine.database, clock=shop.clock).run_once() >= 1
    made = await read(shop, proof)
    assert (made.state, made.findings, made.ended) == ("right", [], True)
    again = await asked(shop)
    assert again.proof_id != proof.proof_id
    assert [one.proof_id for one in await list_proofs(shop.engine.database, shop.merchant.merchant_id)] == [
        again.proof_id, proof.proof_id,
    ]  # fmt: skip
    with pytest.raises(ProofNotFound):
        await get_proof(shop.engine.database, shop.merchant.merchant_id, 0)


async def test_what_is_wrong_is_told(shop: Shop):
    await shop.member("ana@example.com", 500)
    await shop.engine.database.execute(
        "UPDATE account SET earned = 1 WHERE merchant_id = $1", shop.merchant.merchant_id
    )  # fmt: skip
    proof = await asked(shop)
    await Prover(shop.engine.database, clock=shop.clock).run_once()
    made = await read(shop, proof)
    assert (made.state, [finding.check for finding in made.findings]) == ("wrong", ["wrong_earnings"])


async def test_a_proof_of_who_died_is_begun_again(shop: Shop):
    proof, database = await asked(shop), shop.engine.database
    of = shop.merchant.merchant_id, proof.proof_id
    await database.execute(SQL.take_proof, *of, "dead", shop.clock(), shop.clock() + LEASE)
    await Prover(database, clock=shop.clock).run_once()
    assert (await read(shop, proof)).state == "running"
    shop.clock.now += LEASE + timedelta(seconds=1)
    await Prover(database, clock=shop.clock).run_once()
    assert (await read(shop, proof)).state == "right"
    # Who was only slow says nothing any more.
    assert await database.fetchval(SQL.note_progress, *of, "dead", "books", 1, 1, shop.clock()) is None


async def test_a_proof_that_meets_a_bug_proves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("guerdon.reports.prover.get_merchant", broken)
    proof = await asked(shop)
    await Prover(shop.engine.database, clock=shop.clock).run_once()
    made = await read(shop, proof)
    assert (made.state, [finding.check for finding in made.findings]) == ("wrong", ["unproven"])
