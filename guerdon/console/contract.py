"""How the people of a merchant sign in to the console, and how they are told no: on a page."""

import re
from typing import Any, cast
from urllib.parse import quote, urlsplit

from guerdon.access.history import NOBODY
from guerdon.access.roles import Permission
from guerdon.activities.search import count_proposals
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission
from guerdon.api.parameters import parameters
from guerdon.api.wire import Incoming, Route
from guerdon.console.draw import drawn
from guerdon.console.view import Download, View
from guerdon.console.visitor import SESSION, Stranger, Taste, Visitor, cookies_of, done_of
from guerdon.errors.access import FormOutdated, SignedOut
from guerdon.errors.base import Refusal

OPEN = "open"
"""The permission of pages that anybody sees: those to sign in with."""

HTML = b"text/html; charset=utf-8"
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        "connect-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
SIGN_IN = "/console/sign-in"
OURS = re.compile(r"/console([/?#].*)?")
SAFE = ("GET", "HEAD")


class ConsoleContract:
    """A session in a cookie. Every form carries what no page of another site can know."""

    refusal_type = HTML
    noted = False

    async def authenticate(self, engine: Engine, incoming: Incoming, _params: Any) -> Visitor | Stranger:
        """The person who signed in with this browser; whoever has not is a stranger."""
        cookies = cookies_of(incoming)
        taste, now = Taste.of(incoming, cookies), engine.clock()
        secret = cookies.get(SESSION)
        session = None if not secret else await engine.sessions.find(secret, now)
        if session is None:
            return Stranger(taste, incoming.path, incoming.secure)
        merchants = [await engine.merchants.get(merchant_id) for merchant_id in sorted(session.operator.roles)]
        merchant = next(one for one in merchants if one.merchant_id == session.merchant_id)
        now = await engine.clocks.now(engine.database, merchant.merchant_id)
        waiting = await count_proposals(engine.database, merchant.merchant_id, now)
        return Visitor(
            session, merchant, taste, now, incoming.path, incoming.secure, tuple(merchants), waiting, done_of(cookies)
        )  # fmt: skip

    async def admit(self, _engine: Engine, _caller: Visitor | Stranger, _incoming: Incoming) -> Admission:
        """People ask as often as they like."""
        return UNLIMITED

    def allow(
        self, _engine: Engine, caller: Visitor | Stranger, route: Route[Any], incoming: Incoming, _params: Any
    ) -> None:
        """The role decides, and for what changes something the form."""
        if incoming.method not in SAFE:
            _require_own_form(caller, incoming)
        if route.scope == OPEN:
            return
        if isinstance(caller, Stranger):
            raise SignedOut("Sign in to see this page")
        caller.require(cast("Permission", route.scope))

    def merchant_id(self, caller: Visitor | Stranger) -> int:
        """The merchant whose programme is shown."""
        return NOBODY if isinstance(caller, Stranger) else caller.merchant.merchant_id

    def actor(self, caller: Visitor | Stranger) -> str:
        """The operator."""
        return "" if isinstance(caller, Stranger) else caller.operator.actor

    def written(self, answer: View | Download, incoming: Incoming) -> bytes:
        """The page, drawn."""
        incoming.told.extend(HEADERS)
        if isinstance(answer, Download):
            incoming.media = answer.media.encode()
            incoming.told.append((b"content-disposition", f'attachment; filename="{answer.name}"'.encode()))
            return answer.content
        incoming.status, incoming.media = answer.status, HTML
        incoming.told.extend(answer.headers)
        if answer.place is not None:
            return _sent_to(answer.place, incoming)
        return drawn(answer)

    def refused(self, refusal: Refusal, incoming: Incoming) -> bytes:
        """A page that says why; to whoever is to sign in first, the page to do that."""
        incoming.told.extend(HEADERS)
        who = incoming.caller
        if isinstance(refusal, SignedOut):
            incoming.status = 303
            wanted = f"?then={quote(_address(incoming))}" if incoming.method in SAFE else ""
            return _sent_to(SIGN_IN + wanted, incoming)
        if isinstance(who, Visitor):
            came_from: str = incoming.headers.get("referer", "")
            back = own_place(urlsplit(came_from).path or None)
            return drawn(who.view("refused.html", refusal=refusal, request_id=incoming.request_id, back=back))
        taste = Taste.of(incoming, cookies_of(incoming))
        return drawn(Stranger(taste, incoming.path, incoming.secure).view("stopped.html", refusal=refusal))


def own_place(place: str | None, otherwise: str = "/console") -> str:
    """A place of the console that a request names; another site's is none."""
    if place is None or OURS.fullmatch(place) is None or "\\" in place or not place.isprintable():
        return otherwise
    return place


def _sent_to(place: str, incoming: Incoming) -> bytes:
    """htmx follows by itself only where it is told so: else it would put the whole page in the place of a part."""
    header = b"hx-redirect" if "hx-request" in incoming.headers else b"location"
    if header != b"location":
        incoming.status = 200
    incoming.told.append((header, place.encode()))
    return b""


def _require_own_form(caller: Visitor | Stranger, incoming: Incoming) -> None:
    """Refuses with FormOutdated what a page of another site sends."""
    if incoming.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormOutdated
    if isinstance(caller, Stranger):
        return
    said = incoming.headers.get("x-csrf")
    if said is None and incoming.form:
        said = parameters(incoming.body).get("csrf")
    if said != caller.session.csrf:
        raise FormOutdated


def _address(incoming: Incoming) -> str:
    return incoming.path + (f"?{incoming.query.decode('latin-1')}" if incoming.query else "")
