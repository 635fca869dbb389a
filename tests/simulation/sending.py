"""Sends one message of the script: as a command at an engine's desk, or as a shop does, over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from guerdon.activities.adjust import AdjustPoints
from guerdon.activities.celebrations import Celebration, set_celebration
from guerdon.activities.log import reporting
from guerdon.activities.sign_up import sign_up
from guerdon.api.engine import Engine
from guerdon.errors.base import KeyInFlight, Outage, Refusal
from guerdon.members.members import ProfileChange, find_member, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.moving.leaving import erase_member
from guerdon.moving.merge import MergeMembers
from guerdon.moving.movement import Kind
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.transfer import Transfer
from guerdon.orders.order import OrderLine
from guerdon.orders.report import ReportOrder
from guerdon.orders.waiting import take_return
from guerdon.points.command import Command, Identity, Key
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem as RedeemPoints
from guerdon.tiers.assign import AssignTier
from tests.simulation.script import (
    Adjust,
    Assign,
    Buy,
    Cancel,
    Delivery,
    Do,
    Erase,
    Give,
    Join,
    Merge,
    Redeem,
    Refund,
    Sell,
    SendBack,
)

ACTOR = "shop"
FILLER = "P1"


class Again(Exception):
    """The engine asks to be asked again in a moment."""


class Known:
    """What is known of the outside world's names: our numbers of members and purchases, and redemptions with their
    codes.
    """

    def __init__(self) -> None:
        self.members: dict[int, int] = {}
        self.purchases: dict[int, int] = {}
        self.coupons: dict[int, tuple[int, str]] = {}
        self._named: dict[str, tuple[str, ...]] = {}

    def codes(self, key: str, numbers: Sequence[int]) -> tuple[str, ...]:
        """The codes of those redemptions that were made; the same message names the same ones again."""
        made = tuple(self.coupons[number][1] for number in numbers if number in self.coupons)
        return self._named.setdefault(key, made)


class Sender:
    """One engine, asked on behalf of the merchant. Says why a message was refused; raises Outage and Again."""

    def __init__(
        self, engine: Engine, http: httpx.AsyncClient, merchant: Merchant, rules: Sequence[int], known: Known
    ) -> None:
        self._engine, self._http, self._merchant, self._rules, self._known = engine, http, merchant, rules, known
        self._zone = ZoneInfo(merchant.timezone)

    async def send(self, delivery: Delivery) -> str | None:
        """Have it done, or say by what it was refused."""
        by_shop = delivery.by_http and isinstance(delivery.what, Join | Sell | SendBack | Redeem | Cancel)
        try:
            return await (self._post(delivery) if by_shop else self._command(delivery))
        except (Outage, KeyInFlight) as again:
            raise Again from again
        except Refusal as refusal:
            return refusal.code

    # At the desk

    async def _command(self, delivery: Delivery) -> None:
        what, known = delivery.what, self._known
        match what:
            case Join():
                await self._join(what)
            case SendBack():
                await take_return(
                    self._engine.database, self._engine.desk, self._merchant, return_id=str(what.number),
                    order_id=str(what.order), total_minor=what.amount, currency=None, items=(), actor=ACTOR,
                    key=_key(delivery),
                )  # fmt: skip
            case Redeem():
                made = await self._submit(delivery, self._redeem(what))
                known.coupons[what.number] = made.redemption_id, made.code
            case Cancel(number=number):
                if number in known.coupons:
                    redemption_id = known.coupons[number][0]
                    await self._submit(
                        delivery, CancelRedemption(merchant=self._merchant, redemption_id=redemption_id)
                    )  # fmt: skip
            case Buy():
                bought = BuyPoints(
                    merchant=self._merchant, buyer=_who(what.member), receiver=_who(what.receiver), points=what.points,
                    payment=str(what.number),
                )  # fmt: skip
                known.purchases[what.number] = (await self._submit(delivery, bought)).movement_id
            case Refund(number=number):
                if number in known.purchases:
                    refund = RefundPurchase(merchant=self._merchant, movement_id=known.purchases[number])
                    await self._submit(delivery, refund)
            case Do():
                command = await reporting(
                    self._engine.database, self._merchant, _who(what.member), "review", str(what.number),
                    self._utc(what.at),
                )  # fmt: skip
                await self._submit(delivery, command)
            case Erase():
                member_id = known.members[what.member]
                await erase_member(
                    self._engine.database, self._engine.desk, self._merchant, member_id, actor=ACTOR
                )  # fmt: skip
            case Sell() | Give() | Adjust() | Merge() | Assign():
                await self._submit(delivery, self._plain_command(delivery, what))

    def _plain_command(self, delivery: Delivery, what: Sell | Give | Adjust | Merge | Assign) -> Command[Any]:
        """Those that need nothing but themselves."""
        merchant = self._merchant
        match what:
            case Sell():
                return self._sell(delivery, what)
            case Give():
                return Transfer(
                    merchant=merchant, sender=_who(what.sender), receiver=_who(what.receiver), points=what.points,
                    kind=Kind.GIFT if what.gift else Kind.TRANSFER,
                )  # fmt: skip
            case Adjust():
                return AdjustPoints(
                    merchant=merchant, who=_who(what.member), points=what.points, counted=what.counted,
                    taken_as=what.taken_as, below_zero=what.counted,
                )  # fmt: skip
            case Merge():
                survivor, member = (self._known.members[number] for number in (what.survivor, what.member))
                return MergeMembers(merchant=merchant, survivor_id=survivor, member_id=member)
            case Assign():
                return AssignTier(merchant=merchant, who=_who(what.member), level=what.level, until=what.until)

    async def _submit(self, delivery: Delivery, command: Command[Any]) -> Any:
        return (await self._engine.desk.submit(command, actor=ACTOR, key=_key(delivery))).value

    def _redeem(self, what: Redeem) -> RedeemPoints:
        return RedeemPoints(
            merchant=self._merchant, who=_who(what.member), rule_id=self._rules[what.reward], points=what.points,
            delayed=what.delayed,
        )  # fmt: skip

    def _sell(self, delivery: Delivery, what: Sell) -> ReportOrder:
        """The order with its lines: the special goods, and something else for the rest of the money."""
        special = OrderLine(id="P7", quantity=what.specials, price_minor=1)
        return ReportOrder(
            merchant=self._merchant, who=_who(what.member), order_id=str(what.order), total_minor=what.total,
            currency=what.currency, status=what.status, codes=self._known.codes(delivery.key, what.coupons),
            placed_at=self._utc(what.placed_at), shipping_minor=what.shipping, tax_minor=what.tax,
            lines=((special,) if what.specials else ()) + (OrderLine(id=FILLER, price_minor=what.total),),
        )  # fmt: skip

    async def _join(self, what: Join) -> None:
        engine, merchant, who = self._engine, self._merchant, _who(what.member)
        member_id = await upsert_member(engine.database, merchant.merchant_id, who, ProfileChange(), engine.clock())
        await sign_up(engine.database, engine.desk, engine.clock, merchant, member_id, who, actor=ACTOR)
        await self._note_member(what)

    async def _note_member(self, what: Join) -> None:
        """Remember our number, and tell the birthday."""
        database, merchant_id = self._engine.database, self._merchant.merchant_id
        member_id = (await find_member(database, merchant_id, _who(what.member))).member_id
        self._known.members[what.member] = member_id
        if what.birthday is not None:
            born = Celebration(*what.birthday)
            await set_celebration(database, merchant_id, member_id, "birthday", born, self._engine.clock())

    # As a shop does

    async def _post(self, delivery: Delivery) -> str | None:
        path, body = self._request(delivery)
        if path is None:
            return None
        answer = await self._http.post(f"/api/v2/{path}", json=body, headers={"idempotency-key": delivery.key})
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE or "retry-after" in answer.headers:
            raise Again(answer.text)
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            return "told so by HTTP"
        assert answer.is_success, answer.text
        if isinstance(delivery.what, Join):
            await self._note_member(delivery.what)
        elif isinstance(delivery.what, Redeem):
            made = answer.json()
            self._known.coupons[delivery.what.number] = made["id"], made["code"]
        return None

    def _request(self, delivery: Delivery) -> tuple[str | None, dict[str, Any]]:
        """The path and the body; no path where there is nothing to ask."""
        what, known = delivery.what, self._known
        match what:
            case Join():
                return "customers", {"email": _email(what.member)}
            case Sell():
                items: list[dict[str, Any]] = [{"id": FILLER, "price_cents": what.total}]
                if what.specials:
                    items.insert(0, {"id": "P7", "quantity": what.specials, "price_cents": 1})
                return "orders", {
                    "customer_email": _email(what.member), "order_id": str(what.order), "status": what.status,
                    "total_amount_cents": what.total, "currency_code": what.currency, "items": items,
                    "created_at": self._utc(what.placed_at).isoformat(), "shipping_amount_cents": what.shipping,
                    "tax_amount_cents": what.tax, "coupon_code": ",".join(known.codes(delivery.key, what.coupons)),
                }  # fmt: skip
            case SendBack():
                return "refunds", {
                    "id": str(what.number), "order_id": str(what.order), "total_amount_cents": what.amount
                }  # fmt: skip
            case Redeem():
                return "redemptions", {
                    "customer_email": _email(what.member), "redemption_option_id": self._rules[what.reward],
                    "points_to_redeem": what.points, "delay_points_deduction": what.delayed,
                }  # fmt: skip
            case Cancel(number=number) if number in known.coupons:
                redemption_id, code = known.coupons[number]
                return f"redemptions/{redemption_id}/cancellation_completed", {"reward_text": code}
            case _:
                return None, {}

    def _utc(self, at: datetime) -> datetime:
        """A time of the merchant's clock on the wall."""
        return at.replace(tzinfo=self._zone).astimezone(UTC)


def _email(member: int) -> str:
    return f"{member}@example.com"


def _who(member: int) -> tuple[Identity, ...]:
    return (Identity("email", _email(member)),)


def _key(delivery: Delivery) -> Key:
    """A key says all: the script never sends anything else under the same one."""
    return Key(delivery.key, b"")
