"""One use of a rule by a member, its coupon, and what counts towards the rule's caps."""

import secrets
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from guerdon.points.book import Book


class State(StrEnum):
    """held → captured, or redeemed at once; then perhaps cancelled. A hold that nobody used is expired.

    Where others make the code it is asked first: its points are held, if it takes any, until there is a code.
    """

    ASKED = "asked"
    HELD = "held"
    CAPTURED = "captured"
    REDEEMED = "redeemed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CouponState(StrEnum):
    """issued → used, or void, or expired. Asked of others, nothing can use it yet."""

    ASKED = "asked"
    ISSUED = "issued"
    USED = "used"
    VOID = "void"
    EXPIRED = "expired"


UNUSED = (CouponState.ASKED, CouponState.ISSUED)
"""What can still come to nothing, or to something."""

NO_ENTRY = 0
"""Stands where a redemption names no entry of the books."""


class Redemption(Struct, frozen=True):
    """Money in minor units of `currency`; `entry` numbers the entry of `account_id` in which its points last moved.

    Since that entry took them, returns have given back `points_back` of the points. `code` is written as whoever made
    it writes it; the ids of a third party are those that the shop gave the coupon and its price rule.
    """

    redemption_id: int
    member_id: int
    account_id: int
    entry: int
    rule_id: int
    rule_version: int
    state: State
    delayed: bool
    points: int
    value_minor: int
    currency: str
    stock_minor: int
    channel: str
    day: date
    code: str
    token: str
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    points_back: int = 0
    third_party_id: str | None = None
    third_party_rule_id: str | None = None

    @property
    def coupon(self) -> str:
        """The key of its coupon: the code as codes are compared."""
        return self.code.upper()

    @property
    def is_gift(self) -> bool:
        """Whether it was given for nothing: no entry stands behind it, and it takes no share of the rule's caps."""
        return self.entry == NO_ENTRY


class Coupon(Struct, frozen=True):
    """The code that a redemption gives, in upper case; `order_id` is the order that named it, and empty where the
    points were taken by hand for no order.
    """

    code: str
    redemption_id: int
    state: CouponState
    order_id: str | None = None
    expires_at: datetime | None = None


class Usage(Struct, frozen=True):
    """How much of a rule a member has used: for ever, and on `day`, the last day of use."""

    member_id: int
    rule_id: int
    redemptions: int
    points: int
    day: date
    day_points: int


class Stock(Struct, frozen=True):
    """How much of a limited rule all members together have used."""

    rule_id: int
    redemptions: int
    amount_minor: int


ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L, which people mistake for one another."""

PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
CODE_LETTERS = 13
"""31 letters to the power of 13 are over 64 bits of randomness (behaviour 14). One letter, then pairs of them."""

TOKEN_BYTES = 15


def new_code(prefix: str) -> str:
    """A code that nobody guesses: the prefix, a dash, and random letters."""
    number, index = divmod(secrets.randbelow(len(ALPHABET) ** CODE_LETTERS), len(ALPHABET))
    drawn = ALPHABET[index]
    for _ in range(CODE_LETTERS // 2):
        number, index = divmod(number, len(PAIRS))
        drawn += PAIRS[index]
    return f"{prefix.upper()}-{drawn}" if prefix else drawn


def new_token() -> str:
    """A secret that goes with a redemption where its code may be seen by others."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def count(book: Book, redemption: Redemption) -> None:
    """Let a redemption take its share of the rule's caps, held or not (behaviour 9)."""
    if redemption.is_gift:
        return
    usages, stocks = book.page(Usage), book.page(Stock)
    key = (redemption.member_id, redemption.rule_id)
    before = usages.get(key) or Usage(*key, 0, 0, redemption.day, 0)
    day, day_points = before.day, before.day_points
    if redemption.day > day:
        day, day_points = redemption.day, redemption.points
    elif redemption.day == day:
        day_points += redemption.points
    usages.put(key, Usage(*key, before.redemptions + 1, before.points + redemption.points, day, day_points))
    if stock := stocks.get(redemption.rule_id):
        _count_stock(book, stock, 1, redemption.stock_minor)


def uncount(book: Book, redemption: Redemption) -> None:
    """Give the share back: a redemption that came to nothing counts for nothing."""
    if redemption.is_gift:
        return
    usages, stocks = book.page(Usage), book.page(Stock)
    key = (redemption.member_id, redemption.rule_id)
    before = usages[key]
    today = redemption.points if before.day == redemption.day else 0
    usages.put(
        key,
        replace(
            before, redemptions=before.redemptions - 1, points=before.points - redemption.points,
            day_points=before.day_points - today,
        ),
    )  # fmt: skip
    if stock := stocks.get(redemption.rule_id):
        _count_stock(book, stock, -1, -redemption.stock_minor)


def _count_stock(book: Book, stock: Stock, redemptions: int, amount_minor: int) -> None:
    book.page(Stock).put(
        stock.rule_id, Stock(stock.rule_id, stock.redemptions + redemptions, stock.amount_minor + amount_minor)
    )


def facts(redemption: Redemption) -> dict[str, object]:
    """A redemption as events tell of it."""
    return {
        "redemption_id": redemption.redemption_id,
        "rule_id": redemption.rule_id,
        "state": redemption.state,
        "points": redemption.points,
        "value_minor": redemption.value_minor,
        "currency": redemption.currency,
        "code": redemption.code,
        "delayed": redemption.delayed,
    }
