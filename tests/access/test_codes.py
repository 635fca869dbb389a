"""Codes of an authenticator app: RFC 6238, each once, and sealed where there is a key."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
from pyotp.totp import TOTP

from guerdon.access.codes import STEP_S, begin_codes, check_code, codes_of, offered_codes, start_codes, stop_codes
from guerdon.access.operators import create_operator
from guerdon.access.seals import Seals
from guerdon.errors.access import CodesOff, CodesOn, CodeWrong
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEALS = Seals(["k" * 32])


async def somebody(shop: Shop) -> int:
    """The number of somebody new."""
    return await create_operator(
        shop.engine.database, shop.merchant.merchant_id, username=uuid4().hex, role="owner", now=shop.clock()
    )


async def started(shop: Shop) -> tuple[int, TOTP]:
    """Somebody who signs in with codes since a minute ago."""
    operator_id = await somebody(shop)
    offered = await begin_codes(shop.engine.database, SEALS, operator_id, name="Acme")
    app = TOTP(offered.secret)
    await start_codes(shop.engine.database, SEALS, operator_id, app.at(shop.clock()), shop.clock())
    shop.clock.advance(seconds=2 * STEP_S)
    return operator_id, app


async def test_codes_are_those_of_the_rfc(shop: Shop):
    """The test vectors of RFC 6238, appendix B, of which apps show the last six digits."""
    secret = pyotp.random_base32()
    assert len(secret) == 32
    app = TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", interval=STEP_S)
    assert app.at(datetime.fromtimestamp(59, UTC)) == "287082"
    assert app.at(datetime.fromtimestamp(1111111109, UTC)) == "081804"


@pytest.mark.parametrize(("off_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_clock_may_be_half_a_minute_off(shop: Shop, off_s: int, taken: bool):
    operator_id, app = await started(shop)
    shop.clock.advance(seconds=2 * STEP_S)
    code = app.at(shop.clock() + timedelta(seconds=off_s))
    checking = check_code(shop.engine.database, SEALS, operator_id, f"{code[:3]} {code[3:]}", shop.clock())
    if taken:
        await checking
    else:
        with pytest.raises(CodeWrong):
            await checking


async def test_a_code_opens_once_and_none_before_it_after_that(shop: Shop):
    operator_id, app = await started(shop)
    of, now = (shop.engine.database, SEALS, operator_id), shop.clock()
    await check_code(*of, app.at(now), now)
    for late in (now, now - timedelta(seconds=STEP_S)):
        with pytest.raises(CodeWrong):
            await check_code(*of, app.at(late), now)
    await check_code(*of, app.at(now + timedelta(seconds=STEP_S)), now)


async def test_a_copy_of_the_database_does_not_make_codes(shop: Shop):
    operator_id = await somebody(shop)
    offered = await begin_codes(shop.engine.database, SEALS, operator_id, name="Acme")
    stored = await shop.engine.database.fetchval("SELECT totp_secret FROM operator WHERE operator_id = $1", operator_id)
    assert offered.secret not in stored
    assert await offered_codes(shop.engine.database, SEALS, operator_id, name="Acme") == offered
    assert await offered_codes(shop.engine.database, Seals(), operator_id, name="Acme") is None


async def test_without_the_key_codes_are_refused_with_what_helps(shop: Shop):
    operator_id, app = await started(shop)
    with pytest.raises(CodeWrong, match="GUERDON_SECRET_KEY"):
        await check_code(shop.engine.database, Seals(["z" * 32]), operator_id, app.at(shop.clock()), shop.clock())


async def test_codes_are_asked_for_once_one_was_said_and_until_they_are_stopped(shop: Shop):
    operator_id = await somebody(shop)
    of, now = (shop.engine.database, SEALS, operator_id), shop.clock()
    with pytest.raises(CodesOff):
        await start_codes(*of, "000000", now)
    offered = await begin_codes(*of, name="Acme")
    assert "issuer=Acme" in offered.uri
    assert offered.picture.startswith("<svg")
    with pytest.raises(CodesOff):
        await check_code(*of, TOTP(offered.secret).at(now), now)
    await start_codes(*of, TOTP(offered.secret).at(now), now)
    assert (await codes_of(of[0], operator_id)).recovery_left == 10
    for again in (begin_codes(*of, name="Acme"), start_codes(*of, "000000", now)):
        with pytest.raises(CodesOn):
            await again
    await stop_codes(shop.engine.database, operator_id, now)
    assert (await codes_of(shop.engine.database, operator_id)).since is None
