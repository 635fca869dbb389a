"""Somebody new takes part: the activity `sign_up`, done once in a life, and the friend who brought them.

What signs up is an identity: a digest of each is kept, also of people who were erased, so that nobody is welcomed twice
by leaving and coming back. The digest tells nobody anything; who knows the address can compare.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from guerdon.activities.log import reporting
from guerdon.activities.report import SIGN_UP, Activity
from guerdon.database.pool import Database
from guerdon.errors.base import Outage, Refusal
from guerdon.kit.clock import Clock
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity
from guerdon.points.desk import Desk
from guerdon.referrals.parties import friend_of

SQL = load(__file__, "sign_up.sql")

ASKED_AGAIN_WITHIN = timedelta(days=1)
"""So long a repeated request makes up for a welcome that was missed, because we went down in between."""

LASTING = frozenset({"email", "phone"})
"""Kinds that a person keeps. A shop may number its customers anew."""

log = structlog.get_logger()


async def sign_up(
    database: Database, desk: Desk, clock: Clock, merchant: Merchant, member_id: int, identities: Sequence[Identity],
    *, actor: str, referral_code: str | None = None,
) -> Activity | None:  # fmt: skip
    """Welcome a member who is new, as far as the merchant has rules for that; asked again, nothing more happens.

    A refusal is no reason not to take the customer: it is logged, and recorded as a decision like any other. An outage
    is raised: the member is welcomed when somebody asks again.
    """
    who = (Identity("member", str(member_id)),)
    try:
        friend = await friend_of(database, merchant, [*who, *identities], referral_code)
        if friend is not None:
            await desk.submit(friend, actor=actor)
        command = await reporting(
            database, merchant, who, SIGN_UP, f"{SIGN_UP}:{member_id}", clock(), marks=marks_of(merchant, identities)
        )
        if not command.rules:
            return None
        return (await desk.submit(command, actor=actor)).value
    except Outage:
        raise
    except Refusal as refusal:
        log.info("sign_up_refused", merchant=merchant.merchant_id, member=member_id, code=refusal.code)
        return None


async def is_owed(
    database: Database, merchant_id: int, member_id: int, *, since: datetime, now: datetime
) -> bool:  # fmt: skip
    """Whether a member who takes part since then, not long ago, should have been welcomed, and was not.

    Who was there before the merchant had rules for it is not new, and asks nothing of the database after a day.
    """
    if since < now - ASKED_AGAIN_WITHIN:
        return False
    return await database.fetchval(SQL.find_owed, merchant_id, SIGN_UP, since, f"{SIGN_UP}:{member_id}")


def marks_of(merchant: Merchant, identities: Sequence[Identity]) -> tuple[str, ...]:
    """What is kept of identities that signed up: a digest for each, of this merchant alone."""
    lasting = [identity for identity in identities if identity.kind in LASTING]
    return tuple(dict.fromkeys(_digest(merchant, identity) for identity in lasting or identities))


def _digest(merchant: Merchant, identity: Identity) -> str:
    text = f"{identity.kind}\0{identity.value}".encode()
    return hashlib.blake2b(text, digest_size=20, key=merchant.guid.bytes).hexdigest()
