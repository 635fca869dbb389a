"""The steps of a redemption whose coupon the merchant makes, one by one."""

from typing import Any

from guerdon.points.command import Key
from guerdon.points.desk import Answer
from guerdon.rewards.codes import TIMEOUT_S_MAX
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rules import Rule
from guerdon.worker.sweep import SWEEPS, SettleCallbacks
from tests.callbacks.coupon_server import CouponServer
from tests.shop import Shop, email
from tests.worker.hands import night

ANA = "ana@example.com"


async def ruled(
    shop: Shop, server: CouponServer, *, secret: str = "", timeout_s: int = TIMEOUT_S_MAX, **terms: Any
) -> Rule:
    """A rule whose coupons this server makes, and Ana with the points for one."""
    rule = await shop.rule(codes=server.codes(secret=secret, timeout_s=timeout_s), **terms)
    await shop.member(ANA, 100)
    return rule


async def begin(shop: Shop, rule: Rule, *, key: str | None = None, **more: Any) -> Answer[Redemption]:
    """The first half of a redemption: the points are held, and nobody has been called."""
    command = Redeem(merchant=shop.merchant, who=email(ANA), rule_id=rule.rule_id, **more)
    return await shop.engine.desk.submit(command, actor="test", key=None if key is None else Key(key, b""))


async def redeem(shop: Shop, rule: Rule, *, key: str | None = None, **more: Any) -> Redemption:
    """A whole redemption, as a request of a shop makes it."""
    answer = await begin(shop, rule, key=key, **more)
    return await shop.engine.callbacks.settled(shop.merchant, answer, actor="test", key=key)


async def settle(shop: Shop, *, seconds: float = 0) -> None:
    """What the job does after so long."""
    shop.clock.advance(seconds=seconds)
    await night(shop, sweeps=(*SWEEPS, SettleCallbacks(shop.engine.callbacks)), jobs=())
