"""`/v1/transfer_rule`: what members may give each other and buy, and what it costs. Off until it is set."""

from typing import Literal

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.configured import configured
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.match import require_version, tell_version
from guerdon.api.v1.write import WriteAsked
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.moving.rule import MovingRule, Rate, Terms, VersionedMoving
from guerdon.moving.rules import set_rule
from guerdon.moving.shelf import current_rule


class RuleAsked(Asked, kw_only=True):
    """The merchant's one rule."""


class RuleSaid(WriteAsked, kw_only=True):
    """All of the rule anew: what is left out is off, or without limit. Money is in minor units of the base currency."""

    transfers: Terms = Terms()
    gifts: Terms = Terms()
    purchases: Terms = Terms()
    price: Rate | None = None
    """What bought points cost: so many minor units for so many points."""
    bought_for_others_max_per_year: int | None = None
    received_max_per_year: int | None = None
    keeps_expiry: bool = True
    """Whether moved points expire when they would have at the giver's, or live as if they were earned now."""


class RuleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The rule as it stands; version 0 is one that was never set."""

    object: Literal["transfer_rule"] = "transfer_rule"
    version: int
    transfers: Terms
    gifts: Terms
    purchases: Terms
    price: Rate | None
    bought_for_others_max_per_year: int | None
    received_max_per_year: int | None
    keeps_expiry: bool


async def fetch(engine: Engine, caller: Caller, _params: RuleAsked, incoming: Incoming) -> RuleAnswer:
    """The rule, with its version as `ETag`."""
    rule = await current_rule(engine.database, caller.merchant.merchant_id)
    tell_version(incoming, rule.version)
    return _shown(rule)


async def replace(engine: Engine, caller: Caller, params: RuleSaid, incoming: Incoming) -> RuleAnswer | Raw:
    """Set the rule, which counts from the next transfer on. With `If-Match`, only the version that is named."""
    merchant_id, now = caller.merchant.merchant_id, engine.clock()

    async def write(database: Database) -> RuleAnswer:
        before = await current_rule(database, merchant_id)
        require_version(incoming, before.version)
        rule = await set_rule(
            database, merchant_id, _terms(params, before.terms), actor=caller.actor, now=now,
            expected_version=before.version,
        )  # fmt: skip
        return _shown(rule)

    return await configured(engine, caller, incoming, params, write)


def _terms(params: RuleSaid, before: MovingRule) -> MovingRule:
    """The rule that is meant; what only the portal knows of stays."""
    return MovingRule(
        transfers=params.transfers,
        gifts=params.gifts,
        purchases=params.purchases,
        price=params.price,
        bought_for_others_max_per_year=params.bought_for_others_max_per_year,
        received_max_per_year=params.received_max_per_year,
        keeps_expiry=params.keeps_expiry,
        created_user_id=before.created_user_id,
        modified_user_id=before.modified_user_id,
    )


def _shown(rule: VersionedMoving) -> RuleAnswer:
    terms = rule.terms
    return RuleAnswer(
        version=rule.version,
        transfers=terms.transfers,
        gifts=terms.gifts,
        purchases=terms.purchases,
        price=terms.price,
        bought_for_others_max_per_year=terms.bought_for_others_max_per_year,
        received_max_per_year=terms.received_max_per_year,
        keeps_expiry=terms.keeps_expiry,
    )


ROUTES = (
    Route("GET", "/v1/transfer_rule", RuleAsked, RuleAnswer, fetch, "read",
          "Get the rule for transfers, gifts and purchases"),
    Route("PUT", "/v1/transfer_rule", RuleSaid, RuleAnswer, replace, "write",
          "Set the rule for transfers, gifts and purchases", keyed=True),
)  # fmt: skip
