"""The merchant's one rule for buying, giving and transferring points, as the portal contract reads and writes it.

Each merchant has one such rule from the start, under the merchant's own id, and it allows nothing until it is set.
"""

from collections.abc import Sequence

from msgspec import Raw, Struct

from guerdon.access.edit_lock import EditLock, locks_of
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, once
from guerdon.api.portal.choices import Labelled, show_status
from guerdon.api.portal.contract import PortalCaller
from guerdon.api.portal.message import TRANSFER_RULE_UPDATED, Message, milliseconds
from guerdon.api.portal.rules import RuleNamed
from guerdon.api.portal.transfer_fees import POINTS, FeeShown, show_rate, show_whole
from guerdon.api.portal.transfer_terms import TransferRuleSent, changed_rule, is_active
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database
from guerdon.errors.moving import MovingRuleNotFound
from guerdon.errors.rewards import VersionConflict
from guerdon.kit.money import currency
from guerdon.merchants.merchant import Merchant
from guerdon.moving.rule import MovingRule
from guerdon.moving.rules import StoredMoving, list_rule_versions, set_rule


class TransferRuleShown(Struct, rename="camel"):
    """The rule with its history's ends; times in milliseconds since 1970, null for a rule that was never set."""

    id: int
    created_date_time: int | None
    last_updated_date_time: int | None
    locked_date_time: int | None
    locked_by_user_id: int | None
    created_user_id: int | None
    last_modified_user_id: int | None
    max_purchase_points_for_self_per_year: int | None
    max_purchase_points_for_others_per_year: int | None
    max_receivable_points_per_year: int | None
    minimum_transfer_points: int
    max_transfer_points_per_year: int | None
    flat_transfer_fees: FeeShown
    transfer_fees_per_point: FeeShown
    max_transfer_fees: FeeShown
    pay_fee_with_points: bool
    rule_status: Labelled
    merchant_id: int
    created_user_name: str | None
    message: Message | None


async def get_buy_gift_transfer_rule(
    engine: Engine, caller: PortalCaller, named: RuleNamed, _: Incoming
) -> TransferRuleShown:
    """The rule as it stands, whoever set it, with who edits it."""
    merchant = await engine.merchants.get(merchant_of_transfers(caller, named.id))
    merchant_id = merchant.merchant_id
    locks = await locks_of(engine.database, merchant_id, "moving_rule", engine.clock())
    return _show(merchant, await list_rule_versions(engine.database, merchant_id), lock=locks.get(merchant_id))


async def update_buy_gift_transfer_rule(
    engine: Engine, caller: PortalCaller, sent: TransferRuleSent, incoming: Incoming
) -> TransferRuleShown | Raw:
    """Say all of the rule anew: of the merchant whose id is sent, or else of the one meant."""
    merchant_id = merchant_of_transfers(caller, sent.id) if sent.id else caller.merchant_id
    caller.operator.require_editor(merchant_id)
    merchant = await engine.merchants.get(merchant_id)
    actor, now = caller.operator.actor, engine.clock()

    async def change(database: Database) -> TransferRuleShown:
        versions = await list_rule_versions(database, merchant_id)
        terms = changed_rule(sent, [version.terms for version in versions], merchant)
        if sent.last_updated_date_time not in (None, milliseconds(versions[0].recorded_at) if versions else None):
            raise VersionConflict(merchant_id)
        set_now = await set_rule(
            database, merchant_id, terms, actor=actor, now=now, user_id=terms.modified_user_id,
            expected_version=versions[0].version if versions else 0,
        )  # fmt: skip
        newest = StoredMoving(set_now.version, set_now.terms, actor, now)
        return _show(merchant, [newest, *versions], TRANSFER_RULE_UPDATED)

    return await once(engine.database, Asked(incoming, sent, merchant_id, actor, now), change)


def merchant_of_transfers(caller: PortalCaller, rule_id: int) -> int:
    """Whose rule has this id; refuses with MovingRuleNotFound."""
    if rule_id not in caller.merchants():
        raise MovingRuleNotFound(rule_id)
    return rule_id


def _show(
    merchant: Merchant,
    versions: Sequence[StoredMoving],
    message: Message | None = None,
    *,
    lock: EditLock | None = None,
) -> TransferRuleShown:
    """What the contract has a field for; the price of points, gifts out of a balance and the like are left out."""
    rule = versions[0].terms if versions else MovingRule()
    fee = rule.transfers.fee
    unit = POINTS if fee.unit == "points" else currency(merchant.currency)
    return TransferRuleShown(
        id=merchant.merchant_id,
        created_date_time=milliseconds(versions[-1].recorded_at) if versions else None,
        last_updated_date_time=milliseconds(versions[0].recorded_at) if versions else None,
        locked_date_time=milliseconds(lock.locked_at) if lock else None,
        locked_by_user_id=lock.user_id if lock else None,
        created_user_id=rule.created_user_id,
        last_modified_user_id=rule.modified_user_id,
        max_purchase_points_for_self_per_year=rule.purchases.points_max_per_year,
        max_purchase_points_for_others_per_year=rule.bought_for_others_max_per_year,
        max_receivable_points_per_year=rule.received_max_per_year,
        minimum_transfer_points=rule.transfers.minimum,
        max_transfer_points_per_year=rule.transfers.points_max_per_year,
        flat_transfer_fees=show_whole(fee.flat or None, unit),
        transfer_fees_per_point=show_rate(fee.rate, unit),
        max_transfer_fees=show_whole(fee.maximum, unit),
        pay_fee_with_points=unit is POINTS,
        rule_status=show_status(is_active(rule)),
        merchant_id=merchant.merchant_id,
        created_user_name=None,
        message=message,
    )
