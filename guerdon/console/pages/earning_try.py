"""A basket or an activity to try earning rules on: which fire, and why the others do not."""

import re
from collections.abc import Mapping
from typing import Any

from babel import Locale
from msgspec import Struct
from msgspec.structs import replace

from guerdon.api.engine import Engine
from guerdon.api.v1 import earning_preview
from guerdon.api.v1.basket import LineSaid, Total
from guerdon.api.v1.earning_preview import EarningPreviewAnswer, EarningTried
from guerdon.api.v1.ids import shown
from guerdon.api.wire import Incoming, Route
from guerdon.console.amounts import minor_of
from guerdon.console.pages.lists import member_meant
from guerdon.console.sentence import InWords
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.earning.explained import REASONS, explained
from guerdon.earning.rule import ORDER
from guerdon.earning.rules import list_rules
from guerdon.errors.base import BadField, Refusal
from guerdon.merchants.merchant import Merchant

PLACE = "/console/earning/try"
TRIED = ("try_member", "try_kind", "try_total", "try_lines", "try_channel")
LINE = re.compile(
    r"(?P<quantity>[0-9]{1,6})\s*[x×]\s*(?P<id>[^@]+?)\s*@\s*(?P<price>[0-9][0-9.,]*)"
    r"(?:\s+in\s+(?P<collections>.+))?"
)


class Tried(Struct, kw_only=True):
    """A basket, as a form has it; nothing is evaluated before it is sent."""

    try_member: str | None = None
    try_kind: str | None = None
    try_total: str | None = None
    try_lines: str | None = None
    try_channel: str | None = None


def basket_of(form: Mapping[str, Any], merchant: Merchant, locale: Locale) -> EarningTried:
    """The basket that is meant; refuses with BadField. A line is `2 x SKU-1 @ 19.90 in Shoes, Sale`."""
    kind = (form.get("try_kind") or ORDER).strip() or ORDER
    asked = EarningTried(member=member_meant(form.get("try_member")), kind=kind)
    asked.channel = "in_store" if form.get("try_channel") == "in_store" else "online"
    if kind != ORDER:
        return asked
    code = merchant.currency
    asked.lines = tuple(
        _line(text.strip(), code, locale) for text in (form.get("try_lines") or "").splitlines() if text.strip()
    )
    total = minor_of(form.get("try_total"), code, "try_total", locale)
    if total is None:
        total = sum(line.quantity * line.price_minor for line in asked.lines)
    asked.total = Total(total, code)
    return asked


def _line(text: str, code: str, locale: Locale) -> LineSaid:
    found = LINE.fullmatch(text)
    if found is None:
        raise BadField("try_lines", f"{text[:60]!r} is no line such as: 2 x SKU-1 @ 19.90 in Shoes, Sale")
    price = minor_of(found["price"], code, "try_lines", locale)
    collections = tuple(one.strip() for one in (found["collections"] or "").split(",") if one.strip())
    return LineSaid(
        id=found["id"], name=found["id"], quantity=int(found["quantity"]), price_minor=price or 0,
        collections=collections,
    )  # fmt: skip


def in_words(visitor: Visitor, found: EarningPreviewAnswer) -> EarningPreviewAnswer:
    """The same, with its reasons in the person's language."""
    reader = InWords.of(visitor)
    return replace(
        found,
        earned=[replace(one, sentence=explained(one.sentence, reader)) for one in found.earned],
        passed_over=[replace(one, detail=f"{reader.text(REASONS[one.reason])}.") for one in found.passed_over],
    )


async def show(engine: Engine, visitor: Visitor, params: Tried, incoming: Incoming) -> View:
    """The rules that count now, on this basket."""
    form = {name: getattr(params, name, None) or "" for name in TRIED}
    found, refusal = None, None
    if any(form.values()):
        try:
            basket = basket_of(form, visitor.merchant, visitor.locale)
            tried = await earning_preview.preview(engine, visitor.caller, basket, visitor.inner(incoming))
            found = in_words(visitor, tried)
        except Refusal as refused:
            refusal = refused
    rules = await list_rules(engine.database, visitor.merchant.merchant_id)
    return visitor.view(
        "earning/try.html", status=200 if refusal is None else refusal.status, form=form, found=found, refusal=refusal,
        names={shown("earn", rule.rule_id): rule.terms.name for rule in rules},
    )  # fmt: skip


ROUTES = (Route("GET", PLACE, Tried, View, show, "see", "Try a basket"),)
