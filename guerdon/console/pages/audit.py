"""`/console/settings/audit`: who changed what, with what it was before and is after."""

from collections.abc import AsyncIterator, Iterable
from operator import attrgetter
from typing import Any, cast

import msgspec
from msgspec import Struct

from guerdon.access.operators import list_operators
from guerdon.api.engine import Engine
from guerdon.api.v1 import audit_entries
from guerdon.api.v1.audit_entries import KINDS, AuditEntriesAsked, AuditEntryAnswer, AuditEntryChosen
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, every
from guerdon.console.frame import N
from guerdon.console.pages.lists import PAGE, DaysShown, filters_in_use, first_moment, moment_after, said, whole
from guerdon.console.pages.names import actors_named, members_named, rewards_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.earning.rules import list_rules
from guerdon.errors.base import Refusal

PLACE = "/console/settings/audit"
WITHOUT_ID = ("activity", "list", "tier_programme", "token_secret", "transfer_rule")


class ChangesShown(DaysShown, kw_only=True):
    """Which changes; `subject` is the id of what was changed, of the `kind`."""

    actor: str | None = None
    action: str | None = None
    kind: str | None = None
    subject: str | None = None


class ChangeShown(Struct):
    """One change."""

    id: str


def wanted(visitor: Visitor, params: ChangesShown, limit: int) -> AuditEntriesAsked:
    """The same, as the native API is asked. An id tells its kind by how it begins."""
    subject = whole(params.subject)
    kind = params.kind
    if subject is not None and kind is None:
        kind = next((name for name, begins in KINDS.items() if subject.startswith(f"{begins}_")), None)
    return AuditEntriesAsked(
        limit=limit, cursor=params.cursor, actor=whole(params.actor), action=whole(params.action), kind=kind,
        subject=subject, since=first_moment(visitor, params.since), before=moment_after(visitor, params.until),
    )  # fmt: skip


async def show_all(engine: Engine, visitor: Visitor, params: ChangesShown, incoming: Incoming) -> View:
    """The trail, newest first."""
    refusal, found = None, None
    try:
        found = await audit_entries.find(
            engine, visitor.caller, wanted(visitor, params, PAGE), visitor.inner(incoming)
        )  # fmt: skip
    except Refusal as refused:
        refusal = refused
    rows = [] if found is None else found.data
    people = await list_operators(engine.database, visitor.merchant.merchant_id)
    actors = [(f"operator:{one['operator_id']}", one["username"]) for one in people]
    actors += [(actor, actor) for actor in {params.actor} - {one for one, _ in actors} if actor]
    return visitor.view(
        "access/audit.html", status=200 if refusal is None else refusal.status, found=found, refusal=refusal,
        asked=said(params), filtered=filters_in_use(said(params)), actors=actors, kinds=sorted([*KINDS, *WITHOUT_ID]),
        names=await _names(engine, visitor, rows), saved=await kept(engine, visitor, incoming),
        differing={row.id: sorted({*(row.before or {}), *(row.after or {})}) for row in rows},
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: ChangeShown, incoming: Incoming) -> View:
    """One change with all that differs."""
    chosen = AuditEntryChosen(id=params.id)
    one = await audit_entries.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
    names = await _names(engine, visitor, [one])
    return visitor.view("access/change.html", one=one, names=names, lines=list(lines_of(one.before, one.after)))


async def rows(engine: Engine, visitor: Visitor, params: ChangesShown, incoming: Incoming) -> AsyncIterator[Rows]:
    """The trail as a file."""
    visitor.require("audit")
    async for page in every(audit_entries.find, engine, visitor, wanted(visitor, params, LIMIT_MAX), incoming):
        yield page


def lines_of(
    before: dict[str, Any] | None, after: dict[str, Any] | None, within: str = ""
) -> Iterable[tuple[str, str | None, str | None]]:
    """What differs, a line for each field, also inside of others: its name, and it before and after. Pure."""
    old, new = before or {}, after or {}
    for name in sorted({*old, *new}):
        left, right = old.get(name), new.get(name)
        if isinstance(left, dict) or isinstance(right, dict):
            yield from lines_of(_inside(left), _inside(right), f"{within}{name}.")
        else:
            yield within + name, _text(left), _text(right)


def _inside(value: Any) -> dict[str, Any] | None:
    """What a field holds, where one side of it may hold nothing, or one value."""
    return cast("dict[str, Any] | None", value) if isinstance(value, dict) or value is None else {"": value}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


async def _names(engine: Engine, visitor: Visitor, rows: list[AuditEntryAnswer]) -> dict[str, str]:
    """What people call what was changed, by its id."""
    merchant_id = visitor.merchant.merchant_id
    members = [row.subject for row in rows if row.kind == "member"]
    people = await list_operators(engine.database, merchant_id)
    keys = {row.subject: f"key:{number('key', row.subject)}" for row in rows if row.kind == "api_key" and row.subject}
    key_named = await actors_named(engine, visitor, keys.values())
    return {
        **await members_named(engine, visitor, members),
        **await rewards_named(engine, visitor),
        **{shown("earn", rule.rule_id): rule.terms.name for rule in await list_rules(engine.database, merchant_id)},
        **{shown("opr", one["operator_id"]): one["username"] for one in people},
        **{subject: key_named(actor) for subject, actor in keys.items()},
    }


def _who(one: AuditEntryAnswer) -> str:
    return one.actor_name or one.actor


def _before(one: AuditEntryAnswer) -> str | None:
    return _text(one.before)


def _after(one: AuditEntryAnswer) -> str | None:
    return _text(one.after)


COLUMNS = (
    Column(N("When"), attrgetter("at"), moment=True),
    Column(N("Who"), _who),
    Column(N("Actor"), attrgetter("actor")),
    Column(N("What happened"), attrgetter("action")),
    Column(N("Kind"), attrgetter("kind")),
    Column(N("Subject"), attrgetter("subject")),
    Column(N("Before"), _before),
    Column(N("After"), _after),
    Column(N("Address"), attrgetter("address")),
    Column(N("Request"), attrgetter("request")),
    Column(N("Id"), attrgetter("id")),
)

EXPORTS = (Export(PLACE + ".csv", ChangesShown, COLUMNS, rows),)

ROUTES = (
    Route("GET", PLACE, ChangesShown, View, show_all, "audit", "Audit trail"),
    Route("GET", PLACE + "/{id:str}", ChangeShown, View, show, "audit", "A change"),
)
