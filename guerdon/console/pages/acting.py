"""What the forms of actions have in common: an effect is shown before anything is done, and what is done was shown.

    fields ──► step=preview: a dry run of the native API ──► its effect, with a button ──► step=do, if nothing changed

The preview says by a mark what it was made of. Whoever changes a field after it gets another preview.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import members
from guerdon.api.v1.ids import shown
from guerdon.api.v1.members import MemberChosen
from guerdon.api.v1.profile import MemberAnswer
from guerdon.api.wire import Incoming
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal
from guerdon.points.search import find_lots
from guerdon.points.values import Entry

MEMBERS = "/console/members"
LOTS_MAX = 500


class MemberAt(Struct, kw_only=True):
    """The member of a path."""

    id: str


class Acting(MemberAt, kw_only=True):
    """A form of an action on a member: as it is opened, looked at, or done."""

    step: Literal["open", "preview", "do"] = "open"
    seen: str | None = None

    @property
    def mark(self) -> str:
        """What tells these fields from others."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        fields = {name: value for name, value in said.items() if name not in ("step", "seen")}
        return hashlib.blake2b(msgspec.json.encode(fields, order="sorted"), digest_size=12).hexdigest()

    @property
    def is_confirmed(self) -> bool:
        """Whether this is to be done, just as its effect was shown."""
        return self.step == "do" and self.seen == self.mark


class Taken(NamedTuple):
    """So many points that a lot would lose, with its id and when it expires."""

    points: int
    lot: str
    expires_at: datetime | None


async def taken_lots(engine: Engine, visitor: Visitor, entries: Sequence[Entry]) -> list[Taken]:
    """Which lots the entries of a rehearsal would take points from, just as the books would."""
    parts = [
        (entry.account_id, part)
        for entry in entries
        if entry.source == "available" and entry.target != "expired"
        for part in entry.parts
    ]
    if not parts:
        return []
    accounts = sorted({account_id for account_id, _ in parts})
    lots = await find_lots(engine.database, visitor.merchant.merchant_id, accounts, live=True, count_max=LOTS_MAX)
    ends = {(lot.account_id, lot.number): lot.expires_at for lot in lots}
    return [
        Taken(part.points, shown("lot", account_id, part.lot), ends.get((account_id, part.lot)))
        for account_id, part in parts
    ]


async def member_shown(
    engine: Engine, visitor: Visitor, member: str, incoming: Incoming, *, expand: str | None = None
) -> MemberAnswer:
    """The member as the native API shows one."""
    return await members.fetch(
        engine, visitor.caller, MemberChosen(id=member, expand=expand), visitor.inner(incoming)
    )  # fmt: skip


def acted(visitor: Visitor, template: str, params: Acting, *, refusal: Refusal | None = None, **shown_too: Any) -> View:
    """The page of an action. A preview that is refused is shown as any other, so that it can follow each keystroke."""
    status = refusal.status if refusal is not None and params.step == "do" else 200
    return visitor.view(template, status=status, said=params, refusal=refusal, **shown_too)
