"""Sends one message of the script: as a command at an engine's desk, or as a shop does, over HTTP."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx

from guerdon.activities.celebrations import Celebration, set_celebration
from guerdon.activities.sign_up import sign_up
from guerdon.api.engine import Engine
from guerdon.errors.base import KeyInFlight, Outage, Refusal
from guerdon.members.members import ProfileChange, find_member, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.moving.leaving import erase_member
from guerdon.orders.waiting import take_return
from guerdon.points.command import Key
from tests.simulation.commands import FILLER, Commands, Known, email_of, who_is
from tests.simulation.script import Cancel, Delivery, Erase, Join, Redeem, Sell, SendBack

ACTOR = "shop"


class Again(Exception):
    """The engine asks to be asked again in a moment."""


class Sender:
    """One engine, asked on behalf of the merchant. Says why a message was refused; raises Again."""

    def __init__(
        self, engine: Engine, http: httpx.AsyncClient, merchant: Merchant, rules: Sequence[int], known: Known
    ) -> None:
        self._engine, self._http, self._merchant, self._rules, self._known = engine, http, merchant, rules, known
        self._commands = Commands(engine, merchant, rules, known)

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
        """What takes more than one command is done as the engine's own surfaces do it."""
        engine, what, key = self._engine, delivery.what, _key(delivery)
        match what:
            case Join():
                await self._join(what)
            case SendBack():
                await take_return(
                    engine.database, engine.desk, self._merchant, return_id=str(what.number), order_id=str(what.order),
                    total_minor=what.amount, currency=None, items=(), actor=ACTOR, key=key,
                )  # fmt: skip
            case Erase():
                member_id = self._known.members[what.member]
                await erase_member(engine.database, engine.desk, self._merchant, member_id, actor=ACTOR)
            case _:
                command = await self._commands.of(delivery)
                if command is not None:
                    self._known.note(what, (await engine.desk.submit(command, actor=ACTOR, key=key)).value)

    async def _join(self, what: Join) -> None:
        engine, merchant, who = self._engine, self._merchant, who_is(what.member)
        member_id = await upsert_member(engine.database, merchant.merchant_id, who, ProfileChange(), engine.clock())
        code = None if what.referrer is None else await self._commands.code_of(what.referrer)
        await sign_up(
            engine.database, engine.desk, engine.clock, merchant, member_id, who, actor=ACTOR, referral_code=code
        )  # fmt: skip
        await self._note_member(what)

    async def _note_member(self, what: Join) -> None:
        """Remember the engine's number, and tell the birthday."""
        database, merchant_id = self._engine.database, self._merchant.merchant_id
        member_id = (await find_member(database, merchant_id, who_is(what.member))).member_id
        self._known.members[what.member] = member_id
        if what.birthday is not None:
            born = Celebration(*what.birthday)
            await set_celebration(database, merchant_id, member_id, "birthday", born, self._engine.clock())

    # As a shop does

    async def _post(self, delivery: Delivery) -> str | None:
        path, body = await self._request(delivery)
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

    async def _request(self, delivery: Delivery) -> tuple[str | None, dict[str, Any]]:
        """The path and the body; no path where there is nothing to ask."""
        what, known = delivery.what, self._known
        match what:
            case Join():
                code = {} if what.referrer is None else {"referral_code": await self._commands.code_of(what.referrer)}
                return "customers", {"email": email_of(what.member), **code}
            case Sell():
                items: list[dict[str, Any]] = [{"id": FILLER, "price_cents": what.total}]
                if what.specials:
                    items.insert(0, {"id": "P7", "quantity": what.specials, "price_cents": 1})
                return "orders", {
                    "customer_email": email_of(what.member), "order_id": str(what.order), "status": what.status,
                    "total_amount_cents": what.total, "currency_code": what.currency, "items": items,
                    "created_at": self._commands.utc(what.placed_at).isoformat(), "tax_amount_cents": what.tax,
                    "shipping_amount_cents": what.shipping,
                    "coupon_code": ",".join(known.codes(delivery.key, what.coupons)),
                }  # fmt: skip
            case SendBack():
                return "refunds", {
                    "id": str(what.number), "order_id": str(what.order), "total_amount_cents": what.amount
                }  # fmt: skip
            case Redeem():
                return "redemptions", {
                    "customer_email": email_of(what.member), "redemption_option_id": self._rules[what.reward],
                    "points_to_redeem": what.points, "delay_points_deduction": what.delayed,
                }  # fmt: skip
            case Cancel(number=number) if number in known.coupons:
                redemption_id, code = known.coupons[number]
                return f"redemptions/{redemption_id}/cancellation_completed", {"reward_text": code}
            case _:
                return None, {}


def _key(delivery: Delivery) -> Key:
    """A key says all: the script never sends anything else under the same one."""
    return Key(delivery.key, b"")
