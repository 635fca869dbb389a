"""POST /orders: what a shop sold, sent again with every change of its status."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import (
    Cents,
    CommaList,
    Credentials,
    CurrencyCode,
    CustomerNamed,
    Text,
    email,
    parts,
    stamp,
    text,
    time_given,
)
from guerdon.api.wire import Incoming
from guerdon.errors.earning import Stranger
from guerdon.kit.money import LARGEST
from guerdon.members.members import NO_CHANGE, ProfileChange, ensure_member
from guerdon.orders.order import OrderLine
from guerdon.orders.report import Reported, ReportOrder
from guerdon.referrals.parties import parties

Amount = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
"""Minor units of one line, which may be a discount."""

SECRETS = frozenset(Credentials.__struct_fields__)


class OrderItem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of an order; `price_cents` is for one piece, `collections` has commas between them."""

    id: Text | int | None = None
    name: CommaList | None = None
    quantity: Annotated[int, Meta(ge=0, le=LARGEST)] | None = None
    price_cents: Amount | None = None
    collections: CommaList | None = None
    type: Text | None = None
    vendor: Text | None = None
    tags: CommaList | None = None


class OrderAddress(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where an order is paid or sent to."""

    first_name: Text | None = None
    last_name: Text | None = None
    address1: Text | None = None
    address2: Text | None = None
    city: Text | None = None
    state: Text | None = None
    zip: Text | int | None = None
    country_code: Text | None = None
    phone: Text | int | None = None


class OrderCustomer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What an order says of its customer. The page spells `opted_in` in its text and `opt_in` in its example."""

    tags: CommaList | None = None
    has_account: bool | None = None
    opted_in: bool | None = None
    opt_in: bool | None = None
    opted_in_at: Text | None = None


class CreateOrder(CustomerNamed, kw_only=True):
    """An order, whole, as it stands now: the same `order_id` again is an update."""

    order_id: Text | int
    total_amount_cents: Cents
    currency_code: CurrencyCode
    status: Text | None = None
    created_at: Text | None = None
    coupon_code: CommaList | None = None
    discount_amount_cents: Cents | None = None
    shipping_amount_cents: Cents | None = None
    tax_amount_cents: Cents | None = None
    total_refunded_cents: Cents | None = None
    items: list[OrderItem] | None = None
    tags: CommaList | None = None
    customer: OrderCustomer | None = None
    customer_tags: CommaList | None = None
    ip_address: Text | None = None
    user_agent: CommaList | None = None
    ignore_ip_ua: bool | None = None
    channel_type: Literal["online", "offline", ""] | None = None
    clerk_employee_id: Text | int | None = None
    clerk_name: Text | None = None
    store_address: Text | None = None
    store_city: Text | None = None
    store_state: Text | None = None
    billing_address: OrderAddress | None = None
    shipping_address: OrderAddress | None = None


class OrderCoupon(msgspec.Struct):
    """A code of the order.

    `state` is issued, used, void, expired, or unknown for the shop's own. `problem` tells why it was not taken.
    """

    code: str
    state: str
    problem: str | None


class OrderAnswer(msgspec.Struct):
    """The order as it was taken, and what became of its coupons."""

    id: str
    order_id: str
    status: str
    total_amount_cents: int
    currency_code: str
    customer_email: str | None
    coupons: list[OrderCoupon]
    points_earned: int
    created_at: str
    updated_at: str


async def create_order(engine: Engine, caller: Caller, params: CreateOrder, incoming: Incoming) -> OrderAnswer:
    """Take the order, after making its customer a member where nobody knows them."""
    command = ReportOrder(
        merchant=caller.merchant,
        who=params.identities(),
        order_id=text(params.order_id, "order_id"),
        total_minor=params.total_amount_cents,
        currency=caller.merchant.accepted(params.currency_code),
        status=(params.status or "").strip() or None,
        codes=parts(params.coupon_code),
        placed_at=time_given(params.created_at, "created_at"),
        discount_minor=params.discount_amount_cents or 0,
        shipping_minor=params.shipping_amount_cents or 0,
        tax_minor=params.tax_amount_cents or 0,
        refunded_minor=params.total_refunded_cents or 0,
        channel=params.channel_type or "online",
        tags=parts(params.tags),
        lines=tuple(_line(item) for item in params.items or ()),
        document=_document(params),
    )
    if caller.merchant.policies.referrals is not None:
        told = not params.ignore_ip_ua
        concerned = await parties(
            engine.database, caller.merchant, command.who, command.codes,
            ip_address=params.ip_address if told else None, user_agent=params.user_agent if told else None,
        )  # fmt: skip
        command = replace(command, parties=concerned)
    key = incoming.key(caller.actor, params)
    given = params.customer_email
    customer_email = email(given, "customer_email") if given else None
    said = _said_of_customer(params)
    if said == NO_CHANGE:
        try:
            familiar = replace(command, introduced=False)
            answer = await engine.desk.submit(familiar, actor=caller.actor, key=key)
            incoming.replayed = answer.replayed
            return _order_answer(answer.value, customer_email)
        except Stranger:
            pass  # most orders are by customers whom we know: only now it is worth the time to look
    await ensure_member(engine.database, caller.merchant.merchant_id, command.who, engine.clock(), said)
    answer = await engine.desk.submit(command, actor=caller.actor, key=key)
    incoming.replayed = answer.replayed
    return _order_answer(answer.value, customer_email)


def _line(item: OrderItem) -> OrderLine:
    """The line as rules look at it; one that says nothing of its quantity is one piece."""
    return OrderLine(
        id="" if item.id is None else str(item.id).strip(),
        name=item.name or "",
        quantity=1 if item.quantity is None else item.quantity,
        price_minor=item.price_cents or 0,
        collections=parts(item.collections),
        type=item.type,
        vendor=item.vendor,
        tags=parts(item.tags),
    )


def _said_of_customer(params: CreateOrder) -> ProfileChange:
    said = params.customer or OrderCustomer()
    tags = params.customer_tags if said.tags is None else said.tags
    return ProfileChange(
        tags=None if tags is None else parts(tags),
        opted_in=said.opt_in if said.opted_in is None else said.opted_in,
        opted_in_at=time_given(said.opted_in_at, "customer.opted_in_at"),
        has_account=said.has_account,
    )


def _document(params: CreateOrder) -> str:
    """The order as it was received, without what proves who sent it."""
    fields: dict[str, Any] = msgspec.structs.asdict(params)
    kept = {name: value for name, value in fields.items() if name not in SECRETS and value is not None}
    return msgspec.json.encode(kept).decode()


def _order_answer(order: Reported, customer_email: str | None) -> OrderAnswer:
    problems = {code: problem for problem, _, code in (flag.partition(":") for flag in order.flags)}
    return OrderAnswer(
        id=order.order_id,
        order_id=order.order_id,
        status=order.status,
        total_amount_cents=order.total_minor,
        currency_code=order.currency,
        customer_email=customer_email,
        coupons=[
            OrderCoupon(code, state, problems.get(code)) for code, state in zip(order.codes, order.states, strict=True)
        ],
        points_earned=order.points,
        created_at=stamp(order.placed_at),
        updated_at=stamp(order.updated_at),
    )
