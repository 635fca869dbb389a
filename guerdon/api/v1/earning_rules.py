"""`/v1/earning_rules`: what earns points, a coupon or a tier. A change is a version; awards keep that of their day."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.configured import configured
from guerdon.api.v1.earning_terms import (
    EarnId,
    EarningRuleChanged,
    EarningRuleWanted,
    EarnsSaid,
    GoodsSaid,
    WhoSaid,
    shown_terms,
)
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.match import require_version, tell_version
from guerdon.api.v1.notes import words_of
from guerdon.api.v1.write import WriteAsked
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.earning.earns import CouponGift, Multiplier
from guerdon.earning.rule import Cap, Display, EarningRule, Hours, Rounding, Stacking, Weekday
from guerdon.earning.rules import StoredRule, add_rule, change_rule, get_budgets, get_rule, list_versions
from guerdon.earning.search import find_rules
from guerdon.earning.use import Budget
from guerdon.earning.wording import rule_sentence
from guerdon.metadata.metadata import Words, note
from guerdon.rewards.rules import get_rule as get_redemption_rule

KIND = "earning_rule"
RULES = "/v1/earning_rules"


class EarningRuleActed(WriteAsked, kw_only=True):
    """One rule, of which something is done."""

    id: EarnId


class EarningRuleChosen(Asked, kw_only=True):
    """One rule."""

    id: EarnId


class EarningRuleVersionsAsked(ListAsked, kw_only=True):
    """All that one rule ever said."""

    id: EarnId


class EarningRulesAsked(ListAsked, kw_only=True):
    """Which rules; all of what is said must hold."""

    active: bool | None = None
    trigger: str | None = None


class EarnedByAllAnswer(msgspec.Struct, frozen=True):
    """What all members together have earned by a rule that is limited."""

    points: int
    times: int


class EarningRuleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in one version, with a sentence that says it whole. `used` is null where nothing of it runs out."""

    id: str
    object: Literal["earning_rule"] = "earning_rule"
    version: int
    active: bool
    sentence: str
    name: str
    description: str
    trigger: str
    earns: EarnsSaid
    who: WhoSaid
    channels: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    weekdays: list[Weekday]
    hours: Hours | None
    goods: GoodsSaid
    goods_excluded: GoodsSaid
    quantity_min: int | None
    quantity_max: int | None
    amount_min_minor: int | None
    amount_max_minor: int | None
    order_tags: list[str]
    order_tags_excluded: list[str]
    first_order: bool
    caps: list[Cap]
    budget_points: int | None
    times_max: int | None
    used: EarnedByAllAnswer | None
    group: str | None
    stacking: Stacking
    priority: int
    pending: str | None
    expiry: str | None
    rounding: Rounding | None
    approval: bool
    display: Display
    created_at: datetime
    updated_at: datetime
    updated_by: str
    metadata: Words


async def create(
    engine: Engine, caller: Caller, params: EarningRuleWanted, incoming: Incoming
) -> EarningRuleAnswer | Raw:  # fmt: skip
    """Add a rule, which counts at once."""
    terms = EarningRule(**params.given())

    async def write(database: Database) -> EarningRuleAnswer:
        await _look_for_rules(database, caller, terms)
        rule = await add_rule(
            database, caller.merchant.merchant_id, terms, actor=caller.actor, now=engine.clock()
        )  # fmt: skip
        return await _answered(engine, caller, database, rule, params.metadata)

    return await configured(engine, caller, incoming, params, write, place=RULES)


async def change(
    engine: Engine, caller: Caller, params: EarningRuleChanged, incoming: Incoming
) -> EarningRuleAnswer | Raw:  # fmt: skip
    """Change a rule from now on: its next version."""
    return await _change(engine, caller, incoming, params, params.given(), params.metadata)


async def activate(
    engine: Engine, caller: Caller, params: EarningRuleActed, incoming: Incoming
) -> EarningRuleAnswer | Raw:  # fmt: skip
    """Let members earn by it."""
    return await _change(engine, caller, incoming, params, {"active": True}, None)


async def disable(
    engine: Engine, caller: Caller, params: EarningRuleActed, incoming: Incoming
) -> EarningRuleAnswer | Raw:  # fmt: skip
    """Let nobody earn by it; what it gave stays."""
    return await _change(engine, caller, incoming, params, {"active": False}, None)


async def fetch(engine: Engine, caller: Caller, params: EarningRuleChosen, incoming: Incoming) -> EarningRuleAnswer:
    """One rule as it stands, with its version as `ETag`."""
    rule = await get_rule(engine.database, caller.merchant.merchant_id, number("earn", params.id))
    tell_version(incoming, rule.version)
    return await _answered(engine, caller, engine.database, rule, None)


