"""`/v1/audit_entries`: who changed what, with what it was before and is after, for keys with the scope `admin`.

Rules, tiers, campaigns, pools, policies, keys, webhook endpoints, members' profiles, and who may sign in. What shops
report day in, day out (sign-ups, orders, activities) is no change of anybody's; points that people move by hand are
told by their own lists, with who did it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from guerdon.access.keys import ADMIN, Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import identifier, like_unique, number, shown, unique
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment
from guerdon.api.v1.moments import utc
from guerdon.api.wire import Incoming, Route
from guerdon.trail.changes import FIRST, LAST, LAST_ID, Change, Sought, get_change, list_changes, names_of

PATH = "/v1/audit_entries"

KINDS = {
    "adjustment": "adj",
    "api_key": "key",
    "earning_rule": "earn",
    "export": "exp",
    "import": "bat",
    "member": "mem",
    "merchant": "mrc",
    "operator": "opr",
    "redemption_rule": "rule",
    "webhook_endpoint": "whe",
}
"""The kinds of what is changed that have ids, with how these begin. Others are one of a merchant, or have their own."""

Kind = Annotated[str, Meta(max_length=60, examples=["redemption_rule"])]


class AuditEntriesAsked(ListAsked, kw_only=True):
    """Which changes; all of what is said must hold. `actor` is such as `operator:7`, `key:3` or `cli`."""

    actor: Annotated[str, Meta(max_length=100, examples=["operator:7"])] | None = None
    action: Annotated[str, Meta(max_length=100, examples=["redemption_rule.changed"])] | None = None
    kind: Kind | None = None
    subject: Annotated[str, Meta(max_length=200, examples=["rule_7"])] | None = None
    """The id of what was changed, of the `kind` that is named."""
    since: Moment | None = None
    before: Moment | None = None


class AuditEntryChosen(Asked, kw_only=True):
    """One change."""

    id: Annotated[str, like_unique("aud", "0199f0c2a4d47c3e8f1d2b3a4c5d6e7f")]


class AuditEntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change. `before` and `after` hold the fields that differ, without secrets, and little of people; null where
    there was nothing before or is nothing after, or where it is what was done that counts.
    """

    id: str
    object: Literal["audit_entry"] = "audit_entry"
    at: datetime
    actor: str
    actor_name: str | None
    """What the operator or the key is called."""
    action: str
    kind: str
    subject: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    request: str | None
    """The request by which it was made, as long as the history of requests goes back."""


async def find(
    engine: Engine, caller: Caller, params: AuditEntriesAsked, incoming: Incoming
) -> Page[AuditEntryAnswer]:  # fmt: skip
    """Changes, newest first."""
    merchant_id = caller.merchant.merchant_id
    sought = Sought(
        actor=params.actor,
        action=params.action,
        subject_kind=params.kind,
        subject_id=None if params.subject is None else _own_id(params.kind, params.subject),
        since=utc(params.since, "since") or FIRST,
        until=utc(params.before, "before") or LAST,
        before=after(params, tuple[datetime, UUID]) or (LAST, LAST_ID),
    )
    rows = await list_changes(engine.database, merchant_id, sought, params.limit + 1)
    names = await names_of(engine.database, merchant_id, {row.actor for row in rows})
    return page(incoming, params, rows, lambda row: (row.at, row.entry_id), lambda row: _shown(row, names))


async def fetch(engine: Engine, caller: Caller, params: AuditEntryChosen, _incoming: Incoming) -> AuditEntryAnswer:
    """One change."""
    merchant_id = caller.merchant.merchant_id
    change = await get_change(engine.database, merchant_id, identifier("aud", params.id))
    return _shown(change, await names_of(engine.database, merchant_id, [change.actor]))


def _own_id(kind: str | None, subject: str) -> str:
    """What we know it by."""
    if kind not in KINDS:
        return subject
    return str(number(KINDS[kind], subject, "subject"))


def _shown(change: Change, names: dict[str, str]) -> AuditEntryAnswer:
    subject = change.subject_id or None
    if subject is not None and change.subject_kind in KINDS and subject.isdecimal():
        subject = shown(KINDS[change.subject_kind], int(subject))
    return AuditEntryAnswer(
        id=unique("aud", change.entry_id),
        at=change.at,
        actor=change.actor,
        actor_name=names.get(change.actor),
        action=change.action,
        kind=change.subject_kind,
        subject=subject,
        before=change.before,
        after=change.after,
        address=change.address,
        request=None if change.request_id is None else unique("req", change.request_id),
    )


ROUTES = (
    Route("GET", PATH, AuditEntriesAsked, Page[AuditEntryAnswer], find, ADMIN, "List who changed what"),
    Route("GET", PATH + "/{id:str}", AuditEntryChosen, AuditEntryAnswer, fetch, ADMIN, "Get a change"),
)  # fmt: skip
