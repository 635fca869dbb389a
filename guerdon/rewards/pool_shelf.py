"""Pools and callbacks beside the books, as a part of the shelf of rewards."""

from collections import Counter
from collections.abc import Iterable, Sequence

from guerdon.database.pool import Connection
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Overtaken
from guerdon.rewards.callback import Callback
from guerdon.rewards.codes import Pooled
from guerdon.rewards.issue import DroppedCode, TakenCode
from guerdon.rewards.pool import Pool, PoolCode, Told
from guerdon.rewards.rule import Versioned

SQL = load(__file__, "pool_shelf.sql")


async def load_pools(connection: Connection, book: Book, needs: Sequence[Needs], rules: Iterable[Versioned]) -> None:
    """Lay as many codes open as commands of this batch may take of each pool."""
    pooled = {rule.rule_id: rule.terms.codes for rule in rules if isinstance(rule.terms.codes, Pooled)}
    if not pooled:
        return
    counts = Counter(keys_of(needs, "pool"))
    for rule_id in sorted(pooled.keys() & counts.keys()):
        if not book.locked:
            raise Overtaken
        low_at, count = pooled[rule_id].low_at, counts[rule_id]
        if low_at is None:
            pool = await _claim(connection, book, rule_id, count)
        else:
            pool = await _watch(connection, book, rule_id, count, low_at)
        book.page(Pool).load(rule_id, pool)


async def _claim(connection: Connection, book: Book, rule_id: int, count: int) -> Pool:
    """Codes that nobody else has claimed. Too few may be for those who have: then these go back, so that nobody waits
    for them, and what others leave is waited for.
    """
    await connection.execute("SAVEPOINT claimed")
    rows = await connection.fetch(SQL.claim_codes, book.merchant_id, rule_id, count)
    if len(rows) < count:
        await connection.execute("ROLLBACK TO SAVEPOINT claimed")
        await connection.fetchval(SQL.lock_pool, book.merchant_id, rule_id)
        rows = await connection.fetch(SQL.await_codes, book.merchant_id, rule_id, count)
    return Pool(rule_id, tuple(row[0] for row in rows))


async def _watch(connection: Connection, book: Book, rule_id: int, count: int, low_at: int) -> Pool:
    """Codes of a pool whose level is told: one batch at a time, so that each knows exactly what it leaves."""
    told = await connection.fetchval(SQL.lock_pool, book.merchant_id, rule_id)
    rows = await connection.fetch(SQL.await_codes, book.merchant_id, rule_id, count)
    unused = await connection.fetchval(SQL.count_unused, book.merchant_id, rule_id, low_at + count + 1)
    return Pool(rule_id, tuple(row[0] for row in rows), unused, told)


async def load_taken(connection: Connection, book: Book, needs: Sequence[Needs]) -> None:
    """Lay open which codes of a merchant's own making are not free."""
    codes = keys_of(needs, "new_code")
    if codes:
        for row in await connection.fetch(SQL.find_taken_codes, book.merchant_id, codes):
            book.page(TakenCode).load(row[0], TakenCode(row[0]))


KINDS = frozenset[type]({Pool, PoolCode, Told, Callback, DroppedCode})
"""The kinds of rows that are laid open and saved here."""


def saves(book: Book) -> list[Write]:
    """Codes that were handed out or dropped, thresholds that were told, what merchants are to be asked."""
    if KINDS.isdisjoint(book.written()):
        return []
    return [
        Write(SQL.use_codes, book.page(PoolCode).added()),
        Write(SQL.note_told, book.page(Told).rows()),
        Write(SQL.save_callbacks, book.page(Callback).added()),
        Write(SQL.drop_codes, book.page(DroppedCode).added()),
    ]
