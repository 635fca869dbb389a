"""An earning rule in words, part by part, complete and exact: for people in any language, and to tell what changed.

"2 points for each $1.00 spent on collection ‘Shoes’, for tier Gold and up, on weekends, at most 500 points a month".
The English of it is that of wording.py. Amounts are in the merchant's currency. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import ORDER, EarningRule, Goods, Period, Rounding, Stacking, Weekday
from guerdon.kit.sentence import Count, Fact, Money, Monies, Names, Part, Since, Until
from guerdon.merchants.expiry import ExpiryPolicy
from guerdon.rewards.sentence import Ranks

ABOUT_RULE = frozenset({"state", "name", "description", "display"})
"""Topics beside the sentence: whether the rule counts, and how it is shown."""

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

DAYS = {
    Weekday.MONDAY: "Mondays",
    Weekday.TUESDAY: "Tuesdays",
    Weekday.WEDNESDAY: "Wednesdays",
    Weekday.THURSDAY: "Thursdays",
    Weekday.FRIDAY: "Fridays",
    Weekday.SATURDAY: "Saturdays",
    Weekday.SUNDAY: "Sundays",
}
SPANS = {frozenset(tuple(Weekday)[:5]): "on workdays", frozenset(tuple(Weekday)[5:]): "on weekends"}

GOODS = {
    "products": "product %(names)s",
    "collections": "collection %(names)s",
    "types": "type %(names)s",
    "vendors": "vendor %(names)s",
    "tags": "tag %(names)s",
}

ROUNDINGS = {
    Rounding.DOWN: "rounded down",
    Rounding.NEAREST: "rounded to the nearest",
    Rounding.UP: "rounded up",
}


class Called(NamedTuple):
    """What rules name by number: tiers, redemption rules, and other earning rules."""

    ranks: Ranks = Ranks()
    rewards: Mapping[int, str] = {}
    rules: Mapping[int, str] = {}


def rule_parts(rule: EarningRule, currency: str, called: Called) -> list[Part]:
    """All that a rule says, part by part."""
    return [
        *_gift(rule, currency, called), *_goods(rule), *_who(rule, called.ranks), *_order(rule, currency),
        *_when(rule), *_limits(rule), *_stack(rule), *_then(rule), *_beside(rule),
    ]  # fmt: skip


def occasion_part(trigger: str) -> Part:
    """ "an order", "a review", or the merchant's own name of an activity."""
    known = OCCASIONS.get(trigger)
    if known:
        return Part("occasion", known)
    return Part("occasion", "%(name)s", {"name": Names((trigger.replace("_", " "),))})


def _gift(rule: EarningRule, currency: str, called: Called) -> Iterator[Part]:
    """What is given, and for what."""
    facts: dict[str, Fact] = {"occasion": occasion_part(rule.trigger)}
    match rule.earns:
        case PerAmount(points=points, each_minor=each, each_minor_in=others, each_whole=whole):
            amounts = (Money(each, currency), *(Money(others[code], code) for code in sorted(others)))
            facts = {"each": Monies(tuple(dict.fromkeys(amounts)))}
            yield _counted(
                "earns",
                "%(num)s point for each %(each)s spent",
                "%(num)s points for each %(each)s spent",
                points,
                **facts,
            )
            if not whole:
                yield Part("each_whole", "in proportion for less")
        case PerItem(points=points):
            yield _counted("earns", "%(num)s point for each piece", "%(num)s points for each piece", points)
        case Flat(points=points):
            yield _counted(
                "earns", "%(num)s point for %(occasion)s", "%(num)s points for %(occasion)s", points, **facts
            )
        case Multiplier(factor=factor, rule_ids=rule_ids):
            facts |= {"factor": Count(Decimal(f"{factor.normalize():f}"))}
            yield Part("earns", "%(factor)s times the points", facts)
            if rule_ids:
                names = Names(tuple(called.rules.get(one, str(one)) for one in sorted(rule_ids)))
                yield Part("rules", "of the rules %(names)s", {"names": names})
        case CouponGift(redemption_rule_id=reward):
            facts |= {"reward": Names((called.rewards.get(reward, str(reward)),))}
            yield Part("earns", "the reward %(reward)s for %(occasion)s", facts)
        case TierEntry(level=level):
            facts |= {"tier": called.ranks.names.get(level, str(level))}
            yield Part("earns", "entry to tier %(tier)s for %(occasion)s", facts)


