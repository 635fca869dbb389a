"""Whether a rule applies to an occasion, and what of an order counts for it: the first reason against it. Pure."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from guerdon.earning.occasion import Line, Occasion
from guerdon.earning.rule import EarningRule, Goods, Weekday
from guerdon.kit.calendar import zone
from guerdon.kit.money import CURRENCIES
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.eligibility import Standing

WEEKDAYS = tuple(Weekday)


class Reason(StrEnum):
    """Why a rule gives nothing."""

    SUSPENDED = "suspended"
    NOT_OPTED_IN = "not_opted_in"
    INACTIVE = "inactive"
    OTHER_TRIGGER = "other_trigger"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    OTHER_TIME = "other_time"
    OTHER_TIER = "other_tier"
    MEMBER_TAGS = "member_tags"
    OTHER_CHANNEL = "other_channel"
    ORDER_TAGS = "order_tags"
    NOT_FIRST_ORDER = "not_first_order"
    NO_GOODS = "no_goods"
    QUANTITY = "quantity"
    AMOUNT = "amount"
    NO_RATE = "no_rate"
    TOO_LITTLE = "too_little"
    CAPPED = "capped"
    BUDGET_SPENT = "budget_spent"
    OUTRANKED = "outranked"


class Counted(NamedTuple):
    """What of an order counts for a rule: an amount in the order's currency and in the merchant's, and pieces.

    `lines` are the places of the lines that count, None where all do. Where goods are `named`, these lines are all that
    counts; where goods are only excluded, the rest of the order does, lines or not. `base_minor` is None where the
    currency has no rate.
    """

    amount_minor: int
    base_minor: int | None
    pieces: int
    lines: frozenset[int] | None = None
    named: bool = False


class Scene:
    """An occasion with its member and merchant; what several rules ask of it is worked out once."""

    def __init__(self, occasion: Occasion, member: Standing, merchant: Merchant) -> None:
        self.occasion = occasion
        self.member = member
        self.merchant = merchant
        self.member_tags = frozenset(member.tags)
        eligible_minor = max(0, occasion.eligible_minor)
        pieces = sum(max(0, line.quantity) for line in occasion.lines)
        self.whole = Counted(eligible_minor, self.in_base(eligible_minor), pieces)
        """The order without any choice of goods."""

    @cached_property
    def local(self) -> datetime:
        """The moment on the merchant's clock."""
        return self.occasion.at.astimezone(zone(self.merchant.timezone))

    def measure(self, places: frozenset[int], *, named: bool) -> tuple[int, int]:
        """The amount and the pieces that these lines stand for; together they never count below nothing."""
        lines, eligible_minor = self.occasion.lines, self.whole.amount_minor
        if named:
            amount_minor = sum(lines[place].net_minor for place in places)
        else:
            left_out = sum(line.net_minor for place, line in enumerate(lines) if place not in places)
            amount_minor = eligible_minor - max(0, left_out)
        pieces = sum(max(0, lines[place].quantity) for place in places)
        return min(max(0, amount_minor), eligible_minor), pieces

    def in_base(self, minor: int) -> int | None:
        """An amount of the order in the merchant's currency, rounded down; None where its currency has no rate.

        By the rate itself, not by its inverse, whose digits never end: 1.5 at 0.3 is 5, and not 4.99.
        """
        base, code = self.merchant.currency, self.occasion.currency
        if code == base:
            return minor
        rate = self.merchant.rates.get(code)
        if rate is None or code not in CURRENCIES:
            return None
        numerator, denominator = rate.as_integer_ratio()
        return minor * denominator * 10 ** CURRENCIES[base].decimals // (numerator * 10 ** CURRENCIES[code].decimals)


def reason_against_all(scene: Scene) -> Reason | None:
    """Whether the member takes part at all."""
    member = scene.member
    if member.status != "active":
        return Reason.SUSPENDED
    if member.opted_in is False or (member.opted_in is None and scene.merchant.policies.opt_in == "opted_in"):
        return Reason.NOT_OPTED_IN
    return None


