"""A shop with referrals: members who bring friends, and friends who buy."""

from typing import ClassVar

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.referrals.attach import Attached
from guerdon.referrals.completion import NOBODY, Parties, Purchase, complete, needs_of, reconsider
from guerdon.referrals.parties import friend_of, parties
from guerdon.referrals.referral import Referral
from guerdon.referrals.share import Share, Shared
from guerdon.referrals.statistics import code_of
from tests.shop import Shop, email
from tests.street import Street, do

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"

HUNDRED_FOR_FIFTY = ReferralProgramme(referrer_points=100, friend_points=50, link="https://acme.example/?ref={code}")


class Buy(Struct, frozen=True, kw_only=True):
    """What a command of an order does about referrals, and nothing else."""

    answers: ClassVar[type] = Attached

    merchant: Merchant
    who: tuple[Identity, ...]
    purchase: Purchase
    found: Parties = NOBODY
    stands: bool = True

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The customer and whom a referral concerns."""
        more = needs_of(self.found, self.merchant)
        return Needs(identities=(*self.who, *more.identities), rows=more.rows, numbers=more.numbers)

    def decide(self, book: Book) -> Attached:
        """The order earns, or came to nothing."""
        friend = book.member(self.who)
        if self.stands:
            return Attached(complete(book, self.merchant, friend, self.purchase))
        return Attached(reconsider(book, self.merchant, friend, self.purchase.order_id))


async def referring(street: Street, programme: ReferralProgramme = HUNDRED_FOR_FIFTY, **policies: object) -> Shop:
    """A shop with this programme, in which Ana is a member."""
    shop = await street.shop(policies=Policies(referrals=programme, **policies))  # pyright: ignore[reportArgumentType]
    await shop.member(ANA)
    return shop


async def code(shop: Shop, address: str = ANA) -> str:
    """Ana's code."""
    member_id = await shop.engine.database.fetchval(
        "SELECT member_id FROM identity WHERE merchant_id = $1 AND value = $2", shop.merchant.merchant_id, address
    )
    return await code_of(shop.engine.database, shop.merchant.merchant_id, member_id, shop.clock())


async def join(shop: Shop, address: str, named: str | None = None) -> Referral | None:
    """Somebody new signs up, perhaps with a code."""
    await shop.member(address)
    command = await friend_of(shop.engine.database, shop.merchant, email(address), named)
    return None if command is None else (await do(shop, command)).referral


async def tell(shop: Shop, *addresses: str, by: str = ANA) -> Shared:
    """Ana tells them of the shop."""
    return await do(shop, Share(merchant=shop.merchant, who=email(by), code=await code(shop, by), emails=addresses))


async def buy(
    shop: Shop, address: str, *codes: str, order_id: str = "", amount_minor: int = 5000, first: bool = True,
    ip: str | None = None, agent: str | None = None, stands: bool = True, engine: Engine | None = None,
) -> Referral | None:  # fmt: skip
    """An order of 50.00 USD, the customer's first; or, unless it `stands`, its end."""
    database, who = shop.engine.database, email(address)
    found = await parties(database, shop.merchant, who, codes, ip_address=ip, user_agent=agent)
    purchase = Purchase(
        order_id=order_id or f"order of {address}", amount_minor=amount_minor, first=first,
        referrer_id=found.referrer_id, ip_address=ip, user_agent=agent,
    )  # fmt: skip
    command = Buy(merchant=shop.merchant, who=who, purchase=purchase, found=found, stands=stands)
    return (await do(shop, command, engine=engine)).referral
