"""The privacy endpoints (storefront contract, 1.11): whether anything is known of a person, what, and its erasure.

`all_stores` is taken and changes nothing: a merchant is one store here, and never sees another's members.
"""

from typing import Any

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, email, stamp
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.errors.books import MemberNotFound
from guerdon.members.members import Profile, find_member
from guerdon.moving.export import collect_member
from guerdon.moving.leaving import erase_member
from guerdon.points.command import Identity


class PersonNamed(Credentials, kw_only=True):
    """Of whom; `customer_email` is taken too, as the other endpoints call it."""

    email: str | None = None
    customer_email: str | None = None
    all_stores: bool = False

    def identity(self) -> Identity:
        """What finds the person; refuses if nothing would."""
        given = self.email or self.customer_email
        if not given:
            raise BadField("email", "an email address is needed")
        return Identity("email", email(given, "email"))


class ExistsAnswer(msgspec.Struct):
    """Whether anything is known of the person."""

    has_data: bool


class ErasedAnswer(msgspec.Struct):
    """That the person is gone. `customer_id` is the number that their sums go on under."""

    success: bool
    customer_id: int
    points_expired: int
    erased_at: str


async def data_exists(engine: Engine, caller: Caller, named: PersonNamed, _incoming: Incoming) -> ExistsAnswer:
    """True or false, and never a refusal for somebody unknown."""
    try:
        await _find(engine, caller, named)
    except MemberNotFound:
        return ExistsAnswer(False)
    return ExistsAnswer(True)


async def user_data(engine: Engine, caller: Caller, named: PersonNamed, _incoming: Incoming) -> dict[str, Any]:
    """All that is known, by kind; 404 for somebody unknown."""
    profile = await _find(engine, caller, named)
    found = await collect_member(engine.database, caller.merchant.merchant_id, profile.member_id)
    return {"email": profile.identity("email"), "customer_id": profile.member_id, "data": found}


async def anonymize_user(engine: Engine, caller: Caller, named: PersonNamed, _incoming: Incoming) -> ErasedAnswer:
    """The person goes and the sums stay. Asked again, nobody is known: 404."""
    profile = await _find(engine, caller, named)
    erasure = await erase_member(
        engine.database, engine.desk, caller.merchant, profile.member_id, actor=caller.actor
    )  # fmt: skip
    return ErasedAnswer(True, erasure.member_id, erasure.points, stamp(erasure.at))


async def _find(engine: Engine, caller: Caller, named: PersonNamed) -> Profile:
    return await find_member(engine.database, caller.merchant.merchant_id, (named.identity(),))
