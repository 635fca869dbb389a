"""An import into a shop of which the database's statistics know nothing is as quick as one into any other."""

from pathlib import Path

import pytest

from guerdon.points import bulk
from guerdon.points.bulk import ids_text
from tests.bulk.files import bring, written
from tests.shop import open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_accounts_of_a_shop_unknown_to_statistics_are_proven_one_by_one(dsn: str, tmp_path: Path):
    """Who expects a shop to have no account joins each of a chunk with all that the shop has."""
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
    assert "Index Scan using account_is_known_by_id" in plan, plan
    assert "Join Filter" not in plan, plan
