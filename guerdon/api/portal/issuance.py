"""Adding, reading and changing one issuance rule, which is an earning rule. The words are those of redemption rules."""

from collections.abc import Callable

from msgspec import Raw
from msgspec.structs import replace

from guerdon.access.edit_lock import locks_of
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, once
from guerdon.api.portal.choices import read_status
from guerdon.api.portal.contract import PortalCaller
from guerdon.api.portal.issuance_entity import IssuanceShown, Surroundings, show_issuance, show_new_issuance
from guerdon.api.portal.issuance_terms import IssuanceSent, IssuanceStatusSent, Said, changed_rule, new_rule
from guerdon.api.portal.message import ISSUANCE_STATUS_UPDATED, ISSUANCE_UPDATED, Message, milliseconds
from guerdon.api.portal.notes import NOTHING, keep_note, notes_of
from guerdon.api.portal.rules import RuleNamed
from guerdon.api.portal.terms import user_id
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database
from guerdon.earning.rules import add_rule, change_rule, get_rule, merchant_of_rule
from guerdon.errors.base import BadField
from guerdon.errors.earning import EarningRuleNotFound
from guerdon.errors.rewards import VersionConflict
from guerdon.points.values import POINTS_MAX
from guerdon.tiers.programmes import get_tiers


async def add_issuance_rule(
    engine: Engine, caller: PortalCaller, sent: IssuanceSent, incoming: Incoming
) -> IssuanceShown | Raw:
    """Store a new rule, whose number comes from the server; orders earn by it from now on."""
    merchant_id, actor, now = caller.merchant_id, caller.operator.actor, engine.clock()
    caller.operator.require_editor(merchant_id)
    beside = await surroundings(engine, merchant_id)
    said = new_rule(sent, beside.merchant)

    async def add(database: Database) -> IssuanceShown:
        rule = await add_rule(database, merchant_id, said.terms, actor=actor, now=now)
        await keep_note(database, merchant_id, rule.rule_id, said.note)
        return show_new_issuance(rule, said.note, beside)

    return await once(engine.database, Asked(incoming, sent, merchant_id, actor, now), add)


async def get_issuance_rule(engine: Engine, caller: PortalCaller, named: RuleNamed, _: Incoming) -> IssuanceShown:
    """A rule as it stands, whoever made it, with who edits it."""
    merchant_id, wanted = await merchant_of_issuance(engine, caller, named.id), [named.id]
    rule = await get_rule(engine.database, merchant_id, named.id)
    notes = await notes_of(engine.database, merchant_id, wanted)
    locks = await locks_of(engine.database, merchant_id, "earning_rule", engine.clock(), wanted)
    beside = await surroundings(engine, merchant_id)
    return show_issuance(rule, notes.get(named.id), beside, lock=locks.get(named.id))


async def update_issuance_rule(
    engine: Engine, caller: PortalCaller, sent: IssuanceSent, incoming: Incoming
) -> IssuanceShown | Raw:
    """Say all of a rule anew."""
    beside = await _surroundings_to_change(engine, caller, sent)

    def revise(before: Said) -> Said:
        return changed_rule(sent, before, beside.merchant)

    return await _change(engine, caller, sent, incoming, beside, revise, ISSUANCE_UPDATED)


async def update_issuance_rule_status(
    engine: Engine, caller: PortalCaller, sent: IssuanceStatusSent, incoming: Incoming
) -> IssuanceShown | Raw:
    """Let orders earn by a rule, or not."""
    if sent.issuance_rule_status is None:
        raise BadField("issuanceRuleStatus", "the new status is needed")
    active = read_status(sent.issuance_rule_status, "issuanceRuleStatus")
    modified_by = user_id(sent.last_modified_user_id, "lastModifiedUserId")
    beside = await _surroundings_to_change(engine, caller, sent)

    def revise(before: Said) -> Said:
        note = replace(before.note, modified_user_id=modified_by)
        return Said(replace(before.terms, active=active), note)

    return await _change(engine, caller, sent, incoming, beside, revise, ISSUANCE_STATUS_UPDATED)


async def surroundings(engine: Engine, merchant_id: int) -> Surroundings:
    """What the merchant's rules are shown beside."""
    return Surroundings(await engine.merchants.get(merchant_id), await get_tiers(engine.database, merchant_id))


async def merchant_of_issuance(engine: Engine, caller: PortalCaller, rule_id: int) -> int:
    """Whose rule this is; refuses with EarningRuleNotFound."""
    if not 0 < rule_id <= POINTS_MAX:
        raise EarningRuleNotFound(rule_id)
    return await merchant_of_rule(engine.database, caller.merchants(), rule_id)


async def _surroundings_to_change(
    engine: Engine, caller: PortalCaller, sent: IssuanceSent | IssuanceStatusSent
) -> Surroundings:
    if not sent.id:
        raise BadField("id", "the id of the rule to change is needed")
    merchant_id = await merchant_of_issuance(engine, caller, sent.id)
    caller.operator.require_editor(merchant_id)
    return await surroundings(engine, merchant_id)


async def _change(
    engine: Engine,
    caller: PortalCaller,
    sent: IssuanceSent | IssuanceStatusSent,
    incoming: Incoming,
    beside: Surroundings,
    revise: Callable[[Said], Said],
    message: Message,
) -> IssuanceShown | Raw:
    """Write the next version, on the one that its terms are made from."""
    rule_id, merchant_id = sent.id or 0, beside.merchant.merchant_id
    actor, now = caller.operator.actor, engine.clock()

    async def change(database: Database) -> IssuanceShown:
        rule = await get_rule(database, merchant_id, rule_id)
        notes = await notes_of(database, merchant_id, [rule_id])
        said = revise(Said(rule.terms, notes.get(rule_id, NOTHING)))
        if sent.last_updated_date_time not in (None, milliseconds(rule.updated_at)):
            raise VersionConflict(rule_id)
        changed = await change_rule(
            database, merchant_id, rule_id, said.terms, actor=actor, now=now, user_id=said.note.modified_user_id,
            expected_version=rule.version,
        )  # fmt: skip
        await keep_note(database, merchant_id, rule_id, said.note)
        return show_issuance(changed, said.note, beside, message)

    return await once(engine.database, Asked(incoming, sent, merchant_id, actor, now), change)
