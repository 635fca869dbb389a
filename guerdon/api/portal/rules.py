"""Adding, reading and changing one redemption rule.

The server numbers rules: an `id` sent with a new one is ignored, so that a rule which was read can be sent back as the
start of another (the portal's *Clone*). Sending `lastUpdatedDateTime` with a change asks that the rule be as it was
read: it is refused if the rule has moved on. The edit lock knows users by `lastModifiedUserId`, or by the operator
where a change names nobody.
"""

from msgspec.structs import replace

from guerdon.api.engine import Engine
from guerdon.api.portal.choices import read_status
from guerdon.api.portal.contract import MerchantNamed, PortalCaller
from guerdon.api.portal.entity import RuleShown, show_new_rule, show_rule
from guerdon.api.portal.message import STATUS_UPDATED, UPDATED, Message, milliseconds
from guerdon.api.portal.terms import RuleSent, changed_terms, new_terms, user_id
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.errors.rewards import RuleNotFound, VersionConflict
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import Rule, add_rule, change_rule, get_rule, merchant_of_rule
from guerdon.tiers.programmes import get_tiers


class RuleNamed(MerchantNamed, kw_only=True, rename="camel"):
    """A rule by its id, which is enough where an operator works for several merchants."""

    id: int


async def add_redemption_rule(engine: Engine, caller: PortalCaller, sent: RuleSent, _: Incoming) -> RuleShown:
    """Store a new rule, whose number comes from the server."""
    merchant_id, operator = caller.merchant_id, caller.operator
    operator.require_editor(merchant_id)
    terms = new_terms(sent, await engine.merchants.get(merchant_id))
    rule = await add_rule(engine.database, merchant_id, terms, actor=operator.actor, now=engine.clock())
    return show_new_rule(merchant_id, rule, await get_tiers(engine.database, merchant_id))


async def get_redemption_rule(engine: Engine, caller: PortalCaller, named: RuleNamed, _: Incoming) -> RuleShown:
    """A rule as it stands, whoever made it."""
    merchant_id, rule = await _find(engine, caller, named.id)
    return show_rule(merchant_id, rule, await get_tiers(engine.database, merchant_id))


async def update_redemption_rule(engine: Engine, caller: PortalCaller, sent: RuleSent, _: Incoming) -> RuleShown:
    """Say all of a rule anew."""
    merchant_id, rule = await _find_to_change(engine, caller, sent)
    terms = changed_terms(sent, rule.terms, await engine.merchants.get(merchant_id))
    return await _change(engine, caller, merchant_id, rule, sent, terms, UPDATED)


async def update_redemption_rule_status(engine: Engine, caller: PortalCaller, sent: RuleSent, _: Incoming) -> RuleShown:
    """Let a rule be redeemed, or not. The rest of the rule may be sent along, and is not looked at."""
    if sent.redemption_rule_status is None:
        raise BadField("redemptionRuleStatus", "the new status is needed")
    active = read_status(sent.redemption_rule_status)
    modified_by = user_id(sent.last_modified_user_id, "lastModifiedUserId")
    merchant_id, rule = await _find_to_change(engine, caller, sent)
    terms = replace(rule.terms, active=active, modified_user_id=modified_by)
    return await _change(engine, caller, merchant_id, rule, sent, terms, STATUS_UPDATED)


async def _find(engine: Engine, caller: PortalCaller, rule_id: int) -> tuple[int, Rule]:
    """The rule, and whose it is; refuses with RuleNotFound."""
    if not 0 < rule_id <= POINTS_MAX:
        raise RuleNotFound(rule_id)
    merchant_id = await merchant_of_rule(engine.database, caller.merchants(), rule_id)
    return merchant_id, await get_rule(engine.database, merchant_id, rule_id)


async def _find_to_change(engine: Engine, caller: PortalCaller, sent: RuleSent) -> tuple[int, Rule]:
    if not sent.id:
        raise BadField("id", "the id of the rule to change is needed")
    merchant_id, rule = await _find(engine, caller, sent.id)
    caller.operator.require_editor(merchant_id)
    return merchant_id, rule


async def _change(
    engine: Engine,
    caller: PortalCaller,
    merchant_id: int,
    rule: Rule,
    sent: RuleSent,
    terms: RedemptionRule,
    message: Message,
) -> RuleShown:
    """Write the next version, on the one that `terms` were made from."""
    if sent.last_updated_date_time not in (None, milliseconds(rule.updated_at)):
        raise VersionConflict(rule.rule_id)
    operator = caller.operator
    changed = await change_rule(
        engine.database,
        merchant_id,
        rule.rule_id,
        terms,
        actor=operator.actor,
        user_id=operator.operator_id if terms.modified_user_id is None else terms.modified_user_id,
        now=engine.clock(),
        expected_version=rule.version,
    )
    return show_rule(merchant_id, changed, await get_tiers(engine.database, merchant_id), message)
