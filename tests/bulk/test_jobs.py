"""Imports that are sent as files: taken in, looked at, started, stopped, gone on with and undone by a porter."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from guerdon.bulk import check, jobs, run
from guerdon.bulk.batches import Batch, get_batch, lock_batch, page_batches
from guerdon.bulk.files import KEPT_DAYS, get_file, list_bad_rows, receive
from guerdon.bulk.rows import Options
from guerdon.bulk.tasks import doing
from guerdon.errors.base import BodyTooLarge
from guerdon.errors.bulk import FileUnreadable, ImportHasBadRows, ImportInOtherState, ImportStopped, ImportTwice
from guerdon.worker.porter import Porter
from tests.bulk.files import reading_of, take_back
from tests.shop import Shop
from tests.street import Street, contradictions, redeem
from tests.worker.hands import night

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def in_blocks(text: str, size: int = 7) -> AsyncIterator[bytes]:
    body = text.encode()
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def send(shop: Shop, *lines: str, kind: str = "members", options: Options | None = None) -> Batch:
    """Send a file of these lines."""
    text = "".join(f"{line}\n" for line in lines)
    return await receive(
        shop.engine.database, shop.merchant.merchant_id, in_blocks(text), file="old.csv", actor="test",
        reading=reading_of(shop, kind), options=options or Options(), now=shop.clock(),
    )  # fmt: skip


def porter(street: Street, shop: Shop, **more: Any) -> Porter:
    """A porter of one shop."""
    return Porter(
        shop.engine.database, street.dsn, clock=shop.clock, merchant_id=shop.merchant.merchant_id, **more
    )  # fmt: skip


async def carried(street: Street, shop: Shop, batch: Batch) -> Batch:
    """The import after a porter has done what there is to do."""
    assert await porter(street, shop).run_once() == 1
    return await now(shop, batch)


async def stopped(shop: Shop, batch: Batch) -> Batch:
    """Leave off."""
    return await jobs.stop(
        shop.engine.database, shop.merchant.merchant_id, batch.batch_id, actor="test", now=shop.clock()
    )


async def now(shop: Shop, batch: Batch) -> Batch:
    """The import as it stands."""
    return await get_batch(shop.engine.database, shop.merchant.merchant_id, batch.batch_id)


async def started(shop: Shop, batch: Batch, *, skip_bad: bool = False) -> Batch:
    """Have it written."""
    return await jobs.start(
        shop.engine.database, shop.merchant.merchant_id, batch.batch_id, skip_bad=skip_bad, actor="test",
        now=shop.clock(),
    )  # fmt: skip


async def undone(shop: Shop, batch: Batch, *, force: bool = False) -> Batch:
    """Have it taken back."""
    return await jobs.take_back(
        shop.engine.database, shop.merchant.merchant_id, batch.batch_id, force=force, actor="test", now=shop.clock()
    )  # fmt: skip


async def test_a_file_is_looked_at_then_written_then_taken_back(street: Street, shop: Shop):
    await shop.member(BEN, 7)
    batch = await send(shop, "Email,Balance,Colour", f"{ANA},120,red", f"{BEN},50,blue")
    assert (batch.state, batch.rows) == ("looking", 0)
    batch = await carried(street, shop, batch)
    file = await get_file(shop.engine.database, shop.merchant.merchant_id, batch.batch_id)
    assert file is not None
    assert file.looked is not None
    assert (batch.state, file.looked.rows, file.looked.bad, file.looked.known, file.looked.points) == (
        "ready", 2, 0, 1, 170,
    )  # fmt: skip
    assert (file.looked.columns, file.looked.ignored) == ([("email", "email"), ("balance", "balance")], ["colour"])
    assert await shop.balance(BEN) == (7, 0)
    assert (await started(shop, batch)).state == "running"
    batch = await carried(street, shop, batch)
    assert (batch.state, batch.rows_done, batch.members) == ("complete", 2, 1)
    assert batch.outcome is not None
    assert (batch.outcome["points"], batch.outcome["booked"]) == (170, 170)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((120, 0), (57, 0))
    await undone(shop, batch)
    batch = await carried(street, shop, batch)
    assert (batch.state, batch.outcome) == ("undone", {"erased": 1, "kept": 0, "points_spent": 0})
    assert await shop.balance(BEN) == (7, 0)
    assert await doing(shop.engine.database, shop.merchant.merchant_id, [batch.batch_id]) == {}
    assert await contradictions(shop) == []


async def test_bad_rows_are_kept_as_they_stand_and_left_out_only_when_told(street: Street, shop: Shop):
    batch = await carried(
        street, shop, await send(shop, "email,balance,note", f'{ANA},many,"a, b"', f"{BEN},50,", "three,fields")
    )
    bad = await list_bad_rows(shop.engine.database, shop.merchant.merchant_id, batch.batch_id, after=0, limit=10)
    assert [(row.line, row.field, row.value, row.record) for row in bad] == [
        (2, "balance", "many", {"email": ANA, "balance": "many", "note": "a, b"}),
        (4, "", "", {"line": "three,fields"}),
    ]
    with pytest.raises(ImportHasBadRows) as refused:
        await started(shop, batch)
    assert refused.value.bad == 2
    await started(shop, batch, skip_bad=True)
    batch = await carried(street, shop, batch)
    assert (batch.state, batch.rows, batch.rows_done) == ("complete", 1, 1)
    assert await shop.balance(BEN) == (50, 0)


async def test_of_very_many_bad_rows_some_are_kept_and_all_are_counted(
    street: Street, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "BAD_KEPT_MAX", 3)
    monkeypatch.setattr(check, "CHUNK_ROWS", 2)
    batch = await carried(street, shop, await send(shop, "email,balance", *(f"{n},x" for n in range(9)), f"{ANA},1"))
    file = await get_file(shop.engine.database, shop.merchant.merchant_id, batch.batch_id)
    assert file is not None
    assert file.looked is not None
    assert (file.looked.rows, file.looked.bad, file.looked.good) == (10, 9, 1)
    bad = await list_bad_rows(shop.engine.database, shop.merchant.merchant_id, batch.batch_id, after=0, limit=10)
    assert [row.line for row in bad] == [2, 3, 4]


async def test_what_is_no_file_fails_with_the_reason(street: Street, shop: Shop):
    batch = await carried(street, shop, await send(shop, "colour", "red"))
    assert batch.state == "failed"
    assert batch.problem is not None
    assert "no column that finds a member" in batch.problem
    with pytest.raises(ImportInOtherState):
        await started(shop, batch)


async def test_a_file_that_is_refused_or_cut_off_leaves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(FileUnreadable):
        await send(shop)
    monkeypatch.setattr("guerdon.bulk.files.FILE_BYTES_MAX", 30)
    with pytest.raises(BodyTooLarge):
        await send(shop, "email,balance", f"{ANA},120")
    tables = ("import_batch", "import_file", "import_piece", "bulk_task")
    for table in tables:
        assert await shop.engine.database.fetchval(
            f"SELECT count(*) FROM {table} WHERE merchant_id = $1", shop.merchant.merchant_id
        ) == 0  # fmt: skip


async def test_the_same_file_sent_twice_is_one_import_and_written_once(street: Street, shop: Shop):
    lines = ("email,balance", f"{ANA},120")
    first = await send(shop, *lines)
    shop.clock.advance(minutes=1)
    assert (await send(shop, *lines)).batch_id == first.batch_id
    other = await send(shop, *lines, options=Options(add=True))
    assert other.batch_id != first.batch_id
    assert await porter(street, shop).run_once() == 2
    await started(shop, first)
    with pytest.raises(ImportTwice) as refused:
        await started(shop, other)
    assert refused.value.other_id == first.batch_id
    listed = await page_batches(shop.engine.database, shop.merchant.merchant_id, before=None, limit=1)
    assert [one.batch_id for one in listed] == [other.batch_id]
    place = (listed[0].created_at, listed[0].batch_id)
    more = await page_batches(shop.engine.database, shop.merchant.merchant_id, before=place, limit=5)
    assert [one.batch_id for one in more] == [first.batch_id]


async def test_what_changed_since_the_look_is_looked_at_again_before_anything_is_written(street: Street, shop: Shop):
    batch = await carried(street, shop, await send(shop, "email,phone,balance", f"{ANA},+14155550100,5"))
    await shop.member(ANA)
    phone = "INSERT INTO identity SELECT $1, 'phone', '+14155550100', member_id FROM identity"
    ben = await shop.member(BEN)
    await shop.engine.database.execute(
        f"{phone} WHERE merchant_id = $1 AND member_id = $2", shop.merchant.merchant_id, ben
    )
    await started(shop, batch)
    batch = await carried(street, shop, batch)
    assert (batch.state, batch.rows, batch.problem) == ("ready", 0, jobs.CHANGED)
    bad = await list_bad_rows(shop.engine.database, shop.merchant.merchant_id, batch.batch_id, after=0, limit=10)
    assert [(row.line, row.field) for row in bad] == [(2, "phone")]


async def test_one_that_waits_is_cancelled_without_a_trace(street: Street, shop: Shop):
    batch = await carried(street, shop, await send(shop, "email,balance", f"{ANA},120"))
    batch = await stopped(shop, batch)
    assert batch.state == "cancelled"
    assert await get_file(shop.engine.database, shop.merchant.merchant_id, batch.batch_id) is None
    with pytest.raises(ImportInOtherState):
        await stopped(shop, batch)
    with pytest.raises(ImportInOtherState):
        await undone(shop, batch)


async def test_one_that_is_written_stops_at_a_word_and_goes_on_at_another(
    street: Street, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(check, "CHUNK_ROWS", 4)
    batch = await carried(
        street, shop, await send(shop, "email,balance", *(f"m{n}@example.com,{n}" for n in range(1, 23)))
    )
    await started(shop, batch)
    commit, reached = run.commit_chunk, asyncio.Event()
    loop = asyncio.get_running_loop()

    async def stop_at_the_third(database: Any, importing: Any, number: int, rows: Sequence[Any]) -> None:
        if number == 3:
            loop.call_soon_threadsafe(reached.set)
            await asyncio.Event().wait()
        await commit(database, importing, number, rows)

    monkeypatch.setattr(run, "commit_chunk", stop_at_the_third)
    working = asyncio.create_task(porter(street, shop).run_once())
    async with asyncio.timeout(120):
        await reached.wait()
        batch = await stopped(shop, batch)
        await working
    assert (batch.state, (await now(shop, batch)).state) == ("stopped", "stopped")
    monkeypatch.setattr(run, "commit_chunk", commit)
    with pytest.raises(ImportStopped):
        async with shop.engine.database.transaction() as connection:
            await lock_batch(connection, shop.merchant.merchant_id, batch.batch_id)
    assert await contradictions(shop) == []
    await started(shop, batch)
    batch = await carried(street, shop, batch)
    assert (batch.state, batch.rows_done, batch.members) == ("complete", 22, 22)
    assert await contradictions(shop) == []


async def test_points_that_were_used_stop_the_undoing_unless_it_is_forced(street: Street, shop: Shop):
    rule = await shop.rule()
    batch = await carried(street, shop, await send(shop, "email,balance", f"{ANA},120"))
    await started(shop, batch)
    await carried(street, shop, batch)
    await redeem(shop, ANA, rule.rule_id)
    await undone(shop, batch)
    batch = await carried(street, shop, batch)
    assert batch.state == "complete"
    assert batch.problem is not None
    assert "1 members have used 100 points" in batch.problem
    await undone(shop, batch, force=True)
    assert (await carried(street, shop, batch)).state == "undone"
    assert await shop.balance(ANA) == (0, 0)


async def test_files_of_long_ago_are_forgotten_and_what_they_brought_is_known(street: Street, shop: Shop):
    batch = await carried(street, shop, await send(shop, "email,balance", f"{ANA},120", "no,1"))
    await started(shop, batch, skip_bad=True)
    batch = await carried(street, shop, batch)
    shop.clock.advance(days=KEPT_DAYS + 1)
    await night(shop)
    assert await get_file(shop.engine.database, shop.merchant.merchant_id, batch.batch_id) is None
    assert (await now(shop, batch)).state == "complete"
    await take_back(shop, batch.batch_id)


async def pause() -> None:
    """Another process goes on."""
    await asyncio.sleep(0.02)


PORTER = """
import asyncio, sys
from datetime import timedelta
from guerdon.bulk import check, run
from guerdon.database.pool import Database
from guerdon.worker.porter import Porter

