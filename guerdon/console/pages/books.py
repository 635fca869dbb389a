"""`/console/books`: have the books proven, see how far that is, and what earlier proofs came to."""

from datetime import timedelta
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1.ids import number
from guerdon.api.v1.lists import ListAsked, after, page
from guerdon.api.wire import Incoming, Route
from guerdon.console.frame import N
from guerdon.console.pages.names import Named, actors_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.points.audit import Finding
from guerdon.reports.proofs import Part, Proof, ask_for_proof, get_proof, list_proofs

LIST = "/console/books"
PAGE = 20

PROVEN = (
    N("Every account numbers its entries from 1 without a gap: none was taken out, none slipped in."),
    N("Points only move: the buckets of each account together are zero, and what accounts gave one another evens out."),
    N("Each balance is what all entries together left there, and each entry says what it left."),
    N("Lots have what was earned less what was spent from them, at no time more and never less than nothing."),
    N("What is held rests on open holds, and what is pending on entries that wait."),
    N("Each redemption rests on an entry of its points, has its coupon, and counts towards the caps of its reward."),
    N("What orders, activities and referrals earned is what their awards say, returns included."),
    N("The sums by day that reports show are what the entries come to."),
)
"""What a proof shows, in words."""

PARTS: dict[Part, str] = {
    "": N("Beginning"),
    "books": N("Accounts, their entries, lots and holds"),
    "rewards": N("Redemptions, coupons and caps"),
    "earning": N("Orders, returns and awards"),
    "sums": N("Sums by day"),
}
"""What each part goes through."""


class BooksShown(Struct, kw_only=True):
    """Proofs, newest first."""

    cursor: str | None = None


class ProofAsked(Struct, kw_only=True):
    """A new one."""


class ProofShown(Struct, kw_only=True):
    """One of them."""

    id: str


async def show(engine: Engine, visitor: Visitor, params: BooksShown, incoming: Incoming) -> View:
    """What is proven, the proof that is under way, and earlier ones."""
    asked = ListAsked(limit=PAGE, cursor=params.cursor)
    rows = await list_proofs(
        engine.database, visitor.merchant.merchant_id, before=after(asked, tuple[Any, int]), count_max=PAGE + 1
    )
    found = page(visitor.inner(incoming), asked, rows, lambda row: (row.asked_at, row.proof_id), lambda row: row)
    named = await actors_named(engine, visitor, [row.actor for row in rows])
    return visitor.view(
        "books/list.html", proofs=[_told(visitor, one, named) for one in found.data], found=found,
        asked={"cursor": params.cursor} if params.cursor else {},
        current=next((_told(visitor, one, named) for one in rows if not one.ended), None),
        last=next((_told(visitor, one, named) for one in rows if one.ended), None),
        proven=[visitor._(line) for line in PROVEN],
    )  # fmt: skip


async def ask(engine: Engine, visitor: Visitor, _params: ProofAsked, _incoming: Incoming) -> View:
    """Have the books proven. One that is under way is shown instead."""
    proof = await ask_for_proof(
        engine.database, visitor.merchant.merchant_id, actor=visitor.operator.actor, now=engine.clock()
    )
    return visitor.go(f"{LIST}/{_id(proof)}", visitor._("The proof has been asked for"))


async def show_one(engine: Engine, visitor: Visitor, params: ProofShown, _incoming: Incoming) -> View:
    """How far a proof is, or what it came to."""
    proof = await get_proof(engine.database, visitor.merchant.merchant_id, number("proof", params.id))
    named = await actors_named(engine, visitor, [proof.actor])
    return visitor.view(
        "books/one.html", proof=_told(visitor, proof, named), proven=[visitor._(line) for line in PROVEN],
        findings=[_finding(one) for one in proof.findings],
    )  # fmt: skip


def _told(visitor: Visitor, proof: Proof, named: Named) -> dict[str, Any]:
    """A proof in words, with its pace while it is under way."""
    took = None
    if proof.started_at is not None:
        took = (proof.finished_at or visitor.now) - proof.started_at
    return {
        "id": _id(proof), "state": proof.state, "ended": proof.ended, "part": visitor._(PARTS[proof.part]),
        "done": proof.done, "total": proof.total, "findings": len(proof.findings),
        "actor": named(proof.actor), "asked_at": proof.asked_at, "finished_at": proof.finished_at,
        "took": None if took is None or not proof.ended else _lasting(visitor, took),
        **_pace(visitor, proof, took),
    }  # fmt: skip


def _pace(visitor: Visitor, proof: Proof, took: timedelta | None) -> dict[str, str | None]:
    """How many things are looked at in a second, and how long the part still takes at that."""
    seconds = 0.0 if took is None else took.total_seconds()
    if proof.ended or seconds < 1 or not proof.done:
        return {"rate": None, "left": None}
    rate = proof.done / seconds
    left = timedelta(seconds=(proof.total - proof.done) / rate)
    return {
        "rate": visitor.ngettext(
            "%(rate)s a second", "%(rate)s a second", round(rate),
            rate=format_decimal(round(rate), locale=visitor.locale),
        ),
        "left": _lasting(visitor, left),
    }  # fmt: skip


def _lasting(visitor: Visitor, time: timedelta) -> str:
    if time < timedelta(seconds=1):
        return visitor._("less than a second")
    return format_timedelta(time, granularity="second", threshold=1.2, locale=visitor.locale)


def _finding(finding: Finding) -> dict[str, str | None]:
    kind, _, known_as = finding.subject.partition(":")
    places = {"redemption": f"/console/redemptions/red_{known_as}", "member": f"/console/members/mem_{known_as}"}
    return {
        "check": finding.check.replace("_", " ").capitalize(), "subject": finding.subject,
        "sentence": finding.sentence, "href": places.get(kind),
    }  # fmt: skip


def _id(proof: Proof) -> str:
    return f"proof_{proof.proof_id}"


ROUTES = (
    Route("GET", LIST, BooksShown, View, show, "see", "Books"),
    Route("POST", LIST, ProofAsked, View, ask, "audit", "Prove the books"),
    Route("GET", LIST + "/{id:str}", ProofShown, View, show_one, "see", "A proof of the books"),
)
