"""One merchant's year, multiplied: every member with all that happened to them again and again, each time some days
earlier, under other ids, codes and names. What the books hold of the copies adds up as it does of the first.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from guerdon.access.days import make_days
from guerdon.bench.programme import SQL as PROGRAMME
from guerdon.bench.programme import Progress, analyse
from guerdon.database.pool import Connection, Database
from guerdon.events.log import relay
from guerdon.kit.sql import load
from guerdon.members.numbering import SETTLED, pass_milestones
from guerdon.merchants.merchant import Merchant
from guerdon.reports.roll_up import roll_up, roll_up_all
from guerdon.reports.tally import keep_count

SQL = load(__file__, "multiply.sql")

BACK_DAYS = 365
"""The first copy is a day old, the last one lived so long before."""
EVENTS_DAYS = 60
"""Of copies there are the events of so many days: older ones are forgotten."""
ACCOUNTS_AT_ONCE = 5000
LONG_STORY = 10_000
"""So many entries has the member with the longest story, who is the first."""
OF_A_MEMBER = 2
"""For so many members there is one request of today, and one event at most that was delivered."""

NUMBERED: Mapping[str, str] = {
    "member": "member_id", "account": "account_id", "redemption": "redemption_id", "referral": "referral_id",
    "movement": "movement_id", "household": "household_id", "adjustment": "adjustment_id",
}  # fmt: skip
"""Tables whose ids are numbers of a sequence."""
REFERENCES: Mapping[str, str] = {
    **{column: table for table, column in NUMBERED.items()},
    **dict.fromkeys(("friend_id", "sender_id", "receiver_id", "merged_into"), "member"),
    **dict.fromkeys(("sender_account", "receiver_account", "own_account_id", "heir"), "account"),
}
"""Columns that hold such an id, and of which of these tables."""

TABLES = (
    "member", "identity", "account", "member_account", "entry", "lot", "hold", "pending", "redemption", "coupon",
    "redemption_usage", "shop_order", "shop_return", "award", "activity", "adjustment", "earning_use", "tier_progress",
    "member_tier", "tier_change", "decision", "expiry_reminder", "referral", "referral_code", "movement",
    "moving_usage", "household", "household_member", "event", "audit_entry",
)  # fmt: skip
"""What is copied, each after what it refers to."""

AHEAD = {"expires_at", "lapses_at", "activates_at", "undoable_until"}
"""Times that are yet to come stay where they are: nothing becomes due by being copied."""
NAMES = {"order_id", "return_id", "activity_id", "code", "payment", "friend_email", "friend_alias"}
CHANCE = {"change_id", "decision_id", "event_id", "entry_id"}

OTHERWISE: Mapping[str, str] = {
    "value": "CASE kind WHEN 'email' THEN replace(value, '@', '.' || copy || '@') ELSE value || '-' || copy END",
    "last_name": "last_name || ending",
    "codes": "ARRAY(SELECT code || '-' || copy FROM unnest(codes) AS code)",
    "subject": "CASE split_part(subject, ':', 1)"
    " WHEN 'redemption' THEN 'redemption:' || (substr(subject, 12)::bigint + copy * {redemption})"
    " WHEN 'movement' THEN 'movement:' || (substr(subject, 10)::bigint + copy * {movement})"
    " WHEN 'account' THEN 'account:' || (substr(subject, 9)::bigint + copy * {account})"
    " WHEN 'member' THEN 'member:' || (substr(subject, 8)::bigint + copy * {member})"
    " WHEN 'order' THEN subject || '-' || copy WHEN 'activity' THEN subject || '-' || copy ELSE subject END",
    "sequence": "NULL::bigint",
}
"""Columns that have a rule of their own; the names in braces are how many there were of each."""

COUNT_IDS = "SELECT coalesce(max({column}), 0)::bigint FROM bench_first.{table}"
COUNT_ENTRIES = "SELECT greatest(1, sum(entries))::bigint FROM bench_first.account"
COPY_TABLE = """
INSERT INTO {table} ({columns})
SELECT {copied}
  FROM bench_first.{table},
       (SELECT $1::bigint AS copy, $2::integer * interval '1 day' AS back, $3::text AS ending,
               $4::timestamptz AS since) AS given
 WHERE {kept}
