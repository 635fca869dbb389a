"""One chunk of an import as one transaction: written, proven, and counted, or as if it had never been."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from msgspec import Struct
from msgspec.structs import replace

from guerdon.bulk import codes, members, rules
from guerdon.bulk.batches import Chunk, lock_batch, subject_of, write_chunk
from guerdon.bulk.rows import CodeRow, HistoryRow, LotRow, MemberRow, Points, Row, RuleRow
from guerdon.database.pool import Connection, Database
from guerdon.errors.bulk import ImportBusy, ImportUnproven
from guerdon.merchants.merchant import Merchant
from guerdon.points import bulk
from guerdon.points.bulk import Brought, Gift, Mark, PastLine, Proof
from guerdon.points.opening import open_accounts
from guerdon.points.values import Life

TRIES = 5
NOTHING_YET = Proof(0, None, 0, 0)


class Importing(Struct, frozen=True):
    """What all chunks of an import have in common. `histories` are the subjects of those that came in before."""

    merchant: Merchant
    batch_id: int
    kind: str
    actor: str
    now: datetime
    events: bool
    histories: tuple[str, ...]
    title: str
    life: Life
    """How long points without a date live."""
    nobody: bool
    """Whether nobody was here when it began, so that nobody has to be looked for."""

    @property
    def mark(self) -> Mark:
        """What the entries of the batch have in common."""
        return Mark(subject_of(self.batch_id), self.actor, self.now)


class Written(NamedTuple):
    """What a chunk did: the members (or rules) that it made, and points by what they are."""

    created: Sequence[int] = ()
    accounts: Sequence[int] = ()
    points: int = 0
    used: int = 0
    points_by_history: int = 0
    used_by_history: int = 0


Write = Callable[[Connection, Importing, Sequence[Any]], Awaitable[Written]]


async def commit_chunk(database: Database, importing: Importing, number: int, rows: Sequence[Row]) -> None:
    """Write a chunk, whatever else goes on. Refuses with ImportUnproven, ImportBusy and ImportUndone."""
    for attempt in range(1, TRIES + 1):
        try:
            await _commit(database, importing, number, rows)
        except members.RACED as error:
            if getattr(error, "constraint_name", None) == "import_chunk_is_known_by_number":
                raise ImportBusy(importing.batch_id, number) from error
            if attempt == TRIES:
                raise
            importing = replace(importing, nobody=False)
        else:
            return


async def _commit(database: Database, importing: Importing, number: int, rows: Sequence[Row]) -> None:
    merchant_id = importing.merchant.merchant_id
    async with database.transaction() as connection:
        await bulk.begin(connection)
        await lock_batch(connection, merchant_id, importing.batch_id)
        written = await WRITERS[importing.kind](connection, importing, rows) if rows else Written()
        chunk = Chunk(
            number, len(rows), written.points, written.used, written.points_by_history, written.used_by_history,
            list(written.created), list(written.accounts), importing.now,
        )  # fmt: skip
        await write_chunk(connection, merchant_id, importing.batch_id, chunk)


async def _write_members(connection: Connection, importing: Importing, rows: Sequence[MemberRow]) -> Written:
    merchant_id = importing.merchant.merchant_id
    places = await members.place(connection, merchant_id, rows, nobody=importing.nobody)
    accounts = await bulk.lock_members(connection, merchant_id, places.known) if places.known else {}
    accounts |= {owner.member_id: owner.account_id for owner in places.new}
    by_history: Mapping[int, Brought] = {}
    if importing.histories and places.known:
        by_history = await bulk.brought(connection, merchant_id, places.known, importing.histories)
    await members.write(connection, merchant_id, rows, places, importing.now)
    netted = [_less(row.points, by_history.get(member)) for member, row in zip(places.of_rows, rows, strict=True)]
    new = {owner.member_id for owner in places.new}
    gifts: list[Gift] = []
    openings: list[Gift] = []
    for member, points in zip(places.of_rows, netted, strict=True):
        if member in new:
            openings.append(_gift(importing, accounts[member], points, member))
        elif points.available or points.used:
            gifts.append(_gift(importing, accounts[member], points))
    given = await _give(connection, importing, gifts, openings)
    if importing.events:
        told = zip(places.of_rows, ({"points": points.available} for points in netted), strict=True)
        await members.tell(connection, merchant_id, told, importing.now)
    return given._replace(
        created=[owner.member_id for owner in places.new],
        points_by_history=sum(row.points.available for row in rows) - given.points,
        used_by_history=sum(row.points.used for row in rows) - given.used,
    )


async def _write_lots(connection: Connection, importing: Importing, rows: Sequence[LotRow]) -> Written:
    merchant_id = importing.merchant.merchant_id
    places = await members.known_members(connection, merchant_id, rows)
    accounts = await bulk.lock_members(connection, merchant_id, list(dict.fromkeys(places)))
    gifts = [_gift(importing, accounts[member], row.points) for member, row in zip(places, rows, strict=True)]
    given = await _give(connection, importing, gifts)
    await _tell_points(connection, importing, zip(places, (row.points.available for row in rows), strict=True))
    return given


async def _write_history(connection: Connection, importing: Importing, rows: Sequence[HistoryRow]) -> Written:
    merchant_id, mark = importing.merchant.merchant_id, importing.mark
    places = await members.known_members(connection, merchant_id, rows)
    accounts = await bulk.lock_members(connection, merchant_id, list(dict.fromkeys(places)))
    lines = [
        PastLine(accounts[member], row.points, row.at, row.title) for member, row in zip(places, rows, strict=True)
    ]
    touched = list(accounts.values())
    before = await bulk.prove(connection, merchant_id, touched, mark.subject)
    await bulk.replay(connection, merchant_id, lines, importing.life, mark)
    used = sum(-row.points for row in rows if row.points < 0)
    net = sum(row.points for row in rows)
    await _prove(connection, importing, touched, before, net, used)
    await _tell_points(connection, importing, zip(places, (row.points for row in rows), strict=True))
    return Written(accounts=touched, points=net, used=used)


async def _write_codes(connection: Connection, importing: Importing, rows: Sequence[CodeRow]) -> Written:
    await codes.write(connection, importing.merchant.merchant_id, importing.batch_id, rows)
    return Written()


async def _write_rules(connection: Connection, importing: Importing, rows: Sequence[RuleRow]) -> Written:
    merchant_id = importing.merchant.merchant_id
    created = await rules.write(connection, merchant_id, rows, actor=importing.actor, now=importing.now)
    return Written(created=created)


WRITERS: Mapping[str, Write] = cast(
    "Mapping[str, Write]",
    {
        "members": _write_members,
        "lots": _write_lots,
        "history": _write_history,
        "codes": _write_codes,
        "redemption-rules": _write_rules,
        "earning-rules": _write_rules,
    },
)


async def _give(
    connection: Connection, importing: Importing, gifts: Sequence[Gift], openings: Sequence[Gift] = ()
) -> Written:
    """Write gifts, open accounts, and prove all of them."""
    if not (gifts or openings):
        return Written()
    merchant_id, mark = importing.merchant.merchant_id, importing.mark
    before, both = NOTHING_YET, (*gifts, *openings)
    accounts = list(dict.fromkeys(gift.account_id for gift in gifts))
    if gifts:
        before = await bulk.prove(connection, merchant_id, accounts, mark.subject)
        await bulk.issue(connection, merchant_id, gifts, importing.life, importing.title, mark)
    if openings:
        await open_accounts(connection, merchant_id, openings, importing.life, importing.title, mark)
        accounts += [gift.account_id for gift in openings]
    points, used = sum(gift.points - gift.debt for gift in both), sum(gift.used for gift in both)
    await _prove(connection, importing, accounts, before, points, used)
    return Written(accounts=accounts, points=points, used=used)


async def _prove(
    connection: Connection, importing: Importing, accounts: Sequence[int], before: Proof, points: int, used: int
) -> None:
    """Accounts add up, and this is what came to them; refuses with ImportUnproven."""
    proof = await bulk.prove(connection, importing.merchant.merchant_id, accounts, importing.mark.subject)
    if proof.first_wrong is not None:
        raise ImportUnproven(proof.wrong, proof.first_wrong)
    came = proof.points - before.points, proof.used - before.used
    assert came == (points, used), f"{came} came to the accounts, and {points} and {used} should have"


async def _tell_points(connection: Connection, importing: Importing, given: Iterable[tuple[int, int]]) -> None:
    if importing.events:
        told = ((member, {"points": points}) for member, points in given)
        await members.tell(connection, importing.merchant.merchant_id, told, importing.now)


def _gift(importing: Importing, account_id: int, points: Points, member_id: int = 0) -> Gift:
    """Points as the books take them: those without a date live as the merchant's policy says."""
    available, used, at, title = points.available, points.used, points.earned_at, points.title
    if available < 0:
        return Gift(account_id, member_id, used, 0, -available, at, title=title)
    if points.dated or not available:
        return Gift(account_id, member_id, used, available, 0, at, points.expires_at, False, title)
    life = importing.life
    rolling = life.idle_days is not None
    return Gift(account_id, member_id, used, available, 0, at, life.expires_at, rolling, title)


def _less(points: Points, brought: Brought | None) -> Points:
    """A balance less what a history has brought of it."""
    if brought is None:
        return points
    return replace(points, available=points.available - brought.points, used=max(0, points.used - brought.used))
