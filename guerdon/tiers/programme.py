"""A merchant's tiers: what each level asks in a period, how long it holds, and what it gives. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.kit.calendar import local_day
from guerdon.merchants.expiry import ExpiryPolicy, months_later
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import Versioned

LEVELS_MAX = 10
GRACE_DAYS_MAX = 366
MULTIPLIER_MAX = 1000

NO_MULTIPLIER = Decimal(1)


class Sums(Struct, frozen=True):
    """What counts: points earned, money spent in minor units of the base currency, orders, completed referrals."""

    points: int = 0
    spent_minor: int = 0
    orders: int = 0
    referrals: int = 0

    def plus(self, more: "Sums") -> "Sums":
        """Both together."""
        return Sums(
            self.points + more.points, self.spent_minor + more.spent_minor,
            self.orders + more.orders, self.referrals + more.referrals,
        )  # fmt: skip


NOTHING = Sums()


class Threshold(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """What must be done in a period. Of several measures `any` one is enough, or `all` are needed."""

    points_earned: int | None = None
    amount_spent_minor: int | None = None
    purchases: int | None = None
    referrals: int | None = None
    match: Literal["any", "all"] = "any"

    def __bool__(self) -> bool:
        return any(asked is not None for asked in self._asked())

    def met(self, sums: Sums) -> bool:
        """Whether this is enough. Where nothing is asked, nothing is: such a tier is entered by hand alone."""
        done = [has >= asked for asked, has in zip(self._asked(), _values(sums), strict=True) if asked is not None]
        return bool(done) and (all(done) if self.match == "all" else any(done))

    def missing(self, sums: Sums) -> Sums:
        """How much of each measure is left to do; nothing of those that are not asked for."""
        left = (max(0, (asked or 0) - has) for asked, has in zip(self._asked(), _values(sums), strict=True))
        asked = (value is not None for value in self._asked())
        return Sums(*(more if wanted else 0 for more, wanted in zip(left, asked, strict=True)))

    def _asked(self) -> tuple[int | None, int | None, int | None, int | None]:
        return self.points_earned, self.amount_spent_minor, self.purchases, self.referrals


class Tier(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """One level. Its perks on entry are given once for each entry; the multiplier works for as long as it is held."""

    name: str
    description: str = ""
    entry: Threshold = Threshold()
    """What lifts a member here; without any, only a hand does."""
    retain: Threshold | None = None
    """What keeps a member here for another period; None asks the same as entry."""
    regain: Threshold | None = None
    """What lifts a member here who was here before; None asks the same as entry."""
    points_multiplier: Decimal = NO_MULTIPLIER
    points_reward: int = 0
    points_reward_expiry: str | None = None
    """How long the points given on entry live; None leaves it to the merchant's policy."""
    coupon_rule_id: int | None = None
    """A redemption rule whose reward is given on entry, without its points."""
    metadata: dict[str, str] = {}
    """The merchant's own words."""

    @property
    def kept_by(self) -> Threshold:
        """What keeps a member here."""
        return self.retain or self.entry

    def reached_by(self, *, before: bool) -> Threshold:
        """What lifts a member here, who was here before or not."""
        return self.regain if before and self.regain is not None else self.entry


class Term(StrEnum):
    """The period that counts: the merchant's calendar year, the last 12 months, or everything.

    A level holds for the rest of the calendar year and all of the next, for 12 months, or for life.
    """

    CALENDAR_YEAR = "calendar_year"
    ROLLING_YEAR = "rolling_year"
    LIFETIME = "lifetime"


class Period(NamedTuple):
    """How long a level holds: to the end of the day `until`; on `review_on` what counts since `counts_from` decides.

    The days of grace between the two count as well. All are None for a level that holds until further notice.
    """

    until: date | None
    counts_from: date | None
    review_on: date | None


FOR_LIFE = Period(None, None, None)


