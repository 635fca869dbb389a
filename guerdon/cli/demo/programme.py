"""Acme, the merchant of the demo: what its points buy, who its members are, and how they behave. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from guerdon.kit.calendar import zone
from guerdon.merchants.merchant import Policies
from guerdon.points.command import Identity
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind

MERCHANT_ID = 42
NAME = "Acme"
CURRENCY = "USD"
TIMEZONE = "America/New_York"
POLICIES = Policies(coupon_prefix="ACME")

POINTS_PER_DOLLAR = 5
WELCOME_POINTS = 200
TIERS = ((6_000, 2), (2_500, 1))
"""Points earned, and the tier level that they bring, highest first."""

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
    available: int = 0
    earned: int = 0
    tier: int = 0

    @property
    def email(self) -> str:
        """An address that no mail reaches."""
        return f"{self.first_name}.{self.last_name}.{self.number}@example.com".lower()

    @property
    def who(self) -> tuple[Identity, ...]:
        """What finds the member."""
        return (Identity("email", self.email),)


def draw_customers(random: Random, count: int, start: datetime, end: datetime) -> list[Customer]:
    """So many people who join between start and end, more of them every month, by the hours that people keep."""
    customers: list[Customer] = []
    for number in range(1, count + 1):
        # A tenth were there in the first week, from the counter; the rest found the shop over the year.
        share = random.random() * 0.02 if random.random() < 0.1 else random.random() ** 0.8
        customers.append(
            Customer(
                number,
                random.choice(FIRST_NAMES),
                random.choice(LAST_NAMES),
                at_a_likely_hour(random, start + share * (end - start), start, end),
                min(60.0, random.lognormvariate(2.4, 0.7)),
                0.3 + 0.6 * random.random(),
            )
        )
    return customers


def draw_orders(random: Random, customer: Customer, end: datetime) -> list[datetime]:
    """When a customer buys from joining on. The days before Christmas see twice as many as others."""
    times: list[datetime] = []
    at = customer.joined_at
    while True:
        at += timedelta(days=random.expovariate(customer.orders_a_year / 365))
        if at >= end:
            return times
        if at.month in (11, 12) or random.random() < (0.6 if at.weekday() >= 5 else 0.5):
            times.append(at_a_likely_hour(random, at, customer.joined_at, end))


def draw_total(random: Random) -> int:
    """What an order costs, in cents: fifty dollars mostly, sometimes hundreds."""
    return max(100, round(100 * random.lognormvariate(3.9, 0.6)))


def at_a_likely_hour(random: Random, at: datetime, earliest: datetime, latest: datetime) -> datetime:
    """The same local day, at an hour at which people are awake, if that lies between the two bounds."""
    hour = random.choices(HOURS, HOUR_WEIGHTS)[0]
    moved = at.astimezone(zone(TIMEZONE)).replace(hour=hour, minute=random.randrange(60), second=random.randrange(60))
    return moved.astimezone(UTC) if earliest < moved < latest else at
