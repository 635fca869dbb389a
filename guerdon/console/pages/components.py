"""The components of which pages are made, each as it looks and behaves, for whoever builds one."""

from datetime import timedelta

from guerdon.api.engine import Engine
from guerdon.api.v1.lists import Page
from guerdon.api.wire import Incoming, Route
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField


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
    )


ROUTES = (Route("GET", "/console/components", Nothing, View, show, "see", "Components"),)
