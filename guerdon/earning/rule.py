"""An earning rule: what earns points, a coupon or a tier. The terms of one version, and what of them is nonsense."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from guerdon.earning.earns import CouponGift, Earns, Multiplier, PerAmount, PerItem, TierEntry, check_range
from guerdon.errors.base import BadField
from guerdon.merchants.expiry import ExpiryPolicy

ORDER = "order"
"""The trigger of a rule that orders set off; any other is the name of an activity."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
WAITING_DAYS = re.compile(r"([1-9]\d{0,3}) days?")


class Weekday(StrEnum):
    """A day of the week in the merchant's zone, in the order of ISO 8601."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Period(StrEnum):
    """What a cap of a member counts over: the merchant's calendar, weeks from Monday on."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    EVER = "ever"


class Stacking(StrEnum):
    """How the rules of a group get on: all count; the one that gives most; the one of the highest priority."""

    SUM = "sum"
    BEST = "best"
    EXCLUSIVE = "exclusive"


class Rounding(StrEnum):
    """How the points of an order become whole, once for the sum of its rules."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class Who(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Which members earn. Of tags, one that is named is enough, and one that is excluded is too many."""

    tiers: frozenset[int] = frozenset()
    """One level means that one and higher ones, unless `exact`; several mean exactly these; none means everyone."""
    tier_exact: bool | None = None
    """Admit one level alone, or higher ones too; None leaves it to the merchant's policy."""
    tags: frozenset[str] = frozenset()
    tags_excluded: frozenset[str] = frozenset()


