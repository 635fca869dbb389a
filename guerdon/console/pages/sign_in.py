"""Signing in and out, and how the console looks to one browser.

name and password ──► perhaps a code ──► in          single sign-on ──► the provider ──► back ──► in
"""

from typing import Any

from msgspec import Struct, to_builtins

from guerdon.access.attempts import attempt_succeeded, begin_attempt
from guerdon.access.codes import check_code
from guerdon.access.operators import Operator, get_operator
from guerdon.access.sign_on import SignOn
from guerdon.access.staff import accept_invitation, invitation_of
from guerdon.access.tickets import LIFE, SecondFactor, issue_ticket, read_ticket, take_ticket
from guerdon.api.engine import Engine
from guerdon.api.wire import Incoming, Route
from guerdon.console.contract import OPEN, own_place
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import LANGUAGE, SESSION, THEME, THEMES, YEAR_S, Stranger, Visitor, cookie, cookies_of
from guerdon.console.words import LANGUAGES
from guerdon.errors.access import SignInOver, SignInWait
from guerdon.errors.base import MerchantNotFound, PageNotFound, Refusal

TICKET = "guerdon_ticket"
SIGN_IN = "/console/sign-in"
CODE = SIGN_IN + "/code"
BACK = SIGN_IN + "/return"


class SignInShown(Struct, kw_only=True):
    """Where to go on afterwards, and whether the person has just chosen a password."""

    then: str | None = None
    ready: bool = False


class Credentials(SignInShown, kw_only=True):
    """Who says to be whom."""

    username: str = ""
    password: str = ""


class CodeSaid(Struct):
    """The second thing that proves a person."""

    code: str = ""


class SignOnAnswered(Struct):
    """What a provider sends a browser back with."""

    code: str | None = None
    state: str | None = None
    iss: str | None = None
    error: str | None = None


class Invited(Struct):
    """The secret of a link."""

    secret: str


class InvitationAccepted(Invited):
    """And the password that was chosen."""

    password: str = ""


class MerchantChosen(Struct):
    """Whose programme to show."""

    merchant: int


class TasteChosen(Struct):
    """How pages are to look in this browser; what is left out is as the browser asks for."""

    language: str | None = None
    theme: str | None = None
    then: str | None = None


async def show(engine: Engine, who: Visitor | Stranger, params: SignInShown, _incoming: Incoming) -> View:
    """The form; whoever is signed in already goes on."""
    if isinstance(who, Visitor):
        return who.go(own_place(params.then))
    return _form(engine, who, said=params, ready=params.ready)


async def sign_in(engine: Engine, who: Visitor | Stranger, params: Credentials, incoming: Incoming) -> View:
    """Open a session, ask for a code, or say why not."""
    if isinstance(who, Visitor):
        return who.go(own_place(params.then))
    operators = engine.operators
    try:
        proven = await operators.prove(params.username, params.password, address=incoming.address, anew=True)
    except Refusal as refusal:
        return _form(engine, who, said=params, refusal=refusal)
    if proven.has_codes:
        document = SecondFactor(proven.operator.operator_id, own_place(params.then))
        return _with_ticket(who, await issue_ticket(engine.database, document, operators.clock()), CODE)
    return await _enter(engine, who, proven.operator, params.then, incoming, "password")


async def show_code(engine: Engine, who: Visitor | Stranger, _params: Nothing, incoming: Incoming) -> View:
    """The form for the code; who has waited for too long begins again."""
    stranger, ticket = _stranger(who), cookies_of(incoming).get(TICKET, "")
    try:
        await read_ticket(engine.database, SecondFactor, ticket, engine.operators.clock())
    except SignInOver as over:
        return _form(engine, stranger, said=SignInShown(), refusal=over)
    return stranger.view("access/code.html", refusal=None)


