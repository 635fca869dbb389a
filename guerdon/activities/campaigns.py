"""Earning rules as shoppers are shown them, and how much of them one member has used."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.earning.rule import Period, VersionedRule
from guerdon.earning.rule_shelf import find_uses
from guerdon.earning.rules import StoredRule, get_budgets, list_rules
from guerdon.earning.use import Budget, Use, UseKey, period_start, use_keys
from guerdon.kit.calendar import after_day
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant

SQL = load(__file__, "campaigns.sql")


class Done(NamedTuple):
    """What a member has done: uses of today's periods, times in all by rule, and what all members share."""

    uses: dict[UseKey, Use]
    times: dict[int, int]
    budgets: dict[int, Budget]


class Outlook(NamedTuple):
    """How far a member has come with a rule, and whether it gives them more.

    `left` is how many times all members together may still earn by it; None is without end. Where the member is
    `capped`, they are not any more at `again_at`; None is never.
    """

    times: int
    left: int | None
    capped: bool
    again_at: datetime | None


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


def outlook(rule: VersionedRule, done: Done, merchant: Merchant, member_id: int, now: datetime) -> Outlook:
    """What is left of a rule for a member."""
    terms, today = rule.terms, merchant.day(now)
    left = None
    if terms.times_max is not None:
        budget = done.budgets.get(rule.rule_id)
        left = max(0, terms.times_max - (budget.times if budget else 0))
    ends: list[datetime | None] = []
    for cap, key in zip(terms.caps, use_keys(rule, member_id, today), strict=True):
        use = done.uses.get(key)
        times_over = cap.times is not None and use is not None and use.times >= cap.times
        points_over = cap.points is not None and use is not None and use.points >= cap.points
        if times_over or points_over:
            ends.append(_end(cap.per, today, merchant.timezone))
    known = [end for end in ends if end is not None]
    again_at = max(known) if known and len(known) == len(ends) else None
    return Outlook(done.times.get(rule.rule_id, 0), left, bool(ends), again_at)


def _end(period: Period, today: date, timezone: str) -> datetime | None:
    """When the period is over in which a day lies; None for ever."""
    if period is Period.EVER:
        return None
    last = today
    start = period_start(period, today)
    while period_start(period, last + timedelta(days=1)) == start:
        last += timedelta(days=1)
    return after_day(last, timezone)
