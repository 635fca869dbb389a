"""`/v1/redemption_rules/preview`: what terms would do before they are saved, and what they would be for one member."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import RuleId, number
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.money import CurrencyCode, Money
from guerdon.api.v1.redemption_terms import Points, TermsSaid
from guerdon.api.v1.redemptions import SALES_CHANNELS, SalesChannel
from guerdon.api.v1.who import Who, identity_of, member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.kit.sentence import Part, differences, said
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.preview import Draft, Tried, effect_of, stock_for, try_on
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import get_rule
from guerdon.rewards.sentence import Ranks, rule_parts, rule_sentence
from guerdon.rewards.tryout import UNSAVED, TryRule
from guerdon.rewards.wording import rule_title
from guerdon.tiers.names import ranks_of


class TermsDrafted(TermsSaid, kw_only=True):
    """What a rule would say; of one that is there, what would change."""

    points: Points | UnsetType = UNSET


class RulePreviewWanted(Asked, kw_only=True):
    """Terms of a rule, or of one that is not there yet; and perhaps a member who would redeem by them."""

    rule: RuleId | None = None
    terms: TermsDrafted
    member: Who | None = None
    points: Points | None = None
    currency: CurrencyCode | None = None
    channel: SalesChannel = "any"
    cart_minor: Annotated[int, Meta(ge=0)] | None = None


class ChangeAnswer(msgspec.Struct, frozen=True):
    """What the rule says, and what it would say instead; null where it says nothing of it."""

    was: str | None
    becomes: str | None


class AudienceAnswer(msgspec.Struct, frozen=True):
    """Active members, those whom the rule is for, and those of them who have enough points now. Counted where it is
    `exact`, or else estimated.
    """

    members: int
    eligible: int
    able: int
    exact: bool


class CheckAnswer(msgspec.Struct, frozen=True):
    """Something to know: `bad` keeps everybody from it, `warn` is seldom meant, `note` is worth knowing."""

    tone: Literal["bad", "warn", "note"]
    text: str


class TrialReasonAnswer(msgspec.Struct, frozen=True):
    """One thing that stands against it, with what would help where something would."""

    code: str
    detail: str
    facts: dict[str, Any]
    way_out: str | None


class TrialAnswer(msgspec.Struct, frozen=True):
    """What a redemption of the member would be; `reasons` are all that stand against it."""

    member: str
    redeemable: bool
    available: int
    points: int | None
    value: Money
    reasons: list[TrialReasonAnswer]


class RulePreviewAnswer(msgspec.Struct, frozen=True):
    """What saving the terms would do. `version` is the one that it would make; `open_redemptions` wait for an order or
    a code, and keep the version that they were made under.
    """

    object: Literal["redemption_rule_preview"]
    version: int
    title: str
    sentence: str
    changes: list[ChangeAnswer]
    audience: AudienceAnswer
    open_redemptions: int
    checks: list[CheckAnswer]
    trial: TrialAnswer | None


async def preview(
    engine: Engine, caller: Caller, params: RulePreviewWanted, _incoming: Incoming
) -> RulePreviewAnswer:  # fmt: skip
    """What terms would do; nothing is kept."""
    merchant, now = caller.merchant, engine.clock()
    draft, before = await drafted(engine, merchant, params.rule, params.terms)
    ranks = await ranks_of(engine.database, merchant)
    effect = await effect_of(engine.database, merchant, draft, ranks, now)
    trial = None
    if params.member is not None:
        command = TryRule(
            merchant=merchant, who=(identity_of(params.member),), terms=draft.terms, rule_id=draft.rule_id,
            points=params.points, currency=params.currency, channel=SALES_CHANNELS[params.channel],
            cart_minor=params.cart_minor, stock=await stock_for(engine.database, merchant.merchant_id, draft),
        )  # fmt: skip
        trial = _tried(await try_on(engine.database, engine.desk, command, ranks, actor=caller.actor))
    return RulePreviewAnswer(
        object="redemption_rule_preview",
        version=effect.version,
        title=rule_title(draft.terms),
        sentence=rule_sentence(draft.terms, ranks),
        changes=_changes(before, draft.terms, ranks),
        audience=AudienceAnswer(
            effect.audience.members, effect.audience.eligible, effect.audience.able, effect.audience.exact
        ),
        open_redemptions=effect.open_redemptions,
        checks=[CheckAnswer(check.tone, said(check.part)) for check in effect.checks],
        trial=trial,
    )


async def drafted(
    engine: Engine, merchant: Merchant, rule: str | None, terms: TermsSaid
) -> tuple[Draft, RedemptionRule | None]:  # fmt: skip
    """The terms as they would be saved, with what the rule says now. Refuses with BadField, RuleNotFound, and with
    CurrencyNotAccepted.
    """
    given = terms.given()
    if "currency" in given:
        merchant.accepted(given["currency"])
    if rule is not None:
        saved = await get_rule(engine.database, merchant.merchant_id, number("rule", rule, "rule"))
        return Draft(replace(saved.terms, **given), saved.rule_id), saved.terms
    if "points" not in given:
        raise BadField("terms.points", "a value is needed")
    said_of: dict[str, Any] = {"currency": merchant.currency, **given}
    return Draft(RedemptionRule(**said_of), UNSAVED), None


def _changes(before: RedemptionRule | None, after: RedemptionRule, ranks: Ranks) -> list[ChangeAnswer]:
    if before is None:
        return []
    return [
        ChangeAnswer(_said(one.before), _said(one.after))
        for one in differences(rule_parts(before, ranks), rule_parts(after, ranks))
    ]


def _said(part: Part | None) -> str | None:
    return None if part is None else said(part)


def _tried(tried: Tried) -> TrialAnswer:
    trial = tried.trial
    return TrialAnswer(
        member=member_shown(trial.member_id),
        redeemable=not trial.reasons,
        available=trial.available,
        points=trial.points,
        value=Money(trial.value_minor, trial.currency),
        reasons=[
            TrialReasonAnswer(one.refusal.code, one.refusal.sentence, one.refusal.facts, _said(one.way_out))
            for one in tried.reasons
        ],
    )


ROUTES = (
    Route("POST", "/v1/redemption_rules/preview", RulePreviewWanted, RulePreviewAnswer, preview, "read",
          "See what the terms of a redemption rule would do before they are saved"),
)  # fmt: skip
