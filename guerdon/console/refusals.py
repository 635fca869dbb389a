"""Refusals in a person's language: the sentence, and what stands in it that is a word rather than a name or a number.

The tree in guerdon/errors is written in English, and its facts are what programs compare: `read_only`, `captured`,
`external_id`. Here each such fact has the words that people read. Pure.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints

import msgspec
from babel.numbers import format_decimal

from guerdon.access.roles import PERMISSIONS
from guerdon.console.frame import N
from guerdon.console.problems import problem_said
from guerdon.console.visitor import Taste
from guerdon.docs.refusals import code_of, kinds
from guerdon.errors.base import Refusal

STATES: Mapping[str, str] = {
    "asked": N("waiting for a code"), "held": N("held"), "captured": N("captured"), "redeemed": N("redeemed"),
    "cancelled": N("cancelled"), "expired": N("expired"), "proposed": N("waiting for a second person"),
    "approved": N("approved"), "refused": N("refused"), "rejected": N("rejected"), "waiting": N("waiting for approval"),
    "done": N("done"), "receiving": N("being received"), "looking": N("being looked at"), "ready": N("ready to start"),
    "running": N("running"), "stopped": N("stopped"), "complete": N("complete"), "undoing": N("being undone"),
    "undone": N("undone"), "failed": N("failed"), "forgotten": N("not kept any more"), "changing": N("changing"),
}  # fmt: skip

KINDS: Mapping[str, str] = {
    "email": N("email"), "phone": N("phone"), "external_id": N("external id"), "pos_account_id": N("POS id"),
    "card": N("card"), "id": N("id"), "account": N("account"), "operator": N("operator"), "merchant": N("merchant"),
    "transfer": N("transfer"), "gift": N("gift"), "purchase": N("purchase"),
}  # fmt: skip

NEEDED: Mapping[str, str] = {
    "ready or stopped": N("ready to start, or stopped"),
    "looking, ready or running": N("being looked at, ready to start, or running"),
    "running, stopped or complete": N("running, stopped, or complete"),
    "online": N("online"), "offline": N("in store"),
}  # fmt: skip

FACTS: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "standing": {"active": N("active"), "suspended": N("suspended"), "erased": N("erased"), "merged": N("merged")},
    "kind": KINDS,
    "first_kind": KINDS,
    "second_kind": KINDS,
    "needed": NEEDED,
    "channel": {"any": N("neither online nor in store"), "online": N("online"), "offline": N("in store")},
    "party": {"sender": N("sender"), "receiver": N("receiver")},
    "act": {
        "give": N("give"), "gift": N("give"), "transfer": N("transfer"), "buy": N("buy"), "receive": N("receive"),
    },
    "source": {"callback": N("the shop’s own address"), "generated": N("made here")},
    "reason": {
        "nonsense": N("its answer cannot be read"), "refused": N("it refused"), "unsettled": N("it did not answer"),
        "code_taken": N("its code is another coupon’s"), "timeout": N("it did not answer in time"),
        "connection": N("it could not be reached"), "bad_url": N("its address is none"),
        "private_address": N("its address is inside of a network"), "too_large": N("its answer is too long"),
    },
    "role": {
        "owner": N("owner"), "manager": N("manager"), "support": N("support"), "finance": N("finance"),
        "developer": N("developer"), "read_only": N("read-only"),
    },
    # The page that shows roles has the same texts, and the catalogue has them from there.
    "permission": {text: text.replace("'", "’") for text in PERMISSIONS.values()},
}  # fmt: skip
"""What facts of these names are called where a person reads them; whatever else stands there is somebody's own word."""

COUNTED = frozenset({
    "points", "points_max", "points_left", "available", "shortfall", "minimum", "maximum", "step", "below", "above",
    "cost", "stock", "members", "accounts", "bad", "days_max", "bytes_max", "left", "shares_max", "redemptions",
})  # fmt: skip
"""Facts that are numbers of something, which each language writes its own way. Ids, years and levels are no such."""

RANKED = frozenset({"needed", "level"})
"""Facts that are the level of a tier, where they are numbers."""

NAMELESS: Mapping[int, str] = {}

FIRST = re.compile(r"\{(\w+)\}")
"""A fact that a sentence begins with."""


def told(refusal: Refusal, taste: Taste) -> str:
    """The sentence, for this person."""
    return _filled(_template(type(refusal)), refusal.facts, taste)


def told_again(
    code: str, sentence: str | None, facts: Mapping[str, Any], taste: Taste, levels: Mapping[int, str] = NAMELESS
) -> str:
    """A refusal that was recorded, for this person; in their language as its `sentence` of that time has it."""
    kind = _by_code().get(code)
    if kind is None:
        return sentence or code.replace("_", " ")
    template = _template(kind)
    ranked = {
        name: levels[value] if value else taste._("none")
        for name, value in facts.items() if name in RANKED and value in levels
    }  # fmt: skip
    if sentence is not None and not ranked and taste.words.gettext(template) == template:
        return sentence
    types = get_type_hints(kind)
    try:
        read = {name: msgspec.convert(value, types[name]) for name, value in facts.items() if name in types} | ranked
        return _filled(template, read, taste)
    except (KeyError, msgspec.ValidationError):  # recorded when the refusal had other facts
        return sentence or code.replace("_", " ")


def fact_said(name: str, value: Any, taste: Taste) -> Any:
    """A fact as a person reads it; what has no words of its own is as it was."""
    if name == "problem" and isinstance(value, str):
        return problem_said(value, taste)
    if name in COUNTED and isinstance(value, int):
        return format_decimal(value, locale=taste.locale)
    if isinstance(value, str) and (said := FACTS.get(name, {}).get(value)) is not None:
        return taste.words.gettext(said)
    return value


def _filled(template: str, facts: Mapping[str, Any], taste: Taste) -> str:
    words = {name: fact_said(name, value, taste) for name, value in facts.items()}
    said = taste.words.gettext(template)
    first = FIRST.match(said)
    if first is not None and first[1] in FACTS:
        words[first[1]] = f"{words[first[1]]:.1}".upper() + f"{words[first[1]]}"[1:]
    return said.format(**words)


def _template(kind: type[Refusal]) -> str:
    return " ".join((kind.__doc__ or "").split())


@cache
def _by_code() -> dict[str, type[Refusal]]:
    return {code_of(kind): kind for kind in kinds()}
