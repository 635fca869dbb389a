"""What a rule does, in one sentence that people read, and the words that such sentences share. Pure."""

from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from functools import lru_cache

from guerdon.earning.conditions import Reason
from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import ORDER, EarningRule, Goods, Period, Stacking, Weekday
from guerdon.kit.money import CURRENCIES, format_money
from guerdon.merchants.expiry import ExpiryPolicy

OCCASIONS = {
    ORDER: "an order",
    "sign_up": "signing up",
    "birthday": "a birthday",
    "anniversary": "an anniversary",
    "review": "a review",
    "social": "a social action",
    "referral": "a referral",
}

PERIODS = {
    Period.DAY: "a day",
    Period.WEEK: "a week",
    Period.MONTH: "a month",
    Period.YEAR: "a year",
    Period.EVER: "in all",
}

CHANNELS = {"online": "online", "offline": "in store"}

REASONS = {
    Reason.SUSPENDED: "The member is suspended",
    Reason.NOT_OPTED_IN: "The member has not opted in to the programme",
    Reason.INACTIVE: "The rule is disabled",
    Reason.OTHER_TRIGGER: "The rule is for something else",
    Reason.NOT_STARTED: "It happened before the rule started",
    Reason.ENDED: "It happened after the rule had ended",
    Reason.OTHER_TIME: "It happened on another day or at another hour",
    Reason.OTHER_TIER: "The rule is for another tier",
    Reason.MEMBER_TAGS: "The rule is for members with other tags",
    Reason.OTHER_CHANNEL: "The rule is for another channel",
    Reason.ORDER_TAGS: "The rule is for orders with other tags",
    Reason.NOT_FIRST_ORDER: "It is not the member's first order",
    Reason.NO_GOODS: "The order has none of the goods that count",
    Reason.QUANTITY: "The number of pieces is out of the rule's range",
    Reason.AMOUNT: "The amount is out of the rule's range",
    Reason.NO_RATE: "The merchant has no rate for the currency",
    Reason.TOO_LITTLE: "It comes to less than one point",
    Reason.CAPPED: "The member has earned all that the rule's cap allows",
    Reason.BUDGET_SPENT: "All members together have earned all that the rule's budget allows",
    Reason.OUTRANKED: "Another rule of its group goes first",
}
"""Why a rule gives nothing."""

DAYS = {frozenset(tuple(Weekday)[:5]): "workdays", frozenset(tuple(Weekday)[5:]): "weekends"}


def rule_sentence(terms: EarningRule, currency: str) -> str:
    """The whole rule, such as "2 points for each $1.00 spent on collection ‘Shoes’, online, at most 500 a month".

    `currency` is the merchant's, in which the rule's amounts are.
    """
    clauses = [
        _gift(terms, currency),
        *_who(terms),
        *_order(terms, currency),
        *_when(terms),
        *_limits(terms),
        *_stack(terms),
        *_then(terms),
    ]
    return ", ".join(clauses)


def reward_text(terms: EarningRule, currency: str) -> str:
    """The reward in a few words: "50 Points", "1 Point per $1.00", "2x Points", "A Coupon"."""
    match terms.earns:
        case Flat(points=points):
            return titled_points(points)
        case PerAmount(points=points, each_minor=each_minor):
            return f"{titled_points(points)} per {money_text(each_minor, currency)}"
        case PerItem(points=points):
            return f"{titled_points(points)} per Piece"
        case Multiplier(factor=factor):
            return f"{factor_text(factor)}x Points"
        case CouponGift():
            return "A Coupon"
        case TierEntry(level=level):
            return f"Tier {level}"


def titled_points(points: int) -> str:
    """ "500 Points", "10,000 Points", "1 Point"."""
    return points_text(points).title()


def points_text(points: int) -> str:
    """ "500 points", "10,000 points", "1 point"."""
    return f"{points:,} {'point' if points == 1 else 'points'}"


def pieces_text(pieces: int) -> str:
    """ "3 pieces", "1 piece"."""
    return f"{pieces:,} {'piece' if pieces == 1 else 'pieces'}"


def times_text(times: int) -> str:
    """ "once", "twice", "12 times"."""
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")


def factor_text(factor: Decimal) -> str:
    """ "2", "1.5"."""
    return f"{factor.normalize():f}"


def occasion_text(trigger: str) -> str:
    """ "an order", "a review", or the merchant's own name of an activity."""
    return OCCASIONS.get(trigger) or f"‘{trigger.replace('_', ' ')}’"


@lru_cache(maxsize=4096)
def money_text(minor: int, currency: str) -> str:
    """ "$49.95", or the figures with the code where the currency is not one of ISO 4217 any more."""
    known = CURRENCIES.get(currency)
    return format_money(minor, known) if known else f"{minor} {currency}"


