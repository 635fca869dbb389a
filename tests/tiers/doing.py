"""What the tests of tiers have in common: a programme of three tiers, and a command that does something that counts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from msgspec import Struct

from guerdon.kit.calendar import after_day
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.tiers.members import Progress, due_members, progress
from guerdon.tiers.programme import Programme, Term, Threshold, Tier, Tiers
from guerdon.tiers.programmes import set_programme
from guerdon.tiers.progress import record
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW
from guerdon.tiers.requalify import Requalified, Requalify
from tests.shop import Shop, email
from tests.street import do

ANA = "ana@example.com"
BEN = "ben@example.com"

SILVER = Tier(name="Silver", entry=Threshold(points_earned=100), retain=Threshold(points_earned=50))
GOLD = Tier(
    name="Gold",
    entry=Threshold(points_earned=500, purchases=5),
    retain=Threshold(points_earned=400),
    regain=Threshold(points_earned=450),
    points_multiplier=Decimal("1.5"),
)
PLATINUM = Tier(name="Platinum", entry=Threshold(points_earned=1000, referrals=1, match="all"))

THREE = (SILVER, GOLD, PLATINUM)


def programme(*tiers: Tier, term: Term = Term.CALENDAR_YEAR, **more: Any) -> Programme:
    """Silver at 100 points, gold at 500 or 5 orders, platinum at 1000 and a referral, unless told otherwise."""
    return Programme(term=term, tiers=tiers or THREE, **more)


def tiers_of(asked: Programme, *, version: int = 1, timezone: str = "UTC") -> Tiers:
    """A programme as decisions see it, without coupons."""
    return Tiers(version, timezone, asked, {})


def merchant_in(timezone: str = "UTC", **policies: Any) -> Merchant:
    """A merchant that is in no database."""
    return Merchant(1, UUID(int=1), "Acme", "USD", timezone, Policies(**policies), dict[str, Decimal]())


class Did(Struct, frozen=True, kw_only=True):
    """A member did something that counts; answers with the level that the book has the member at then."""

    answers: ClassVar[type] = int

    merchant: Merchant
    who: tuple[Identity, ...]
    at: datetime
    earned: int = 0
    spent_minor: int = 0
    orders: int = 0
    referrals: int = 0

    @property
    def merchant_id(self) -> int:
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        return Needs(self.who, rows=(TIER_ROW,), numbers=(TIER_NUMBERS,))

    def decide(self, book: Book) -> int:
        record(
            book, self.merchant, book.member(self.who), self.at, earned=self.earned, spent_minor=self.spent_minor,
            orders=self.orders, referrals=self.referrals,
        )  # fmt: skip
        return book.member(self.who).tier_level


async def did(shop: Shop, address: str, *, at: datetime | None = None, **what: int) -> int:
    """Have it done now, or at another moment; returns the member's level after it."""
    return await do(shop, Did(merchant=shop.merchant, who=email(address), at=at or shop.clock(), **what))


async def set_tiers(shop: Shop, asked: Programme) -> None:
    """Let this programme count."""
    await set_programme(shop.engine.database, shop.merchant.merchant_id, asked, actor="test", now=shop.clock())


async def standing(shop: Shop, address: str) -> Progress:
    """Where a member stands."""
    member_id = await shop.member(address)
    return await progress(shop.engine.database, shop.merchant, member_id, shop.clock())


async def level(shop: Shop, address: str) -> int:
    """The level as everything else reads it: that of the member."""
    found: int = await shop.engine.database.fetchval(
        """
        SELECT member.tier_level FROM identity JOIN member USING (merchant_id, member_id)
         WHERE identity.merchant_id = $1 AND identity.value = $2
        """,
        shop.merchant.merchant_id,
        address,
    )
    return found


async def judge_due(shop: Shop, *, limit: int = 1000) -> Requalified:
    """What the night does: judge everyone who is due, in chunks; returns the sums of all chunks."""
    total, after = Requalified(0, 0, 0, 0), 0
    while chunk := await due_members(shop.engine.database, shop.merchant, shop.clock(), after=after, limit=limit):
        done: Requalified = await do(shop, Requalify(merchant=shop.merchant, members=tuple(chunk)))
        total = Requalified(
            total.members + done.members, total.entered + done.entered, total.left + done.left,
            total.retained + done.retained,
        )  # fmt: skip
        after = chunk[-1]
    return total


def after(shop: Shop, day: str) -> None:
    """Move the clock to the moment at which a day is over in the shop's zone."""
    shop.clock.now = after_day(date.fromisoformat(day), shop.merchant.timezone)


async def topics(shop: Shop, address: str) -> list[str]:
    """What others were told of a member's tier, in order."""
    member_id = await shop.member(address)
    rows = await shop.engine.database.fetch(
        "SELECT topic FROM event WHERE merchant_id = $1 AND member_id = $2 AND topic LIKE 'tier.%' ORDER BY event_id",
        shop.merchant.merchant_id,
        member_id,
    )
    return [row["topic"] for row in rows]
