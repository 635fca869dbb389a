"""Imports: a file is sent, looked at, started, watched, and taken back if it was a mistake."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Raw, Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import import_files, imports
from guerdon.api.v1.import_answers import ImportAnswer, UndoneAnswer
from guerdon.api.v1.import_files import BadRowsAsked, ImportStarting, ImportStopping
from guerdon.api.v1.imports import ImportAsked, ImportUndoing
from guerdon.api.v1.lists import ListAsked
from guerdon.api.wire import Incoming, Route
from guerdon.bulk.presets import PRESETS
from guerdon.console.pages.names import actors_named
from guerdon.console.pages.samples import SAMPLES
from guerdon.console.view import Download, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal

PLACE = "/console/imports"
SURVEYED_ROWS_MAX = 50_000
"""So many rows are looked through for points that were used since, before an import is taken back."""


def marked(text: str) -> str:
    """A text that is said in the person's language where it is shown."""
    return text


N = marked

OURS = N("A sample, or an export of Guerdon")
KINDS = (
    ("members", N("Members, with their balances")), ("lots", N("Points by expiry")), ("history", N("Statements")),
    ("codes", N("Coupon codes")), ("redemption_rules", N("Rewards")), ("earning_rules", N("Earning rules")),
)  # fmt: skip
STAGES = {
    "waiting": N("Waiting for a worker"), "checked": N("Looking at rows"), "imported": N("Writing rows"),
    "proven": N("Proving the books"), "undone": N("Taking back"), "exported": N("Writing rows"),
}  # fmt: skip
STATES = {
    "looking": (N("Being looked at"), "held"),
    "ready": (N("Ready to start"), "warn"),
    "running": (N("Running"), "held"),
    "stopped": (N("Stopped"), "warn"),
    "complete": (N("Complete"), "good"),
    "undoing": (N("Being undone"), "held"),
    "undone": (N("Undone"), "reversed"),
    "cancelled": (N("Cancelled"), "plain"),
    "failed": (N("Failed"), "bad"),
}


class ImportsShown(Struct, kw_only=True):
    """A page of the list, and what a form that was refused had said."""

    cursor: str | None = None
    kind: str | None = None
    preset: str | None = None
    country: str | None = None


class ImportShown(Struct, kw_only=True):
    """One import, and a page of its bad rows."""

    id: str
    cursor: str | None = None


class Started(Struct, kw_only=True):
    """Have it written, perhaps without its bad rows."""

    id: str
    skip_bad: bool = False


class Undoing(Struct, kw_only=True):
    """Have it taken back, perhaps though some points were used."""

    id: str
    force: bool = False


class Sampled(Struct):
    """What a file of which kind looks like."""

    kind: str


async def show_all(engine: Engine, visitor: Visitor, params: ImportsShown, incoming: Incoming) -> View:
    """What was imported, and the form to send a file."""
    return await page_of_imports(engine, visitor, params, visitor.inner(incoming))


async def page_of_imports(
    engine: Engine, visitor: Visitor, params: ImportsShown, inner: Incoming, *, refusal: Refusal | None = None
) -> View:
    """The same, perhaps with why a file was not taken."""
    found = await imports.find(engine, visitor.caller, ListAsked(limit=25, cursor=params.cursor), inner)
    presets = [(name, visitor._(OURS) if name == "guerdon" else one.title) for name, one in PRESETS.items()]
    return visitor.view(
        "imports/list.html", status=200 if refusal is None else refusal.status, imports=found, said=params,
        refusal=refusal, kinds=KINDS, states=STATES, presets=presets,
        by=await actors_named(engine, visitor, [one.actor for one in found.data]),
        samples=[(kind, text) for kind, text in KINDS if kind in SAMPLES],
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: ImportShown, incoming: Incoming) -> View:
    """One import: what is in it, how far it is, what came of it, and what is wrong with its rows."""
    return await _page(engine, visitor, params, incoming)


async def start(engine: Engine, visitor: Visitor, params: Started, incoming: Incoming) -> View:
    """Have it written."""
    try:
        await import_files.start(
            engine, visitor.caller, ImportStarting(id=params.id, skip_bad=params.skip_bad), visitor.inner(incoming)
        )
    except Refusal as refusal:
        return await _page(engine, visitor, ImportShown(id=params.id), incoming, refusal=refusal)
    return visitor.go(f"{PLACE}/{params.id}")


async def cancel(engine: Engine, visitor: Visitor, params: ImportShown, incoming: Incoming) -> View:
    """Leave off."""
    try:
        await import_files.cancel(engine, visitor.caller, ImportStopping(id=params.id), visitor.inner(incoming))
    except Refusal as refusal:
        return await _page(engine, visitor, ImportShown(id=params.id), incoming, refusal=refusal)
    return visitor.go(f"{PLACE}/{params.id}", visitor._("The import was stopped"))


async def preview_undo(engine: Engine, visitor: Visitor, params: Undoing, incoming: Incoming) -> View:
    """What taking it back would do."""
    return await _undo_page(engine, visitor, params, incoming)


