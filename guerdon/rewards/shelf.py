"""The rewards' rows beside the books: rules, usage, stock, redemptions and coupons of a batch, and codes of pools."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from guerdon.database.pool import Connection
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Overtaken, Shelf
from guerdon.rewards import pool_shelf
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State, Stock, Usage
from guerdon.rewards.rule import RedemptionRule, Versioned

SQL = load(__file__, "shelf.sql")


class Remembered(Struct, frozen=True):
    """A rule that was not read but laid open from memory; whether that version still counts is seen as it is saved."""

    rule_id: int
    version: int


class RewardShelf(Shelf):
    """Loads what `Needs` names of rewards, and saves what the batch made of it.

    Each worker keeps the rules that it has read last. Terms of a version never change; which version counts is asked
    anew, or, for a rule that nothing else has to be read for, checked as the batch is saved.
    """

    reads = frozenset({"rule", "pool", "new_code", "redemption", "coupon", "order"})
    keeps = frozenset[type]({Usage, Redemption, Coupon, Stock}) | pool_shelf.KINDS

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Versioned] = {}
        """Rules by merchant and id."""
        self._shared: set[tuple[int, int]] = set()
        """Those of which all members share something. Once a rule is one of them, it stays so."""

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
        if uses and (taken or not self._remember(book, {rule_id for rule_id, _ in uses})):
            await self._load_rules(connection, book, uses)
        if uses:
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
        kept = {rule_id: self._kept.get((book.merchant_id, rule_id)) for rule_id in versions}
        unknown = [rule_id for rule_id, rule in kept.items() if rule is None or rule.version != versions[rule_id]]
        if unknown:
            for rule_id, version, terms in await connection.fetch(SQL.load_terms, book.merchant_id, unknown):
                rule = Versioned(rule_id, version, msgspec.json.decode(terms, type=RedemptionRule))
                kept[rule_id] = self._kept[book.merchant_id, rule_id] = rule
        for rule_id, rule in kept.items():
            if rule is not None:
                book.page(Versioned).load(rule_id, rule)
        self._shared |= {(book.merchant_id, rule_id) for rule_id in shared}
        if shared:
            if not book.locked:
                raise Overtaken
            for row in await connection.fetch(SQL.lock_stock, book.merchant_id, list(shared)):
                book.page(Stock).load(row[0], Stock(*row))

    def _remember(self, book: Book, rule_ids: set[int]) -> bool:
        """Lay the rules open as they were, where no usage counts against any of them."""
        if book.locked:
            return False
        rules: list[Versioned] = []
        for rule_id in rule_ids:
            rule = self._kept.get((book.merchant_id, rule_id))
            if rule is None or _counts_use(rule.terms) or (book.merchant_id, rule_id) in self._shared:
                return False
            rules.append(rule)
        for rule in rules:
            book.page(Versioned).load(rule.rule_id, rule)
            book.page(Remembered).load(rule.rule_id, Remembered(rule.rule_id, rule.version))
        return True

    def check(self, book: Book) -> Write | None:
        """Whether the rules from memory are still those that count."""
        remembered = book.page(Remembered).loaded()
        return Write(SQL.check_rules, remembered) if remembered else None

    def save(self, book: Book) -> list[Write]:
        """What the batch added and changed."""
        usage, coupons, redemptions = book.page(Usage), book.page(Coupon), book.page(Redemption)
        unread = book.page(Remembered).loaded()
        return [
            Write(SQL.add_usage if unread else SQL.save_usage, [*usage.added(), *usage.changed()]),
            Write(SQL.insert_redemptions, redemptions.added()),
            Write(SQL.update_redemptions, redemptions.changed()),
            Write(SQL.insert_coupons, coupons.added()),
            Write(SQL.update_coupons, coupons.changed()),
            Write(SQL.update_stock, book.page(Stock).changed()),
            *pool_shelf.saves(book),
        ]


def _counts_use(terms: RedemptionRule) -> bool:
    return terms.points_max_per_day is not None or terms.redemptions_max_per_member is not None


def _named(needs: Sequence[Needs]) -> tuple[list[int], list[str], list[str]]:
    return keys_of(needs, "redemption"), keys_of(needs, "coupon"), keys_of(needs, "order")
