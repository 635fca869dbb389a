"""Where orders are made, as the portal contract numbers it: 1 is online, 2 is in a store.

The contract's channels are shops with ways to pay. The engine knows of an order where it was made, and not how it was
paid: what a portal says of a channel beside its id is kept with the rule, and shown again.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import asdict

from guerdon.api.portal.choices import Named
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX

CHANNELS: dict[int, tuple[str, str]] = {1: ("online", "Online"), 2: ("offline", "In Store")}
"""The engine's name of a channel, and the name it is shown by."""

METHODS_MAX = 50

Word = Annotated[str, Meta(max_length=255)]


class PaymentMethod(Struct, frozen=True, kw_only=True, rename="camel"):
    """A way to pay, as a portal names it."""

    id: int | None = None
    payment_method_type: Named | Word | None = None
    payment_gateway: Named | Word | None = None
    card_brand: Named | Word | None = None
    card_id: int | None = None
    position: int | None = None
    merchant_id: int | None = None


class Payments(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a portal says of the ways to pay in a channel."""

    allow_cash_as_payment_method_ind: bool | None = None
    allow_money_order_as_payment_method_ind: bool | None = None
    allow_paper_check_as_payment_method_ind: bool | None = None
    allow_e_store_credit_as_payment_method_ind: bool | None = None
    payment_methods: tuple[PaymentMethod, ...] = ()


class ChannelSent(Payments, frozen=True, kw_only=True, rename="camel"):
    """A channel as it is sent: its id chooses it."""

    id: int | None = None


class ChannelShown(Struct, rename="camel"):
    """A channel with all that the contract tells of one."""

    id: int
    created_date_time: None
    last_updated_date_time: None
    locked_date_time: None
    locked_by_user_id: None
    channel_name: str
    channel_status: Named
    channel_type: Named
    industry_type: Named
    merchant_id: int
    allow_cash_as_payment_method_ind: bool
    allow_money_order_as_payment_method_ind: bool
    allow_paper_check_as_payment_method_ind: bool
    allow_e_store_credit_as_payment_method_ind: bool
    payment_methods: tuple[PaymentMethod, ...]


def channel_id(names: frozenset[str]) -> int | None:
    """The number of the one channel that a rule is for; None for all of them, and for what has no number."""
    return next((number for number, (name, _) in CHANNELS.items() if names == frozenset({name})), None)


def read_channel(sent: ChannelSent | None, before: frozenset[str]) -> frozenset[str]:
    """The channels that a rule is for. Without an id all are meant, unless there was no number to show."""
    number = None if sent is None else sent.id
    if number == channel_id(before):
        return before
    if number is None:
        return frozenset()
    if number not in CHANNELS:
        known = ", ".join(f"{known} ({label})" for known, (_, label) in CHANNELS.items())
        raise BadField("channel.id", f"{number} is none of {known}")
    return frozenset({CHANNELS[number][0]})


def read_payments(sent: ChannelSent | None) -> Payments:
    """What is said of the ways to pay, to be kept."""
    if sent is None:
        return Payments()
    if len(sent.payment_methods) > METHODS_MAX:
        raise BadField("channel.paymentMethods", f"{len(sent.payment_methods)} are over the {METHODS_MAX} there may be")
    for place, method in enumerate(sent.payment_methods):
        for name, value in (
            ("id", method.id), ("cardId", method.card_id), ("position", method.position),
            ("merchantId", method.merchant_id),
        ):  # fmt: skip
            if value is not None and not 0 <= value <= POINTS_MAX:
                problem = f"{value} is not a whole number from 0 to {POINTS_MAX}"
                raise BadField(f"channel.paymentMethods[{place}].{name}", problem)
    fields: dict[str, Any] = asdict(sent)
    return Payments(**{name: value for name, value in fields.items() if name != "id"})


def show_channel(merchant_id: int, names: frozenset[str], payments: Payments) -> ChannelShown | None:
    """The one channel that a rule is for; None where it is for all, or for one that has no number here."""
    number = channel_id(names)
    if number is None:
        return None
    return ChannelShown(
        id=number,
        created_date_time=None,
        last_updated_date_time=None,
        locked_date_time=None,
        locked_by_user_id=None,
        channel_name=CHANNELS[number][1],
        channel_status=Named("ACTIVE"),
        channel_type=Named("INTERNAL"),
        industry_type=Named("ECOMMERCE"),
        merchant_id=merchant_id,
        allow_cash_as_payment_method_ind=bool(payments.allow_cash_as_payment_method_ind),
        allow_money_order_as_payment_method_ind=bool(payments.allow_money_order_as_payment_method_ind),
        allow_paper_check_as_payment_method_ind=bool(payments.allow_paper_check_as_payment_method_ind),
        allow_e_store_credit_as_payment_method_ind=bool(payments.allow_e_store_credit_as_payment_method_ind),
        payment_methods=payments.payment_methods,
    )
