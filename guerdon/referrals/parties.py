"""Whom a referral may concern, looked up before the command that decides it."""

from collections.abc import Sequence

from guerdon.database.pool import Queries
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity
from guerdon.referrals.attach import AttachFriend
from guerdon.referrals.completion import NOBODY, Parties
from guerdon.referrals.referral import Asked, aliases_of

SQL = load(__file__, "parties.sql")


async def parties(
    database: Queries, merchant: Merchant, who: Sequence[Identity], codes: Sequence[str] = (), *,
    ip_address: str | None = None, user_agent: str | None = None,
) -> Parties:  # fmt: skip
    """Those whom an order of this customer concerns that names these codes; NOBODY without a programme.

    It costs one statement, and a second one where somebody is found.
    """
    programme = merchant.policies.referrals
    if programme is None:
        return NOBODY
    merchant_id = merchant.merchant_id
    asked = Asked(aliases_of(who), ip_address, user_agent, programme.same_device_days)
    named = await find_code(database, merchant_id, codes)
    rows = await database.fetch(SQL.find_parties, merchant_id, *_columns(who), list(asked.aliases))
    if not rows and named is None:
        return NOBODY
    subjects = tuple(f"referral:{row[0]}" for row in rows)
    redemptions = await database.fetch(SQL.find_gifts, merchant_id, list(subjects)) if subjects else ()
    referrers = dict.fromkeys([*(row[1] for row in rows), *(() if named is None else (named,))])
    return Parties(tuple(referrers), named, subjects, tuple(row[0] for row in redemptions), asked)


async def friend_of(
    database: Queries, merchant: Merchant, who: Sequence[Identity], code: str | None
) -> AttachFriend | None:
    """The command by which somebody new becomes a friend of whoever has the code, or told them; None if nobody did."""
    if merchant.policies.referrals is None:
        return None
    merchant_id, aliases = merchant.merchant_id, aliases_of(who)
    named = await find_code(database, merchant_id, [code] if code else [])
    rows = await database.fetch(SQL.find_parties, merchant_id, *_columns(who), list(aliases))
    candidates = tuple(dict.fromkeys(row[1] for row in rows))
    if named is None and not candidates:
        return None
    return AttachFriend(
        merchant=merchant, who=tuple(who), referrer_id=named, candidates=candidates, aliases=aliases
    )  # fmt: skip


async def find_code(database: Queries, merchant_id: int, codes: Sequence[str]) -> int | None:
    """The member who has the first of these codes that anybody has."""
    wanted = [code.strip().upper() for code in codes]
    if not wanted:
        return None
    found = {row[0]: row[1] for row in await database.fetch(SQL.find_codes, merchant_id, wanted)}
    return next((found[code] for code in wanted if code in found), None)


def _columns(who: Sequence[Identity]) -> tuple[list[str], list[str], list[int]]:
    named = [identity for identity in who if identity.kind != "member"]
    numbers = [int(identity.value) for identity in who if identity.kind == "member"]
    return [identity.kind for identity in named], [identity.value for identity in named], numbers