async def say_code(engine: Engine, who: Visitor | Stranger, params: CodeSaid, incoming: Incoming) -> View:
    """Open a session, or say why not. Codes are guessed as slowly as passwords."""
    stranger, ticket = _stranger(who), cookies_of(incoming).get(TICKET, "")
    operators, now = engine.operators, engine.operators.clock()
    try:
        asked = await read_ticket(engine.database, SecondFactor, ticket, now)
        operator = await get_operator(engine.database, asked.operator_id)
    except Refusal as refusal:
        return _form(engine, stranger, said=SignInShown(), refusal=refusal)
    try:
        attempt = await begin_attempt(engine.database, operator.username, incoming.address, now, of="code")
        await check_code(engine.database, operators.seals, operator.operator_id, params.code, now)
        await take_ticket(engine.database, SecondFactor, ticket, now)
        await attempt_succeeded(engine.database, attempt, now)
    except Refusal as refusal:
        return _told_to_wait(stranger.view("access/code.html", status=refusal.status, refusal=refusal), refusal)
    return await _enter(engine, stranger, operator, asked.then, incoming, "password and code")


async def begin_sign_on(engine: Engine, who: Visitor | Stranger, params: SignInShown, incoming: Incoming) -> View:
    """To the provider."""
    stranger, sign_on = _stranger(who), _provider(engine, incoming)
    try:
        begun = await sign_on.begin(_place_of(incoming), own_place(params.then), engine.operators.clock())
    except Refusal as refusal:
        return _form(engine, stranger, said=params, refusal=refusal)
    return _with_ticket(stranger, begun.ticket, begun.url)


async def end_sign_on(
    engine: Engine, who: Visitor | Stranger, params: SignOnAnswered, incoming: Incoming
) -> View:  # fmt: skip
    """Back from the provider: open a session, or say why not."""
    stranger, sign_on = _stranger(who), _provider(engine, incoming)
    answer: dict[str, Any] = {name: said for name, said in to_builtins(params).items() if said is not None}
    try:
        done = await sign_on.finish(cookies_of(incoming).get(TICKET, ""), answer, engine.operators.clock())
    except Refusal as refusal:
        return _form(engine, stranger, said=SignInShown(), refusal=refusal)
    return await _enter(engine, stranger, done.operator, done.then, incoming, "single sign-on")


async def show_invitation(engine: Engine, who: Visitor | Stranger, params: Invited, _incoming: Incoming) -> View:
    """The form for a password."""
    return await _invitation(engine, _stranger(who), params.secret)


async def accept(engine: Engine, who: Visitor | Stranger, params: InvitationAccepted, _incoming: Incoming) -> View:
    """Keep the password, and let the person sign in with it."""
    stranger = _stranger(who)
    try:
        await accept_invitation(engine.database, params.secret, params.password, engine.operators.clock())
    except Refusal as refusal:
        return await _invitation(engine, stranger, params.secret, refusal)
    return View("", {}, 303, (cookie(SESSION, "", secure=stranger.secure, lasting_s=0),), SIGN_IN + "?ready=true")


