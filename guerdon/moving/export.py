"""All that is known of one member, as JSON: who they are, what the books have, and everything that names them.

It is read in one snapshot and streamed, so that a member with a long history costs no memory. Requests are logged
without whom they were about, and so none is of a member; what was refused with one of their addresses is told.
"""

from collections.abc import AsyncGenerator
from typing import NamedTuple

import msgspec

from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import load
from guerdon.members.members import get_member
from guerdon.points.audit import snapshot
from guerdon.points.family import books_of, find_holdings

SQL = load(__file__, "export.sql")


class Known(NamedTuple):
    """One thing that is known, of a kind such as `order` or `entry`."""

    kind: str
    document: msgspec.Raw


async def export_member(database: Database, merchant_id: int, member_id: int) -> AsyncGenerator[Known]:
    """Everything of a member and of whoever became them. Refuses with MemberNotFound."""
    profile = await get_member(database, merchant_id, member_id)
    async with snapshot(database) as connection:
        selves = [row[0] for row in await connection.fetch(SQL.list_selves, merchant_id, profile.member_id)]
        async for row in connection.cursor(SQL.list_known, merchant_id, selves):
            yield Known(row[0], msgspec.Raw(row[1]))
        accounts = await _accounts(connection, merchant_id, selves)
        async for row in connection.cursor(SQL.list_words, merchant_id, selves, accounts):
            yield Known(row[0], msgspec.Raw(row[1]))
        async for row in books_of(connection, merchant_id, accounts):
            yield Known(row[0], msgspec.Raw(row[1]))
        kinds = [identity.kind for identity in profile.identities]
        values = [identity.value for identity in profile.identities]
        async for row in connection.cursor(SQL.list_refusals, merchant_id, kinds, values):
            yield Known(row[0], msgspec.Raw(row[1]))


async def collect_member(database: Database, merchant_id: int, member_id: int) -> dict[str, list[msgspec.Raw]]:
    """The same, by kind, in memory: for an answer that is one JSON object."""
    found: dict[str, list[msgspec.Raw]] = {}
    async for one in export_member(database, merchant_id, member_id):
        found.setdefault(one.kind, []).append(one.document)
    return found


async def _accounts(connection: Connection, merchant_id: int, selves: list[int]) -> list[int]:
    """The accounts that are theirs: those that they hold, and those bequeathed to these by themselves.

    A household's account is of all its members; what the others did before they joined is not told.
    """
    holdings = await find_holdings(connection, merchant_id, selves)
    own = {holding.account_id for holding in holdings.values()}
    rows = await connection.fetch(SQL.list_own_accounts, merchant_id, selves)
    return sorted(own | {row[0] for row in rows})
