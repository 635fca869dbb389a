"""`/console/entries`: the lines of the books, all of them, and one with its lots, its command and its balances."""

from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Literal

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import accounts, entries
from guerdon.api.v1.accounts import AccountChosen
from guerdon.api.v1.entries import Bucket, EntriesAsked, EntryAnswer, EntryChosen, entry_shown, words_beside
from guerdon.api.v1.ids import numbers
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, every
from guerdon.console.frame import N
from guerdon.console.pages.lists import (
    PAGE,
    DaysShown,
    filters_in_use,
    first_moment,
    member_meant,
    moment_after,
    said,
    whole,
)
from guerdon.console.pages.names import actors_named, members_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal
from guerdon.points.journal import entries_beside
from guerdon.points.search import get_entry

LIST = "/console/entries"

Kind = Literal["earned", "redeemed", "held", "released", "expired", "reversed"]

KINDS: dict[Kind, tuple[Bucket | None, Bucket | None]] = {
    "earned": ("issued", None), "redeemed": (None, "redeemed"), "held": (None, "held"),
    "released": ("held", "available"), "expired": (None, "expired"), "reversed": (None, "reversed"),
}  # fmt: skip
"""From which bucket and to which the points of each kind go."""

REASONS = (
    "order", "activity", "referral", "adjustment", "redemption", "capture", "release", "cancellation", "return",
    "reversal", "expiry", "activation", "import", "transfer", "purchase", "merge", "household", "erasure",
)  # fmt: skip
"""Why points usually move: what is suggested, among others that there may be."""

PLACES = {
    "red": "/console/redemptions/", "mem": "/console/members/", "order": "/console/orders/",
    "return": "/console/returns/", "hh": "/console/households/",
}  # fmt: skip
"""Where what an entry is about has a page."""


class EntriesShown(DaysShown, kw_only=True):
    """Which entries, by the days on which they were recorded."""

    kind: Kind | None = None
    reason: str | None = None
    member: str | None = None
    source: Bucket | None = None
    target: Bucket | None = None


class EntryShown(Struct, kw_only=True):
    """One entry."""

    id: str


def wanted(visitor: Visitor, params: EntriesShown, limit: int) -> EntriesAsked:
    """The same, as the native API is asked."""
    source, target = KINDS[params.kind] if params.kind else (params.source, params.target)
    return EntriesAsked(
        limit=limit, cursor=params.cursor, reason=whole(params.reason), member=member_meant(params.member),
        source=source, target=target, recorded_since=first_moment(visitor, params.since),
        recorded_before=moment_after(visitor, params.until),
    )  # fmt: skip


async def show_all(engine: Engine, visitor: Visitor, params: EntriesShown, incoming: Incoming) -> View:
    """The list."""
    refusal, found = None, None
    try:
        found = await entries.find(engine, visitor.caller, wanted(visitor, params, PAGE), visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    rows = [] if found is None else found.data
    named = await actors_named(engine, visitor, [one.actor for one in rows])
    return visitor.view(
        "entries/list.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), reasons=REASONS,
        actors={one.id: named(one.actor) for one in rows}, saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: EntryShown, incoming: Incoming) -> View:
    """One, with all that belongs to it."""
    inner = visitor.inner(incoming)
    one = await entries.fetch(engine, visitor.caller, EntryChosen(id=params.id), inner)
    account = await accounts.fetch(engine, visitor.caller, AccountChosen(id=one.account), inner)
    named = await actors_named(engine, visitor, [one.actor])
    return visitor.view(
        "entries/one.html", one=one, account=account, members=await members_named(engine, visitor, account.members),
        actor=named(one.actor), about=_about(one), beside=await _beside(engine, visitor, one),
    )  # fmt: skip


async def rows(engine: Engine, visitor: Visitor, params: EntriesShown, incoming: Incoming) -> AsyncIterator[Rows]:
    """The list as a file."""
    async for page in every(entries.find, engine, visitor, wanted(visitor, params, LIMIT_MAX), incoming):
        yield page


async def _beside(engine: Engine, visitor: Visitor, one: EntryAnswer) -> list[EntryAnswer]:
    """What else its command moved."""
    merchant_id = visitor.merchant.merchant_id
    entry = await get_entry(engine.database, merchant_id, *numbers("ent", one.id, count=2))
    found = await entries_beside(engine.database, merchant_id, entry)
    words = await words_beside(engine.database, visitor.caller, found)
    return [shown for shown in (entry_shown(each, words) for each in found) if shown.id != one.id]


def _about(one: EntryAnswer) -> str | None:
    """The page of what it is about, where there is one."""
    kind, _, known_as = one.subject.partition(":")
    if known_as:
        return f"{PLACES[kind]}{known_as}" if kind in PLACES else None
    kind = one.subject.partition("_")[0]
    return f"{PLACES[kind]}{one.subject}" if kind in PLACES else None


COLUMNS = (
    Column(N("Entry"), attrgetter("id")),
    Column(N("Recorded"), attrgetter("recorded_at"), moment=True),
    Column(N("Happened"), attrgetter("occurred_at"), moment=True),
    Column(N("From"), attrgetter("source")),
    Column(N("To"), attrgetter("target")),
    Column(N("Points"), attrgetter("points")),
    Column(N("Reason"), attrgetter("reason")),
    Column(N("About"), attrgetter("subject")),
    Column(N("Account"), attrgetter("account")),
    Column(N("By"), attrgetter("actor")),
)

EXPORTS = (Export("/console/entries.csv", EntriesShown, COLUMNS, rows),)

ROUTES = (
    Route("GET", LIST, EntriesShown, View, show_all, "see", "Entries"),
    Route("GET", LIST + "/{id:str}", EntryShown, View, show, "see", "An entry"),
)
