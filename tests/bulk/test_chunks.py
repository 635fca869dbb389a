"""Two at one import: what one of them has done or undone, the other does not."""

import pytest

from guerdon.bulk import batches
from guerdon.bulk.chunks import Importing, commit_chunk
from guerdon.errors.bulk import ImportBusy, ImportUndone
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def begun(shop: Shop) -> tuple[batches.Batch, Importing]:
    """An import of nothing yet."""
    now = shop.clock()
    batch = await batches.begin_batch(
        shop.engine.database, shop.merchant.merchant_id, kind="members", file="members.csv", fingerprint="f" * 64,
        options={}, totals=(0, 0, 0), actor="test", now=now,
    )  # fmt: skip
    importing = Importing(
        merchant=shop.merchant, batch_id=batch.batch_id, kind="members", actor="test", now=now, events=False,
        histories=(), title="Brought over", life=shop.merchant.life(now), nobody=False,
    )  # fmt: skip
    return batch, importing


async def test_a_chunk_that_another_wrote_is_refused(shop: Shop):
    batch, importing = await begun(shop)
    await commit_chunk(shop.engine.database, importing, 1, [])
    with pytest.raises(ImportBusy) as refused:
        await commit_chunk(shop.engine.database, importing, 1, [])
    assert (refused.value.batch_id, refused.value.chunk) == (batch.batch_id, 1)


async def test_nothing_is_written_of_an_import_that_is_undone(shop: Shop):
    batch, importing = await begun(shop)
    await batches.set_state(shop.engine.database, shop.merchant.merchant_id, batch, "undoing", shop.clock())
    with pytest.raises(ImportUndone):
        await commit_chunk(shop.engine.database, importing, 1, [])
