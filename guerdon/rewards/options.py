"""What can be redeemed: a merchant's live options, and which of them a member qualifies for."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from guerdon.database.pool import Database
from guerdon.errors.base import Refusal
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.codes import Pooled
from guerdon.rewards.eligibility import Moment, Standing, caps_against, reasons_against, stock_against
from guerdon.rewards.pool import Pool, pool_against
from guerdon.rewards.price import Price, least
from guerdon.rewards.redemption import Stock, Usage
from guerdon.rewards.rule import Channel, Versioned
from guerdon.rewards.rules import SQL, Rule, list_rules


class Option(NamedTuple):
    """A rule with every reason why this member cannot redeem its least amount now, funds apart."""

    rule: Rule
    reasons: tuple[Refusal, ...]


async def live_options(database: Database, merchant: Merchant, now: datetime) -> list[Rule]:
    """The rules that are active and within their dates."""
    return [
        rule
        for rule in await list_rules(database, merchant.merchant_id)
        if rule.terms.active
        and (rule.terms.starts_at is None or rule.terms.starts_at <= now)
        and (rule.terms.ends_at is None or now < rule.terms.ends_at)
    ]


async def options_for(
    database: Database, merchant: Merchant, member: Standing, now: datetime, channel: Channel
) -> list[Option]:
    """Every live option, with what stands against this member. What a redemption would check, without its points."""
    rows = await database.fetch(SQL.get_usage, merchant.merchant_id, member.member_id)
    usages = {row["rule_id"]: Usage(*row) for row in rows}
    stocks = {row["rule_id"]: Stock(*row) for row in await database.fetch(SQL.get_stock, merchant.merchant_id)}
    day = merchant.day(now)
    options: list[Option] = []
    live = await live_options(database, merchant, now)
    pools = await _pools(database, merchant, live)
    for rule in live:
        terms = rule.terms
        versioned = Versioned(rule.rule_id, rule.version, terms)
        points = least(terms)
        cost = Price(points, 0, terms.currency, terms.amount_minor * (points // terms.points))
        reasons = [
            *reasons_against(versioned, merchant, member, Moment(now, day, channel)),
            *caps_against(terms, cost, usages.get(rule.rule_id), day),
            *stock_against(terms, cost, stocks.get(rule.rule_id)),
            *pool_against(versioned, pools.get(rule.rule_id)),
        ]
        options.append(Option(rule, tuple(reasons)))
    return options


async def _pools(database: Database, merchant: Merchant, rules: Sequence[Rule]) -> dict[int, Pool]:
    """The next code of each pool that has one."""
    pooled = [rule.rule_id for rule in rules if isinstance(rule.terms.codes, Pooled)]
    if not pooled:
        return {}
    rows = await database.fetch(SQL.list_next_codes, merchant.merchant_id, pooled)
    return {rule_id: Pool(rule_id, (code,)) for rule_id, code in rows}
