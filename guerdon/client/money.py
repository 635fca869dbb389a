"""Money as the API tells it."""

from msgspec import Struct


class Money(Struct, frozen=True):
    """An amount in minor units of ISO 4217: 500 is $5.00, and ¥500."""

    amount_minor: int
    currency: str
