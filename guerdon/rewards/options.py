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
    points: int
    """The least that it takes."""


class _Offer(NamedTuple):
    """A live rule, what its least amount costs, and what stands against whoever asks."""

    rule: Rule
    cost: Price
    against: tuple[Refusal, ...]


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
    return (await options_of(database, merchant, [member], now, channel))[member.member_id]


async def options_of(
    database: Database, merchant: Merchant, members: Sequence[Standing], now: datetime, channel: Channel
) -> dict[int, list[Option]]:
    """The same for several members: the rules are read once."""
    offers = await _offers(database, merchant, now)
    moment = Moment(now, merchant.day(now), channel)
    usages: dict[int, dict[int, Usage]] = {member.member_id: {} for member in members}
    for row in await database.fetch(SQL.get_usage, merchant.merchant_id, list(usages)):
        usages[row["member_id"]][row["rule_id"]] = Usage(*row)
    return {
        member.member_id: [_option(offer, merchant, member, usages[member.member_id], moment) for offer in offers]
        for member in members
    }


def _option(
    offer: _Offer, merchant: Merchant, member: Standing, usages: dict[int, Usage], moment: Moment
) -> Option:  # fmt: skip
    rule = offer.rule
    reasons = (
        *reasons_against(Versioned(rule.rule_id, rule.version, rule.terms), merchant, member, moment),
        *caps_against(rule.terms, offer.cost, usages.get(rule.rule_id), moment.day),
        *offer.against,
    )
    return Option(rule, reasons, offer.cost.points)


async def _offers(database: Database, merchant: Merchant, now: datetime) -> list[_Offer]:
    stocks = {row["rule_id"]: Stock(*row) for row in await database.fetch(SQL.get_stock, merchant.merchant_id)}
    live = await live_options(database, merchant, now)
    pools = await _pools(database, merchant, live)
    offers: list[_Offer] = []
    for rule in live:
        terms = rule.terms
        points = least(terms)
        cost = Price(points, 0, terms.currency, terms.amount_minor * (points // terms.points))
        against = (
            *stock_against(terms, cost, stocks.get(rule.rule_id)),
            *pool_against(Versioned(rule.rule_id, rule.version, terms), pools.get(rule.rule_id)),
        )
        offers.append(_Offer(rule, cost, against))
    return offers


async def _pools(database: Database, merchant: Merchant, rules: Sequence[Rule]) -> dict[int, Pool]:
    """The next code of each pool that has one."""
    pooled = [rule.rule_id for rule in rules if isinstance(rule.terms.codes, Pooled)]
    if not pooled:
        return {}
    rows = await database.fetch(SQL.list_next_codes, merchant.merchant_id, pooled)
    return {rule_id: Pool(rule_id, (code,)) for rule_id, code in rows}
