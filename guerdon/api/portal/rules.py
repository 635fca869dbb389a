"""Adding, reading and changing one redemption rule.

The server numbers rules: an `id` sent with a new one is ignored, so that a rule which was read can be sent back as the
start of another (the portal's *Clone*). Sending `lastUpdatedDateTime` with a change asks that the rule be as it was
read: it is refused if the rule has moved on. Repeated under one Idempotency-Key, a write is made once.
"""

from collections.abc import Callable

from msgspec import Raw
from msgspec.structs import replace

from guerdon.access.edit_lock import locks_of
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, once
from guerdon.api.portal.choices import read_status
from guerdon.api.portal.contract import MerchantNamed, PortalCaller
from guerdon.api.portal.entity import RuleShown, show_new_rule, show_rule
from guerdon.api.portal.message import STATUS_UPDATED, UPDATED, Message, milliseconds
from guerdon.api.portal.terms import RuleSent, StatusSent, changed_terms, new_terms, user_id
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.errors.rewards import RuleNotFound, VersionConflict
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import add_rule, change_rule, get_rule, merchant_of_rule
from guerdon.tiers.programmes import get_tiers


class RuleNamed(MerchantNamed, kw_only=True, rename="camel"):
    """A rule by its id, which is enough where an operator works for several merchants."""

    id: int


async def add_redemption_rule(
    engine: Engine, caller: PortalCaller, sent: RuleSent, incoming: Incoming
) -> RuleShown | Raw:
    """Store a new rule, whose number comes from the server."""
    merchant_id, actor, now = caller.merchant_id, caller.operator.actor, engine.clock()
    caller.operator.require_editor(merchant_id)
    terms = new_terms(sent, await engine.merchants.get(merchant_id))
    programme = await get_tiers(engine.database, merchant_id)

    async def add(database: Database) -> RuleShown:
        return show_new_rule(
            merchant_id, await add_rule(database, merchant_id, terms, actor=actor, now=now), programme
        )  # fmt: skip

    return await once(engine.database, Asked(incoming, sent, merchant_id, actor, now), add)


async def get_redemption_rule(engine: Engine, caller: PortalCaller, named: RuleNamed, _: Incoming) -> RuleShown:
    """A rule as it stands, whoever made it, with who edits it."""
    merchant_id = await merchant_of_redemption(engine, caller, named.id)
    rule = await get_rule(engine.database, merchant_id, named.id)
    locks = await locks_of(engine.database, merchant_id, "redemption_rule", engine.clock(), [named.id])
    return show_rule(merchant_id, rule, await get_tiers(engine.database, merchant_id), lock=locks.get(named.id))


async def update_redemption_rule(
    engine: Engine, caller: PortalCaller, sent: RuleSent, incoming: Incoming
) -> RuleShown | Raw:
    """Say all of a rule anew."""
    merchant_id = await _merchant_to_change(engine, caller, sent)
    merchant = await engine.merchants.get(merchant_id)
    return await _change(
        engine, caller, merchant_id, sent, incoming, lambda before: changed_terms(sent, before, merchant), UPDATED
    )


async def update_redemption_rule_status(
    engine: Engine, caller: PortalCaller, sent: StatusSent, incoming: Incoming
) -> RuleShown | Raw:
    """Let a rule be redeemed, or not."""
    if sent.redemption_rule_status is None:
        raise BadField("redemptionRuleStatus", "the new status is needed")
    said = {
        "active": read_status(sent.redemption_rule_status),
        "modified_user_id": user_id(sent.last_modified_user_id, "lastModifiedUserId"),
    }
    merchant_id = await _merchant_to_change(engine, caller, sent)
    return await _change(
        engine, caller, merchant_id, sent, incoming, lambda before: replace(before, **said), STATUS_UPDATED
    )


async def merchant_of_redemption(engine: Engine, caller: PortalCaller, rule_id: int) -> int:
    """Whose rule this is; refuses with RuleNotFound."""
    if not 0 < rule_id <= POINTS_MAX:
        raise RuleNotFound(rule_id)
    return await merchant_of_rule(engine.database, caller.merchants(), rule_id)


async def _merchant_to_change(engine: Engine, caller: PortalCaller, sent: RuleSent | StatusSent) -> int:
    if not sent.id:
        raise BadField("id", "the id of the rule to change is needed")
    merchant_id = await merchant_of_redemption(engine, caller, sent.id)
    caller.operator.require_editor(merchant_id)
    return merchant_id


async def _change(
    engine: Engine,
    caller: PortalCaller,
    merchant_id: int,
    sent: RuleSent | StatusSent,
    incoming: Incoming,
    revise: Callable[[RedemptionRule], RedemptionRule],
    message: Message,
) -> RuleShown | Raw:
    """Write the next version, on the one that its terms are made from."""
    rule_id, actor, now = sent.id or 0, caller.operator.actor, engine.clock()
    programme = await get_tiers(engine.database, merchant_id)

    async def change(database: Database) -> RuleShown:
        rule = await get_rule(database, merchant_id, rule_id)
        terms = revise(rule.terms)
        if sent.last_updated_date_time not in (None, milliseconds(rule.updated_at)):
            raise VersionConflict(rule_id)
        changed = await change_rule(
            database, merchant_id, rule_id, terms, actor=actor, user_id=terms.modified_user_id, now=now,
            expected_version=rule.version,
        )  # fmt: skip
        return show_rule(merchant_id, changed, programme, message)

    return await once(engine.database, Asked(incoming, sent, merchant_id, actor, now), change)
