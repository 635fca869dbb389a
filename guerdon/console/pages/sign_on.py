"""`/console/settings/sign-on`: what the installation's single sign-on is set to, and whether its provider answers."""

from guerdon.api.engine import Engine
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.sign_in import BACK
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

PLACE = "/console/settings/sign-on"


async def show(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """What is set, and what to tell the provider."""
    return _shown(engine, visitor, incoming)


async def check(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """Ask the provider for its configuration now."""
    sign_on = engine.sign_on
    if sign_on is None:
        return visitor.go(PLACE)
    try:
        await sign_on.provider(anew=True)
    except Refusal as refusal:
        return _shown(engine, visitor, incoming, refusal=refusal)
    return visitor.go(PLACE, visitor._("The provider answers as it should"))


def _shown(engine: Engine, visitor: Visitor, incoming: Incoming, *, refusal: Refusal | None = None) -> View:
    sign_on = engine.sign_on
    back = f"{'https' if incoming.secure else 'http'}://{incoming.headers.get('host', '')}{BACK}"
    return visitor.view(
        "access/sign_on.html", status=200 if refusal is None else refusal.status, refusal=refusal, back=back,
        settings=None if sign_on is None else sign_on.settings,
    )  # fmt: skip


ROUTES = (
    Route("GET", PLACE, Nothing, View, show, "administer", "Single sign-on"),
    Route("POST", PLACE + "/check", Nothing, View, check, "administer", "Check the provider"),
)
