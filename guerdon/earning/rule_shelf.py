"""Rules, caps and budgets beside the books: what a shelf loads to have occasions evaluated, and saves afterwards."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from guerdon.database.pool import Connection, Queries
from guerdon.earning.rule import EarningRule, Period, VersionedRule
from guerdon.earning.use import Budget, Use, UseKey
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.store import Overtaken

SQL = load(__file__, "rule_shelf.sql")


class RuleCache:
    """Terms of a version never change, so each worker keeps those it has read; only which version counts is asked."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], VersionedRule] = {}
        self._decode = msgspec.json.Decoder(EarningRule).decode

    async def load_rules(self, connection: Queries, merchant_id: int, triggers: Collection[str]) -> list[VersionedRule]:
        """The active rules of these triggers at the version that counts, by id."""
        rows = await connection.fetch(SQL.find_active_rules, merchant_id, list(triggers))
        return await self.load_versions(connection, merchant_id, [(row[0], row[1]) for row in rows])

    async def load_versions(
        self, connection: Queries, merchant_id: int, versions: Sequence[tuple[int, int]]
    ) -> list[VersionedRule]:
        """Rules in these versions (rule, version), in the same order. Every one that was ever written is there."""
        unknown = {version for version in versions if version not in self._known}
        if unknown:
            for row in await connection.fetch(SQL.load_versions, merchant_id, *columns(unknown, 2)):
                self._known[row[0], row[1]] = VersionedRule(row[0], row[1], self._decode(row[2]))
        return [self._known[version] for version in versions]


async def find_uses(connection: Queries, merchant_id: int, keys: Collection[UseKey]) -> dict[UseKey, Use]:
    """How much was earned in these periods, as `use_keys` names them; nothing was where there is no row."""
    if not keys:
        return {}
    rows = await connection.fetch(SQL.load_uses, merchant_id, *columns(set(keys), 4))
    uses = (Use(row[0], row[1], Period(row[2]), *row[3:6]) for row in rows)
    return {UseKey(use.member_id, use.rule_id, use.period, use.starts_on): use for use in uses}


async def load_uses(connection: Queries, book: Book, keys: Collection[UseKey]) -> None:
    """Lay open how much was earned in these periods, under the locks of the members' accounts."""
    for key, use in (await find_uses(connection, book.merchant_id, keys)).items():
        book.page(Use).load(key, use)


async def lock_budgets(connection: Connection, book: Book, rules: Iterable[VersionedRule]) -> None:
    """Lock and lay open what members share of those rules that are limited, after every other lock of the batch."""
    limited = {rule.rule_id for rule in rules if rule.terms.limited}
    if limited:
        if not book.locked:
            raise Overtaken
        for row in await connection.fetch(SQL.lock_budgets, book.merchant_id, list(limited)):
            book.page(Budget).load(row[0], Budget(*row))


KINDS = frozenset[type]({Use, Budget})
"""The kinds of rows that `saves` keeps."""


def saves(book: Book) -> list[Write]:
    """What the batch has counted."""
    uses = book.page(Use)
    return [
        Write(SQL.save_uses, [*uses.added(), *uses.changed()]),
        Write(SQL.update_budgets, book.page(Budget).changed()),
    ]