def _goods(rule: EarningRule) -> Iterator[Part]:
    if rule.goods:
        yield Part("goods", "on %(goods)s", {"goods": _named(rule.goods)})
    if rule.goods_excluded:
        yield Part("goods_excluded", "not on %(goods)s", {"goods": _named(rule.goods_excluded)})


def _named(goods: Goods) -> Part:
    """ "collection ‘Shoes’ or vendor ‘Acme’"."""
    named: list[tuple[str, frozenset[str]]] = [(text, getattr(goods, kind)) for kind, text in GOODS.items()]
    parts = [Part("goods", text, {"names": _sorted(names)}) for text, names in named if names]
    return _joined("%(first)s or %(more)s", parts)


def _who(rule: EarningRule, ranks: Ranks) -> Iterator[Part]:
    who = rule.who
    if len(who.tiers) > 1:
        names = Names(tuple(ranks.names.get(level, str(level)) for level in sorted(who.tiers)))
        yield Part("tiers", "for tier %(tiers)s alone", {"tiers": names})
    elif who.tiers:
        texts = {
            None: "for tier %(tier)s alone" if ranks.alone else "for tier %(tier)s and up",
            True: "for tier %(tier)s and no other",
            False: "for tier %(tier)s and every higher one",
        }
        level = min(who.tiers)
        yield Part("tiers", texts[who.tier_exact], {"tier": ranks.names.get(level, str(level))})
    if who.tags:
        yield Part("tags", "for members tagged %(tags)s", {"tags": _sorted(who.tags)})
    if who.tags_excluded:
        yield Part("tags_excluded", "not for members tagged %(tags)s", {"tags": _sorted(who.tags_excluded)})


def _channel(name: str) -> Part:
    if name in CHANNELS:
        return Part("channel", CHANNELS[name])
    return Part("channel", "in channel %(name)s", {"name": Names((name,))})


def _order(rule: EarningRule, currency: str) -> Iterator[Part]:
    if rule.channels:
        places = [_channel(channel) for channel in sorted(rule.channels)]
        yield Part("channels", "%(where)s", {"where": _joined("%(first)s or %(more)s", places)})
    if rule.first_order:
        yield Part("first_order", "on the first order")
    if rule.order_tags:
        yield Part("order_tags", "on orders tagged %(tags)s", {"tags": _sorted(rule.order_tags)})
    if rule.order_tags_excluded:
        tags = _sorted(rule.order_tags_excluded)
        yield Part("order_tags_excluded", "not on orders tagged %(tags)s", {"tags": tags})
    if rule.amount_min_minor is not None:
        yield Part("amount_min", "for at least %(money)s", {"money": Money(rule.amount_min_minor, currency)})
    if rule.amount_max_minor is not None:
        yield Part("amount_max", "for at most %(money)s", {"money": Money(rule.amount_max_minor, currency)})
    if (least := rule.quantity_min) is not None:
        yield _counted("quantity_min", "for at least %(num)s piece", "for at least %(num)s pieces", least)
    if (most := rule.quantity_max) is not None:
        yield _counted("quantity_max", "for at most %(num)s piece", "for at most %(num)s pieces", most)


def _when(rule: EarningRule) -> Iterator[Part]:
    if rule.weekdays in SPANS:
        yield Part("weekdays", SPANS[rule.weekdays])
    elif rule.weekdays:
        days = [Part("day", DAYS[day]) for day in Weekday if day in rule.weekdays]
        yield Part("weekdays", "on %(days)s", {"days": _joined("%(first)s and %(more)s", days)})
    if rule.hours:
        yield Part("hours", "from %(start)s to %(end)s", {"start": rule.hours.start, "end": rule.hours.end})
    start, end = rule.starts_at, rule.ends_at
    if start is not None and end is not None:
        yield Part("dates", "from %(start)s to %(end)s", {"start": Since(start), "end": Until(end)})
    elif start is not None:
        yield Part("dates", "from %(start)s on", {"start": Since(start)})
    elif end is not None:
        yield Part("dates", "until %(end)s", {"end": Until(end)})


