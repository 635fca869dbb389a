"""What needs a person: the few things that do not mend themselves. Nothing, where all is well."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from guerdon.database.pool import Database, Row
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant

SQL = load(__file__, "needs.sql")

LATE = timedelta(hours=3)
"""So long after midnight the jobs of the night should be done."""
STUCK = timedelta(minutes=15)
FAILED_DAYS = 2
IMPORT_DAYS = 14

Kind = Literal[
    "approvals", "pool_low", "pool_empty", "endpoint_failing", "endpoint_disabled", "night_late", "job_failed",
    "callbacks_stuck", "import_ready", "import_stopped", "books_wrong",
]  # fmt: skip


class Need(Struct, frozen=True):
    """Something for a person to do. `things` counts what it is about; `subject_id` and `name` say what it is, if it is
    one thing.
    """

    kind: Kind
    things: int
    since: datetime | None = None
    subject_id: int | None = None
    name: str = ""


async def list_needs(database: Database, merchant: Merchant, now: datetime) -> list[Need]:
    """Everything that needs a person now, what is urgent first."""
    merchant_id, today = merchant.merchant_id, merchant.day(now)
    proof = await database.fetchrow(SQL.get_last_proof, merchant_id)
    night = await database.fetchrow(SQL.get_night, merchant_id)
    assert night is not None, "there is this merchant"
    jobs = await database.fetch(SQL.list_failed_jobs, merchant_id, today - timedelta(days=FAILED_DAYS))
    proposals = await database.fetchrow(SQL.count_proposals, merchant_id, now)
    stuck = await database.fetchrow(SQL.count_stuck_callbacks, merchant_id, now - STUCK)
    return [
        *_proof(proof),
        *_late(night[0], night[1], merchant, now),
        *(Need("job_failed", row[1], row[2], name=row[0]) for row in jobs),
        *[_pool(row) for row in await database.fetch(SQL.list_low_pools, merchant_id)],
        *[_endpoint(row) for row in await database.fetch(SQL.list_ailing_endpoints, merchant_id)],
        *_counted("callbacks_stuck", stuck),
        *_counted("approvals", proposals),
        *[
            _import(row)
            for row in await database.fetch(SQL.list_imports_to_see, merchant_id, now - timedelta(days=IMPORT_DAYS))
        ],
    ]


def _proof(row: Row | None) -> Iterator[Need]:
    if row is not None and row["state"] == "wrong":
        yield Need("books_wrong", 1, row["finished_at"], row["proof_id"])


def _late(done: date | None, created_at: datetime, merchant: Merchant, now: datetime) -> Iterator[Need]:
    """The night that should be over by now."""
    expected = merchant.day(now - LATE)
    first = merchant.day(created_at)
    if expected > (done or first):
        yield Need("night_late", (expected - (done or first)).days)


def _counted(kind: Kind, row: Row | None) -> Iterator[Need]:
    if row is not None and row["things"]:
        yield Need(kind, row["things"], row["since"])


def _pool(row: Row) -> Need:
    return Need("pool_low" if row["unused"] else "pool_empty", row["unused"], None, row["rule_id"], row["name"] or "")


def _endpoint(row: Row) -> Need:
    kind: Kind = "endpoint_disabled" if row["state"] == "disabled" else "endpoint_failing"
    return Need(kind, 1, row["since"], row["endpoint_id"], row["name"])


def _import(row: Row) -> Need:
    kind: Kind = "import_ready" if row["state"] == "ready" else "import_stopped"
    return Need(kind, row["bad"], row["updated_at"], row["batch_id"], row["file"])