async def undo(engine: Engine, visitor: Visitor, params: Undoing, incoming: Incoming) -> View:
    """Take it back."""
    asked = ImportUndoing(id=params.id, force=params.force)
    try:
        await imports.take_back(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refusal:
        return await _undo_page(engine, visitor, params, incoming, refusal=refusal)
    return visitor.go(f"{PLACE}/{params.id}")


async def bad_rows(engine: Engine, visitor: Visitor, params: ImportShown, incoming: Incoming) -> Download:
    """The bad rows as a file."""
    content = await import_files.bad_rows_file(
        engine, visitor.caller, ImportAsked(id=params.id), visitor.inner(incoming)
    )  # fmt: skip
    return Download(f"{params.id}-bad-rows.csv", bytes(content), "text/csv; charset=utf-8")


async def sample(_engine: Engine, _visitor: Visitor, params: Sampled, _incoming: Incoming) -> Download:
    """A file as it should look, to begin with."""
    if params.kind not in SAMPLES:
        raise BadField("kind", f"there is no sample of {params.kind[:40]!r}")
    return Download(f"{params.kind}.csv", SAMPLES[params.kind].encode(), "text/csv; charset=utf-8")


def named(file: str) -> str:
    """A file's name as imports are called: no path, and no letters that mean something elsewhere."""
    return re.sub(r"[^\w. -]", "_", re.split(r"[\\/]", file)[-1])[-100:].strip() or "upload"


async def _page(
    engine: Engine, visitor: Visitor, params: ImportShown, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:
    inner = visitor.inner(incoming)
    told = await imports.fetch(engine, visitor.caller, ImportAsked(id=params.id), inner)
    asked = BadRowsAsked(id=params.id, limit=25, cursor=params.cursor)
    bad = await import_files.bad_rows(engine, visitor.caller, asked, inner)
    return visitor.view(
        "imports/one.html", status=200 if refusal is None else refusal.status, one=told, bad=bad, refusal=refusal,
        cursor=params.cursor, by=await actors_named(engine, visitor, [told.actor]), kinds=dict(KINDS), states=STATES,
        stages=STAGES, steps=_steps(visitor, told),
    )  # fmt: skip


async def _undo_page(
    engine: Engine, visitor: Visitor, params: Undoing, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:
    inner = visitor.inner(incoming)
    told = await imports.fetch(engine, visitor.caller, ImportAsked(id=params.id), inner)
    spent: int | None = None
    if told.rows_done <= SURVEYED_ROWS_MAX:
        asked = ImportUndoing(id=params.id, force=True, dry_run=True)
        answer = await imports.take_back(engine, visitor.caller, asked, inner)
        assert isinstance(answer, UndoneAnswer | Raw)
        spent = None if isinstance(answer, Raw) else answer.points_spent
    return visitor.view(
        "imports/undo.html", status=200 if refusal is None else refusal.status, one=told, spent=spent, refusal=refusal
    )


def _steps(visitor: Visitor, told: ImportAnswer) -> Sequence[dict[str, Any]]:
    """The life of an import, as far as it is; and what is still to come."""
    order = ("looking", "ready", "running", "complete")
    names = (visitor._("Sent"), visitor._("Looked at"), visitor._("Started"), visitor._("Complete"))
    reached = {"failed": 0, "cancelled": 1, "stopped": 2, "undoing": 3, "undone": 3}.get(told.state)
    at = order.index(told.state) if reached is None else reached
    steps: list[dict[str, Any]] = [
        {"title": name, "done": number <= at, "tone": "good" if number <= at else "plain"}
        for number, name in enumerate(names)
    ]
    steps[0]["at"] = told.created_at
    if told.state in ("failed", "cancelled", "stopped"):
        del steps[at + 1 :]
    if told.state not in order:
        text, tone = STATES[told.state]
        steps.append({"title": visitor._(text), "at": told.updated_at, "tone": tone})
    elif at:
        steps[at]["at"] = told.updated_at
    return steps


ROUTES = (
    Route("GET", PLACE, ImportsShown, View, show_all, "import", "Imports"),
    Route("GET", PLACE + "/samples/{kind:str}", Sampled, Download, sample, "import", "A sample file"),
    Route("GET", PLACE + "/{id:str}", ImportShown, View, show, "import", "An import"),
    Route("POST", PLACE + "/{id:str}/start", Started, View, start, "import", "Start an import"),
    Route("POST", PLACE + "/{id:str}/cancel", ImportShown, View, cancel, "import", "Stop an import"),
    Route("GET", PLACE + "/{id:str}/undo", Undoing, View, preview_undo, "import", "Undo an import?"),
    Route("POST", PLACE + "/{id:str}/undo", Undoing, View, undo, "import", "Undo an import"),
    Route("GET", PLACE + "/{id:str}/bad-rows", ImportShown, Download, bad_rows, "import", "Bad rows as a file"),
)