def _limits(rule: EarningRule) -> Iterator[Part]:
    for cap in rule.caps:
        period = Part("period", PERIODS[cap.per])
        if cap.points is not None:
            one, many = "at most %(num)s point %(period)s", "at most %(num)s points %(period)s"
            yield _counted(f"cap_{cap.per}_points", one, many, cap.points, period=period)
        if cap.times is not None:
            one, many = "at most once %(period)s", "at most %(num)s times %(period)s"
            yield _counted(f"cap_{cap.per}_times", one, many, cap.times, period=period)
    if (budget := rule.budget_points) is not None:
        one, many = "at most %(num)s point for all members together", "at most %(num)s points for all members together"
        yield _counted("budget_points", one, many, budget)
    if (times := rule.times_max) is not None:
        one, many = "at most once for all members together", "at most %(num)s times for all members together"
        yield _counted("times_max", one, many, times)


def _stack(rule: EarningRule) -> Iterator[Part]:
    if rule.group is None:
        if rule.priority:
            yield Part("priority", "with priority %(priority)s", {"priority": str(rule.priority)})
        return
    texts = {
        Stacking.SUM: "beside others of the group %(group)s",
        Stacking.BEST: "if it gives the most of the group %(group)s",
        Stacking.EXCLUSIVE: "unless another rule of the group %(group)s goes first",
    }
    yield Part("group", texts[rule.stacking], {"group": Names((rule.group,))})
    if rule.priority:
        yield Part("priority", "with priority %(priority)s", {"priority": str(rule.priority)})


def _then(rule: EarningRule) -> Iterator[Part]:
    """What becomes of the points."""
    if (pending := rule.pending) is not None:
        if pending == "none":
            yield Part("pending", "to be spent at once")
        elif pending[0].isdigit():
            days = int(pending.split()[0])
            yield _counted("pending", "pending for %(num)s day", "pending for %(num)s days", days)
        else:
            yield Part("pending", "pending until the order is %(status)s", {"status": Names((pending,))})
    if rule.expiry is not None:
        yield expiry_part(rule.expiry)
    if rule.rounding is not None:
        yield Part("rounding", ROUNDINGS[rule.rounding])
    if rule.approval:
        yield Part("approval", "once an operator approves")


def expiry_part(expiry: str) -> Part:
    """How long points live."""
    policy = ExpiryPolicy.parse(expiry)
    if policy.inactive and policy.days is not None:
        one, many = "expiring after %(num)s day without activity", "expiring after %(num)s days without activity"
        return _counted("expiry", one, many, policy.days)
    if policy.days is not None:
        return _counted("expiry", "expiring after %(num)s day", "expiring after %(num)s days", policy.days)
    if policy.months is not None:
        return _counted("expiry", "expiring after %(num)s month", "expiring after %(num)s months", policy.months)
    if policy.yearly is not None:
        return Part("expiry", "expiring each year on %(day)s", {"day": expiry.removeprefix("yearly ")})
    return Part("expiry", "never expiring")


def _beside(rule: EarningRule) -> Iterator[Part]:
    if not rule.active:
        yield Part("state", "switched off")
    yield Part("name", "called %(name)s", {"name": Names((rule.name,))})
    if rule.description:
        yield Part("description", "described as %(text)s", {"text": Names((rule.description,))})
    shown = {name: getattr(rule.display, name) for name in rule.display.__struct_fields__}
    usual = (None, True, 0)
    said = tuple(f"{name}: {value}" for name, value in shown.items() if value not in usual)
    if said:
        yield Part("display", "shown with %(words)s", {"words": Names(said)})


def _counted(topic: str, one: str, many: str, number: int, **facts: Fact) -> Part:
    """A part about so many of something, which it calls %(num)s."""
    return Part(topic, many, {"num": Count(number), **facts}, one, number)


def _sorted(names: Iterable[str]) -> Names:
    return Names(tuple(sorted(names)))


def _joined(text: str, parts: Sequence[Part]) -> Part:
    """All of them in one, two by two."""
    first, *more = parts
    return Part("joined", text, {"first": first, "more": _joined(text, more)}) if more else first
