"""The proof of the sums: what is kept by day is what the entries marked as added come to, all of them, summed anew."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.audit import Finding, Progress, Tally, snapshot
from guerdon.points.totals import end_of_accounts, sum_all_moves, summed, sums_of
from guerdon.reports.roll_up import rewards_of

SQL = load(__file__, "audit.sql")

CHUNK_ACCOUNTS = 5000

Key = tuple[Any, ...]
Summed = dict[Key, tuple[int, ...]]


async def audit_sums(database: Database, merchant: Merchant, *, on_progress: Progress | None = None) -> list[Finding]:
    """Every sum by day that is not what its entries come to; `on_progress` counts accounts."""
    merchant_id, zone = merchant.merchant_id, merchant.timezone
    points, rewards, gaps, cohorts = _Sums(2), _Sums(3), _Sums(1), _Sums(1)
    tally = Tally()
    async with snapshot(database) as connection:
        after = done = 0
        while True:
            upto, accounts = await end_of_accounts(connection, merchant_id, after, CHUNK_ACCOUNTS)
            for moved in await sum_all_moves(connection, merchant_id, zone, after, upto):
                points.add(moved)
            sums = await sums_of(connection, merchant_id, zone, await summed(connection, merchant_id, after, upto))
            for kept, found in (
                (rewards, await rewards_of(connection, merchant_id, sums.taken)), (gaps, sums.gaps),
                (cohorts, sums.cohorts),
            ):  # fmt: skip
                for row in found:
                    kept.add(row)
            after, done = upto, done + accounts
            if on_progress is not None:
                on_progress(done, done + (accounts == CHUNK_ACCOUNTS))
            if accounts < CHUNK_ACCOUNTS:
                break
        for check, statement, kept in (
            ("find_wrong_points_days", SQL.all_points, points), ("find_wrong_reward_days", SQL.all_rewards, rewards),
            ("find_wrong_active_days", SQL.all_gaps, gaps), ("find_wrong_cohorts", SQL.all_cohorts, cohorts),
        ):  # fmt: skip
            await _compare(connection, merchant_id, tally, check, statement, kept)
    return tally.findings()


class _Sums:
    """Sums by key: the last so many values of a row are added up, those before are the key."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.by_key: defaultdict[Key, Counter[int]] = defaultdict(Counter)

    def add(self, row: Iterable[Any]) -> None:
        """One more."""
        values = tuple(row)
        total = self.by_key[values[: -self.width]]
        for place, value in enumerate(values[-self.width :]):
            total[place] += value

    def summed(self) -> Summed:
        """All that are not nothing."""
        found = {key: tuple(total[place] for place in range(self.width)) for key, total in self.by_key.items()}
        return {key: values for key, values in found.items() if any(values)}


async def _compare(
    connection: Connection, merchant_id: int, tally: Tally, check: str, statement: str, expected: _Sums
) -> None:
    kept = _Sums(expected.width)
    for row in await connection.fetch(statement, merchant_id):
        kept.add(row)
    tally.add(check, "day", _unlike(kept.summed(), expected.summed()))


def _unlike(kept: Mapping[Key, tuple[int, ...]], expected: Mapping[Key, tuple[int, ...]]) -> list[Any]:
    """(day, sentence) of each sum that is not as it should be."""
    return [
        (key[0].isoformat(), f"{_named(key[1:])}: the sums hold {_values(kept, key)}, entries come to "
         f"{_values(expected, key)}")
        for key in sorted(kept.keys() | expected.keys(), key=str)
        if kept.get(key) != expected.get(key)
    ]  # fmt: skip


def _named(key: Key) -> str:
    return " ".join(part.isoformat() if isinstance(part, date) else str(part) for part in key)


def _values(sums: Mapping[Key, tuple[int, ...]], key: Key) -> str:
    return ", ".join(str(value) for value in sums[key]) if key in sums else "nothing"