"""
"""One more of everything in a table: the copy of this number, so many days earlier. It has the columns there are."""

WHO = ("member", "identity", "account", "member_account")
"""What is copied of members who only joined."""
NOTHING: Mapping[str, str] = {
    **dict.fromkeys(("issued", "pending", "available", "held", "redeemed", "expired", "reversed", "moved", "earned",
                     "entries", "version", "tier_level"), "0"),
    "idle_days": "NULL::integer",
    "lapses_at": "NULL::timestamptz",
}  # fmt: skip
"""What stands in their columns: they have done nothing yet."""

ENDINGS = (
    "", "son", "sen", "man", "mann", "ski", "ova", "ez", "berg", "wick", "ton", "ley", "field", "stein", "house",
    "well", "ford", "more", "by", "dale", "ham", "land", "worth", "ridge", "gate", "brook", "hurst", "combe", "stad",
    "holm",
)  # fmt: skip
"""What the surnames of copies end with, so that there are tens of thousands of different names."""


async def multiply(
    database: Database, merchant: Merchant, *, members: int, entries: int, now: datetime, on_progress: Progress
) -> None:
    """Let this merchant have about so many members and entries, a long story among them, and all of it summed up.

    There are as many copies with all that happened as come to the entries; other members have only joined. References
    of copies are not checked where the database lets us leave it out: the first ones were.
    """
    merchant_id = merchant.merchant_id
    async with database.transaction() as connection:
        await connection.execute(SQL.clear_room)
        await connection.execute(SQL.make_room)
        for table in TABLES:
            await connection.execute(SQL.keep_first.format(table=table), merchant_id)
        strides = {
            table: await connection.fetchval(COUNT_IDS.format(table=table, column=column))
            for table, column in NUMBERED.items()
        }
        lived = [await _copying(connection, table, strides, OTHERWISE) for table in TABLES]
        joined = [await _copying(connection, table, strides, {**OTHERWISE, **NOTHING}) for table in WHO]
        first_entries: int = await connection.fetchval(COUNT_ENTRIES)
    times, times_lived = (max(1, wanted // there) for wanted, there in
                          ((members, strides["member"]), (entries, first_entries)))  # fmt: skip
    for copy in range(1, times):
        given = (copy, copy * BACK_DAYS // times + 1, ENDINGS[copy % len(ENDINGS)], now - timedelta(EVENTS_DAYS))
        async with database.transaction() as connection:
            await connection.execute(SQL.trust_copies)
            for statement in lived if copy < times_lived else joined:
                await connection.execute(statement, *given)
            first = copy * strides["member"]
            await connection.execute(SQL.name_copies, merchant_id, first, first + strides["member"])
        on_progress(strides["member"])
    for table, stride in strides.items():
        await database.execute(SQL.go_on_numbering, f"{table}_sequence", stride * times + 1)
    await database.execute(SQL.count_copies, merchant_id, min(times, times_lived))
    await database.execute(SQL.clear_room)
    await database.execute(PROGRAMME.lengthen_history, merchant_id, 1, 1, LONG_STORY // 2, 10, now)
    await analyse(database)
    await _settle(database, merchant, now, requests=members // OF_A_MEMBER)


async def _copying(
    connection: Connection, table: str, strides: Mapping[str, int], otherwise: Mapping[str, str]
) -> str:  # fmt: skip
    """The statement that copies a table."""
    columns = await connection.fetch(SQL.list_columns, table)
    if table == "decision":
        otherwise = {**otherwise, "code": "code"}  # what a refusal is called, not a name of one thing
    copied = ", ".join(_copied(row["column_name"], row["data_type"], strides, otherwise) for row in columns)
    names = ", ".join(row["column_name"] for row in columns)
    kept = "recorded_at - back >= since" if table == "event" else "true"
    return COPY_TABLE.format(table=table, columns=names, copied=copied, kept=kept)


def _copied(column: str, kind: str, strides: Mapping[str, int], otherwise: Mapping[str, str]) -> str:
    """What stands in a copy's column."""
    if column in otherwise:
        return otherwise[column].format(**strides)
    if column in REFERENCES:
        return f"{column} + copy * {strides[REFERENCES[column]]}"
    if column in CHANCE and kind == "uuid":
        return f"md5({column}::text || copy)::uuid"
    if column in NAMES:
        return f"{column} || '-' || copy"
    if kind == "timestamp with time zone" and column not in AHEAD:
        return f"{column} - back"
    if kind == "date" and column == "day":
        return f"({column} - back)::date"
    return column


async def _settle(database: Database, merchant: Merchant, now: datetime, *, requests: int) -> None:
    """Number the events, let some have been delivered and requests been made, and add up the days."""
    merchant_id = merchant.merchant_id
    while await relay(database, merchant_id):
        pass
    await database.execute(SQL.insert_deliveries, merchant_id, requests, now)
    await make_days(database, [now.date()])
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    await database.execute(SQL.insert_requests, merchant_id, midnight, (now - midnight) / max(1, requests), requests)
    after: int | None = 0
    while after is not None:
        _, after = await roll_up_all(database, merchant, after, ACCOUNTS_AT_ONCE)
    await roll_up(database, merchant, now, ACCOUNTS_AT_ONCE)
    await pass_milestones(database, merchant_id, now + SETTLED)  # there is nobody else whose commit is awaited
    await keep_count(database, merchant, now)
    await database.execute(SQL.clean_tables)