async def sign_out(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """End the session of this browser."""
    await engine.sessions.end(visitor.operator.operator_id, visitor.session.session_id, engine.operators.clock())
    return visitor.leave(SIGN_IN)


async def choose_merchant(engine: Engine, visitor: Visitor, params: MerchantChosen, _incoming: Incoming) -> View:
    """Show another merchant's programme, of those for whom the person works."""
    if params.merchant not in visitor.operator.roles:
        raise MerchantNotFound(params.merchant)
    await engine.sessions.choose(visitor.session, params.merchant)
    return visitor.go("/console")


async def choose_taste(_engine: Engine, who: Visitor | Stranger, params: TasteChosen, _incoming: Incoming) -> View:
    """Keep how pages are to look."""
    language = params.language if params.language in LANGUAGES else ""
    theme = params.theme if params.theme in THEMES else ""
    kept: list[tuple[bytes, bytes]] = []
    if params.language is not None:
        kept.append(cookie(LANGUAGE, language, secure=who.secure, lasting_s=YEAR_S))
    if params.theme is not None:
        kept.append(cookie(THEME, theme, secure=who.secure, lasting_s=YEAR_S))
    return View("", {}, 303, tuple(kept), own_place(params.then))


def _stranger(who: Visitor | Stranger) -> Stranger:
    """Whoever signs in is nobody yet, also who is signed in already as somebody."""
    return Stranger(who.taste, who.path, who.secure)


def _form(
    engine: Engine, who: Stranger, *, said: SignInShown, refusal: Refusal | None = None, ready: bool = False
) -> View:  # fmt: skip
    sign_on = engine.sign_on
    view = who.view(
        "sign_in.html", status=200 if refusal is None else refusal.status, said=said, refusal=refusal, ready=ready,
        username=said.username if isinstance(said, Credentials) else "",
        sign_on=None if sign_on is None else sign_on.settings.name,
    )  # fmt: skip
    return _told_to_wait(view, refusal)


def _told_to_wait(view: View, refusal: Refusal | None) -> View:
    """For programs too: as a header."""
    if not isinstance(refusal, SignInWait):
        return view
    return view._replace(headers=(*view.headers, (b"retry-after", b"%d" % refusal.seconds)))


async def _invitation(engine: Engine, who: Stranger, secret: str, refusal: Refusal | None = None) -> View:
    try:
        username = await invitation_of(engine.database, secret, engine.operators.clock())
    except Refusal as over:
        return who.view("stopped.html", status=over.status, refusal=over)
    status = 200 if refusal is None else refusal.status
    return who.view("access/invitation.html", status=status, username=username, refusal=refusal)


async def _enter(
    engine: Engine, who: Stranger, operator: Operator, then: str | None, incoming: Incoming, means: str
) -> View:  # fmt: skip
    agent = incoming.headers.get("user-agent", "")
    secret = await engine.sessions.open(
        operator, engine.operators.clock(), user_agent=agent, address=incoming.address, means=means
    )  # fmt: skip
    entered = who.enter(secret, own_place(then))
    return entered._replace(headers=(*entered.headers, cookie(TICKET, "", secure=who.secure, lasting_s=0)))


def _with_ticket(who: Stranger, ticket: str, place: str) -> View:
    kept = cookie(TICKET, ticket, secure=who.secure, lasting_s=int(LIFE.total_seconds()))
    return View("", {}, 303, (kept,), place)


def _provider(engine: Engine, incoming: Incoming) -> SignOn:
    if engine.sign_on is None:
        raise PageNotFound(incoming.path)
    return engine.sign_on


def _place_of(incoming: Incoming) -> str:
    """Where the provider sends people back to, by the name under which the browser knows us."""
    return f"{'https' if incoming.secure else 'http'}://{incoming.headers.get('host', '')}{BACK}"


ROUTES = (
    Route("GET", SIGN_IN, SignInShown, View, show, OPEN, "Sign in"),
    Route("POST", SIGN_IN, Credentials, View, sign_in, OPEN, "Sign in"),
    Route("GET", CODE, Nothing, View, show_code, OPEN, "Sign in with a code"),
    Route("POST", CODE, CodeSaid, View, say_code, OPEN, "Sign in with a code"),
    Route("GET", SIGN_IN + "/provider", SignInShown, View, begin_sign_on, OPEN, "Sign in by a provider"),
    Route("GET", BACK, SignOnAnswered, View, end_sign_on, OPEN, "Come back from a provider"),
    Route("GET", "/console/invitation/{secret:str}", Invited, View, show_invitation, OPEN, "Choose a password"),
    Route("POST", "/console/invitation/{secret:str}", InvitationAccepted, View, accept, OPEN, "Choose a password"),
    Route("POST", "/console/sign-out", Nothing, View, sign_out, "see", "Sign out"),
    Route("POST", "/console/merchant", MerchantChosen, View, choose_merchant, "see", "Show another merchant"),
    Route("POST", "/console/taste", TasteChosen, View, choose_taste, OPEN, "Choose how pages look"),
)