def listed(words: list[str], last: str = "or") -> str:
    """ "a", "a or b", "a, b or c"."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]


def goods_text(goods: Goods) -> str:
    """ "collection ‘Shoes’ or vendor ‘Acme’"."""
    kinds = (
        ("product", goods.products),
        ("collection", goods.collections),
        ("type", goods.types),
        ("vendor", goods.vendors),
        ("tag", goods.tags),
    )
    return listed([f"{kind} ‘{name}’" for kind, names in kinds for name in sorted(names)])


def _gift(terms: EarningRule, currency: str) -> str:
    """What is given, and for which goods."""
    occasion = occasion_text(terms.trigger)
    match terms.earns:
        case PerAmount(points=points, each_minor=each_minor, each_minor_in=each_minor_in):
            each = [money_text(each_minor, currency)]
            each += [money_text(minor, code) for code, minor in sorted(each_minor_in.items())]
            head, goods = f"{points_text(points)} for each {listed(each)} spent", "on"
        case PerItem(points=points):
            head, goods = f"{points_text(points)} for each piece", "of"
        case Flat(points=points):
            head, goods = f"{points_text(points)} for {occasion}", "with"
        case Multiplier(factor=factor, rule_ids=rule_ids):
            of = f" of rule {listed([str(rule_id) for rule_id in sorted(rule_ids)], 'and')}" if rule_ids else ""
            head, goods = f"{factor_text(factor)} times the points{of}", "on"
        case CouponGift(redemption_rule_id=rule_id):
            head, goods = f"a coupon of redemption rule {rule_id} for {occasion}", "with"
        case TierEntry(level=level):
            head, goods = f"entry to tier {level} for {occasion}", "with"
    if terms.goods:
        head += f" {goods} {goods_text(terms.goods)}"
    if terms.goods_excluded:
        head += f" {'' if goods == 'with' else goods + ' '}goods other than {goods_text(terms.goods_excluded)}"
    return head


def _who(terms: EarningRule) -> Iterator[str]:
    who = terms.who
    if who.tiers:
        levels = listed([str(level) for level in sorted(who.tiers)])
        if len(who.tiers) > 1:
            yield f"for tiers {levels}"
        elif who.tier_exact is None:
            yield f"for tier {levels} (and up, where the programme's policy admits higher tiers)"
        else:
            yield f"for tier {levels} {'alone' if who.tier_exact else 'and up'}"
    if who.tags:
        yield f"for members tagged {_named(who.tags)}"
    if who.tags_excluded:
        yield f"not for members tagged {_named(who.tags_excluded)}"


def _order(terms: EarningRule, currency: str) -> Iterator[str]:
    if terms.channels:
        yield listed([CHANNELS.get(channel, f"in channel ‘{channel}’") for channel in sorted(terms.channels)])
    if terms.first_order:
        yield "on the first order"
    if terms.order_tags:
        yield f"on orders tagged {_named(terms.order_tags)}"
    if terms.order_tags_excluded:
        yield f"not on orders tagged {_named(terms.order_tags_excluded)}"
    goods = " of these goods" if terms.chooses_goods else ""
    least, most = terms.amount_min_minor, terms.amount_max_minor
    if least is not None or most is not None:
        yield f"for {_range(least, most, lambda minor: money_text(minor, currency))}{goods}"
    least, most = terms.quantity_min, terms.quantity_max
    if least is not None or most is not None:
        yield f"for {_range(least, most, pieces_text)}{goods}"


def _when(terms: EarningRule) -> Iterator[str]:
    if terms.weekdays:
        plural = [f"{day.capitalize()}s" for day in Weekday if day in terms.weekdays]
        yield f"on {DAYS.get(terms.weekdays) or listed(plural, 'and')}"
    if terms.hours:
        yield f"from {terms.hours.start} to {terms.hours.end}"
    if terms.starts_at:
        yield f"from {terms.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if terms.ends_at:
        yield f"until {terms.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _limits(terms: EarningRule) -> Iterator[str]:
    for cap in terms.caps:
        most = [points_text(cap.points)] if cap.points is not None else []
        most += [times_text(cap.times)] if cap.times is not None else []
        yield f"at most {' and '.join(most)} {PERIODS[cap.per]}"
    if terms.budget_points is not None:
        yield f"at most {points_text(terms.budget_points)} for all members together"
    if terms.times_max is not None:
        yield f"at most {times_text(terms.times_max)} for all members together"


def _stack(terms: EarningRule) -> Iterator[str]:
    match terms.stacking:
        case Stacking.SUM:
            return
        case Stacking.BEST:
            yield f"if it gives the most of the group ‘{terms.group}’"
        case Stacking.EXCLUSIVE:
            yield f"unless another rule of the group ‘{terms.group}’ goes first"


def _then(terms: EarningRule) -> Iterator[str]:
    """What becomes of the points."""
    pending = terms.pending
    if pending is not None and pending != "none":
        yield f"pending for {pending}" if pending[0].isdigit() else f"pending until the order is {pending}"
    if terms.expiry is not None:
        policy = ExpiryPolicy.parse(terms.expiry)
        if policy.inactive:
            yield f"expiring after {policy.days} days without activity"
        elif policy.yearly:
            yield f"expiring each year on {terms.expiry.removeprefix('yearly ')}"
        else:
            yield "never expiring" if terms.expiry == "never" else f"expiring after {terms.expiry}"
    if terms.approval:
        yield "once an operator approves"


def _named(names: frozenset[str]) -> str:
    return listed([f"‘{name}’" for name in sorted(names)])


def _range(least: int | None, most: int | None, text: Callable[[int], str]) -> str:
    if least is not None and most is not None:
        return text(least) if least == most else f"{text(least)} to {text(most)}"
    return f"at least {text(least)}" if least is not None else f"at most {text(most or 0)}"
