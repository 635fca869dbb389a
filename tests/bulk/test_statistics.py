"""An import into a shop of which the database's statistics know nothing is as quick as one into any other."""

from pathlib import Path

import pytest

from guerdon.bulk import run
from guerdon.points import bulk, store
from guerdon.points.bulk import ids_text
from tests.bulk.files import bring, written
from tests.shop import open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_accounts_of_a_shop_unknown_to_statistics_are_proven_by_their_own_rows(dsn: str, tmp_path: Path):
    """Who expects a shop to have no account joins each of a chunk with all that the shop has, or reads all of it."""
    lines = [f"m{number}@example.com,5" for number in range(500)]
    unknown = 77
    async with open_shop(dsn) as shop:
        await bring(shop, "members", written(tmp_path, "members.csv", "email,balance", *lines))
        await shop.engine.database.execute("ANALYZE")
        async with shop.engine.database.transaction() as connection:
            await bulk.begin(connection)
            await connection.execute(f"PREPARE proof AS {bulk.SQL.prove_accounts.rstrip().rstrip(';')}")
            rows = await connection.fetch(
                f"EXPLAIN EXECUTE proof ({unknown}, '{ids_text(range(5000))}', 'import:1')"
            )  # fmt: skip
            await connection.execute("DEALLOCATE proof")
    plan = "\n".join(row[0] for row in rows)
    walks = [line for line in plan.splitlines() if "Index Cond" in line]
    assert len(walks) == 3, plan
    assert all("account_id = ANY" in walk for walk in walks), plan
    assert "Join Filter" not in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_commands_find_the_members_of_a_new_shop_one_by_one(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nobody has told the planner of a shop whose members have just come in, if not the import."""
    monkeypatch.setattr(run, "LEARN_OF", 500)
    lines = [f"m{number}@example.com,5" for number in range(500)]
    async with open_shop(dsn) as shop:
        await bring(shop, "members", written(tmp_path, "members.csv", "email,balance", *lines))
        async with shop.engine.database.indexed_transaction() as connection:
            await connection.execute(f"PREPARE load AS {store.SQL.load_accounts.rstrip().rstrip(';')}")
            asked = f"{shop.merchant.merchant_id}, '{{}}', '{{}}', '{{1,2,3}}', '{{}}', 20, '{{}}', '{{}}'"
            rows = await connection.fetch(f"EXPLAIN EXECUTE load ({asked})")
            await connection.execute("DEALLOCATE load")
    plan = "\n".join(row[0] for row in rows)
    assert "Join Filter: (named" not in plan, plan
    walks = [line.strip() for line in plan.splitlines() if "Index Cond" in line]
    assert "Index Cond: (merchant_id = $1)" not in walks, plan
