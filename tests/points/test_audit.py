"""The proof of the books finds every kind of contradiction, in the account that has it and in no other."""

import asyncio

import pytest
import pytest_asyncio

from guerdon.points.audit import CHECKS, FINDINGS_MAX, audit_books
from tests.shop import Shop
from tests.street import cancel, contradictions, redeem, report, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONSTRAINTS = """
    ALTER TABLE account DROP CONSTRAINT IF EXISTS account_sums_to_zero;
    ALTER TABLE lot DROP CONSTRAINT IF EXISTS lot_never_overspent;
    ALTER TABLE hold DROP CONSTRAINT IF EXISTS hold_has_its_entry;
"""
"""What PostgreSQL itself would not let happen: the proof does not depend on it."""

RUINS = [
    ("unnumbered_entries", "UPDATE entry SET number = 77 WHERE account_id = $1 AND number = 5"),
    ("unnumbered_entries", "DELETE FROM entry WHERE account_id = $1 AND number = 8"),
    ("unnumbered_entries", "DELETE FROM entry WHERE account_id = $1"),
    ("unnumbered_entries", "UPDATE account SET entries = entries + 1 WHERE account_id = $1"),
    ("unbalanced_accounts", "UPDATE account SET pending = 5 WHERE account_id = $1"),
    ("wrong_balances", "UPDATE account SET available = available - 1, expired = expired + 1 WHERE account_id = $1"),
    ("wrong_balances", "UPDATE entry SET points = points + 1 WHERE account_id = $1 AND number = 3"),
    ("wrong_balances", "UPDATE entry SET target = 'expired' WHERE account_id = $1 AND number = 3"),
    ("broken_chains", "UPDATE entry SET source_after = source_after - 7 WHERE account_id = $1 AND number = 4"),
    ("broken_chains", "UPDATE entry SET target_after = target_after + 1 WHERE account_id = $1 AND number = 8"),
    ("wrong_lots", "UPDATE lot SET available = available + 1 WHERE account_id = $1 AND number = 2"),
    ("wrong_lots", "UPDATE entry SET lot_points = '{101, 99}' WHERE account_id = $1 AND number = 3"),
    ("wrong_lots", "UPDATE entry SET lot_numbers = '{1, 77}' WHERE account_id = $1 AND number = 3"),
    ("wrong_lots", "DELETE FROM lot WHERE account_id = $1 AND number = 1"),
    ("wrong_held_lots", "UPDATE lot SET held = held + 1 WHERE account_id = $1 AND held > 0"),
    ("unearned_lots", "UPDATE lot SET points = points + 1 WHERE account_id = $1 AND number = 1"),
    ("unearned_lots", "UPDATE lot SET number = 3 WHERE account_id = $1 AND number = 1"),
    ("uncovered_balances", "UPDATE lot SET available = 0 WHERE account_id = $1 AND number = 2"),
    ("wrong_holds", "UPDATE hold SET ended_by = 1 WHERE account_id = $1 AND state = 'released'"),
    ("wrong_holds", "UPDATE hold SET state = 'released' WHERE account_id = $1 AND state = 'captured'"),
    ("wrong_holds", "DELETE FROM hold WHERE account_id = $1 AND state = 'open'"),
    ("wrong_holds", "UPDATE hold SET number = 77 WHERE account_id = $1 AND state = 'open'"),
    ("unheld_points", "UPDATE hold SET state = 'captured', ended_by = 8 WHERE account_id = $1 AND state = 'open'"),
    ("wrong_pending", "INSERT INTO pending SELECT merchant_id, account_id, 1, 5, NULL, 'never', NULL FROM account"
                      " WHERE account_id = $1"),
    ("wrong_earnings", "UPDATE account SET earned = earned + 1 WHERE account_id = $1"),
    ("wrong_earnings", "UPDATE entry SET counted = false WHERE account_id = $1 AND number = 1"),
]  # fmt: skip


