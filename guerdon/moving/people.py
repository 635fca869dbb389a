"""People beside the books: members in full, households, merges, and what belongs to members; for commands alone.

Rows: `("person", member)` with the household and the accounts bequeathed to theirs; `("household", id)` with everybody
in it; `("belongings", member)`; `("merge", id)` with all that undoing it needs; `("estate", member)` what is under way.
"""

from collections.abc import Collection, Sequence
from datetime import date

import msgspec

from guerdon.database.pool import Connection, Queries, Row
from guerdon.earning.rule import Period, VersionedRule
from guerdon.earning.rule_shelf import RuleCache
from guerdon.earning.use import Use, UseKey
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.members.words import Name, exchanged, name_of
from guerdon.moving.belongings import Belonging
from guerdon.moving.counts import DayDone, Given, Redeemed
from guerdon.moving.erase import Erased, Erasure, Estate
from guerdon.moving.handover import erasures, writes
from guerdon.moving.household import Household
from guerdon.moving.households import read_membership
from guerdon.moving.merge import Inheritance, Inherited, Merge, MergeDocument, TierStanding
from guerdon.moving.movement import YearUse
from guerdon.moving.person import Membership, Person
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.family import find_holdings, list_inherited, list_waiting
from guerdon.points.store import AccountsMoved, Shelf
from guerdon.points.values import Holding

SQL = load(__file__, "people.sql")

_perks = msgspec.json.Decoder(dict[str, date]).decode


