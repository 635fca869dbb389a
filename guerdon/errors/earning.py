"""Why an order, a return or an activity is not taken."""

from dataclasses import dataclass

from guerdon.errors.base import NotFound, Unprocessable
from guerdon.errors.books import MemberNotFound


@dataclass(eq=False)
class EarningRuleNotFound(NotFound):
    """There is no earning rule {rule_id}."""

    rule_id: int


@dataclass(eq=False)
class OrderNotFound(NotFound):
    """There is no order {order_id}."""

    order_id: str


@dataclass(eq=False)
class ReturnNotFound(NotFound):
    """There is no return {return_id}."""

    return_id: str


@dataclass(eq=False)
class Stranger(MemberNotFound):
    """Nobody has been told of a customer with the {kind} {value}."""

    recorded = False


@dataclass(eq=False)
class OrderOfAnother(Unprocessable):
    """Order {order_id} was placed by another customer."""

    order_id: str


@dataclass(eq=False)
class ReturnDiffers(Unprocessable):
    """Return {return_id} was reported before, of another order, amount or items: take a new id for another return."""

    return_id: str


@dataclass(eq=False)
class ReturnCurrencyDiffers(Unprocessable):
    """The return is in {currency}, and order {order_id} is in {order_currency}: send what came back in that."""

    currency: str
    order_id: str
    order_currency: str


@dataclass(eq=False)
class ItemUnknown(Unprocessable):
    """Order {order_id} has no item {item_id}: send the ids that the order was reported with."""

    item_id: str
    order_id: str
