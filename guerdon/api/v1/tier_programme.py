"""`/v1/tier_programme`: what each tier asks in a period, for how long it holds, and what it gives."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.configured import configured
from guerdon.api.v1.ids import RuleId, number, shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.match import require_version, tell_version
from guerdon.api.v1.write import Metadata, WriteAsked
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.metadata.metadata import Words
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rules import get_rule
from guerdon.tiers.programme import (
    GRACE_DAYS_MAX,
    LEVELS_MAX,
    NO_MULTIPLIER,
    Programme,
    Term,
    Threshold,
    Tier,
    level_name,
)
from guerdon.tiers.programmes import StoredProgramme, get_programme, set_programme

PROGRAMME = "/v1/tier_programme"


class TierSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tier. `entry` lifts a member there, without any only a hand does; `retain` keeps them there for another
    period, and `regain` lifts who was there before: both ask the same as entry where they are left out.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=2000)] = ""
    entry: Threshold = Threshold()
    retain: Threshold | None = None
    regain: Threshold | None = None
    points_multiplier: Decimal = NO_MULTIPLIER
    points_reward: Annotated[int, Meta(ge=0, le=POINTS_MAX)] = 0
    """Given on entry, as is the coupon of a redemption rule, without its points."""
    points_reward_expiry: Annotated[str, Meta(max_length=100, examples=["12 months"])] | None = None
    coupon_rule: RuleId | None = None
    metadata: Metadata = {}


class ProgrammeAsked(Asked, kw_only=True):
    """The merchant's one programme."""


class ProgrammeSaid(WriteAsked, kw_only=True):
    """All of the programme anew, the lowest tier first. Members keep their tiers until they do something that counts,
    or the next night, when they are judged by it.
    """

    term: Term
    grace_days: Annotated[int, Meta(ge=0, le=GRACE_DAYS_MAX)] = 0
    starts_on: date | None = None
    """Nothing before this day counts."""
    tiers: Annotated[tuple[TierSaid, ...], Meta(min_length=1, max_length=LEVELS_MAX)]


class TierAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A tier with its level, from 1 on, and what other contracts call it."""

    object: Literal["tier"] = "tier"
    level: int
    code: str
    name: str
    description: str
    entry: Threshold
    retain: Threshold | None
    regain: Threshold | None
    points_multiplier: Decimal
    points_reward: int
    points_reward_expiry: str | None
    coupon_rule: str | None
    metadata: Words


class ProgrammeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The programme as it stands; version 0 has no tiers, and was never set."""

    object: Literal["tier_programme"] = "tier_programme"
    version: int
    term: Term | None
    grace_days: int
    starts_on: date | None
    tiers: list[TierAnswer]
    updated_at: datetime | None
    updated_by: str | None


class TiersAnswer(msgspec.Struct, frozen=True):
    """The tiers, the lowest first; money is in minor units of the `currency`."""

    object: Literal["tiers"]
    currency: str
    data: list[TierAnswer]


async def fetch(engine: Engine, caller: Caller, _params: ProgrammeAsked, incoming: Incoming) -> ProgrammeAnswer:
    """The programme, with its version as `ETag`."""
    stored = await get_programme(engine.database, caller.merchant.merchant_id)
    tell_version(incoming, 0 if stored is None else stored.version)
    return _shown(stored)


async def replace(engine: Engine, caller: Caller, params: ProgrammeSaid, incoming: Incoming) -> ProgrammeAnswer | Raw:
    """Set the programme, which counts at once. With `If-Match`, only over the version that is named."""
    merchant_id = caller.merchant.merchant_id
    programme = Programme(
        term=params.term, grace_days=params.grace_days, starts_on=params.starts_on,
        tiers=tuple(_tier(tier, f"tiers[{place}].coupon_rule") for place, tier in enumerate(params.tiers)),
    )  # fmt: skip

    async def write(database: Database) -> ProgrammeAnswer:
        before = await get_programme(database, merchant_id)
        require_version(incoming, 0 if before is None else before.version)
        for tier in programme.tiers:
            if tier.coupon_rule_id is not None:
                await get_rule(database, merchant_id, tier.coupon_rule_id)
        return _shown(
            await set_programme(database, merchant_id, programme, actor=caller.actor, now=engine.clock())
        )  # fmt: skip

    return await configured(engine, caller, incoming, params, write)


async def find_tiers(engine: Engine, caller: Caller, _params: ProgrammeAsked, _incoming: Incoming) -> TiersAnswer:
    """What there is to reach."""
    stored = await get_programme(engine.database, caller.merchant.merchant_id)
    return TiersAnswer("tiers", caller.merchant.currency, _shown(stored).tiers)


def _tier(said: TierSaid, field: str) -> Tier:
    rule_id = None if said.coupon_rule is None else number("rule", said.coupon_rule, field)
    return Tier(
        name=said.name, description=said.description, entry=said.entry, retain=said.retain, regain=said.regain,
        points_multiplier=said.points_multiplier, points_reward=said.points_reward,
        points_reward_expiry=said.points_reward_expiry, coupon_rule_id=rule_id,
        metadata=said.metadata,
    )  # fmt: skip


def _shown(stored: StoredProgramme | None) -> ProgrammeAnswer:
    if stored is None:
        return ProgrammeAnswer(
            version=0, term=None, grace_days=0, starts_on=None, tiers=[], updated_at=None, updated_by=None
        )  # fmt: skip
    programme = stored.programme
    return ProgrammeAnswer(
        version=stored.version,
        term=programme.term,
        grace_days=programme.grace_days,
        starts_on=programme.starts_on,
        tiers=[_tier_shown(level, tier) for level, tier in enumerate(programme.tiers, start=1)],
        updated_at=stored.recorded_at,
        updated_by=stored.actor,
    )


def _tier_shown(level: int, tier: Tier) -> TierAnswer:
    return TierAnswer(
        level=level,
        code=level_name(level),
        name=tier.name,
        description=tier.description,
        entry=tier.entry,
        retain=tier.retain,
        regain=tier.regain,
        points_multiplier=tier.points_multiplier,
        points_reward=tier.points_reward,
        points_reward_expiry=tier.points_reward_expiry,
        coupon_rule=None if tier.coupon_rule_id is None else shown("rule", tier.coupon_rule_id),
        metadata=tier.metadata,
    )


ROUTES = (
    Route("GET", PROGRAMME, ProgrammeAsked, ProgrammeAnswer, fetch, "read", "Get the programme of tiers"),
    Route("PUT", PROGRAMME, ProgrammeSaid, ProgrammeAnswer, replace, "write", "Set the programme of tiers", keyed=True),
    Route("GET", "/v1/tiers", ProgrammeAsked, TiersAnswer, find_tiers, "read", "List the tiers"),
)  # fmt: skip
