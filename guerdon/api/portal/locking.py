"""Edit locks on the portal contract. The contract shows who edits a rule, but not how one says so: these two are ours.

A lock is taken with `lockRule`, and again to renew it; a change of the rule ends it, and so does `unlockRule`. Others
are refused with 423 meanwhile, or take it over. Behind a portal that signs in once for all of its people,
`lastModifiedUserId` tells them apart, as it does with changes.
"""

from msgspec import Raw, Struct

from guerdon.access.edit_lock import EditLock, Editor, Kind, Lockable, give_up_lock, take_lock
from guerdon.api.engine import Engine
from guerdon.api.keyed import Asked, once
from guerdon.api.portal.choices import BUY_GIFT_TRANSFER, ISSUANCE, REDEMPTION, KindNamed, KindWord, Labelled, labelled
from guerdon.api.portal.contract import MerchantNamed, PortalCaller
from guerdon.api.portal.issuance import merchant_of_issuance
from guerdon.api.portal.message import LOCKED, UNLOCKED, Message, milliseconds
from guerdon.api.portal.rules import merchant_of_redemption
from guerdon.api.portal.terms import user_id
from guerdon.api.portal.transfers import merchant_of_transfers
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database
from guerdon.errors.base import BadField

KINDS: dict[str, Kind] = {
    REDEMPTION: "redemption_rule",
    ISSUANCE: "earning_rule",
    BUY_GIFT_TRANSFER: "moving_rule",
}


class LockSent(MerchantNamed, kw_only=True, rename="camel"):
    """Which rule; `ruleType` is a text, or an object with a name. `takeOver` ends the lock of somebody else."""

    rule_type: KindNamed | KindWord
    id: int
    take_over: bool = False
    last_modified_user_id: int | None = None


class LockShown(Struct, rename="camel"):
    """Who edits the rule, since when, and when that lapses; all null once nobody does."""

    rule_type: Labelled
    id: int
    locked_date_time: int | None
    locked_by_user_id: int | None
    locked_by_user_name: str | None
    lock_lapses_date_time: int | None
    merchant_id: int
    message: Message


async def lock_rule(engine: Engine, caller: PortalCaller, sent: LockSent, incoming: Incoming) -> LockShown | Raw:
    """Keep others from changing a rule for a while."""
    name, what = await _lockable(engine, caller, sent)
    operator, now = caller.operator, engine.clock()
    editor = Editor(operator.actor, user_id(sent.last_modified_user_id, "lastModifiedUserId"))

    async def lock(database: Database) -> LockShown:
        taken = await take_lock(
            database, what, editor, operator_id=operator.operator_id, username=operator.username, now=now,
            take_over=sent.take_over,
        )  # fmt: skip
        return _show(name, what, taken, LOCKED)

    return await once(engine.database, Asked(incoming, sent, what.merchant_id, operator.actor, now), lock)


async def unlock_rule(engine: Engine, caller: PortalCaller, sent: LockSent, incoming: Incoming) -> LockShown | Raw:
    """Let others change a rule; nothing happens where nobody keeps them from it."""
    name, what = await _lockable(engine, caller, sent)
    actor, now = caller.operator.actor, engine.clock()
    editor = Editor(actor, user_id(sent.last_modified_user_id, "lastModifiedUserId"))

    async def unlock(database: Database) -> LockShown:
        await give_up_lock(database, what, editor, now=now, take_over=sent.take_over)
        return _show(name, what, None, UNLOCKED)

    return await once(engine.database, Asked(incoming, sent, what.merchant_id, actor, now), unlock)


async def _lockable(engine: Engine, caller: PortalCaller, sent: LockSent) -> tuple[str, Lockable]:
    """The rule, whose editor the caller must be, under the contract's name of its kind."""
    name = sent.rule_type if isinstance(sent.rule_type, str) else sent.rule_type.name
    if name == REDEMPTION:
        merchant_id = await merchant_of_redemption(engine, caller, sent.id)
    elif name == ISSUANCE:
        merchant_id = await merchant_of_issuance(engine, caller, sent.id)
    elif name == BUY_GIFT_TRANSFER:
        merchant_id = merchant_of_transfers(caller, sent.id)
    else:
        raise BadField("ruleType", f"{name[:40]!r} is none of {', '.join(KINDS)}")
    caller.operator.require_editor(merchant_id)
    return name, Lockable(merchant_id, KINDS[name], sent.id)


def _show(name: str, what: Lockable, lock: EditLock | None, message: Message) -> LockShown:
    return LockShown(
        rule_type=labelled(name),
        id=what.object_id,
        locked_date_time=milliseconds(lock.locked_at) if lock else None,
        locked_by_user_id=lock.user_id if lock else None,
        locked_by_user_name=lock.username if lock else None,
        lock_lapses_date_time=milliseconds(lock.lapses_at) if lock else None,
        merchant_id=what.merchant_id,
        message=message,
    )
