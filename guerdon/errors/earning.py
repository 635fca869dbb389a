"""Why an order, a return or an activity is not taken."""

from dataclasses import dataclass

from guerdon.errors.base import Unprocessable


@dataclass(eq=False)
class OrderOfAnother(Unprocessable):
    """Order {order_id} was placed by another customer."""

    order_id: str
