"""Money of the native API: minor units with their currency."""

from typing import Annotated

import msgspec
from msgspec import Meta

CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", examples=["USD"])]


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units of ISO 4217: 500 is $5.00, and ¥500."""

    amount_minor: int
    currency: CurrencyCode
