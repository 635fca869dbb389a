"""`/console/settings`: a person's own password, codes, browsers where they are signed in, and how pages look to them.

Times here are of people, not of the merchant, which may have a time of its own to try things with.
"""

from dataclasses import replace

from msgspec import Struct

from guerdon.access.codes import (
    begin_codes,
    codes_of,
    offered_codes,
    renew_recovery_codes,
    start_codes,
    stop_codes,
)
from guerdon.access.roles import PERMISSIONS
from guerdon.access.sessions import list_sessions
from guerdon.access.staff import PASSWORD_LENGTH_MIN, change_password, get_standing
from guerdon.api.engine import Engine
from guerdon.api.wire import Incoming, Route
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal, Unauthenticated

PLACE = "/console/settings"
CODES = PLACE + "/codes"
SESSIONS = PLACE + "/sessions"


class PasswordChanged(Struct):
    """The password that there is, and the one that is to be; said twice, since it is not seen."""

    password: str = ""
    new_password: str = ""
    repeated: str = ""


class PasswordSaid(Struct):
    """What proves that it is the person, and not somebody at their desk."""

    password: str = ""


class CodeSaid(Struct):
    """What the app shows."""

    code: str = ""


class SessionNamed(Struct):
    """One browser, by the number of its session."""

    id: int


async def show(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """All of it."""
    return await _shown(engine, visitor)


async def keep_password(engine: Engine, visitor: Visitor, params: PasswordChanged, incoming: Incoming) -> View:
    """Another password; every other browser is signed out."""
    try:
        await _prove(engine, visitor, params.password, incoming)
        if params.new_password != params.repeated:
            raise BadField("repeated", visitor._("it is not what stands above: type the new password twice"))
        await _keep(engine, visitor, params.new_password)
    except Refusal as refusal:
        return await _shown(engine, visitor, password_refused=refusal)
    return visitor.go(PLACE, visitor._("Your password is another now; every other browser is signed out"))


async def show_codes(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """The picture that an authenticator app scans, until a code of it was said."""
    return await _codes(engine, visitor)


async def begin(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """A new picture."""
    of = engine.database, engine.operators.seals, visitor.operator.operator_id
    await begin_codes(*of, name=visitor.merchant.name)
    return visitor.go(CODES)


async def start(engine: Engine, visitor: Visitor, params: CodeSaid, _incoming: Incoming) -> View:
    """Ask for codes from now on; the recovery codes are shown this once."""
    of = engine.database, engine.operators.seals, visitor.operator.operator_id
    try:
        recovery = await start_codes(*of, params.code, engine.operators.clock())
    except Refusal as refusal:
        return await _codes(engine, visitor, refusal)
    return visitor.view("access/recovery.html", codes=recovery, first=True)


async def renew(engine: Engine, visitor: Visitor, params: PasswordSaid, incoming: Incoming) -> View:
    """Ten new recovery codes, shown this once."""
    try:
        await _prove(engine, visitor, params.password, incoming)
        recovery = await renew_recovery_codes(
            engine.database, visitor.operator.operator_id, engine.operators.clock()
        )  # fmt: skip
    except Refusal as refusal:
        return await _shown(engine, visitor, codes_refused=refusal)
    return visitor.view("access/recovery.html", codes=recovery, first=False)


async def stop(engine: Engine, visitor: Visitor, params: PasswordSaid, incoming: Incoming) -> View:
    """Ask for no code any more."""
    try:
        await _prove(engine, visitor, params.password, incoming)
        await stop_codes(engine.database, visitor.operator.operator_id, engine.operators.clock())
    except Refusal as refusal:
        return await _shown(engine, visitor, codes_refused=refusal)
    return visitor.go(PLACE, visitor._("You sign in with your password alone now"))


async def end_session(engine: Engine, visitor: Visitor, params: SessionNamed, _incoming: Incoming) -> View:
    """Sign one other browser out."""
    await engine.sessions.end(visitor.operator.operator_id, params.id, engine.operators.clock())
    return visitor.go(f"{PLACE}#sessions", visitor._("Signed out there"))


async def end_others(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """Sign all other browsers out."""
    ended = await engine.sessions.end_others(visitor.session, engine.operators.clock())
    text = visitor.ngettext("%(num)s other browser is signed out", "%(num)s other browsers are signed out", ended)
    return visitor.go(f"{PLACE}#sessions", text)


async def _prove(engine: Engine, visitor: Visitor, password: str, incoming: Incoming) -> None:
    """Refuses with BadField, or with SignInWait after several failures: guessing here is no faster than signing in."""
    try:
        await engine.operators.prove(visitor.operator.username, password, address=incoming.address, anew=True)
    except Unauthenticated:
        raise BadField("password", visitor._("this is not your password")) from None


async def _keep(engine: Engine, visitor: Visitor, password: str) -> None:
    """Refuses with BadField, by the name that the field has here."""
    try:
        await change_password(
            engine.database, visitor.operator.operator_id, password, engine.operators.clock(),
            keeping=visitor.session.session_id,
        )  # fmt: skip
    except BadField as refused:
        raise BadField("new_password", refused.problem) from None


async def _codes(engine: Engine, visitor: Visitor, refusal: Refusal | None = None) -> View:
    of = engine.database, engine.operators.seals, visitor.operator.operator_id
    offered = await offered_codes(*of, name=visitor.merchant.name)
    if offered is None:
        return visitor.go(PLACE)
    status = 200 if refusal is None else refusal.status
    return visitor.view("access/codes.html", status=status, offered=offered, refusal=refusal)


async def _shown(
    engine: Engine, visitor: Visitor, *, password_refused: Refusal | None = None, codes_refused: Refusal | None = None
) -> View:
    operator_id, now = visitor.operator.operator_id, engine.operators.clock()
    refused = password_refused or codes_refused
    # How long ago a browser was used is told in the time of people.
    return replace(visitor, now=now).view(
        "access/you.html", status=200 if refused is None else refused.status,
        standing=await get_standing(engine.database, operator_id), codes=await codes_of(engine.database, operator_id),
        sessions=await list_sessions(engine.database, operator_id, now), password_refused=password_refused,
        codes_refused=codes_refused, length_min=PASSWORD_LENGTH_MIN,
        permissions=[one for one in PERMISSIONS if visitor.may(one)],
    )  # fmt: skip


ROUTES = (
    Route("GET", PLACE, Nothing, View, show, "see", "You"),
    Route("POST", PLACE + "/password", PasswordChanged, View, keep_password, "see", "Change your password"),
    Route("GET", CODES, Nothing, View, show_codes, "see", "Begin to sign in with codes"),
    Route("POST", CODES + "/begin", Nothing, View, begin, "see", "Begin to sign in with codes"),
    Route("POST", CODES, CodeSaid, View, start, "see", "Sign in with codes"),
    Route("POST", CODES + "/renew", PasswordSaid, View, renew, "see", "Make new recovery codes"),
    Route("POST", CODES + "/stop", PasswordSaid, View, stop, "see", "Sign in without codes"),
    Route("POST", SESSIONS + "/{id:str}/end", SessionNamed, View, end_session, "see", "Sign a browser out"),
    Route("POST", SESSIONS + "/end", Nothing, View, end_others, "see", "Sign all other browsers out"),
)
