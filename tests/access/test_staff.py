"""Who works for a merchant: what cannot be done to them, and by whom."""

from uuid import uuid4

import pytest

from guerdon.access.operators import create_operator
from guerdon.access.staff import (
    accept_invitation,
    change_role,
    disable,
    get_standing,
    grant_role,
    invitation_of,
    invite,
    reset_codes,
)
from guerdon.errors.access import AuditEntryNotFound, InvitationOver, LastOwner, OperatorNotFound, OperatorShared
from guerdon.trail.changes import get_change
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "four words of it"


async def hired(shop: Shop, role: str = "owner") -> int:
    """Somebody with this role."""
    return await create_operator(
        shop.engine.database, shop.merchant.merchant_id, username=uuid4().hex, password=PASSWORD, role=role,
        now=shop.clock(),
    )  # fmt: skip


async def test_the_last_owner_stays_one(shop: Shop):
    database, merchant_id, now = shop.engine.database, shop.merchant.merchant_id, shop.clock()
    owner = await hired(shop)
    for role in ("manager", None):
        with pytest.raises(LastOwner):
            await change_role(database, merchant_id, owner, role, now)
    with pytest.raises(LastOwner):
        await disable(database, merchant_id, owner, now, merchants=[shop.merchant.merchant_id])
    await hired(shop)
    await change_role(database, merchant_id, owner, "manager", now)


async def test_who_works_elsewhere_too_is_not_one_merchants_to_shut_out(shop: Shop, street: Street):
    database, now = shop.engine.database, shop.clock()
    other = await street.shop()
    await hired(shop)
    both = await hired(shop, "support")
    await grant_role(database, other.merchant.merchant_id, both, "support", now)
    for act in (disable, reset_codes):
        with pytest.raises(OperatorShared):
            await act(database, shop.merchant.merchant_id, both, now, merchants=[shop.merchant.merchant_id])


async def test_somebody_of_another_merchant_is_nobody(shop: Shop, street: Street):
    other = await street.shop()
    theirs = await hired(other)
    with pytest.raises(OperatorNotFound):
        await change_role(shop.engine.database, shop.merchant.merchant_id, theirs, "support", shop.clock())
    with pytest.raises(OperatorNotFound):
        await get_standing(shop.engine.database, 2**40)


async def test_an_invitation_is_good_once_and_for_a_while(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    invited = await invite(database, merchant_id, username=uuid4().hex, role="support", now=shop.clock())
    late = await invite(database, merchant_id, username=uuid4().hex, role="support", now=shop.clock())
    await accept_invitation(database, invited.secret, PASSWORD, shop.clock())
    with pytest.raises(InvitationOver):
        await accept_invitation(database, invited.secret, PASSWORD, shop.clock())
    shop.clock.advance(days=60)
    with pytest.raises(InvitationOver):
        await invitation_of(database, late.secret, shop.clock())


async def test_a_line_of_the_trail_that_is_not_there_is_said_so(shop: Shop):
    with pytest.raises(AuditEntryNotFound):
        await get_change(shop.engine.database, shop.merchant.merchant_id, uuid4())
