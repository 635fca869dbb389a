"""`/v1/redemption_rules`: what points buy. A change is a version; what was bought keeps that of its day."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.configured import configured
from guerdon.api.v1.ids import RuleId, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.match import require_version, tell_version
from guerdon.api.v1.notes import words_of
from guerdon.api.v1.redemption_terms import RedemptionRuleChanged, RedemptionRuleWanted, shown_terms
from guerdon.api.v1.redemptions import SalesChannel
from guerdon.api.v1.write import WriteAsked
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.metadata.metadata import Words, note
from guerdon.rewards.codes import Codes
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule, add_rule, change_rule, get_rule, list_versions
from guerdon.rewards.search import find_rules, stocks_of
from guerdon.rewards.sentence import Ranks, rule_sentence
from guerdon.rewards.wording import rule_title
from guerdon.tiers.names import ranks_of

KIND = "redemption_rule"
RULES = "/v1/redemption_rules"


class RedemptionRuleActed(WriteAsked, kw_only=True):
    """One rule, of which something is done."""

    id: RuleId


class RedemptionRuleChosen(Asked, kw_only=True):
    """One rule."""

    id: RuleId


class RedemptionRuleVersionsAsked(ListAsked, kw_only=True):
    """All that one rule ever said."""

    id: RuleId


class RedemptionRulesAsked(ListAsked, kw_only=True):
    """Which rules."""

    active: bool | None = None


class UsedAnswer(msgspec.Struct, frozen=True):
    """What all members together have used of a limited rule; money is in minor units of the rule's currency."""

    redemptions: int
    amount_minor: int


class RedemptionRuleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in one version: its `title` is a shopper's, its `sentence` says all that it does. A secret is never shown.

    `used` is null where nothing of it runs out.
    """

    id: str
    object: Literal["redemption_rule"] = "redemption_rule"
    version: int
    active: bool
    title: str
    sentence: str
    name: str
    description: str
    icon: str | None
    points: int
    pricing: Pricing
    reward: RewardKind
    amount_minor: int
    currency: str
    amounts_minor: dict[str, int]
    percentage_hundredths: int
    product_id: str | None
    category: Category
    tier_level: int
    tier_exact: bool | None
    member_tags: list[str]
    channel: SalesChannel
    minimum_points: int | None
    offset_points: int | None
    points_max_per_transaction: int | None
    points_max_per_day: int | None
    redemptions_max_per_member: int | None
    stock: int | None
    budget_minor: int | None
    used: UsedAnswer | None
    starts_at: datetime | None
    ends_at: datetime | None
    minimum_cart_minor: int | None
    coupon_days: int | None
    coupon_prefix: str | None
    codes: Codes
    refund_expired: bool
    transferable: bool
    created_at: datetime
    updated_at: datetime
    updated_by: str
    metadata: Words


async def create(
    engine: Engine, caller: Caller, params: RedemptionRuleWanted, incoming: Incoming
) -> RedemptionRuleAnswer | Raw:  # fmt: skip
    """Add a rule, which counts at once."""
    given: dict[str, Any] = {"currency": caller.merchant.currency, **params.given()}
    terms = RedemptionRule(**given)
    caller.merchant.accepted(terms.currency)

    async def write(database: Database) -> RedemptionRuleAnswer:
        rule = await add_rule(
            database, caller.merchant.merchant_id, terms, actor=caller.actor, now=engine.clock()
        )  # fmt: skip
        return await _answered(engine, caller, database, rule, params.metadata)

    return await configured(engine, caller, incoming, params, write, place=RULES)


async def change(
    engine: Engine, caller: Caller, params: RedemptionRuleChanged, incoming: Incoming
) -> RedemptionRuleAnswer | Raw:  # fmt: skip
    """Change a rule from now on: its next version."""
    return await _change(engine, caller, incoming, params, params.given(), params.metadata)


async def activate(
    engine: Engine, caller: Caller, params: RedemptionRuleActed, incoming: Incoming
) -> RedemptionRuleAnswer | Raw:  # fmt: skip
    """Let members redeem by it."""
    return await _change(engine, caller, incoming, params, {"active": True}, None)


async def disable(
    engine: Engine, caller: Caller, params: RedemptionRuleActed, incoming: Incoming
) -> RedemptionRuleAnswer | Raw:  # fmt: skip
    """Let nobody redeem by it; coupons that were given stay good."""
    return await _change(engine, caller, incoming, params, {"active": False}, None)


async def fetch(
    engine: Engine, caller: Caller, params: RedemptionRuleChosen, incoming: Incoming
) -> RedemptionRuleAnswer:  # fmt: skip
    """One rule as it stands, with its version as `ETag`."""
    rule = await get_rule(engine.database, caller.merchant.merchant_id, number("rule", params.id))
    tell_version(incoming, rule.version)
    return await _answered(engine, caller, engine.database, rule, None)


async def find(
    engine: Engine, caller: Caller, params: RedemptionRulesAsked, incoming: Incoming
) -> Page[RedemptionRuleAnswer]:  # fmt: skip
    """Rules as they stand, newest first."""
    rows = await find_rules(
        engine.database, caller.merchant.merchant_id, active=params.active,
        before=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    ids = [rule.rule_id for rule in rows]
    words, used, ranks = await _beside(caller, engine.database, ids)
    return page(
        incoming, params, rows, lambda rule: (rule.created_at, rule.rule_id),
        lambda rule: _shown(rule, words.get(rule.rule_id, {}), used.get(rule.rule_id), ranks),
    )  # fmt: skip


async def find_versions(
    engine: Engine, caller: Caller, params: RedemptionRuleVersionsAsked, incoming: Incoming
) -> Page[RedemptionRuleAnswer]:  # fmt: skip
    """A rule as it was in each of its versions, newest first."""
    merchant_id, rule_id = caller.merchant.merchant_id, number("rule", params.id)
    rule = await get_rule(engine.database, merchant_id, rule_id)
    before = after(params, int) or rule.version + 1
    versions = [one for one in await list_versions(engine.database, merchant_id, rule_id) if one.version < before]
    words, used, ranks = await _beside(caller, engine.database, [rule_id])
    return page(
        incoming, params, versions, lambda one: one.version,
        lambda one: _shown(
            Rule(rule_id, one.version, one.terms, rule.created_at, one.recorded_at, one.actor),
            words.get(rule_id, {}), used.get(rule_id), ranks,
        ),
    )  # fmt: skip


async def _change(
    engine: Engine, caller: Caller, incoming: Incoming, params: RedemptionRuleChanged | RedemptionRuleActed,
    given: dict[str, Any], words: Words | None,
) -> RedemptionRuleAnswer | Raw:  # fmt: skip
    merchant_id, rule_id = caller.merchant.merchant_id, number("rule", params.id)
    if "currency" in given:
        caller.merchant.accepted(given["currency"])

    async def write(database: Database) -> RedemptionRuleAnswer:
        rule = await get_rule(database, merchant_id, rule_id)
        require_version(incoming, rule.version)
        terms = replace(rule.terms, **given)
        if terms != rule.terms or "codes" in given:  # a secret among them is not to be compared
            rule = await change_rule(
                database, merchant_id, rule_id, terms, actor=caller.actor, user_id=None, now=engine.clock(),
                expected_version=rule.version,
            )  # fmt: skip
        return await _answered(engine, caller, database, rule, words)

    return await configured(engine, caller, incoming, params, write)


async def _beside(
    caller: Caller, database: Database, ids: Collection[int]
) -> tuple[dict[int, Words], dict[int, Stock], Ranks]:
    """What is noted beside rules, what is used of them, and what their tiers are called."""
    words = await words_of(database, caller, KIND, ids)
    used = await stocks_of(database, caller.merchant.merchant_id, ids)
    return words, used, await ranks_of(database, caller.merchant)


async def _answered(
    engine: Engine, caller: Caller, database: Database, rule: Rule, new: Words | None
) -> RedemptionRuleAnswer:
    if new:
        await note(database, caller.merchant.merchant_id, KIND, str(rule.rule_id), new, engine.clock())
    words, used, ranks = await _beside(caller, database, [rule.rule_id])
    return _shown(rule, words.get(rule.rule_id, {}), used.get(rule.rule_id), ranks)


def _shown(rule: Rule, words: Words, used: Stock | None, ranks: Ranks) -> RedemptionRuleAnswer:
    terms = rule.terms
    return RedemptionRuleAnswer(
        **shown_terms(terms),
        id=shown("rule", rule.rule_id),
        version=rule.version,
        title=rule_title(terms),
        sentence=rule_sentence(terms, ranks),
        used=UsedAnswer(used.redemptions, used.amount_minor) if used and terms.limited else None,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
        updated_by=rule.actor,
        metadata=words,
    )


ROUTES = (
    Route("POST", RULES, RedemptionRuleWanted, RedemptionRuleAnswer, create, "write", "Add a redemption rule",
          keyed=True, creates=True),
    Route("GET", RULES, RedemptionRulesAsked, Page[RedemptionRuleAnswer], find, "read", "List redemption rules"),
    Route("GET", RULES + "/{id:str}", RedemptionRuleChosen, RedemptionRuleAnswer, fetch, "read",
          "Get a redemption rule"),
    Route("PATCH", RULES + "/{id:str}", RedemptionRuleChanged, RedemptionRuleAnswer, change, "write",
          "Change a redemption rule", keyed=True),
    Route("POST", RULES + "/{id:str}/activate", RedemptionRuleActed, RedemptionRuleAnswer, activate, "write",
          "Activate a redemption rule", keyed=True),
    Route("POST", RULES + "/{id:str}/disable", RedemptionRuleActed, RedemptionRuleAnswer, disable, "write",
          "Disable a redemption rule", keyed=True),
    Route("GET", RULES + "/{id:str}/versions", RedemptionRuleVersionsAsked, Page[RedemptionRuleAnswer], find_versions,
          "read", "List the versions of a redemption rule"),
)  # fmt: skip
