"""The components of which pages are made, each as it looks and behaves, for whoever builds one."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from guerdon.api.engine import Engine
from guerdon.api.v1.lists import Page
from guerdon.api.wire import Incoming, Route
from guerdon.console.draw import share_text
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField

POINTS = (
    (41_200, 23_800, 2_100), (38_900, 27_400, 1_900), (46_300, 25_100, 4_800), (51_700, 31_600, 2_300),
    (49_100, 36_900, 2_700), (57_400, 33_200, 1_600),
)  # fmt: skip
OUTSTANDING = ((412_000,), (421_600,), (438_000,), (455_800,), (465_300,), (487_900,))
MEMBERS = ((612, 41), (598, 38), (641, 52), (667, 61), (702, 55), (688, 47))


async def show(_engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """All of them, with values that nobody has."""
    now = visitor.now
    return visitor.view(
        "components/all.html",
        refusal=BadField("amount", "12.505 has more decimals than USD, which has 2: 12.50 and 12.51 are the nearest"),
        lots=[(500, now + timedelta(days=11)), (300, now + timedelta(days=90)), (400, None)],
        events=[
            {"at": now, "title": "Redeemed $5 off", "amount": -500, "tone": "redeemed", "text": "Coupon K7QM-93XD"},
            {"at": now - timedelta(days=2), "title": "Earned by order 1042", "amount": 120, "tone": "earned"},
            {"at": now - timedelta(days=9), "title": "Moved to Gold", "tone": "plain", "actor": "ana"},
        ],
        steps=[
            {"title": "Asked", "at": now - timedelta(minutes=9), "tone": "plain"},
            {"title": "Points held", "at": now - timedelta(minutes=9), "text": "500", "tone": "held"},
            {"title": "Coupon issued", "at": now - timedelta(minutes=9), "text": "K7QM-93XD", "tone": "good"},
            {"title": "Captured by an order", "done": False},
        ],
        page=Page([1, 2, 3], has_more=True, next_cursor="next"),
        **_charts(visitor),
    )


def _charts(visitor: Visitor) -> dict[str, Any]:
    """One of each kind, with half a year of a shop of a thousand members."""
    text, share = visitor._, partial(share_text, locale=visitor.locale, digits="0")
    used = (("$5 off", 214, 107_000), ("$20 gift card", 61, 122_000), ("A coffee", 38, 5_700))
    ways = (("Asked", 1_240, "accent"), ("Redeemed", 1_102, "redeemed"), ("Cancelled", 57, "reversed"))
    came = ((41, (0.71, 0.52, 0.44, 0.41)), (38, (0.68, 0.55, 0.47)), (52, (0.74, 0.58)))
    labels = [row["label"] for row in _months(visitor, ((),) * len(came))]
    return {
        "bars": {
            "columns": [
                {"label": text("Earned"), "tone": "earned"},
                {"label": text("Redeemed"), "tone": "redeemed", "down": True},
                {"label": text("Expired"), "tone": "expired", "down": True},
            ],
            "rows": _months(visitor, POINTS),
        },
        "area": {"columns": [{"label": text("Outstanding"), "tone": "accent"}], "rows": _months(visitor, OUTSTANDING)},
        "lines": {
            "columns": [{"label": text("Active"), "tone": "accent"}, {"label": text("Joined"), "tone": "ink-soft"}],
            "rows": _months(visitor, MEMBERS),
        },
        "ranking": [
            {"label": name, "value": uses, "note": _points(visitor, points), "href": "#charts"}
            for name, uses, points in used
        ],
        "funnel": [
            {"label": text(name), "value": value, "note": share(value / ways[0][1]), "tone": tone}
            for name, value, tone in ways
        ],
        "months": [str(number) for number in range(1, 5)],
        "cohorts": [
            {"label": label, "size": size, "cells": [(one, share(one)) for one in shares]}
            for label, (size, shares) in zip(labels, came, strict=True)
        ],
    }


def _points(visitor: Visitor, number: int) -> str:
    text = format_decimal(number, locale=visitor.locale)
    return visitor.ngettext("%(points)s point", "%(points)s points", number, points=text)


def _months(visitor: Visitor, values: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    first = [date(2026, month, 1) for month in range(1, len(values) + 1)]
    return [
        {"label": format_date(day, "MMM yyyy", locale=visitor.locale), "day": day, "values": one}
        for day, one in zip(first, values, strict=True)
    ]


ROUTES = (Route("GET", "/console/components", Nothing, View, show, "see", "Components"),)
