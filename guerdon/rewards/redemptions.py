"""Looking redemptions up. What changes them are the commands of redeem.py and ending.py."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from guerdon.database.pool import Queries
from guerdon.errors.rewards import RedemptionNotFound
from guerdon.kit.sql import load
from guerdon.rewards.redemption import Redemption, State

SQL = load(__file__, "redemptions.sql")


class Owner(Struct, frozen=True):
    """Whose a code is. Codes of an old system have no redemption, and perhaps nobody."""

    redemption_id: int | None
    code: str
    third_party_id: str | None
    member_id: int | None
    email: str | None


async def get_redemption(database: Queries, merchant_id: int, redemption_id: int) -> Redemption:
    """A redemption as it stands; refuses with RedemptionNotFound."""
    row = await database.fetchrow(SQL.get_redemption, merchant_id, redemption_id)
    if row is None:
        raise RedemptionNotFound(redemption_id)
    values = list(row)
    values[6] = State(values[6])
    return Redemption(*values)


async def find_owners(
    database: Queries, merchant_id: int, *, code: str | None = None, third_party_id: str | None = None
) -> list[Owner]:
    """Whose a code is, compared without case, or a coupon that a third party knows by an id. Nobody's are not found."""
    rows = await database.fetch(
        SQL.find_owners, merchant_id, None if code is None else code.upper(), third_party_id
    )  # fmt: skip
    members = [row["member_id"] for row in rows if row["member_id"] is not None]
    emails = {row[0]: row[1] for row in reversed(await database.fetch(SQL.list_emails, merchant_id, members))}
    return [Owner(*row[0:4], email=emails.get(row["member_id"])) for row in rows]


async def email_of(database: Queries, merchant_id: int, member_id: int) -> str | None:
    """A member's email address, if any is known."""
    rows = await database.fetch(SQL.list_emails, merchant_id, [member_id])
    return rows[0]["value"] if rows else None


async def codes_of(database: Queries, merchant_id: int, redemption_ids: Collection[int]) -> dict[int, str]:
    """The coupon code of each of these redemptions, by id."""
    if not redemption_ids:
        return {}
    rows = await database.fetch(SQL.get_codes, merchant_id, list(redemption_ids))
    return {row["redemption_id"]: row["code"] for row in rows}


class Redeemed(NamedTuple):
    """A redemption as the member's history shows it; `used_by` is the order that used the coupon."""

    redemption_id: int
    rule_id: int
    state: str
    delayed: bool
    points: int
    currency: str
    channel: str
    code: str
    created_at: datetime
    used_by: str | None


async def list_redemptions(
    database: Queries, merchant_id: int, member_id: int, *, count_max: int = 100
) -> list[Redeemed]:
    """What a member has redeemed, newest first."""
    return [Redeemed(*row) for row in await database.fetch(SQL.list_redemptions, merchant_id, member_id, count_max)]


async def count_redemptions(database: Queries, merchant_id: int, member_ids: Collection[int]) -> dict[int, int]:
    """How often each of these members has redeemed, cancelled and expired redemptions apart."""
    rows = await database.fetch(SQL.count_redemptions, merchant_id, list(member_ids))
    return dict.fromkeys(member_ids, 0) | {row["member_id"]: row["redemptions"] for row in rows}
