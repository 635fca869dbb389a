"""`/v1/entries`: the lines of the books. An account numbers its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import PartAnswer, accounts_of, one_account, parts_shown, subject_shown
from guerdon.api.v1.ids import AccountId, MemberId, like, numbers, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.notes import Noted, renoted
from guerdon.api.v1.who import Who, member_at, member_named
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.metadata.metadata import Words, metadata_of
from guerdon.points.journal import list_journal
from guerdon.points.search import EntrySeen, Place, find_entries, get_entry

KIND = "entry"
ADJUSTMENT = "adjustment"
Bucket = Literal["issued", "pending", "available", "held", "redeemed", "expired", "reversed", "moved"]

Beside = tuple[str, str]
"""What words are noted beside: its kind, and what it is known by."""


class EntriesChosen(ListAsked, kw_only=True):
    """Which entries; all of what is said must hold. Times are those of recording."""

    reason: Text | None = None
    recorded_since: Moment | None = None
    recorded_before: Moment | None = None


class EntriesAsked(EntriesChosen, kw_only=True):
    """Of whom: a member, with what was bequeathed to their account, or an account alone; where neither is said, all of
    the programme. Those can be asked for by where the points came from or went to.
    """

    member: Who | None = None
    account: AccountId | None = None
    source: Bucket | None = None
    target: Bucket | None = None


class EntriesOfMember(EntriesChosen, kw_only=True):
    """Of the member of the path."""

    id: MemberId


class EntriesOfAccount(EntriesChosen, kw_only=True):
    """Of the account of the path."""

    id: AccountId


class EntryChosen(Asked, kw_only=True):
    """One entry."""

    id: Annotated[str, like("ent", 42, 7)]


class EntryNoted(Noted, kw_only=True):
    """What the merchant notes beside an entry: a name with an empty text goes, others that are left out stay."""

    id: Annotated[str, like("ent", 42, 7)]


class EntryAnswer(msgspec.Struct, frozen=True):
    """One immutable line: so many points went from bucket `source` to bucket `target`, which leaves both as they are
    after it. `occurred_at` is when it happened, `recorded_at` when the books learned of it. An adjustment that was
    proposed first has its metadata in common with its entry.
    """

    id: str
    object: Literal["entry"]
    account: str
    number: int
    source: str
    target: str
    points: int
    source_before: int
    source_after: int
    target_before: int
    target_after: int
    lots: list[PartAnswer]
    counted: bool
    """Whether it counts as earned."""
    reason: str
    subject: str
    """What it is about: an id, or such as `order:A-1` by the shop's own."""
    title: str | None
    visible: bool
    """Whether the member sees it in their history."""
    actor: str
    command: UUID
    occurred_at: datetime
    recorded_at: datetime
    metadata: Words


async def find(engine: Engine, caller: Caller, params: EntriesAsked, incoming: Incoming) -> Page[EntryAnswer]:
    """Entries of a member, of an account, or of the whole programme, newest first."""
    if params.member is not None and params.account is not None:
        raise BadField("member", "a member or an account is taken, and not both")
    if params.member is None and params.account is None:
        return await _journal(engine, caller, params, incoming)
    if params.source is not None or params.target is not None:
        raise BadField("source", "it is for the entries of the whole programme: leave `member` and `account` out")
    if params.account is not None:
        accounts = await one_account(engine, caller, params.account, "account")
    else:
        member = await member_named(engine, caller, params.member or "")
        accounts = await accounts_of(engine, caller, member.member_id)
    return await _entries(engine, caller, params, incoming, accounts)


async def find_of_member(
    engine: Engine, caller: Caller, params: EntriesOfMember, incoming: Incoming
) -> Page[EntryAnswer]:  # fmt: skip
    """What happened to a member's points, newest first."""
    member = await member_at(engine.database, caller, params.id)
    return await _entries(engine, caller, params, incoming, await accounts_of(engine, caller, member.member_id))


async def find_of_account(
    engine: Engine, caller: Caller, params: EntriesOfAccount, incoming: Incoming
) -> Page[EntryAnswer]:  # fmt: skip
    """The entries of an account, newest first."""
    return await _entries(engine, caller, params, incoming, await one_account(engine, caller, params.id))


async def fetch(engine: Engine, caller: Caller, params: EntryChosen, _incoming: Incoming) -> EntryAnswer:
    """One entry."""
    entry = await _chosen(engine.database, caller, params.id)
    return entry_shown(entry, await words_beside(engine.database, caller, [entry]))


