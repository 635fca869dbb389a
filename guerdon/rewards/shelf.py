"""The rewards' rows beside the books: rules, usage, stock, redemptions and coupons of a batch, and codes of pools."""

from collections.abc import Sequence

import msgspec

from guerdon.database.pool import Connection
from guerdon.kit.sql import load
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Overtaken, Shelf, Write
from guerdon.rewards import pool_shelf
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State, Stock, Usage
from guerdon.rewards.rule import RedemptionRule, Versioned

SQL = load(__file__, "shelf.sql")


class RewardShelf(Shelf):
    """Loads what `Needs` names of rewards, and saves what the batch made of it.

    Terms of a version never change, so each worker keeps those it has read; only which version counts is asked anew.
    """

    reads = frozenset({"rule", "pool", "new_code", "redemption", "coupon", "order"})
    keeps = frozenset[type]({Usage, Redemption, Coupon, Stock}) | pool_shelf.KINDS

    def __init__(self) -> None:
        self._terms: dict[tuple[int, int], Versioned] = {}

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs]) -> set[int]:
        """The accounts behind redemptions and coupons that commands name."""
        named = _named(needs)
        if not any(named):
            return set()
        return {row[0] for row in await connection.fetch(SQL.find_accounts, merchant_id, *named)}

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open redemptions with their coupons, then rules with usage and stock."""
        uses = {
            (rule_id, book.members[identity].member_id)
            for need in needs
            for rule_id in keys_of([need], "rule")
            for identity in need.identities
            if identity in book.members
        }
        taken: set[tuple[int, int]] = set()
        named = _named(needs)
        if any(named):
            for row in await connection.fetch(SQL.load_redemptions, book.merchant_id, *named):
                values = list(row)
                values[6] = State(values[6])
                redemption = Redemption(*values[0:22])
                coupon = Coupon(
                    redemption.coupon, redemption.redemption_id, CouponState(row[22]), row[23], redemption.expires_at
                )
                book.page(Redemption).load(redemption.redemption_id, redemption)
                book.page(Coupon).load(coupon.code, coupon)
                uses.add((redemption.rule_id, redemption.member_id))
                taken.add((redemption.account_id, redemption.entry))
        if uses:
            await self._load_rules(connection, book, uses)
            await pool_shelf.load_pools(connection, book, needs, book.page(Versioned).rows())
        await pool_shelf.load_taken(connection, book, needs)
        return taken

    async def _load_rules(self, connection: Connection, book: Book, uses: set[tuple[int, int]]) -> None:
        rule_ids, member_ids = [rule_id for rule_id, _ in uses], [member_id for _, member_id in uses]
        versions: dict[int, int] = {}
        shared: set[int] = set()
        for row in await connection.fetch(SQL.load_rules, book.merchant_id, rule_ids, member_ids):
            versions[row[0]] = row[1]
            if row[7]:
                shared.add(row[0])
            if row[3] is not None:
                book.page(Usage).load((row[2], row[0]), Usage(row[2], row[0], *row[3:7]))
        unknown = [rule_id for rule_id, version in versions.items() if (rule_id, version) not in self._terms]
        if unknown:
            for rule_id, version, terms in await connection.fetch(SQL.load_terms, book.merchant_id, unknown):
                rule = Versioned(rule_id, version, msgspec.json.decode(terms, type=RedemptionRule))
                self._terms[rule_id, version] = rule
                versions[rule_id] = version
        for key in versions.items():
            book.page(Versioned).load(key[0], self._terms[key])
        if shared:
            if not book.locked:
                raise Overtaken
            for row in await connection.fetch(SQL.lock_stock, book.merchant_id, list(shared)):
                book.page(Stock).load(row[0], Stock(*row))

    def save(self, book: Book) -> list[Write]:
        """What the batch added and changed."""
        usage, coupons, redemptions = book.page(Usage), book.page(Coupon), book.page(Redemption)
        return [
            Write(SQL.save_usage, [*usage.added(), *usage.changed()]),
            Write(SQL.insert_redemptions, redemptions.added()),
            Write(SQL.update_redemptions, redemptions.changed()),
            Write(SQL.insert_coupons, coupons.added()),
            Write(SQL.update_coupons, coupons.changed()),
            Write(SQL.update_stock, book.page(Stock).changed()),
            *pool_shelf.saves(book),
        ]


def _named(needs: Sequence[Needs]) -> tuple[list[int], list[str], list[str]]:
    return keys_of(needs, "redemption"), keys_of(needs, "coupon"), keys_of(needs, "order")
