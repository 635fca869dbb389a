"""Exports: everything of a kind as a file, written by a worker and kept for a week."""

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import export_files
from guerdon.api.v1.export_files import ExportFileStopping, ExportFileWanted
from guerdon.api.v1.lists import ListAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.imports import STAGES, N
from guerdon.console.pages.names import actors_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

PLACE = "/console/exports"

KINDS = (
    ("members", N("Members")), ("lots", N("Points by expiry")), ("entries", N("Entries of the books")),
    ("redemptions", N("Redemptions")), ("orders", N("Orders")), ("codes", N("Coupon codes")),
    ("redemption_rules", N("Rewards")), ("earning_rules", N("Earning rules")),
)  # fmt: skip
FORMATS = (("csv", "CSV"), ("ndjson", "NDJSON"))
STATES = {
    "running": (N("Being written"), "held"),
    "complete": (N("Complete"), "good"),
    "cancelled": (N("Cancelled"), "plain"),
    "failed": (N("Failed"), "bad"),
    "forgotten": (N("Not kept any more"), "plain"),
}


class ExportsShown(Struct, kw_only=True):
    """A page of the list."""

    cursor: str | None = None


class ExportChosen(Struct, kw_only=True):
    """What is to be written out, and how."""

    kind: str
    format: str = "csv"


class ExportNamed(Struct):
    """One of them."""

    id: str


async def show_all(engine: Engine, visitor: Visitor, params: ExportsShown, incoming: Incoming) -> View:
    """What was asked for, and the form to ask."""
    return await _page(engine, visitor, params, incoming)


async def create(engine: Engine, visitor: Visitor, params: ExportChosen, incoming: Incoming) -> View:
    """Have everything of a kind written out."""
    wanted = ExportFileWanted(kind=params.kind, format="ndjson" if params.format == "ndjson" else "csv")
    try:
        await export_files.create(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _page(engine, visitor, ExportsShown(), incoming, refusal=refusal)
    return visitor.go(PLACE)


async def cancel(engine: Engine, visitor: Visitor, params: ExportNamed, incoming: Incoming) -> View:
    """Leave off."""
    try:
        await export_files.cancel(engine, visitor.caller, ExportFileStopping(id=params.id), visitor.inner(incoming))
    except Refusal as refusal:
        return await _page(engine, visitor, ExportsShown(), incoming, refusal=refusal)
    return visitor.go(PLACE, visitor._("The export was stopped"))


async def _page(
    engine: Engine, visitor: Visitor, params: ExportsShown, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:
    found = await export_files.find(
        engine, visitor.caller, ListAsked(limit=25, cursor=params.cursor), visitor.inner(incoming)
    )
    return visitor.view(
        "exports/list.html", status=200 if refusal is None else refusal.status, exports=found, refusal=refusal,
        kinds=KINDS, formats=FORMATS, states=STATES, stages=STAGES, cursor=params.cursor,
        by=await actors_named(engine, visitor, [one.actor for one in found.data]),
    )  # fmt: skip


ROUTES = (
    Route("GET", PLACE, ExportsShown, View, show_all, "export", "Exports"),
    Route("POST", PLACE, ExportChosen, View, create, "export", "Ask for an export"),
    Route("POST", PLACE + "/{id:str}/cancel", ExportNamed, View, cancel, "export", "Stop an export"),
)