async def change(engine: Engine, caller: Caller, params: EntryNoted, incoming: Incoming) -> EntryAnswer | Raw:
    """Note something beside it. The line itself stays as it is."""
    entry = await _chosen(engine.database, caller, params.id)
    beside = _beside(entry)

    async def show(_database: Database, words: Words) -> EntryAnswer:
        return entry_shown(entry, {beside: words})

    return await renoted(engine, caller, params, incoming, *beside, show)


async def _chosen(database: Queries, caller: Caller, entry: str) -> EntrySeen:
    account_id, entry_number = numbers("ent", entry, count=2)
    return await get_entry(database, caller.merchant.merchant_id, account_id, entry_number)


async def _entries(
    engine: Engine, caller: Caller, params: EntriesChosen, incoming: Incoming, accounts: tuple[int, ...]
) -> Page[EntryAnswer]:
    rows = await find_entries(
        engine.database, caller.merchant.merchant_id, accounts, reason=params.reason, since=params.recorded_since,
        until=params.recorded_before, before=after(params, Place), count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_beside(engine.database, caller, rows)
    return page(incoming, params, rows, lambda row: row.place, lambda row: entry_shown(row, words))


async def _journal(
    engine: Engine, caller: Caller, params: EntriesAsked, incoming: Incoming
) -> Page[EntryAnswer]:  # fmt: skip
    found = await list_journal(
        engine.database, caller.merchant.merchant_id, reason=params.reason, source=params.source, target=params.target,
        since=params.recorded_since, until=params.recorded_before, before=after(params, Place),
        count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_beside(engine.database, caller, found.rows)
    return page(
        incoming, params, found.rows, lambda row: row.place, lambda row: entry_shown(row, words), further=found.further
    )  # fmt: skip


async def words_beside(database: Queries, caller: Caller, entries: Sequence[EntrySeen]) -> dict[Beside, Words]:
    """What is noted beside these entries, for `entry_shown`."""
    places = [_beside(entry) for entry in entries]
    found: dict[Beside, Words] = {}
    for kind in (KIND, ADJUSTMENT):
        known_as = {object_id for place, object_id in places if place == kind}
        words = await metadata_of(database, caller.merchant.merchant_id, kind, known_as)
        found |= {(kind, object_id): one for object_id, one in words.items()}
    return found


def _beside(entry: EntrySeen) -> Beside:
    """Where the words of an entry are: with the adjustment that was proposed first, else with itself."""
    kind, _, known_as = entry.subject.partition(":")
    return (ADJUSTMENT, known_as) if kind == ADJUSTMENT else (KIND, f"{entry.account_id}_{entry.number}")


def entry_shown(entry: EntrySeen, words: Mapping[Beside, Words]) -> EntryAnswer:
    """An entry as clients see it, with what is noted beside it among these words."""
    return EntryAnswer(
        id=shown("ent", entry.account_id, entry.number),
        object="entry",
        account=shown("acc", entry.account_id),
        number=entry.number,
        source=entry.source,
        target=entry.target,
        points=entry.points,
        source_before=entry.source_after + entry.points,
        source_after=entry.source_after,
        target_before=entry.target_after - entry.points,
        target_after=entry.target_after,
        lots=parts_shown(entry.account_id, entry.parts),
        counted=entry.counted,
        reason=entry.reason,
        subject=subject_shown(entry.subject, entry.reason),
        title=entry.title,
        visible=entry.visible,
        actor=entry.actor,
        command=entry.command_id,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        metadata=words.get(_beside(entry), {}),
    )


ROUTES = (
    Route("GET", "/v1/entries", EntriesAsked, Page[EntryAnswer], find, "read", "List entries"),
    Route("GET", "/v1/entries/{id:str}", EntryChosen, EntryAnswer, fetch, "read", "Get an entry"),
    Route("PATCH", "/v1/entries/{id:str}", EntryNoted, EntryAnswer, change, "write", "Note something beside an entry",
          keyed=True),
    Route("GET", "/v1/members/{id:str}/entries", EntriesOfMember, Page[EntryAnswer], find_of_member, "read",
          "List a member's entries"),
    Route("GET", "/v1/accounts/{id:str}/entries", EntriesOfAccount, Page[EntryAnswer], find_of_account, "read",
          "List the entries of an account"),
)  # fmt: skip
