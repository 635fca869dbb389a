"""For whom a rule is, and how much it is used: what a change of it would touch, told before it is made.

A merchant with few members has them counted. Of more, some are looked at, at places evenly spread over all, and what is
found there is said to be an estimate: that costs the same for a million members, and finds the same for the same terms.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from guerdon.database.pool import Database, Queries
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.means import count_able
from guerdon.rewards.eligibility import is_exact
from guerdon.rewards.price import least
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import RedemptionRule

SQL = load(__file__, "audience.sql")

COUNTED_MAX = 5_000
"""So many members are counted; of more, about as many are looked at."""
PLACES = 100


class Audience(Struct, frozen=True):
    """Active members; those whom the rule is for; and those of them who have enough points for it now.

    Estimates have two figures that count, and zeros.
    """

    members: int
    eligible: int
    able: int
    exact: bool


async def audience_of(database: Database, merchant: Merchant, terms: RedemptionRule) -> Audience:
    """Whom a rule of these terms is for, by state, consent, tier and tags, and who can afford the least of it."""
    merchant_id = merchant.merchant_id
    beginning = await database.fetchrow(SQL.measure_members, merchant_id, COUNTED_MAX + 1)
    if beginning is None or not beginning["members"]:
        return Audience(0, 0, 0, exact=True)
    first, last, exact = beginning["first"], beginning["last"], beginning["members"] <= COUNTED_MAX
    if exact:
        places, width, seen_max = [first], last - first + 1, COUNTED_MAX
        span = width
    else:
        width = -(-(last - first + 1) // PLACES)  # of the beginning: as many ids as COUNTED_MAX / PLACES members had
        span = await database.fetchval(SQL.last_member, merchant_id) - first + 1
        places = [first + span * place // PLACES for place in range(PLACES)]
        seen_max = 2 * COUNTED_MAX // PLACES
    alone = is_exact(terms, merchant)
    rows = await database.fetch(
        SQL.look_at_members, merchant_id, places, width, seen_max, merchant.policies.opt_in != "opted_in",
        terms.tier_level, alone, list(terms.member_tags),
    )  # fmt: skip
    eligible = [member_id for row in rows for member_id in row["eligible"]]
    active = sum(row["active"] for row in rows)
    able = await count_able(database, merchant_id, eligible, least(terms))
    if exact:
        return Audience(active, len(eligible), able, exact=True)
    # A place with more members than are looked at is seen as far as the last of these alone; one without any is empty.
    covered = width * (PLACES - len(rows)) + sum(
        row["last"] - row["first"] + 1 if row["seen"] == seen_max else width for row in rows
    )
    return Audience(*(rounded(found * span // covered) for found in (active, len(eligible), able)), exact=False)


async def open_redemptions(database: Queries, merchant_id: int, rule_id: int) -> dict[int, int]:
    """How many redemptions of a rule wait for an order or a code, by the version that they keep."""
    rows = await database.fetch(SQL.count_open, merchant_id, rule_id)
    return {row["rule_version"]: row["redemptions"] for row in rows}


async def uses_of(
    database: Queries, merchant_id: int, rule_ids: Collection[int], *, since: datetime
) -> dict[int, int]:  # fmt: skip
    """How often each of these rules was redeemed since then."""
    rows = await database.fetch(SQL.count_uses, merchant_id, list(rule_ids), since)
    return dict.fromkeys(rule_ids, 0) | {row["rule_id"]: row["redemptions"] for row in rows}


async def stock_counted(database: Queries, merchant_id: int, rule_id: int) -> Stock:
    """What all members have used of a rule that has no limit yet, as it would count towards one."""
    row = await database.fetchrow(SQL.count_stock, merchant_id, rule_id)
    assert row is not None, "a count has a row"
    return Stock(rule_id, row["redemptions"], row["amount_minor"])


def rounded(number: int) -> int:
    """As exact as an estimate is: two figures, and zeros."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return (number + unit // 2) // unit * unit
