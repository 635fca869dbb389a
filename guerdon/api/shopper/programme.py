"""`/shopper/v1/programme`: what everybody sees of it, before anybody has signed in."""

from typing import Literal

import msgspec

from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.shopper.rewards import RewardSeen, catalogue
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.money import CurrencyCode
from guerdon.api.wire import Incoming
from guerdon.merchants.merchant import Merchant
from guerdon.tiers.programmes import get_tiers


class OfferAsked(Asked, kw_only=True):
    """In which currency worth is told: the base currency, where that is left out."""

    currency: CurrencyCode | None = None


class ProgrammeSeen(msgspec.Struct, frozen=True):
    """Whose points they are. Days begin and end in `timezone`."""

    name: str
    currency: str
    timezone: str


class TierOffered(msgspec.Struct, frozen=True):
    """A tier that members can reach."""

    level: int
    name: str


class OfferAnswer(msgspec.Struct, frozen=True):
    """What points buy, and the tiers from the lowest up."""

    object: Literal["programme"]
    programme: ProgrammeSeen
    rewards: list[RewardSeen]
    tiers: list[TierOffered]


async def fetch(engine: Engine, shopper: Shopper, params: OfferAsked, _incoming: Incoming) -> OfferAnswer:
    """What there is to be had, for a page that knows nobody yet."""
    merchant = shopper.caller.merchant
    rewards = await catalogue(engine, merchant, merchant.accepted(params.currency))
    return OfferAnswer("programme", programme_shown(merchant), rewards, await tiers_offered(engine, merchant))


async def tiers_offered(engine: Engine, merchant: Merchant) -> list[TierOffered]:
    """The tiers from the lowest up; none, where there are none."""
    programme = await get_tiers(engine.database, merchant.merchant_id)
    return [] if programme is None else [TierOffered(level, one.name) for level, one in enumerate(programme.tiers, 1)]


def programme_shown(merchant: Merchant) -> ProgrammeSeen:
    """The merchant, as shoppers know it."""
    return ProgrammeSeen(merchant.name, merchant.currency, merchant.timezone)