class Goods(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Goods of an order: a line is among them if anything named here is true of it."""

    products: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    vendors: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.products or self.collections or self.types or self.vendors or self.tags)


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """A window of the day on the merchant's clock, from `start` to before `end`, such as 09:00 and 17:30.

    A window that ends before it starts crosses midnight, and belongs to the day on which it began.
    """

    start: str
    end: str


class Cap(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """The most that one member earns by the rule in a period, in points, in times, or both."""

    per: Period
    points: int | None = None
    times: int | None = None


class Display(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """How the rule is shown to shoppers. None leaves the words to what the rule says of itself."""

    shown: bool = True
    title: str | None = None
    details: str | None = None
    cta_text: str | None = None
    reward_text: str | None = None
    icon: str | None = None
    url: str | None = None
    question: str | None = None
    hashtags: str | None = None
    order: int = 0
    """Where it stands in a list, smallest first."""


class EarningRule(Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of one version. Points are whole, money is in minor units of the merchant's currency."""

    name: str
    description: str = ""
    trigger: str = ORDER
    """`order`, or an activity: `sign_up`, `birthday`, `anniversary`, `review`, `social`, `referral`, or your own."""
    earns: Earns
    active: bool = True
    who: Who = Who()
    channels: frozenset[str] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekdays: frozenset[Weekday] = frozenset()
    hours: Hours | None = None

    goods: Goods = Goods()
    """Which goods count; all where nothing is named."""
    goods_excluded: Goods = Goods()
    quantity_min: int | None = None
    quantity_max: int | None = None
    """Pieces of the goods that count, both ends included."""
    amount_min_minor: int | None = None
    amount_max_minor: int | None = None
    """What the goods that count cost, both ends included."""
    order_tags: frozenset[str] = frozenset()
    order_tags_excluded: frozenset[str] = frozenset()
    first_order: bool = False

    caps: tuple[Cap, ...] = ()
    budget_points: int | None = None
    """The most points that all members together earn by the rule."""
    times_max: int | None = None
    """How many times all members together earn by the rule."""
    group: str | None = None
    """Rules of one group get on as `stacking` says: that of the member of the group with the highest priority."""
    stacking: Stacking = Stacking.SUM
    priority: int = 0
    """The higher goes first."""

    pending: str | None = None
    """What the points wait for: `none`, `14 days`, or an order status; None leaves it to the merchant's policy."""
    expiry: str | None = None
    """How long the points live, such as `12 months`; None leaves it to the merchant's policy."""
    rounding: Rounding | None = None
    """None leaves it to the merchant's policy."""
    approval: bool = False
    """Whether an operator approves each award first: for activities alone."""
    display: Display = Display()

    def __post_init__(self) -> None:
        _check_words(self)
        _check_numbers(self)
        _check_caps(self)
        _check_times(self)
        if self.trigger != ORDER:
            _check_activity(self)
        elif self.approval:
            problem = "orders settle as the shop reports them, and wait for nobody's word: only activities are approved"
            raise BadField("approval", problem)

    @property
    def limited(self) -> bool:
        """Whether members share something of this rule that runs out."""
        return self.budget_points is not None or self.times_max is not None

    @property
    def chooses_goods(self) -> bool:
        """Whether some goods count and others do not."""
        return bool(self.goods) or bool(self.goods_excluded)


class VersionedRule(Struct, frozen=True):
    """A rule in one of its versions. An award keeps the version it was made under."""

    rule_id: int
    version: int
    terms: EarningRule


def _check_words(rule: EarningRule) -> None:
    if not rule.name.strip():
        raise BadField("name", "a rule needs a name, such as 'Points for shoes'")
    if not NAME.fullmatch(rule.trigger):
        problem = f"{rule.trigger[:64]!r} is not 'order' or the name of an activity, such as 'sign_up' or 'store_visit'"
        raise BadField("trigger", problem)
    if rule.group is not None and not rule.group.strip():
        raise BadField("group", "a group needs a name; leave it out for a rule that stands alone")
    if rule.stacking is not Stacking.SUM and rule.group is None:
        raise BadField("stacking", f"{rule.stacking} is said of the rules of a group: name the group")
    if rule.expiry is not None:
        ExpiryPolicy.parse(rule.expiry, "expiry")
    if rule.pending is not None and not (WAITING_DAYS.fullmatch(rule.pending) or NAME.fullmatch(rule.pending)):
        raise BadField("pending", f"{rule.pending!r} is not 'none', '14 days', or an order status such as 'fulfilled'")


def _check_numbers(rule: EarningRule) -> None:
    for name in ("quantity_min", "quantity_max", "amount_min_minor", "amount_max_minor"):
        check_range(name, getattr(rule, name), 0)
    for name in ("budget_points", "times_max"):
        check_range(name, getattr(rule, name), 1)
    for level in rule.who.tiers:
        check_range("who.tiers", level, 1)
    if len(rule.who.tiers) > 1 and rule.who.tier_exact is False:
        raise BadField("who.tiers", "several levels are taken exactly; name one to admit it and higher ones")
    for name, least, most in (
        ("quantity_max", rule.quantity_min, rule.quantity_max),
        ("amount_max_minor", rule.amount_min_minor, rule.amount_max_minor),
    ):
        if least is not None and most is not None and most < least:
            raise BadField(name, f"{most} is below the least, {least}")


def _check_caps(rule: EarningRule) -> None:
    if len({cap.per for cap in rule.caps}) < len(rule.caps):
        raise BadField("caps", "one cap for each period says all: give points and times together")
    for cap in rule.caps:
        if cap.points is None and cap.times is None:
            raise BadField("caps", f"the cap per {cap.per} says neither points nor times")
        check_range("caps.points", cap.points, 1)
        check_range("caps.times", cap.times, 1)
    if isinstance(rule.earns, CouponGift | TierEntry) and (
        rule.budget_points is not None or any(cap.points is not None for cap in rule.caps)
    ):
        raise BadField("caps", "the rule gives no points: cap the times")


def _check_times(rule: EarningRule) -> None:
    for name, moment in (("starts_at", rule.starts_at), ("ends_at", rule.ends_at)):
        if moment is not None and moment.tzinfo is None:
            raise BadField(name, f"{moment} has no time zone: end it with Z or an offset such as +02:00")
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        raise BadField("ends_at", f"{rule.ends_at} is not after the start, {rule.starts_at}")
    if rule.hours is None:
        return
    for name, text in (("hours.start", rule.hours.start), ("hours.end", rule.hours.end)):
        if not CLOCK_TIME.fullmatch(text):
            raise BadField(name, f"{text!r} is not a time of the day from '00:00' to '23:59'")
    if rule.hours.start == rule.hours.end:
        raise BadField("hours.end", "a window that ends as it starts is empty; leave hours out for the whole day")


def _check_activity(rule: EarningRule) -> None:
    """What is asked of an order cannot be asked of anything else."""
    if isinstance(rule.earns, PerAmount | PerItem | Multiplier):
        raise BadField("earns", f"only orders earn so: for {rule.trigger} give flat points, a coupon or a tier")
    asked = {
        "goods": bool(rule.goods),
        "goods_excluded": bool(rule.goods_excluded),
        "quantity_min": rule.quantity_min is not None,
        "quantity_max": rule.quantity_max is not None,
        "amount_min_minor": rule.amount_min_minor is not None,
        "amount_max_minor": rule.amount_max_minor is not None,
        "order_tags": bool(rule.order_tags),
        "order_tags_excluded": bool(rule.order_tags_excluded),
        "first_order": rule.first_order,
    }
    for name, is_asked in asked.items():
        if is_asked:
            raise BadField(name, f"only orders have this, and the rule is for {rule.trigger}: leave it out")
    if rule.pending is not None and rule.pending != "none" and not WAITING_DAYS.fullmatch(rule.pending):
        raise BadField("pending", f"{rule.trigger} has no status to wait for: say 'none' or days, such as '14 days'")
