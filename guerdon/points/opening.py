"""Accounts opened in bulk, each with what it gets: what was earned and used before (issued → redeemed), and what is
there to be spent (issued → available, as a lot) or owed (available → reversed, of no lot).

Nothing was there before, so there is nothing to look up, to number or to add to: `issue` does that for accounts that
are here. Both are proven by the same `prove`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from guerdon.database.lines import NOTHING, Columns, copy_lines, field_of, moment_field, number_field
from guerdon.database.pool import Connection
from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.bulk import Gift, Mark
from guerdon.points.values import Life

ACCOUNTS = Columns("account", (
    "merchant_id", "account_id", "unit", "issued", "pending", "available", "held", "redeemed", "expired", "reversed",
    "moved", "earned", "entries", "idle_days", "lapses_at", "version", "updated_at",
))  # fmt: skip
OWNERS = Columns("member_account", ("merchant_id", "member_id", "unit", "account_id"))
LOTS = Columns("lot", (
    "merchant_id", "account_id", "number", "points", "available", "held", "earned_at", "expires_at", "rolling",
))  # fmt: skip
ENTRIES = Columns("entry", (
    "merchant_id", "account_id", "number", "source", "target", "points", "source_after", "target_after", "lot_numbers",
    "lot_points", "counted", "reason", "subject", "title", "visible", "actor", "command_id", "occurred_at",
    "recorded_at",
))  # fmt: skip


class Opening(NamedTuple):
    """The lines of new accounts, by table."""

    accounts: list[str]
    owners: list[str]
    lots: list[str]
    entries: list[str]


async def open_accounts(
    connection: Connection, merchant_id: int, gifts: Sequence[Gift], life: Life, title: str, mark: Mark
) -> None:
    """Open the accounts of members whom this transaction has made, one gift for each, of no points perhaps."""
    opening = opened(merchant_id, gifts, life, title, mark)
    for columns, lines in zip((ACCOUNTS, OWNERS, LOTS, ENTRIES), opening, strict=True):
        await copy_lines(connection, columns, lines)


def opened(merchant_id: int, gifts: Sequence[Gift], life: Life, title: str, mark: Mark) -> Opening:
    """Account, owner, lot and entries of each gift."""
    accounts, owners, lots, entries = opening = Opening([], [], [], [])
    now, shop, title = moment_field(mark.now), f"{merchant_id}\t", field_of(title)
    rolls = f"{number_field(life.idle_days)}\t{moment_field(life.lapses_at)}\t0\t{now}\n"
    rests = f"{NOTHING}\t{NOTHING}\t0\t{now}\n"
    about, by = f"import\t{field_of(mark.subject)}\t", f"{field_of(mark.actor)}\t{time_ordered_uuid()}\t"
    for gift in gifts:
        # Each number becomes text once.
        account_id, used, points, debt = str(gift.account_id), str(gift.used), str(gift.points), str(gift.debt)
        earned, account = str(gift.used + gift.points), f"{shop}{account_id}\t"
        number = "2" if gift.used else "1"
        count = (gift.used > 0) + (gift.points > 0) + (gift.debt > 0)
        accounts.append(
            f"{account}points\t-{earned}\t0\t{f'-{debt}' if gift.debt else points}\t0\t{used}\t0\t{debt}\t0\t{earned}"
            f"\t{count}\t{rolls if gift.rolling and gift.points else rests}"
        )
        owners.append(f"{shop}{gift.member_id}\tpoints\t{account_id}\n")
        if not count:
            continue
        earned_at = now if gift.earned_at is None else moment_field(gift.earned_at)
        says = f"{about}{title if gift.title is None else field_of(gift.title)}\t"
        ends = f"\t{by}{earned_at}\t{now}\n"
        if gift.used:
            entries.append(
                f"{account}1\tissued\tredeemed\t{used}\t-{used}\t{used}\t{{}}\t{{}}\tt\t{says}f{ends}"
            )  # fmt: skip
        if gift.points:
            rolling = "t" if gift.rolling else "f"
            lots.append(
                f"{account}{number}\t{points}\t{points}\t0\t{earned_at}\t{moment_field(gift.expires_at)}\t{rolling}\n"
            )
            entries.append(
                f"{account}{number}\tissued\tavailable\t{points}\t-{earned}\t{points}\t{{{number}}}\t{{{points}}}\tt"
                f"\t{says}t{ends}"
            )
        elif gift.debt:
            entries.append(
                f"{account}{number}\tavailable\treversed\t{debt}\t-{debt}\t{debt}\t{{}}\t{{}}\tf\t{says}t{ends}"
            )
    return opening
