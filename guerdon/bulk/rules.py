"""Rules that come with a programme: added as an administrator would, in the transaction of their chunk."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from msgspec.structs import replace

from guerdon.bulk.rows import RuleRow
from guerdon.database.pool import Connection, Database, Row
from guerdon.earning import rules as earning
from guerdon.earning.rule import EarningRule
from guerdon.rewards import rules as rewards


class _Inside:
    """A database that is one connection in one transaction: what is done on it is committed with the rest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        yield self._connection

    async def fetch(self, query: str, *arguments: Any) -> list[Row]:
        return await self._connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> Row | None:
        return await self._connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        return await self._connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: Any) -> str:
        return await self._connection.execute(query, *arguments)


async def write(
    connection: Connection, merchant_id: int, rows: Sequence[RuleRow], *, actor: str, now: datetime
) -> list[int]:
    """Add the rules of a chunk; returns their ids."""
    inside = cast("Database", _Inside(connection))
    added: list[int] = []
    for row in rows:
        if isinstance(row.terms, EarningRule):
            added.append((await earning.add_rule(inside, merchant_id, row.terms, actor=actor, now=now)).rule_id)
        else:
            added.append((await rewards.add_rule(inside, merchant_id, row.terms, actor=actor, now=now)).rule_id)
    return added


async def disable(
    connection: Connection, merchant_id: int, kind: str, rule_ids: Sequence[int], *, actor: str, now: datetime
) -> None:
    """Switch off rules of an import that is undone: what was bought or earned under them keeps its terms."""
    inside = cast("Database", _Inside(connection))
    for rule_id in rule_ids:
        if kind == "earning-rules":
            await earning.set_active(inside, merchant_id, rule_id, active=False, actor=actor, now=now)
            continue
        terms = (await rewards.get_rule(inside, merchant_id, rule_id)).terms
        if terms.active:
            terms = replace(terms, active=False)
            await rewards.change_rule(inside, merchant_id, rule_id, terms, actor=actor, user_id=None, now=now)