class PeopleShelf(Shelf):
    """Loads people whole and saves what became of them. Their rows are locked after all accounts."""

    reads = frozenset({"person", "household", "merge"})
    keeps = frozenset[type](
        {Person, Household, Membership, Merge, Inheritance, TierStanding, Belonging, Erasure, Erased}
    )

    def __init__(self) -> None:
        self._rules = RuleCache()

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs]) -> set[int]:
        """All accounts that may change hands, or pass something on."""
        people, households, merges = _named(needs)
        if not (people or households or merges):
            return set()
        found = {
            account for holding in await _holdings(connection, merchant_id, people) for account in holding.accounts
        }
        for row in await connection.fetch(SQL.load_households, merchant_id, households):
            found.add(row[1])
        for membership in await _memberships(connection, merchant_id, people, households):
            found |= {membership.own_account_id, *membership.followers}
        for merge in await load_merges(connection, merchant_id, merges):
            found |= {merge.document.account_id, *merge.document.followers} - {0}
            everyone = [merge.survivor_id, merge.member_id, *merge.document.members]
            holdings = await _holdings(connection, merchant_id, everyone)
            found |= {account for holding in holdings for account in holding.accounts}
        return found

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open what the commands name; refuses to go on if an account was not locked."""
        people, households, merges = _named(needs)
        if not (people or households or merges):
            return set()
        for row in await connection.fetch(SQL.load_households, book.merchant_id, households):
            book.page(Household).load(row[0], Household(*row))
        members = set(people)
        taken: set[tuple[int, int]] = set()
        belongings = set(keys_of(needs, "belongings"))
        for merge in await load_merges(connection, book.merchant_id, merges):
            book.page(Merge).load(merge.merge_id, merge)
            members |= {merge.survivor_id, merge.member_id, *merge.document.members}
            belongings |= {merge.survivor_id, merge.member_id}
        for membership in await _memberships(connection, book.merchant_id, members, households):
            key = (membership.household_id, membership.member_id, membership.joined_at)
            book.page(Membership).load(key, membership)
            members.add(membership.member_id)
        await _load_people(connection, book, members)
        for holding in await _holdings(connection, book.merchant_id, members):
            book.page(Holding).load(holding.member_id, holding)
            if any(book.accounts.get(account) is None for account in holding.accounts):
                raise AccountsMoved
        for merge in book.page(Merge).rows():
            taken |= await _load_inherited(connection, book, merge)
        await _load_followers(connection, book, keys_of(needs, "belongings"))
        if belongings:
            await self._load_belongings(connection, book, belongings)
        for member_id in keys_of(needs, "estate"):
            held = await connection.fetch(SQL.list_held, book.merchant_id, member_id)
            book.page(Estate).load(member_id, Estate(member_id, frozenset(row[0] for row in held)))
            taken |= await list_waiting(connection, book.merchant_id, book.page(Holding)[member_id].accounts)
        return taken

    async def _load_belongings(self, connection: Connection, book: Book, members: Collection[int]) -> None:
        merchant_id, who = book.merchant_id, list(members)
        for row in await connection.fetch(SQL.list_belongings, merchant_id, who):
            book.page(Belonging).load(tuple(row), Belonging(*row))
        for row in await connection.fetch(SQL.list_redeemed, merchant_id, who):
            book.page(Redeemed).load(row[0], Redeemed(*row))
        for row in await connection.fetch(SQL.list_uses, merchant_id, who):
            use = Use(row[0], row[1], Period(row[2]), *row[3:])
            book.page(Use).load(UseKey(use.member_id, use.rule_id, use.period, use.starts_on), use)
        for row in await connection.fetch(SQL.list_progress, merchant_id, who):
            book.page(DayDone).load((row[0], row[1]), DayDone(*row))
        for row in await connection.fetch(SQL.list_years, merchant_id, who):
            book.page(YearUse).load((row[0], row[1]), YearUse(*row))
        for row in await connection.fetch(SQL.list_standings, merchant_id, who):
            book.page(TierStanding).load(row[0], TierStanding(*row[0:9], perks=_perks(row[9])))
        await self._load_given(connection, book, who)

    async def _load_given(self, connection: Connection, book: Book, members: list[int]) -> None:
        """What counts towards caps, with the versions of the rules that say which."""
        rows = await connection.fetch(SQL.list_given, book.merchant_id, members)
        for row in rows:
            key, rule_id, version, day, points, is_given = row
            given = Given(key, rule_id, version, day, points, int(points > 0 or is_given))
            book.page(Given).load(key, given)
        versions = list({(row[1], row[2]) for row in rows})
        for rule in await self._rules.load_versions(connection, book.merchant_id, versions):
            book.page(VersionedRule).load((rule.rule_id, rule.version), rule)

    def save(self, book: Book) -> list[Write]:
        """What became of people, households and belongings."""
        people, households, memberships = book.page(Person), book.page(Household), book.page(Membership)
        merges, moves = book.page(Merge), book.page(Inheritance).added()
        standings = book.page(TierStanding)
        gone, new = exchanged(_names(people.loaded()), _names(people.kept()))
        return [
            Write(SQL.save_people, people.changed()),
            Write(SQL.remove_words, gone),
            Write(SQL.add_words, new),
            Write(SQL.insert_households, households.added()),
            Write(SQL.dissolve_households, households.changed()),
            Write(SQL.insert_memberships, memberships.added()),
            Write(SQL.update_memberships, memberships.changed()),
            Write(SQL.insert_merges, merges.added()),
            Write(SQL.undo_merges, merges.changed()),
            Write(SQL.inherit_identities, [move for move in moves if not move.undone]),
            Write(SQL.return_identities, [move for move in moves if move.undone]),
            Write(SQL.save_standings, [*standings.added(), *standings.changed()]),
            *writes(book.page(Belonging).changed()),
            Write(SQL.insert_erasures, book.page(Erasure).added()),
            *erasures(book.page(Erased).added()),
        ]


def _names(people: Sequence[Person]) -> list[Name]:
    """What people are looked for by: who became another or is erased, by nothing."""
    return [
        name_of(one.member_id, one.first_name, one.last_name)
        for one in people
        if one.status in ("active", "suspended")
    ]  # fmt: skip


async def load_merges(database: Queries, merchant_id: int, merge_ids: Collection[int]) -> list[Merge]:
    """Merges with what undoing them needs."""
    if not merge_ids:
        return []
    return [_merge(row) for row in await database.fetch(SQL.load_merges, merchant_id, list(merge_ids))]


async def list_merges(database: Queries, merchant_id: int, member_id: int) -> list[Merge]:
    """What the member has become and who has become the member, newest first."""
    return [_merge(row) for row in await database.fetch(SQL.list_merges, merchant_id, member_id)]


async def list_held(database: Queries, merchant_id: int, member_id: int) -> tuple[int, ...]:
    """The redemptions whose points are held."""
    return tuple(row[0] for row in await database.fetch(SQL.list_held, merchant_id, member_id))


def _named(needs: Sequence[Needs]) -> tuple[list[int], list[int], list[int]]:
    return keys_of(needs, "person"), keys_of(needs, "household"), keys_of(needs, "merge")


async def _holdings(connection: Queries, merchant_id: int, members: Collection[int]) -> list[Holding]:
    return list((await find_holdings(connection, merchant_id, members)).values())


async def _memberships(
    connection: Queries, merchant_id: int, members: Collection[int], households: Collection[int]
) -> list[Membership]:
    rows = await connection.fetch(SQL.load_memberships, merchant_id, list(members), list(households))
    return [read_membership(row) for row in rows]


async def _load_people(connection: Connection, book: Book, members: Collection[int]) -> None:
    for row in await connection.fetch(SQL.lock_people, book.merchant_id, list(members)):
        values = list(row)
        values[8] = tuple(values[8])
        book.page(Person).load(row[0], Person(*values))


async def _load_inherited(connection: Connection, book: Book, merge: Merge) -> set[tuple[int, int]]:
    """The lots that came by the merge and since, and the entries that paid debts: their points may go back."""
    document, heir = merge.document, book.page(Holding)[merge.survivor_id].account_id
    entries: list[int] = []
    for giver in (document.account_id, *document.followers):
        entries += await _load_from(connection, book, heir, giver, document.entries)
    return {(heir, number) for number in entries}


async def _load_followers(connection: Connection, book: Book, members: Collection[int]) -> None:
    """Which lots of the accounts that members hold came from those bequeathed to them."""
    for member_id in members:
        holding = book.page(Holding).get(member_id)
        for giver in holding.followers if holding else ():
            await _load_from(connection, book, book.page(Holding)[member_id].account_id, giver, 0)


async def _load_from(connection: Connection, book: Book, account_id: int, giver: int, after: int) -> list[int]:
    """What an account has from another since an entry."""
    lots, paid = await list_inherited(connection, book.merchant_id, account_id, giver_id=giver, after=after)
    book.page(Inherited).load((account_id, giver), Inherited(account_id, giver, tuple(lots), tuple(paid)))
    return [*lots, *paid]


def _merge(row: Row) -> Merge:
    document = msgspec.json.decode(row[4], type=MergeDocument)
    merge_id, member_id, survivor_id, state, _, actor, created_at, undoable_until, undone_at = row
    return Merge(merge_id, member_id, survivor_id, state, document, actor, created_at, undoable_until, undone_at)
