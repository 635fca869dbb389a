"""Acme, the merchant of the demo: what its points buy, who its members are, and how they behave. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from guerdon.earning.earns import Flat, Multiplier, PerAmount
from guerdon.earning.rule import Cap, EarningRule, Goods, Period
from guerdon.kit.calendar import zone
from guerdon.merchants.merchant import Policies
from guerdon.orders.order import OrderLine
from guerdon.points.command import Identity
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind
from guerdon.tiers.programme import Programme, Term, Threshold, Tier

MERCHANT_ID = 42
NAME = "Acme"
CURRENCY = "USD"
TIMEZONE = "America/New_York"
POLICIES = Policies(coupon_prefix="ACME", expiry="12 months", returned_rewards="proportional")

REVIEW = "review"
"""The activity that the shop reports."""

OUTDOOR = "Outdoor"
"""The collection whose points are doubled as the year ends."""

TIERS = Programme(
    term=Term.ROLLING_YEAR,
    grace_days=30,
    tiers=(
        Tier(name="Silver", entry=Threshold(points_earned=2_500), points_multiplier=Decimal("1.1")),
        Tier(name="Gold", entry=Threshold(points_earned=6_000), points_multiplier=Decimal("1.25")),
        Tier(name="Platinum", entry=Threshold(points_earned=15_000), points_multiplier=Decimal("1.5")),
    ),
)


def earning_rules(start: datetime) -> tuple[EarningRule, ...]:
    """What earns points in a year that starts then."""
    return (
        EarningRule(name="Points for orders", earns=PerAmount(points=5, each_minor=100)),
        EarningRule(
            name="Double points fortnight", earns=Multiplier(factor=Decimal(2)), expiry="60 days",
            starts_at=start + timedelta(days=150), ends_at=start + timedelta(days=164),
        ),
        EarningRule(
            name="Double points outdoors", earns=Multiplier(factor=Decimal(2)),
            goods=Goods(collections=frozenset({OUTDOOR})), starts_at=start + timedelta(days=330),
        ),
        EarningRule(name="Welcome", trigger="sign_up", earns=Flat(points=200)),
        EarningRule(name="Review", trigger=REVIEW, earns=Flat(points=50), caps=(Cap(per=Period.MONTH, times=2),)),
    )  # fmt: skip


RULES = (
    RedemptionRule(
        points=500, currency=CURRENCY, amount_minor=500, name="$5 off", description="500 points take $5 off an order."
    ),
    RedemptionRule(
        points=100, currency=CURRENCY, amount_minor=100, pricing=Pricing.VARIABLE, minimum_points=300,
        points_max_per_day=5_000, name="Points as money", description="Every 100 points are $1, from 300 points on.",
    ),
    RedemptionRule(
        points=350, currency=CURRENCY, pricing=Pricing.FIXED, reward=RewardKind.FREE_SHIPPING, name="Free shipping",
        description="350 points ship an order free.",
    ),
    RedemptionRule(
        points=1_200, currency=CURRENCY, pricing=Pricing.FIXED, reward=RewardKind.PERCENTAGE,
        percentage_hundredths=1_500, tier_level=1, redemptions_max_per_member=4, name="15% off",
        description="1,200 points take 15% off, from Silver on.",
    ),
    RedemptionRule(
        points=2_000, currency=CURRENCY, pricing=Pricing.FIXED, reward=RewardKind.FREE_PRODUCT, product_id="TOTE-01",
        stock=150, redemptions_max_per_member=1, name="Tote bag", description="2,000 points for a canvas tote bag.",
    ),
    RedemptionRule(
        points=1_000, currency=CURRENCY, amount_minor=1_000, category=Category.DONATE_TO_CHARITY,
        budget_minor=250_000, name="Give $10", description="1,000 points give $10 to the food bank.",
    ),
)  # fmt: skip

GOODS = (
    OrderLine(id="MUG-01", name="Mug", price_minor=1_400, collections=("Kitchen",)),
    OrderLine(id="APRON-01", name="Apron", price_minor=2_900, collections=("Kitchen",)),
    OrderLine(id="PAN-01", name="Iron pan", price_minor=5_900, collections=("Kitchen",)),
    OrderLine(id="KETTLE-01", name="Kettle", price_minor=8_900, collections=("Kitchen",)),
    OrderLine(id="THROW-01", name="Throw", price_minor=4_900, collections=("Living",)),
    OrderLine(id="LAMP-01", name="Lamp", price_minor=7_500, collections=("Living",)),
    OrderLine(id="CHAIR-01", name="Chair", price_minor=16_900, collections=("Living",)),
    OrderLine(id="LANTERN-01", name="Lantern", price_minor=3_900, collections=(OUTDOOR,)),
    OrderLine(id="HAMMOCK-01", name="Hammock", price_minor=9_900, collections=(OUTDOOR,)),
)
"""What the shop sells, one piece each."""

FIRST_NAMES = (
    "Ana", "Ben", "Carla", "Daniel", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Kemi", "Liam", "Mei",
    "Noor", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tara", "Uma", "Victor", "Wanda", "Xenia", "Yusuf", "Zoe",
    "Amir", "Bella", "Chidi", "Dora", "Emil", "Fatima",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Baker", "Castillo", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jensen", "Kim",
    "Lopez", "Moreau", "Nguyen", "Okafor", "Patel", "Quist", "Rossi", "Sato", "Tanaka", "Umar", "Vargas", "Weber",
    "Xu", "Young", "Zhang", "Adeyemi", "Brandt", "Costa", "Duarte", "Evans", "Flores",
)  # fmt: skip

HOURS = range(24)
HOUR_WEIGHTS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 10, 12, 10, 8, 8, 8, 9, 11, 13, 14, 12, 7, 3)
"""When people shop, by the hour of their day: little at night, most at noon and in the evening."""


@dataclass(slots=True)
class Customer:
    """A member of the story, as far as the story has come."""

    number: int
    first_name: str
    last_name: str
    joined_at: datetime
    orders_a_year: float
    spends: float
    """How likely they are to redeem when they shop and could, from 0 to 1."""
    random: Random
    """Their own chance, so that what they do does not hang on who is answered first."""
    available: int = 0
    """About what they have: points expire without their noticing."""
    earned: int = 0

    @property
    def tier(self) -> int:
        """The level that so many points bring."""
        return sum(self.earned >= (tier.entry.points_earned or 0) for tier in TIERS.tiers)

    @property
    def email(self) -> str:
        """An address that no mail reaches."""
        return f"{self.first_name}.{self.last_name}.{self.number}@example.com".lower()

    @property
    def who(self) -> tuple[Identity, ...]:
        """What finds the member."""
        return (Identity("email", self.email),)


def draw_customers(seed: int, count: int, start: datetime, end: datetime) -> list[Customer]:
    """So many people who join between start and end, more of them every month, by the hours that people keep."""
    customers: list[Customer] = []
    for number in range(1, count + 1):
        random = Random(f"{seed}:{number}")  # noqa: S311  # a story
        # A tenth were there in the first week, from the counter; the rest found the shop over the year.
        share = random.random() * 0.02 if random.random() < 0.1 else random.random() ** 0.8
        customers.append(
            Customer(
                number,
                random.choice(FIRST_NAMES),
                random.choice(LAST_NAMES),
                at_a_likely_hour(random, start + share * (end - start), start, end),
                min(60.0, random.lognormvariate(1.9, 0.7)),
                0.3 + 0.6 * random.random(),
                random,
            )
        )
    return customers


def draw_orders(customer: Customer, end: datetime) -> list[datetime]:
    """When a customer buys from joining on. The days before Christmas see twice as many as others."""
    random, times = customer.random, list[datetime]()
    at = customer.joined_at
    while True:
        at += timedelta(days=random.expovariate(customer.orders_a_year / 365))
        if at >= end:
            return times
        if at.month in (11, 12) or random.random() < (0.6 if at.weekday() >= 5 else 0.5):
            times.append(at_a_likely_hour(random, at, customer.joined_at, end))


def draw_basket(random: Random) -> tuple[OrderLine, ...]:
    """One to three different goods."""
    return tuple(random.sample(GOODS, random.choice((1, 1, 1, 2, 2, 3))))


def at_a_likely_hour(random: Random, at: datetime, earliest: datetime, latest: datetime) -> datetime:
    """The same local day, at an hour at which people are awake, if that lies between the two bounds."""
    hour = random.choices(HOURS, HOUR_WEIGHTS)[0]
    moved = at.astimezone(zone(TIMEZONE)).replace(hour=hour, minute=random.randrange(60), second=random.randrange(60))
    return moved.astimezone(UTC) if earliest < moved < latest else at
