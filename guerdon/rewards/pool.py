"""A pool of uploaded codes: each is handed out once, and the merchant is told when few are left. Pure.

The shelf lays as many unused codes on the book as its commands may take, under locks; what they leave stays unused.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.rewards import PoolEmpty
from guerdon.points.book import Book
from guerdon.rewards.codes import Pooled
from guerdon.rewards.rule import Versioned


class Pool(Struct, frozen=True):
    """The next codes of a rule, as they were uploaded, for one batch.

    `unused` counts all there are, at most so many that it tells what is below the threshold; None where there is none.
    `told` is the lowest threshold that was told since the pool was last above it.
    """

    rule_id: int
    codes: tuple[str, ...]
    unused: int | None = None
    told: int | None = None


class PoolCode(Struct, frozen=True):
    """A code, as it is compared, that a redemption has from now on."""

    code: str
    redemption_id: int


class Told(Struct, frozen=True):
    """The threshold of a pool that was told last."""

    rule_id: int
    told: int


def thresholds(low_at: int) -> tuple[int, ...]:
    """The levels that are told: the merchant's, its half, quarter and eighth, and zero; each once, from the top."""
    return tuple(dict.fromkeys((low_at, low_at // 2, low_at // 4, low_at // 8, 0)))


def told_at(low_at: int, unused: int) -> int | None:
    """Which threshold counts as told of a pool that was filled up to so many codes: those it is not above."""
    return min((level for level in thresholds(low_at) if unused <= level), default=None)


def pool_against(rule: Versioned, pool: Pool | None) -> Iterator[PoolEmpty]:
    """An empty pool gives nothing, and nothing is held for it (behaviour 14)."""
    if isinstance(rule.terms.codes, Pooled) and (pool is None or not pool.codes):
        yield PoolEmpty(rule.rule_id)


def take_code(book: Book, rule: Versioned, redemption_id: int) -> str:
    """The next code, as it was uploaded. Refuses with PoolEmpty. Tells of every threshold that is reached by it."""
    pools = book.page(Pool)
    pool = pools.get(rule.rule_id)
    if pool is None or not pool.codes:
        raise PoolEmpty(rule.rule_id)
    code, left = pool.codes[0], pool.codes[1:]
    book.page(PoolCode).put(code.upper(), PoolCode(code.upper(), redemption_id))
    pool = replace(pool, codes=left)
    terms = rule.terms.codes
    if isinstance(terms, Pooled) and terms.low_at is not None and pool.unused is not None:
        pool = _told(book, pool, pool.unused - 1, terms.low_at)
    pools.put(rule.rule_id, pool)
    return code


def _told(book: Book, pool: Pool, unused: int, low_at: int) -> Pool:
    """The pool with so many left, of which others are told if that is few."""
    pool = replace(pool, unused=unused)
    for level in thresholds(low_at):
        if unused <= level and (pool.told is None or level < pool.told):
            book.tell("pool.low", None, {"rule_id": pool.rule_id, "unused": unused, "threshold": level})
            book.page(Told).put(pool.rule_id, Told(pool.rule_id, level))
            pool = replace(pool, told=level)
    return pool
