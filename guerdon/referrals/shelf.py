"""Referrals beside the books: those of a batch, and what tells whether to believe them."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from guerdon.database.pool import Connection, Queries, Row
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Shelf
from guerdon.referrals.doubt import MONTH
from guerdon.referrals.referral import ROW, Asked, Device, Emails, Reason, Referral, Source, State, alias_of

SQL = load(__file__, "shelf.sql")

LATELY = timedelta(days=2)
"""The merchant's day is in it, wherever the merchant is."""


class ReferralShelf(Shelf):
    """Loads what a row `("referrals", Asked(...))` names, for the members of its command; saves what became of it."""

    reads = frozenset({ROW})
    keeps = frozenset[type]({Referral})

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open addresses, referrals and devices; rows of another command's members do no harm."""
        asked = [(one, need) for need in needs for one in keys_of([need], ROW)]
        if not asked:
            return set()
        members = sorted({
            book.members[identity].member_id for _, need in asked for identity in need.identities
            if identity in book.members
        })  # fmt: skip
        aliases = {alias for one, _ in asked for alias in one.aliases}
        own: dict[int, set[str]] = {}
        for member_id, address in await emails_of(connection, book.merchant_id, members):
            own.setdefault(member_id, set()).add(alias_of(address))
        for member_id, found in own.items():
            book.page(Emails).load(member_id, Emails(member_id, frozenset(found)))
            aliases |= found
        addresses = {one.ip_address for one, _ in asked if one.ip_address is not None}
        for row in await connection.fetch(
            SQL.load_referrals, book.merchant_id, members, list(aliases), list(addresses), book.now - MONTH,
            book.now - LATELY,
        ):  # fmt: skip
            referral = read_referral(row)
            book.page(Referral).load(referral.referral_id, referral)
        await self._load_devices(connection, book, members, [one for one, _ in asked])
        return set()

    async def _load_devices(
        self, connection: Connection, book: Book, members: list[int], asked: Sequence[Asked]
    ) -> None:
        """Days differ only where the policy was just changed; the longest then counts for the whole batch."""
        devices = {(one.ip_address, one.user_agent) for one in asked if one.ip_address and one.user_agent}
        days = max((one.device_days for one in asked), default=0)
        if devices and days:
            since = book.now - timedelta(days=days)
            ips, agents = [ip for ip, _ in devices], [agent for _, agent in devices]
            for row in await connection.fetch(SQL.find_devices, book.merchant_id, members, ips, agents, since):
                book.page(Device).load((row[0], row[1], row[2]), Device(*row))

    def save(self, book: Book) -> list[Write]:
        """New referrals, and those that have come further."""
        referrals = book.page(Referral)
        return [
            Write(SQL.insert_referrals, referrals.added()),
            Write(SQL.update_referrals, referrals.changed()),
        ]


async def emails_of(database: Queries, merchant_id: int, members: Collection[int]) -> list[tuple[int, str]]:
    """The addresses of these members, each with its member."""
    return [(row[0], row[1]) for row in await database.fetch(SQL.load_emails, merchant_id, list(members))]


def read_referral(row: Row) -> Referral:
    """A referral from its columns."""
    values = list(row)
    values[5:8] = [Source(values[5]), State(values[6]), Reason(values[7]) if values[7] else None]
    return Referral(*values)
