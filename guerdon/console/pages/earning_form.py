"""The sentence of an earning rule as people fill it in: its clauses, and the terms that they come to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from guerdon.api.reading import read_line
from guerdon.api.v1.earning_terms import EarningRuleWanted, shown_terms
from guerdon.console.frame import N
from guerdon.console.sentence import Clause, Field, Setting, Sheet
from guerdon.console.visitor import Visitor
from guerdon.earning.rule import ORDER, EarningRule, Weekday
from guerdon.earning.sentence import OCCASIONS

KINDS = (
    ("per_amount", N("points for what is spent")),
    ("flat", N("points each time")),
    ("per_item", N("points for each piece")),
    ("multiplier", N("more of the points of other rules")),
    ("coupon", N("a reward")),
    ("tier", N("a tier")),
)
OTHER = "other"
OCCASION_NAMES = (
    (ORDER, N("an order")),
    ("sign_up", N("signing up")),
    ("birthday", N("a birthday")),
    ("anniversary", N("an anniversary")),
    ("review", N("a review")),
    ("social", N("a social action")),
    ("referral", N("a referral")),
    (OTHER, N("something else")),
)
WHOLE = ((True, N("and nothing for a part of it")), (False, N("and in proportion for a part of it")))
CHANNELS = (("online", N("online")), ("in_store", N("in store")))
STACKING = (
    ("sum", N("all of them count")),
    ("best", N("the one that gives most counts")),
    ("exclusive", N("the one of the highest priority counts")),
)
ROUNDING = (("down", N("down")), ("nearest", N("to the nearest")), ("up", N("up")))
WORKDAYS, WEEKEND = tuple(Weekday)[:5], tuple(Weekday)[5:]
DAY_NAMES = dict(
    zip(
        Weekday,
        (N("Mondays"), N("Tuesdays"), N("Wednesdays"), N("Thursdays"), N("Fridays"), N("Saturdays"), N("Sundays")),
        strict=True,
    )
)
GOODS = (
    ("products", N("on products %(names)s"), N("not on products %(names)s"), N("Products")),
    ("collections", N("on collections %(names)s"), N("not on collections %(names)s"), N("Collections")),
    ("types", N("on types %(names)s"), N("not on types %(names)s"), N("Types of goods")),
    ("vendors", N("on vendors %(names)s"), N("not on vendors %(names)s"), N("Vendors")),
    ("tags", N("on goods tagged %(names)s"), N("not on goods tagged %(names)s"), N("Tags of goods")),
)
PERIODS = (
    ("day", N("at most %(points)s points and %(times)s times a day"), N("Most in a day")),
    ("week", N("at most %(points)s points and %(times)s times a week"), N("Most in a week")),
    ("month", N("at most %(points)s points and %(times)s times a month"), N("Most in a month")),
    ("year", N("at most %(points)s points and %(times)s times a year"), N("Most in a year")),
    ("ever", N("at most %(points)s points and %(times)s times in all"), N("Most in all")),
)
HEADS = {
    "per_amount": N("%(kind)s: %(points)s for each %(each_minor)s of an order, %(each_whole)s"),
    "flat": N("%(kind)s: %(points)s for %(trigger)s"),
    "per_item": N("%(kind)s: %(points)s for each piece of an order"),
    "multiplier": N("%(kind)s: %(factor)s times as many for an order"),
    "coupon": N("%(kind)s: %(redemption_rule)s for %(trigger)s"),
    "tier": N("%(kind)s: %(level)s for %(trigger)s"),
}
FREE = ("flat", "coupon", "tier")
"""Kinds that other things than orders set off too."""

PLACES = "%(names)s"
COUNTS, POINTS, SHARES, TIMES = "count", "points", "share", "text"


class Choices(NamedTuple):
    """What a sentence depends on: its own kind and occasion, and what the merchant has."""

    kind: str
    trigger: str
    tiers: Mapping[int, str]
    rewards: Mapping[str, str]
    rules: Mapping[str, str]
    weekdays: tuple[Weekday, ...]
    channels: str

    @property
    def order(self) -> bool:
        """Whether orders set it off."""
        return self.kind not in FREE or self.trigger == ORDER


def clauses_of(visitor: Visitor, choices: Choices) -> tuple[Clause, ...]:
    """The whole sentence, in its order."""
    return (
        *_head(choices), *_who(visitor, choices), *(_goods(visitor) if choices.order else ()),
        *(_order(visitor) if choices.order else ()), *_when(choices), *_limits(visitor), *_then(choices),
    )  # fmt: skip


def _head(choices: Choices) -> Sequence[Clause]:
    trigger = Field(name="trigger", label=N("For what"), kind="choice", choices=OCCASION_NAMES, changes_sentence=True)
    fields = (
        Field(name="kind", label=N("What is given"), kind="choice", choices=KINDS, changes_sentence=True),
        Field(name="points", label=N("Points"), kind="points"),
        Field(name="each_minor", label=N("Amount spent"), kind="money"),
        Field(name="each_whole", label=N("What a part of it gives"), kind="choice", choices=WHOLE, empty=True),
        Field(name="factor", label=N("How many times"), kind="number"),
        Field(name="redemption_rule", label=N("Reward"), kind="choice", choices=tuple(choices.rewards.items())),
        Field(name="level", label=N("Tier"), kind="choice", choices=tuple(choices.tiers.items())),
        trigger,
    )
    text = HEADS[choices.kind]
    used = tuple(field for field in fields if f"%({field.name})s" in text)
    clauses = [Clause(topic="earns", text=text, fields=used)]
    if choices.kind in FREE and choices.trigger not in OCCASIONS:
        activity = Field(name="activity", label=N("Name of the activity"), kind="text")
        clauses.append(Clause(topic="activity", text=N("which your shop reports as %(activity)s"), fields=(activity,)))
    if choices.kind == "multiplier" and choices.rules:
        of = Field(
            name="of_rules", label=N("Rules, by their ids"), kind="list", empty=[], suggests=tuple(choices.rules)
        )
        clauses.append(Clause(topic="of_rules", text=N("of the rules %(of_rules)s alone"), offered=N("Of some rules"),
                              fields=(of,)))  # fmt: skip
    return clauses


def _who(visitor: Visitor, choices: Choices) -> Sequence[Clause]:
    exact = (
        (None, N("as the programme has it")), (False, N("and every higher one")), (True, N("and no other")),
    )  # fmt: skip
    where = CHANNELS
    if choices.channels not in ("", *dict(CHANNELS)):
        where = (*CHANNELS, (choices.channels, choices.channels))
    levels = Field(name="tiers", label=N("Levels of tiers, with commas between them"), kind="list", empty=[],
                   suggests=tuple(str(level) for level in choices.tiers))  # fmt: skip
    return (
        Clause(topic="tiers", text=N("for tiers %(tiers)s, %(tier_exact)s"), offered=N("Tier"),
               fields=(levels, Field(name="tier_exact", label=N("That tier, or higher ones too"), kind="choice",
                                     choices=exact))),
        _listed(visitor, "member_tags", N("for members tagged %(names)s"), N("Tags of members")),
        _listed(visitor, "member_tags_excluded", N("not for members tagged %(names)s"), N("Members with other tags")),
        Clause(topic="channels", text="%(channels)s", offered=N("Online or in store"),
               fields=(Field(name="channels", label=N("Where"), kind="choice", choices=where, empty=""),)),
    )  # fmt: skip


def _listed(visitor: Visitor, name: str, text: str, offered: str) -> Clause:
    """A clause with names in it; its text is translated before the place of the field is known."""
    field = Field(name=name, label=offered, kind="list", empty=[])
    return Clause(topic=name, text=visitor._(text).replace(PLACES, f"%({name})s"), offered=offered, fields=(field,))


def _goods(visitor: Visitor) -> Sequence[Clause]:
    """Which goods count, and which do not."""
    found: list[Clause] = []
    for kind, among, other, name in GOODS:
        told = visitor._(name)
        found.append(_listed(visitor, f"goods_{kind}", among, told))
        found.append(_listed(visitor, f"goods_excluded_{kind}", other, visitor._("Not: %(name)s", name=told)))
    return found


def _order(visitor: Visitor) -> Sequence[Clause]:
    return (
        Clause(topic="amount_min_minor", text=N("for goods of at least %(amount_min_minor)s"),
               offered=N("Smallest amount"),
               fields=(Field(name="amount_min_minor", label=N("Smallest amount"), kind="money"),)),
        Clause(topic="amount_max_minor", text=N("for goods of at most %(amount_max_minor)s"),
               offered=N("Largest amount"),
               fields=(Field(name="amount_max_minor", label=N("Largest amount"), kind="money"),)),
        Clause(topic="quantity_min", text=N("for at least %(quantity_min)s pieces"), offered=N("Fewest pieces"),
               fields=(Field(name="quantity_min", label=N("Fewest pieces"), kind="count"),)),
        Clause(topic="quantity_max", text=N("for at most %(quantity_max)s pieces"), offered=N("Most pieces"),
               fields=(Field(name="quantity_max", label=N("Most pieces"), kind="count"),)),
        _listed(visitor, "order_tags", N("on orders tagged %(names)s"), N("Tags of orders")),
        _listed(visitor, "order_tags_excluded", N("not on orders tagged %(names)s"), N("Orders with other tags")),
        Clause(topic="first_order", text=N("on the first order"), offered=N("First order"),
               sets={"first_order": (True, False)}),
    )  # fmt: skip


def _when(choices: Choices) -> Sequence[Clause]:
    spans = [(WORKDAYS, N("workdays")), (WEEKEND, N("weekends")), *(((day,), DAY_NAMES[day]) for day in Weekday)]
    if choices.weekdays and choices.weekdays not in [days for days, _ in spans]:
        spans.append((choices.weekdays, ", ".join(choices.weekdays)))
    days = tuple((days_key(days), text) for days, text in spans)
    return (
        Clause(topic="weekdays", text=N("on %(weekdays)s"), offered=N("Days of the week"),
               fields=(Field(name="weekdays", label=N("Days of the week"), kind="choice", choices=days, empty=""),)),
        Clause(topic="hours", text=N("from %(hours_start)s to %(hours_end)s o'clock"), offered=N("Hours of the day"),
               fields=(Field(name="hours_start", label=N("From, such as 09:00")),
                       Field(name="hours_end", label=N("To, such as 17:30")))),
        Clause(topic="dates", text=N("from %(starts_at)s to %(ends_at)s"), offered=N("First and last day"),
               fields=(Field(name="starts_at", label=N("First day"), kind="since", required=False),
                       Field(name="ends_at", label=N("Last day"), kind="until", required=False))),
    )  # fmt: skip


def _limits(visitor: Visitor) -> Sequence[Clause]:
    caps: list[Clause] = []
    for period, text, offered in PERIODS:
        names = {"points": f"%(cap_{period}_points)s", "times": f"%(cap_{period}_times)s"}
        fields = (
            Field(name=f"cap_{period}_points", label=N("Points"), kind="points", required=False),
            Field(name=f"cap_{period}_times", label=N("Times"), kind="count", required=False),
        )
        caps.append(Clause(topic=f"cap_{period}", text=visitor._(text) % names, offered=offered, fields=fields))
    return (
        *caps,
        Clause(topic="budget_points", text=N("at most %(budget_points)s points for all members together"),
               offered=N("Most points for all"),
               fields=(Field(name="budget_points", label=N("Most points for all"), kind="points"),)),
        Clause(topic="times_max", text=N("at most %(times_max)s times for all members together"),
               offered=N("How often for all"),
               fields=(Field(name="times_max", label=N("How often for all"), kind="count"),)),
    )  # fmt: skip


def _then(choices: Choices) -> Sequence[Clause]:
    clauses = [
        Clause(topic="group", text=N("in the group %(group)s, of which %(stacking)s, with priority %(priority)s"),
               offered=N("Group of rules"),
               fields=(Field(name="group", label=N("Name of the group")),
                       Field(name="stacking", label=N("What counts in the group"), kind="choice", choices=STACKING,
                             empty="sum"),
                       Field(name="priority", label=N("Priority, the higher goes first"), empty="0"))),
        Clause(topic="pending", text=N("pending for %(pending)s"), offered=N("Pending"),
               fields=(Field(name="pending", label=N("none, days such as 14 days, or a status such as fulfilled"),
                             suggests=("none", "14 days", "fulfilled")),)),
        Clause(topic="expiry", text=N("living %(expiry)s"), offered=N("Expiry"),
               fields=(Field(name="expiry", label=N("never, 365 days, 12 months, 90 days inactive, yearly 12-31"),
                             suggests=("never", "365 days", "12 months", "90 days inactive", "yearly 12-31")),)),
    ]  # fmt: skip
    if choices.order:
        clauses.append(
            Clause(topic="rounding", text=N("rounded %(rounding)s"), offered=N("Rounding"),
                   fields=(Field(name="rounding", label=N("Rounding"), kind="choice", choices=ROUNDING),))
        )  # fmt: skip
    else:
        clauses.append(
            Clause(topic="approval", text=N("once somebody approves"), offered=N("Approval"),
                   sets={"approval": (True, False)})
        )  # fmt: skip
    return clauses


def days_key(days: Sequence[Weekday]) -> str:
    """Days of the week as one choice."""
    return ",".join(day.value for day in days)


def values_of(terms: EarningRule) -> dict[str, Any]:
    """A rule's terms as the fields of its sentence have them."""
    said = msgspec.to_builtins(shown_terms(terms), order="deterministic")
    earns, who = said["earns"], said["who"]
    values: dict[str, Any] = {
        **{name: said[name] for name in SAME}, **earns, "starts_at": terms.starts_at, "ends_at": terms.ends_at,
        "of_rules": earns.get("rules", []), "tiers": [str(level) for level in who.get("tiers", [])],
        "tier_exact": who.get("tier_exact"), "member_tags": who.get("tags", []),
        "member_tags_excluded": who.get("tags_excluded", []), "priority": str(terms.priority),
        "channels": ",".join(said["channels"]),
        "weekdays": days_key([day for day in Weekday if day in terms.weekdays]),
        "trigger": terms.trigger if terms.trigger in OCCASIONS else OTHER, "activity": terms.trigger,
    }  # fmt: skip
    if terms.hours:
        values |= {"hours_start": terms.hours.start, "hours_end": terms.hours.end}
    for cap in terms.caps:
        values |= {f"cap_{cap.per}_points": cap.points, f"cap_{cap.per}_times": cap.times}
    for among in ("goods", "goods_excluded"):
        values |= {f"{among}_{kind}": names for kind, names in said[among].items()}
    return msgspec.json.decode(msgspec.json.encode(values)) | {"starts_at": terms.starts_at, "ends_at": terms.ends_at}


