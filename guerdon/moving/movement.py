"""A movement of points from a member, or from a payment, to a member, and what counts towards its limits."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.base import Refusal
from guerdon.errors.moving import PartyNotOptedIn, PartySuspended, YearCap
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.values import Member


class Kind(StrEnum):
    """How points came to change hands."""

    TRANSFER = "transfer"
    GIFT = "gift"
    PURCHASE = "purchase"


class Movement(Struct, frozen=True):
    """Points that moved. `entry` is of the sender's account; of bought points, of the receiver's.

    `fee_minor` and `price_minor` are in minor units of `currency`, the merchant's own. Of bought points, `points_back`
    were taken back when their money was given back.
    """

    movement_id: int
    kind: Kind
    sender_id: int
    receiver_id: int
    sender_account: int
    receiver_account: int
    entry: int
    points: int
    fee_points: int
    fee_minor: int
    price_minor: int
    currency: str
    payment: str | None
    note: str | None
    rule_version: int
    created_at: datetime
    points_back: int = 0
    refunded_at: datetime | None = None


class YearUse(Struct, frozen=True):
    """What a member has moved and bought in a calendar year of the merchant's."""

    member_id: int
    year: int
    transferred: int = 0
    gifted: int = 0
    bought: int = 0
    bought_for_others: int = 0
    received: int = 0

    def plus(self, **more: int) -> "YearUse":
        """With so much more of some of it, or less, as far as there is."""
        return replace(self, **{name: max(0, getattr(self, name) + points) for name, points in more.items()})


class YearLimit(Struct, frozen=True):
    """How much of one field of a year's use there may be; None is without limit."""

    party: str
    act: str
    field: str
    points_max: int | None


def year_use(book: Book, member_id: int, year: int) -> YearUse:
    """What the member did in that year so far."""
    return book.page(YearUse).get((member_id, year)) or YearUse(member_id, year)


def count(book: Book, use: YearUse) -> None:
    """Keep what a member did in a year."""
    book.page(YearUse).put((use.member_id, use.year), use)


def over_limit(use: YearUse, limit: YearLimit, points: int) -> Iterator[Refusal]:
    """Refused where a year's limit would be passed; it says what is left."""
    used: int = getattr(use, limit.field)
    if limit.points_max is not None and used + points > limit.points_max:
        left = max(0, limit.points_max - used)
        yield YearCap(limit.party, limit.act, use.year, points, limit.points_max, left)


def reasons_against(merchant: Merchant, member: Member, party: str) -> Iterator[Refusal]:
    """Who is suspended, or has not opted in where that is asked, neither gives nor receives."""
    if member.status != "active":
        yield PartySuspended(party, member.status)
    if member.opted_in is False or (member.opted_in is None and merchant.policies.opt_in == "opted_in"):
        yield PartyNotOptedIn(party)


def refuse(reasons: list[Refusal]) -> None:
    """Raise the first reason, which tells the others too."""
    if reasons:
        reasons[0].also = tuple(reasons[1:])
        raise reasons[0]


def facts(movement: Movement) -> dict[str, object]:
    """A movement as events tell of it."""
    return {
        "movement_id": movement.movement_id,
        "kind": movement.kind,
        "sender_id": movement.sender_id,
        "receiver_id": movement.receiver_id,
        "points": movement.points,
        "fee_points": movement.fee_points,
        "fee_minor": movement.fee_minor,
        "price_minor": movement.price_minor,
        "currency": movement.currency,
    }