async def busy_member(shop: Shop, address: str, rule_id: int) -> int:
    """Eight entries: two lots earned, a spend over both, a hold released, one open, one captured. Its account."""
    await shop.member(address, 100)
    await shop.give(address, 500)
    await redeem(shop, address, rule_id, 200)
    released = await redeem(shop, address, rule_id, 100, delayed=True)
    await cancel(shop, released.redemption_id)
    await redeem(shop, address, rule_id, 100, delayed=True)
    captured = await redeem(shop, address, rule_id, 100, delayed=True)
    await report(shop, address, f"order of {address}", captured.code)
    return captured.account_id


@pytest_asyncio.fixture(loop_scope="session")
async def frail_shop(shop: Shop) -> Shop:
    """A shop where PostgreSQL lets everything happen: the proof does not depend on what the database refuses."""
    await shop.engine.database.execute(CONSTRAINTS)
    return shop


async def test_a_busy_shop_has_no_contradiction(shop: Shop):
    rule = await shop.rule(stock=1000)
    for name in ("ana", "ben", "cem"):
        await busy_member(shop, f"{name}@example.com", rule.rule_id)
    await take(shop, "ana@example.com", 450)
    await report(shop, "ben@example.com", "order of ben@example.com", status="cancelled")
    assert await contradictions(shop) == []


async def test_a_hold_released_into_a_debt_is_no_contradiction(shop: Shop):
    rule = await shop.rule()
    await shop.member("ana@example.com", 100)
    held = await redeem(shop, "ana@example.com", rule.rule_id, delayed=True)
    await take(shop, "ana@example.com", 60)
    assert await shop.balance("ana@example.com") == (-60, 100)
    assert await contradictions(shop) == []
    await cancel(shop, held.redemption_id)
    assert await shop.balance("ana@example.com") == (40, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("check", "ruin"), RUINS)
async def test_a_contradiction_is_found_where_it_is(frail_shop: Shop, check: str, ruin: str):
    shop = frail_shop
    rule = await shop.rule()
    _, account_id, _ = await asyncio.gather(
        busy_member(shop, "ana@example.com", rule.rule_id),
        busy_member(shop, "ben@example.com", rule.rule_id),
        busy_member(shop, "cem@example.com", rule.rule_id),
    )
    database = shop.engine.database
    await database.execute(ruin, account_id)

    findings = await audit_books(database, shop.merchant.merchant_id)

    assert {finding.subject for finding in findings} == {f"account:{account_id}"}
    assert check in {finding.check for finding in findings}, findings


async def test_each_check_has_its_ruin():
    assert {f"find_{check}" for check, _ in RUINS} == set(CHECKS)


async def test_what_moves_between_accounts_is_nothing_in_sum(shop: Shop):
    await shop.member("ana@example.com", 100)
    await shop.engine.database.execute(
        "UPDATE account SET moved = 5, issued = issued - 5 WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    findings = await audit_books(shop.engine.database, shop.merchant.merchant_id)
    assert findings[-1].check == "uneven_moves"


async def test_the_books_of_another_merchant_are_not_looked_at(shop: Shop):
    await shop.member("ana@example.com", 100)
    await shop.engine.database.execute(
        "UPDATE account SET earned = 7 WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert await audit_books(shop.engine.database, shop.merchant.merchant_id + 1) == []
    assert len(await audit_books(shop.engine.database, shop.merchant.merchant_id)) == 1


async def test_chunks_show_progress_and_a_ruin_is_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("guerdon.points.audit.CHUNK_ACCOUNTS", 50)
    for number in range(FINDINGS_MAX + 20):
        await shop.member(f"{number}@example.com")
    await shop.engine.database.execute(
        "UPDATE account SET earned = 7 WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    seen: list[tuple[int, int]] = []

    findings = await audit_books(
        shop.engine.database, shop.merchant.merchant_id, on_progress=lambda done, total: seen.append((done, total))
    )

    assert seen == [(50, 120), (100, 120), (120, 120)]
    assert len({finding.subject for finding in findings[:FINDINGS_MAX]}) == FINDINGS_MAX
    assert [(more.check, more.subject, more.sentence) for more in findings[FINDINGS_MAX:]] == [
        ("wrong_earnings", "", "20 more are not shown")
    ]