commit = run.commit_chunk

async def never_the_last(database, importing, number, rows):
    if number == 300:
        await asyncio.Event().wait()  # for whoever kills, who may be slow
    await commit(database, importing, number, rows)

async def main():
    check.CHUNK_ROWS, run.commit_chunk = 10, never_the_last
    database = await Database.open(sys.argv[1], size_max=1)
    await Porter(database, sys.argv[1], lease=timedelta(seconds=0.8), merchant_id=int(sys.argv[2])).run()

asyncio.run(main())
"""


async def test_a_porter_that_is_killed_is_followed_by_another_and_each_row_counts_once(
    street: Street, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(check, "CHUNK_ROWS", 10)
    count = 3000
    batch = await carried(
        street, shop, await send(shop, "email,balance", *(f"m{n}@example.com,{n}" for n in range(1, count + 1)))
    )
    await started(shop, batch)
    command = (sys.executable, "-c", PORTER, street.dsn, str(shop.merchant.merchant_id))
    first = await asyncio.create_subprocess_exec(*command)
    async with asyncio.timeout(180):
        while not 0 < (await now(shop, batch)).rows_done < count:
            await pause()
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
        killed = await now(shop, batch)
        assert (killed.state, killed.rows_done < count) == ("running", True)
        follower = porter(street, shop, lease=timedelta(seconds=30))
        while not await follower.run_once():
            await pause()
    batch = await now(shop, batch)
    assert (batch.state, batch.rows_done, batch.members) == ("complete", count, count)
    total = await shop.engine.database.fetchval(
        "SELECT sum(available)::bigint FROM account WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert total == count * (count + 1) // 2
    assert await contradictions(shop) == []