class Programme(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the tiers of a merchant, the lowest first: the first of them is level 1."""

    term: Term
    grace_days: int = 0
    """How long a level is kept after its period, for a last chance to retain it."""
    starts_on: date | None = None
    """Nothing before this day counts."""
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.grace_days <= GRACE_DAYS_MAX:
            raise BadField("grace_days", f"{self.grace_days} is not a number of days from 0 to {GRACE_DAYS_MAX}")
        if not 1 <= len(self.tiers) <= LEVELS_MAX:
            raise BadField("tiers", f"{len(self.tiers)} tiers are not from 1 to {LEVELS_MAX}")
        names = [tier.name for tier in self.tiers]
        for index, tier in enumerate(self.tiers):
            _check_tier(f"tiers[{index}]", tier)
            if tier.name in names[:index]:
                raise BadField(f"tiers[{index}].name", f"{tier.name} is the name of a lower tier already")
            if index:
                _check_ascent(f"tiers[{index}]", self.tiers[index - 1], tier)

    @property
    def levels(self) -> int:
        """The highest level."""
        return len(self.tiers)

    def tier(self, level: int) -> Tier | None:
        """The tier of a level; none is for level 0, and for a level that the programme does not have."""
        return self.tiers[level - 1] if 1 <= level <= self.levels else None

    def counts_from(self, today: date) -> date:
        """The first day that counts towards a higher level today."""
        match self.term:
            case Term.CALENDAR_YEAR:
                first = date(today.year, 1, 1)
            case Term.ROLLING_YEAR:
                first = months_later(today, -12) + timedelta(days=1)
            case Term.LIFETIME:
                first = date.min
        return max(first, self.starts_on or first)

    def period(self, entered_on: date, today: date) -> Period:
        """How long a level holds that was entered on that day; as often prolonged as it takes not to be over today."""
        if self.term is Term.LIFETIME:
            return FOR_LIFE
        while True:
            until = self._holds_until(entered_on)
            if until >= today:
                break
            entered_on = until
        period = self.period_until(until)
        assert period.counts_from is not None
        # Twelve months after 29 February are over on the 28th, and what was done on the day of entry counted for that.
        first = max(period.counts_from, entered_on + timedelta(days=1))
        return period if self.term is Term.CALENDAR_YEAR else period._replace(counts_from=first)

    def period_until(self, until: date) -> Period:
        """A period that ends with this day."""
        return Period(until, self.counts_from(until), until + timedelta(days=self.grace_days + 1))

    def _holds_until(self, entered_on: date) -> date:
        if self.term is Term.CALENDAR_YEAR:
            return date(entered_on.year + 1, 12, 31)
        return months_later(entered_on, 12)


class Tiers(Struct, frozen=True):
    """The programme that counts, with its merchant's time zone, and the redemption rules of its coupons by id."""

    version: int
    timezone: str
    programme: Programme
    gifts: dict[int, Versioned]

    def counts_from(self, now: datetime) -> date:
        """The first day that counts towards a higher level now."""
        return self.programme.counts_from(local_day(now, self.timezone))


def multiplier_of(programme: Programme | None, level: int) -> Decimal:
    """How many times the usual points a member of this level earns; 1 where there is nothing to multiply."""
    tier = programme.tier(level) if programme else None
    return tier.points_multiplier if tier else NO_MULTIPLIER


def level_name(level: int) -> str:
    """The name of a level as contracts write it: NONE, TIER1, TIER2 and so on."""
    return f"TIER{level}" if level else "NONE"


def nickname(programme: Programme | None, level: int) -> str | None:
    """What people call the level; its contract's name where the programme has none for it, and None for no tier."""
    tier = programme.tier(level) if programme else None
    return tier.name if tier else level_name(level) if level else None


def _values(sums: Sums) -> tuple[int, int, int, int]:
    return sums.points, sums.spent_minor, sums.orders, sums.referrals


def _check_tier(at: str, tier: Tier) -> None:
    if not tier.name.strip():
        raise BadField(f"{at}.name", "a tier needs a name, such as Silver")
    for name, threshold in _thresholds(tier):
        for measure in MEASURES:
            value: int | None = getattr(threshold, measure)
            if value is not None and not 0 <= value <= POINTS_MAX:
                raise BadField(f"{at}.{name}.{measure}", f"{value} is not a whole number from 0 to {POINTS_MAX}")
        if name != "entry" and not threshold:
            raise BadField(f"{at}.{name}", f"it asks for nothing: leave {name} out to ask the same as entry")
    factor = tier.points_multiplier
    if not factor.is_finite() or not 1 <= factor <= MULTIPLIER_MAX or factor != round(factor, 4):
        problem = f"{factor} is not from 1 to {MULTIPLIER_MAX} with at most 4 decimals, such as 1.5"
        raise BadField(f"{at}.points_multiplier", problem)
    if not 0 <= tier.points_reward <= POINTS_MAX:
        raise BadField(f"{at}.points_reward", f"{tier.points_reward} is not a whole number from 0 to {POINTS_MAX}")
    if tier.points_reward_expiry is not None:
        ExpiryPolicy.parse(tier.points_reward_expiry, f"{at}.points_reward_expiry")
    if tier.coupon_rule_id is not None and not 1 <= tier.coupon_rule_id <= POINTS_MAX:
        raise BadField(f"{at}.coupon_rule_id", f"{tier.coupon_rule_id} is no id of a redemption rule")


def _check_ascent(at: str, lower: Tier, tier: Tier) -> None:
    """A higher level does not ask less of a measure than the one below it."""
    for name, threshold, below in (
        ("entry", tier.entry, lower.entry),
        ("retain", tier.kept_by, lower.kept_by),
        ("regain", tier.reached_by(before=True), lower.reached_by(before=True)),
    ):
        for measure in MEASURES:
            asked: int | None = getattr(threshold, measure)
            least: int | None = getattr(below, measure)
            if asked is not None and least is not None and asked < least:
                raise BadField(f"{at}.{name}.{measure}", f"{asked} is below the {least} that the lower tier asks")


def _thresholds(tier: Tier) -> Iterator[tuple[str, Threshold]]:
    yield "entry", tier.entry
    if tier.retain is not None:
        yield "retain", tier.retain
    if tier.regain is not None:
        yield "regain", tier.regain


MEASURES = ("points_earned", "amount_spent_minor", "purchases", "referrals")
