"""Earning rules as shoppers are shown them, and how much of them one member has used."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.earning.rule import VersionedRule
from guerdon.earning.rule_shelf import find_uses
from guerdon.earning.rules import StoredRule, get_budgets, list_rules
from guerdon.earning.use import Budget, Use, UseKey, use_keys
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant

SQL = load(__file__, "campaigns.sql")


class Done(NamedTuple):
    """What a member has done: uses of today's periods, times in all by rule, and what all members share."""

    uses: dict[UseKey, Use]
    times: dict[int, int]
    budgets: dict[int, Budget]


async def list_campaigns(database: Queries, merchant_id: int, now: datetime) -> list[StoredRule]:
    """The rules that earn now and want to be seen, in the merchant's order."""
    rules = [
        rule
        for rule in await list_rules(database, merchant_id)
        if rule.terms.active
        and rule.terms.display.shown
        and (rule.terms.starts_at is None or rule.terms.starts_at <= now)
        and (rule.terms.ends_at is None or rule.terms.ends_at > now)
    ]
    return sorted(rules, key=lambda rule: (rule.terms.display.order, rule.rule_id))


async def what_was_done(
    database: Queries, merchant: Merchant, member_id: int, rules: Sequence[VersionedRule], now: datetime
) -> Done:
    """How far a member has come with these rules."""
    merchant_id, day = merchant.merchant_id, merchant.day(now)
    uses = await find_uses(database, merchant_id, [key for rule in rules for key in use_keys(rule, member_id, day)])
    sources = {f"rule:{rule.rule_id}": rule.rule_id for rule in rules}
    rows = await database.fetch(SQL.count_awards, merchant_id, member_id, list(sources))
    return Done(uses, {sources[row[0]]: row[1] for row in rows}, await get_budgets(database, merchant_id))
