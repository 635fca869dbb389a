"""`/console/settings/people`: who works for the merchant, as what, and letting them in and out."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from msgspec import Struct

from guerdon.access import staff
from guerdon.access.operators import list_operators
from guerdon.access.roles import MAY, PERMISSIONS, Role
from guerdon.api.engine import Engine
from guerdon.api.v1 import audit_entries
from guerdon.api.v1.audit_entries import AuditEntriesAsked
from guerdon.api.v1.ids import number, shown
from guerdon.api.wire import Incoming, Route
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.access import OperatorNotFound
from guerdon.errors.base import Refusal

PLACE = "/console/settings/people"
CHANGES = 10
"""So many of the last things that a person did are on their page."""


class PersonWanted(Struct):
    """Who is to be invited, and as what."""

    username: str = ""
    role: str = "support"


class PersonNamed(Struct, kw_only=True):
    """Somebody, by id."""

    id: str


class RoleChosen(PersonNamed, kw_only=True):
    """What they are to be."""

    role: Role


async def show_all(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """Everybody, and what each role may do."""
    return await _listed(engine, visitor)


async def invite(engine: Engine, visitor: Visitor, params: PersonWanted, incoming: Incoming) -> View:
    """Add somebody, and show the link by which they choose a password: this once."""
    try:
        invited = await staff.invite(
            engine.database, visitor.merchant.merchant_id, username=params.username.strip(), role=params.role,
            now=engine.operators.clock(),
        )  # fmt: skip
    except Refusal as refusal:
        return await _listed(engine, visitor, said=params, refusal=refusal)
    return _link(visitor, params.username.strip(), invited, incoming)


async def show(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """One person, and what they did of late."""
    return await _shown(engine, visitor, params.id, incoming)


async def choose_role(engine: Engine, visitor: Visitor, params: RoleChosen, incoming: Incoming) -> View:
    """Another role, which counts within seconds."""
    return await _do(
        engine, visitor, params.id, incoming, visitor._("The role is another now"),
        staff.change_role(
            engine.database, visitor.merchant.merchant_id, _number(params), params.role, engine.operators.clock()
        ),
    )  # fmt: skip


async def remove(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """Let somebody work for this merchant no more."""
    done = staff.change_role(
        engine.database, visitor.merchant.merchant_id, _number(params), None, engine.operators.clock()
    )  # fmt: skip
    try:
        await done
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    return visitor.go(PLACE, visitor._("They work for this merchant no more"))


async def disable(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """Let somebody in no more; they are out within seconds."""
    return await _do(
        engine, visitor, params.id, incoming, visitor._("They cannot sign in any more"),
        staff.disable(*_of(engine, visitor, params), merchants=_owned(visitor)),
    )  # fmt: skip


async def enable(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """Let somebody in again."""
    return await _do(
        engine, visitor, params.id, incoming, visitor._("They can sign in again"),
        staff.enable(*_of(engine, visitor, params), merchants=_owned(visitor)),
    )  # fmt: skip


async def reset_codes(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """Ask somebody for no code any more who has lost the telephone."""
    return await _do(
        engine, visitor, params.id, incoming, visitor._("They sign in with their password alone now"),
        staff.reset_codes(*_of(engine, visitor, params), merchants=_owned(visitor)),
    )  # fmt: skip


async def invite_again(engine: Engine, visitor: Visitor, params: PersonNamed, incoming: Incoming) -> View:
    """A new link for somebody who lost the first, or their password."""
    try:
        invited = await staff.invite_again(*_of(engine, visitor, params), merchants=_owned(visitor))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    person = await _person(engine, visitor, invited.operator_id)
    return _link(visitor, person["username"], invited, incoming)


def _number(params: PersonNamed) -> int:
    return number("opr", params.id)


def _of(engine: Engine, visitor: Visitor, params: PersonNamed) -> tuple[Any, int, int, Any]:
    return engine.database, visitor.merchant.merchant_id, _number(params), engine.operators.clock()


def _owned(visitor: Visitor) -> list[int]:
    """The merchants that the visitor owns: who works for others too is not theirs to change."""
    return [merchant_id for merchant_id, role in visitor.operator.roles.items() if role == staff.OWNER]


def _link(visitor: Visitor, username: str, invited: staff.Invited, incoming: Incoming) -> View:
    scheme, host = "https" if incoming.secure else "http", incoming.headers.get("host", "")
    link = f"{scheme}://{host}/console/invitation/{invited.secret}"
    return visitor.view("access/invited.html", username=username, link=link, days=staff.INVITED_FOR.days)


async def _do(
    engine: Engine, visitor: Visitor, person: str, incoming: Incoming, text: str, work: Awaitable[None]
) -> View:  # fmt: skip
    """Do this to a person, and show them again with what was done, or with why not."""
    try:
        await work
    except Refusal as refusal:
        return await _shown(engine, visitor, person, incoming, refusal=refusal)
    return visitor.go(f"{PLACE}/{person}", text)


async def _person(engine: Engine, visitor: Visitor, operator_id: int) -> dict[str, Any]:
    people = await list_operators(engine.database, visitor.merchant.merchant_id)
    found = next((one for one in people if one["operator_id"] == operator_id), None)
    if found is None:
        raise OperatorNotFound(operator_id)
    return found


async def _listed(
    engine: Engine, visitor: Visitor, *, said: PersonWanted | None = None, refusal: Refusal | None = None
) -> View:
    people = await list_operators(engine.database, visitor.merchant.merchant_id)
    return replace(visitor, now=engine.operators.clock()).view(
        "access/people.html", status=200 if refusal is None else refusal.status, said=said or PersonWanted(),
        people=[{**one, "id": shown("opr", one["operator_id"])} for one in people], refusal=refusal,
        roles=list(MAY), permissions=list(PERMISSIONS), may=MAY,
    )  # fmt: skip


async def _shown(
    engine: Engine, visitor: Visitor, person: str, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:  # fmt: skip
    one = await _person(engine, visitor, number("opr", person))
    asked = AuditEntriesAsked(actor=f"operator:{one['operator_id']}", limit=CHANGES)
    done = await audit_entries.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return replace(visitor, now=engine.operators.clock()).view(
        "access/person.html", status=200 if refusal is None else refusal.status, one=one, id=person, refusal=refusal,
        done=done.data, roles=list(MAY), permissions=[name for name in PERMISSIONS if name in MAY[one["role"]]],
    )  # fmt: skip


ONE = PLACE + "/{id:str}"
ROUTES = (
    Route("GET", PLACE, Nothing, View, show_all, "administer", "People"),
    Route("POST", PLACE, PersonWanted, View, invite, "administer", "Invite a person"),
    Route("GET", ONE, PersonNamed, View, show, "administer", "A person"),
    Route("POST", ONE + "/role", RoleChosen, View, choose_role, "administer", "Change a person's role"),
    Route("POST", ONE + "/remove", PersonNamed, View, remove, "administer", "Remove a person"),
    Route("POST", ONE + "/disable", PersonNamed, View, disable, "administer", "Disable a person"),
    Route("POST", ONE + "/enable", PersonNamed, View, enable, "administer", "Enable a person"),
    Route("POST", ONE + "/codes", PersonNamed, View, reset_codes, "administer", "Reset a person's codes"),
    Route("POST", ONE + "/invitation", PersonNamed, View, invite_again, "administer", "Invite a person again"),
)
