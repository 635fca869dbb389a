"""Rewards: the redemption rules of a programme as sentences, the story of one, and switching it on and off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from guerdon.access.edit_lock import EditLock, Editor, locks_of
from guerdon.api.engine import Engine
from guerdon.api.v1 import redemption_rules
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.redemption_rules import RedemptionRuleActed
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages import reward_codes, reward_editor
from guerdon.console.pages.lists import filters_in_use, said, whole
from guerdon.console.pages.reward_look import REWARDS
from guerdon.console.pages.reward_told import STATES, card_of, versions_told, whole_sentence
from guerdon.console.sentence import InWords
from guerdon.console.titles import title_of
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal
from guerdon.kit.sentence import said as told
from guerdon.rewards.audience import audience_of, open_redemptions, uses_of
from guerdon.rewards.checks import Known, checks
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import Level, level_of
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import RuleState, state_of
from guerdon.rewards.rules import Rule, get_rule, list_rules
from guerdon.rewards.search import stocks_of
from guerdon.tiers.names import ranks_of
from guerdon.trail.changes import names_of

PAGE = 25
USED_FOR = timedelta(days=30)
VERSIONS_SHOWN = 20


class RewardsShown(Struct, kw_only=True):
    """Which rules: in a state, with these words in their name or sentence."""

    state: RuleState | None = None
    q: str | None = None
    cursor: str | None = None


class RewardShown(Struct, kw_only=True):
    """One rule."""

    id: str


class SwitchSent(Struct, kw_only=True):
    """Switch it, or show first what that would do."""

    id: str
    step: Literal["preview", "do"] = "preview"


class Row(NamedTuple):
    """A rule in the list. `left` is what is left of a stock, `codes` of a pool."""

    id: str
    title: str
    sentence: str
    state: RuleState
    uses: int
    left: int | None
    codes: Level | None
    editor: str | None


async def show_rewards(engine: Engine, visitor: Visitor, params: RewardsShown, incoming: Incoming) -> View:
    """Rules as sentences, the last made first."""
    merchant_id, reader = visitor.merchant.merchant_id, InWords.of(visitor)
    ranks = await ranks_of(engine.database, visitor.merchant)
    rules = await list_rules(engine.database, merchant_id)
    words = (whole(params.q) or "").lower().split()
    sentences = {rule.rule_id: whole_sentence(rule.terms, ranks, reader) for rule in rules}
    wanted = [
        rule for rule in sorted(rules, key=_place, reverse=True)
        if params.state in (None, state_of(rule.terms, visitor.now))
        and all(word in f"{title_of(rule.terms, visitor.taste)} {sentences[rule.rule_id]}".lower() for word in words)
    ]  # fmt: skip
    asked = ListAsked(limit=PAGE, cursor=params.cursor)
    place = after(asked, tuple[datetime, int])
    found = [rule for rule in wanted if place is None or _place(rule) < place][: PAGE + 1]
    rows = {row.id: row for row in await _rows(engine, visitor, found, sentences)}
    shown_page: Page[Row] = page(
        visitor.inner(incoming), asked, found, _place, lambda rule: rows[shown("rule", rule.rule_id)]
    )  # fmt: skip
    query = said(params)
    counts = {state: sum(state_of(rule.terms, visitor.now) == state for rule in rules) for state in STATES}
    return visitor.view(
        "rewards/list.html", rewards=shown_page, asked=query, filtered=filters_in_use(query), states=STATES,
        counts=counts, total=len(rules), params=params,
    )  # fmt: skip


async def show_reward(engine: Engine, visitor: Visitor, params: RewardShown, _incoming: Incoming) -> View:
    """The story of one rule."""
    return await _story(engine, visitor, params.id)


async def activate(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming) -> View:
    """Let members redeem by it."""
    return await _switch(engine, visitor, params, incoming, on=True)


async def disable(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming) -> View:
    """Let nobody redeem by it."""
    return await _switch(engine, visitor, params, incoming, on=False)


async def _switch(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming, *, on: bool) -> View:
    if params.step == "preview":
        return await _story(engine, visitor, params.id, asks="activate" if on else "disable")
    act = redemption_rules.activate if on else redemption_rules.disable
    try:
        await act(engine, visitor.caller, RedemptionRuleActed(id=params.id), visitor.inner(incoming))
    except Refusal as refusal:
        return await _story(engine, visitor, params.id, refusal=refusal)
    text = visitor._("Activated: members can redeem it") if on else visitor._("Disabled: nobody can redeem it")
    undo = f"{REWARDS}/{params.id}/{'disable' if on else 'activate'}?step=do"
    return visitor.go(f"{REWARDS}/{params.id}", text, undo=undo)


async def _story(
    engine: Engine, visitor: Visitor, rule_id: str, *, asks: str | None = None, refusal: Refusal | None = None
) -> View:  # fmt: skip
    merchant_id, reader = visitor.merchant.merchant_id, InWords.of(visitor)
    rule = await get_rule(engine.database, merchant_id, number("rule", rule_id))
    terms, ids = rule.terms, [rule.rule_id]
    ranks = await ranks_of(engine.database, visitor.merchant)
    waiting = sum((await open_redemptions(engine.database, merchant_id, rule.rule_id)).values())
    used = (await stocks_of(engine.database, merchant_id, ids)).get(rule.rule_id)
    pool = await level_of(engine.database, merchant_id, *_pool(rule)) if isinstance(terms.codes, Pooled) else None
    known = Known(visitor.now, ranks, used, None if pool is None else pool.unused)
    locks = await locks_of(engine.database, merchant_id, "redemption_rule", visitor.now, ids)
    names = await names_of(engine.database, merchant_id, [rule.actor])
    return visitor.view(
        "rewards/story.html", status=200 if refusal is None else refusal.status, rule=rule, rule_id=rule_id,
        title=title_of(terms, visitor.taste), sentence=whole_sentence(terms, ranks, reader),
        card=card_of(terms, ranks, reader),
        state=state_of(terms, visitor.now), states=STATES, waiting=waiting, left=_left(rule, used), pool=pool,
        uses=(await uses_of(engine.database, merchant_id, ids, since=visitor.now - USED_FOR))[rule.rule_id],
        audience=await audience_of(engine.database, visitor.merchant, terms), by=names.get(rule.actor, rule.actor),
        checks=[(check.tone, told(check.part, reader)) for check in checks(terms, known)],
        versions=await versions_told(engine, visitor, rule, ranks, count_max=VERSIONS_SHOWN),
        lock=locks.get(rule.rule_id), mine=_is_mine(visitor, locks.get(rule.rule_id)), asks=asks, refusal=refusal,
    )  # fmt: skip


async def _rows(
    engine: Engine, visitor: Visitor, rules: Sequence[Rule], sentences: dict[int, str]
) -> list[Row]:  # fmt: skip
    merchant_id, ids = visitor.merchant.merchant_id, [rule.rule_id for rule in rules]
    uses = await uses_of(engine.database, merchant_id, ids, since=visitor.now - USED_FOR)
    stocks = await stocks_of(engine.database, merchant_id, ids)
    locks = await locks_of(engine.database, merchant_id, "redemption_rule", visitor.now, ids)
    pools = {
        rule.rule_id: await level_of(engine.database, merchant_id, *_pool(rule))
        for rule in rules if isinstance(rule.terms.codes, Pooled)
    }  # fmt: skip
    return [
        Row(
            shown("rule", rule.rule_id), title_of(rule.terms, visitor.taste), sentences[rule.rule_id],
            state_of(rule.terms, visitor.now), uses[rule.rule_id], _left(rule, stocks.get(rule.rule_id)),
            pools.get(rule.rule_id), lock.username if (lock := locks.get(rule.rule_id)) else None,
        )
        for rule in rules
    ]  # fmt: skip


def _place(rule: Rule) -> tuple[datetime, int]:
    return rule.created_at, rule.rule_id


def _pool(rule: Rule) -> tuple[int, int | None]:
    return rule.rule_id, rule.terms.codes.low_at if isinstance(rule.terms.codes, Pooled) else None


def _left(rule: Rule, used: Stock | None) -> int | None:
    """How many of a stock are left."""
    if rule.terms.stock is None:
        return None
    return max(0, rule.terms.stock - (used.redemptions if used else 0))


def _is_mine(visitor: Visitor, lock: EditLock | None) -> bool:
    return lock is not None and lock.is_of(Editor(visitor.operator.actor))


ROUTES = (
    Route("GET", REWARDS, RewardsShown, View, show_rewards, "see", "Rewards"),
    *reward_editor.ROUTES,
    Route("GET", REWARDS + "/{id:str}", RewardShown, View, show_reward, "see", "A reward"),
    Route("POST", REWARDS + "/{id:str}/activate", SwitchSent, View, activate, "configure", "Activate a reward"),
    Route("POST", REWARDS + "/{id:str}/disable", SwitchSent, View, disable, "configure", "Disable a reward"),
    *reward_codes.ROUTES,
)
