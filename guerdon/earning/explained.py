"""Why an award is what it is, for readers of any language: the stored English sentence of explanation.py, part by part.

The numbers that are stored beside the sentence do not say all of it (how many points for each amount, how large the
cap is), so the sentence itself is read by the templates that it was made of. Parts that would not make the very same
English again are not believed: then the sentence is told as it is stored. Pure.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from guerdon.earning.conditions import Reason
from guerdon.earning.sentence import OCCASIONS, PERIODS
from guerdon.kit.money import money_in
from guerdon.kit.sentence import Count, Fact, Money, Names, Part, Reader, pattern_of, said

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

HEADS = (
    "%(head)s, cut by the cap of %(points)s %(period)s",
    "%(head)s, cut by the budget of %(points)s",
    "%(points)s for each %(each)s of %(amount)s, which is %(base)s",
    "%(points)s for each of %(pieces)s",
    "%(points)s for each %(each)s of %(amount)s",
    "%(factor)s times %(points)s",
    "A coupon of redemption rule %(id)s for %(occasion)s",
    "Entry to tier %(level)s for %(occasion)s",
    "For %(occasion)s",
)
"""What the points are reckoned from, and what they are cut by. The first that fits is meant."""
WHOLE = "%(head)s: %(gives)s"

NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?"
COUNTED = re.compile(rf"(?P<number>{NUMBER})\x20(?P<noun>points?|pieces?)(?P<more>\x20more)?")
OTHER_OCCASION = re.compile("‘(.*)’", re.DOTALL)
FORMS: Mapping[str, str] = dict.fromkeys(("id", "level"), "[0-9]+") | {
    "points": rf"{NUMBER}\x20points?", "gives": rf"{NUMBER}\x20points?(?:\x20more)?",
    "pieces": rf"{NUMBER}\x20pieces?", "factor": NUMBER,
    "period": "|".join(map(re.escape, PERIODS.values())),
}  # fmt: skip


def explained(sentence: str, reader: Reader) -> str:
    """The sentence of an explanation for this reader; as it is stored where it is of another make."""
    part = explanation_part(sentence)
    return sentence if part is None else said(part, reader)


def explanation_part(sentence: str) -> Part | None:
    """The sentence in parts; None where they would not say the same."""
    part = _part("explanation", sentence, (WHOLE,)) or _head(sentence)
    return part if part is not None and said(part) == sentence else None


def _head(text: str) -> Part | None:
    return _part("head", text, HEADS)


def _part(topic: str, text: str, templates: tuple[str, ...]) -> Part | None:
    """The first of these templates of which all places can be read."""
    for template in templates:
        found = _pattern(template).fullmatch(text)
        if found is None:
            continue
        facts = {name: fact for name, value in found.groupdict().items() if (fact := _fact(name, value)) is not None}
        if len(facts) == len(found.groupdict()):
            return Part(topic, template, facts)
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return pattern_of(template, FORMS)


def _fact(name: str, text: str) -> Fact | None:
    """What stands in a place; None where that cannot be read."""
    match name:
        case "head":
            return _head(text)
        case "points" | "gives" | "pieces":
            return _counted(text)
        case "each" | "amount" | "base":
            found = money_in(text)
            return None if found is None else Money(found[0], found[1].code)
        case "factor":
            return Count(Decimal(text))
        case "period":
            return Part("period", text)
        case "occasion":
            other = OTHER_OCCASION.fullmatch(text)
            if other is not None:
                return Part("occasion", "%(name)s", {"name": Names((other[1],))})
            return Part("occasion", text) if text in OCCASIONS.values() else None
        case _:
            return text


def _counted(text: str) -> Part | None:
    """ "500 points", "24 points more", "3 pieces"."""
    found = COUNTED.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found["number"].replace(",", ""))
    facts: Mapping[str, Fact] = {"num": Count(number)}
    many = 1 if number == 1 else max(2, int(number))
    if found["noun"].startswith("piece"):
        return Part("pieces", "%(num)s pieces", dict(facts), "%(num)s piece", many)
    if found["more"]:
        return Part("gives", "%(num)s points more", dict(facts), "%(num)s point more", many)
    return Part("gives", "%(num)s points", dict(facts), "%(num)s point", many)