async def find(
    engine: Engine, caller: Caller, params: EarningRulesAsked, incoming: Incoming
) -> Page[EarningRuleAnswer]:  # fmt: skip
    """Rules as they stand, newest first."""
    rows = await find_rules(
        engine.database, caller.merchant.merchant_id, active=params.active, trigger=params.trigger,
        before=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    words, used = await _beside(caller, engine.database, [rule.rule_id for rule in rows])
    return page(
        incoming, params, rows, lambda rule: (rule.created_at, rule.rule_id),
        lambda rule: _shown(caller, rule, words.get(rule.rule_id, {}), used.get(rule.rule_id)),
    )  # fmt: skip


async def find_versions(
    engine: Engine, caller: Caller, params: EarningRuleVersionsAsked, incoming: Incoming
) -> Page[EarningRuleAnswer]:  # fmt: skip
    """A rule as it was in each of its versions, newest first."""
    merchant_id, rule_id = caller.merchant.merchant_id, number("earn", params.id)
    rule = await get_rule(engine.database, merchant_id, rule_id)
    before = after(params, int) or rule.version + 1
    versions = [one for one in await list_versions(engine.database, merchant_id, rule_id) if one.version < before]
    words, used = await _beside(caller, engine.database, [rule_id])
    return page(
        incoming, params, versions, lambda one: one.version,
        lambda one: _shown(
            caller, StoredRule(rule_id, one.version, one.terms, rule.created_at, one.recorded_at, one.actor),
            words.get(rule_id, {}), used.get(rule_id),
        ),
    )  # fmt: skip


async def _change(
    engine: Engine, caller: Caller, incoming: Incoming, params: EarningRuleChanged | EarningRuleActed,
    given: dict[str, Any], words: Words | None,
) -> EarningRuleAnswer | Raw:  # fmt: skip
    merchant_id, rule_id = caller.merchant.merchant_id, number("earn", params.id)

    async def write(database: Database) -> EarningRuleAnswer:
        rule = await get_rule(database, merchant_id, rule_id)
        require_version(incoming, rule.version)
        terms = replace(rule.terms, **given)
        await _look_for_rules(database, caller, terms)
        if terms != rule.terms:
            rule = await change_rule(
                database, merchant_id, rule_id, terms, actor=caller.actor, now=engine.clock(),
                expected_version=rule.version,
            )  # fmt: skip
        return await _answered(engine, caller, database, rule, words)

    return await configured(engine, caller, incoming, params, write)


async def _look_for_rules(database: Database, caller: Caller, terms: EarningRule) -> None:
    """Refuses with RuleNotFound or EarningRuleNotFound where the terms name a rule that the merchant does not have."""
    merchant_id = caller.merchant.merchant_id
    match terms.earns:
        case CouponGift(redemption_rule_id=rule_id):
            await get_redemption_rule(database, merchant_id, rule_id)
        case Multiplier(rule_ids=rule_ids):
            for rule_id in sorted(rule_ids):
                await get_rule(database, merchant_id, rule_id)
        case _:
            return


async def _beside(
    caller: Caller, database: Database, ids: Collection[int]
) -> tuple[dict[int, Words], dict[int, Budget]]:
    """What is noted beside rules, and what is used of them."""
    return await words_of(database, caller, KIND, ids), await get_budgets(database, caller.merchant.merchant_id)


async def _answered(
    engine: Engine, caller: Caller, database: Database, rule: StoredRule, new: Words | None
) -> EarningRuleAnswer:
    if new:
        await note(database, caller.merchant.merchant_id, KIND, str(rule.rule_id), new, engine.clock())
    words, used = await _beside(caller, database, [rule.rule_id])
    return _shown(caller, rule, words.get(rule.rule_id, {}), used.get(rule.rule_id))


def _shown(caller: Caller, rule: StoredRule, words: Words, used: Budget | None) -> EarningRuleAnswer:
    return EarningRuleAnswer(
        **shown_terms(rule.terms),
        id=shown("earn", rule.rule_id),
        version=rule.version,
        sentence=rule_sentence(rule.terms, caller.merchant.currency),
        used=EarnedByAllAnswer(used.points, used.times) if used and rule.terms.limited else None,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
        updated_by=rule.actor,
        metadata=words,
    )


ROUTES = (
    Route("POST", RULES, EarningRuleWanted, EarningRuleAnswer, create, "write", "Add an earning rule", keyed=True,
          creates=True),
    Route("GET", RULES, EarningRulesAsked, Page[EarningRuleAnswer], find, "read", "List earning rules"),
    Route("GET", RULES + "/{id:str}", EarningRuleChosen, EarningRuleAnswer, fetch, "read", "Get an earning rule"),
    Route("PATCH", RULES + "/{id:str}", EarningRuleChanged, EarningRuleAnswer, change, "write",
          "Change an earning rule", keyed=True),
    Route("POST", RULES + "/{id:str}/activate", EarningRuleActed, EarningRuleAnswer, activate, "write",
          "Activate an earning rule", keyed=True),
    Route("POST", RULES + "/{id:str}/disable", EarningRuleActed, EarningRuleAnswer, disable, "write",
          "Disable an earning rule", keyed=True),
    Route("GET", RULES + "/{id:str}/versions", EarningRuleVersionsAsked, Page[EarningRuleAnswer], find_versions, "read",
          "List the versions of an earning rule"),
)  # fmt: skip