def reason_against(terms: EarningRule, scene: Scene) -> Reason | None:
    """The first condition that does not hold, of those that do not look at what was bought."""
    occasion = scene.occasion
    if terms.trigger != occasion.kind:
        return Reason.OTHER_TRIGGER
    if not terms.active:
        return Reason.INACTIVE
    if terms.starts_at is not None and occasion.at < terms.starts_at:
        return Reason.NOT_STARTED
    if terms.ends_at is not None and occasion.at >= terms.ends_at:
        return Reason.ENDED
    if terms.channels and occasion.channel not in terms.channels:
        return Reason.OTHER_CHANNEL
    if terms.first_order and not occasion.first:
        return Reason.NOT_FIRST_ORDER
    if not _agrees(occasion.tags, terms.order_tags, terms.order_tags_excluded):
        return Reason.ORDER_TAGS
    return _reason_against_time(terms, scene) or _reason_against_member(terms, scene)


def counted(terms: EarningRule, scene: Scene) -> Counted | Reason:
    """What of the order counts for the rule, or why nothing does."""
    found = _chosen(terms, scene) if terms.chooses_goods else scene.whole
    if found.named and not found.lines:
        return Reason.NO_GOODS
    if not _within(found.pieces, terms.quantity_min, terms.quantity_max):
        return Reason.QUANTITY
    if terms.amount_min_minor is not None or terms.amount_max_minor is not None:
        if found.base_minor is None:
            return Reason.NO_RATE
        if not _within(found.base_minor, terms.amount_min_minor, terms.amount_max_minor):
            return Reason.AMOUNT
    return found


def _chosen(terms: EarningRule, scene: Scene) -> Counted:
    goods, excluded = terms.goods, terms.goods_excluded
    named, spared = bool(goods), bool(excluded)
    places = frozenset(
        place
        for place, line in enumerate(scene.occasion.lines)
        if not (named and not _is_among(line, goods)) and not (spared and _is_among(line, excluded))
    )
    amount_minor, pieces = scene.measure(places, named=named)
    return Counted(amount_minor, scene.in_base(amount_minor), pieces, places, named)


def _is_among(line: Line, goods: Goods) -> bool:
    return (
        line.id in goods.products
        or not line.collections.isdisjoint(goods.collections)
        or not line.tags.isdisjoint(goods.tags)
        or line.type in goods.types
        or line.vendor in goods.vendors
    )


def _reason_against_member(terms: EarningRule, scene: Scene) -> Reason | None:
    who = terms.who
    if who.tiers:
        policy_exact = scene.merchant.policies.tier_match == "exact"
        exact = len(who.tiers) > 1 or (policy_exact if who.tier_exact is None else who.tier_exact)
        level = scene.member.tier_level
        if level not in who.tiers if exact else level < min(who.tiers):
            return Reason.OTHER_TIER
    if not _agrees(scene.member_tags, who.tags, who.tags_excluded):
        return Reason.MEMBER_TAGS
    return None


def _reason_against_time(terms: EarningRule, scene: Scene) -> Reason | None:
    """Days and hours as the clock on the merchant's wall shows them, also where it is put forward or back."""
    hours = terms.hours
    if hours is None and not terms.weekdays:
        return None
    weekday = scene.local.weekday()
    if hours is not None:
        shown = scene.local.isoformat()[11:16]
        if hours.start < hours.end:
            inside = hours.start <= shown < hours.end
        else:
            inside = shown >= hours.start or shown < hours.end
            if shown < hours.end:
                weekday -= 1  # after midnight it is still the window of the day before
        if not inside:
            return Reason.OTHER_TIME
    if terms.weekdays and WEEKDAYS[weekday] not in terms.weekdays:
        return Reason.OTHER_TIME
    return None


def _agrees(tags: frozenset[str], wanted: frozenset[str], excluded: frozenset[str]) -> bool:
    """Whether one of the wanted tags is there, if any is wanted, and none of the excluded."""
    if wanted and wanted.isdisjoint(tags):
        return False
    return not excluded or excluded.isdisjoint(tags)


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