def terms_said(values: Mapping[str, Any], choices: Choices, beside: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sentence as the native API takes them, with what is said `beside` it, such as the name."""
    said: dict[str, Any] = {name: values[name] for name in SAME if name in values}
    said |= {"earns": _earns(values, choices), "trigger": _trigger(values, choices)}
    said["who"] = {
        "tiers": [int(level) if level.isdigit() else level for level in values.get("tiers", [])],
        "tier_exact": values.get("tier_exact") if values.get("tiers") else None,
        "tags": values.get("member_tags", []), "tags_excluded": values.get("member_tags_excluded", []),
    }  # fmt: skip
    for name in ("channels", "weekdays"):
        said[name] = [one for one in str(values.get(name) or "").split(",") if one]
    start, end = values.get("hours_start"), values.get("hours_end")
    said["hours"] = {"start": start, "end": end} if start and end else None
    said["caps"] = [cap for period, _, _ in PERIODS if (cap := _cap(values, period)) is not None]
    for among in ("goods", "goods_excluded"):
        said[among] = {kind: values.get(f"{among}_{kind}", []) for kind, *_ in GOODS}
    priority = str(values.get("priority") or "0")
    said["priority"] = int(priority) if priority.removeprefix("-").isdigit() else priority
    return {**said, **beside}


def _earns(values: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    earns: dict[str, Any] = {"kind": choices.kind}
    match choices.kind:
        case "per_amount":
            names = ("points", "each_minor", "each_whole")
        case "multiplier":
            names = ("factor",)
            earns["rules"] = values.get("of_rules", [])
        case "coupon":
            names = ("redemption_rule",)
        case "tier":
            names = ("level",)
        case _:
            names = ("points",)
    return earns | {name: values[name] for name in names if values.get(name) is not None}


def _trigger(values: Mapping[str, Any], choices: Choices) -> str:
    if choices.kind not in FREE:
        return ORDER
    return values.get("activity") or OTHER if choices.trigger not in OCCASIONS else choices.trigger


def _cap(values: Mapping[str, Any], period: str) -> dict[str, Any] | None:
    points, times = values.get(f"cap_{period}_points"), values.get(f"cap_{period}_times")
    return None if points is None and times is None else {"per": period, "points": points, "times": times}


SAME = (
    "starts_at", "ends_at", "quantity_min", "quantity_max", "amount_min_minor", "amount_max_minor", "order_tags",
    "order_tags_excluded", "first_order", "budget_points", "times_max", "group", "stacking", "pending", "expiry",
    "rounding", "approval",
)  # fmt: skip
"""Fields that are the same in the sentence and in the native API."""

_wanted = msgspec.json.Decoder(EarningRuleWanted)


def wanted(said: Mapping[str, Any]) -> EarningRuleWanted:
    """What is said, as a request to the native API; refuses with BadField."""
    return read_line(msgspec.json.encode(said), _wanted)


def setting_of(visitor: Visitor) -> Setting:
    """The merchant's days, its currency, and the person's locale."""
    return Setting(visitor.zone, visitor.merchant.currency, visitor.locale)


def kind_of(sheet: Sheet | None, terms: EarningRule) -> tuple[str, str]:
    """The kind and the occasion that a form chooses, or else that the rule has."""
    said = values_of(terms) if sheet is None else sheet.said
    kind, trigger = said.get("kind", "flat"), said.get("trigger", ORDER)
    return kind if kind in HEADS else "flat", trigger
