"""What terms would do before they count: for whom they are, what they touch, and what they would be for one member."""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.merchants.merchant import Merchant
from guerdon.points.desk import Desk
from guerdon.points.search import activations_of, enough_at
from guerdon.rewards.audience import Audience, audience_of, open_redemptions, stock_counted
from guerdon.rewards.checks import Check, Known, Rate, checks, rate_of
from guerdon.rewards.codes import Pooled
from guerdon.rewards.explain import Explained, Surroundings, explained
from guerdon.rewards.options import live_options
from guerdon.rewards.pools import level_of
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import get_rule
from guerdon.rewards.search import stocks_of
from guerdon.rewards.sentence import Ranks
from guerdon.rewards.tryout import UNSAVED, Trial, TryRule
from guerdon.rewards.wording import rule_title


class Draft(NamedTuple):
    """Terms that are not saved, of a rule that is, or of none."""

    terms: RedemptionRule
    rule_id: int = UNSAVED


class Effect(Struct, frozen=True):
    """What saving would do. `version` is the one that would be made, or the one that stands where nothing changes.

    `open_redemptions` wait for an order or a code, and keep the version that they were made under.
    """

    version: int
    changes: bool
    audience: Audience
    open_redemptions: int
    checks: list[Check]


async def effect_of(database: Database, merchant: Merchant, draft: Draft, ranks: Ranks, now: datetime) -> Effect:
    """Before it is saved; refuses with RuleNotFound."""
    merchant_id, version, changes, waiting = merchant.merchant_id, 1, True, 0
    if draft.rule_id != UNSAVED:
        saved = await get_rule(database, merchant_id, draft.rule_id)
        changes = saved.terms != draft.terms
        version = saved.version + changes
        waiting = sum((await open_redemptions(database, merchant_id, draft.rule_id)).values())
    known = Known(
        now, ranks, await _used(database, merchant_id, draft), await _codes_left(database, merchant_id, draft),
        await _rates(database, merchant, draft, now),
    )  # fmt: skip
    audience = await audience_of(database, merchant, draft.terms)
    return Effect(version, changes, audience, waiting, checks(draft.terms, known))


class Tried(NamedTuple):
    """What a member would get for how many points, or why not, with the way out of each reason."""

    trial: Trial
    reasons: list[Explained]


async def try_on(database: Database, desk: Desk, command: TryRule, ranks: Ranks, *, actor: str) -> Tried:
    """Try terms on a member. Refuses with MemberNotFound, or RuleNotFound; other refusals are its answer."""
    merchant_id = command.merchant_id
    trial = await desk.preview(command, actor=actor)
    if not trial.reasons:
        return Tried(trial, [])
    activations = await activations_of(database, merchant_id, [trial.account_id])
    enough = None if trial.points is None else enough_at(trial.available, trial.points, activations)
    coming = activations[0] if activations else None
    around = Surroundings(command.terms, trial.available, enough, coming, ranks)
    return Tried(trial, [explained(reason, around) for reason in trial.reasons])


async def stock_for(database: Database, merchant_id: int, draft: Draft) -> Stock | None:
    """What would count at once towards a limit that the saved rule does not have; None where there is nothing new."""
    if draft.rule_id == UNSAVED or not draft.terms.limited or await stocks_of(database, merchant_id, [draft.rule_id]):
        return None
    return await stock_counted(database, merchant_id, draft.rule_id)


async def _used(database: Database, merchant_id: int, draft: Draft) -> Stock | None:
    if draft.rule_id == UNSAVED or not draft.terms.limited:
        return None
    counted = await stocks_of(database, merchant_id, [draft.rule_id])
    return counted.get(draft.rule_id) or await stock_counted(database, merchant_id, draft.rule_id)


async def _codes_left(database: Database, merchant_id: int, draft: Draft) -> int | None:
    if draft.rule_id == UNSAVED or not isinstance(draft.terms.codes, Pooled):
        return None
    return (await level_of(database, merchant_id, draft.rule_id, None)).unused


async def _rates(database: Database, merchant: Merchant, draft: Draft, now: datetime) -> tuple[Rate, ...]:
    """What a point is worth by the merchant's other live rules."""
    rates = [
        rate_of(rule_title(rule.terms), rule.terms)
        for rule in await live_options(database, merchant, now)
        if rule.rule_id != draft.rule_id
    ]
    return tuple(rate for rate in rates if rate is not None)
