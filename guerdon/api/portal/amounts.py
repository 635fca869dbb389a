"""Money on the portal contract: an amount beside its currency. Requests may name the currency by its code alone."""

from decimal import Decimal

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.kit.money import Currency, NotRepresentable, UnknownCurrency, currency, to_decimal, to_minor

CURRENCIES_SINCE = 1733858673000
"""When the currencies were made, on the contract's page; clients show it and nothing else."""


class CurrencySent(Struct, rename="camel"):
    """Only the code counts."""

    currency_code: str | None = None


class AmountSent(Struct):
    """Money. Without a currency it is in the rule's, or in the merchant's own."""

    amount: Decimal | None = None
    currency: CurrencySent | None = None

    @property
    def code(self) -> str | None:
        """The code of the currency, if one is named."""
        return (self.currency.currency_code or None) if self.currency is not None else None


class CurrencyShown(Struct, rename="camel"):
    """A currency. `isoCountryCode` holds the currency's number, as on the page."""

    id: int
    currency_code: str
    currency_text: str
    currency_symbol: str
    fractional_unit: str
    num_of_decimal_places: str
    supported_by_visa_checkout: bool
    created_date_time: int
    iso_numeric_code: str
    iso_country_code: str


class AmountShown(Struct):
    """Money, written with all the decimals of its currency."""

    amount: Decimal
    currency: CurrencyShown


def read_currency(code: str, field: str) -> Currency:
    """The currency with this code; refuses with BadField under the name of the amount."""
    try:
        return currency(code)
    except UnknownCurrency as error:
        raise BadField(f"{field}.currency.currencyCode", str(error).rstrip(".")) from None


def read_minor(amount: Decimal, money: Currency, field: str) -> int:
    """Minor units of the currency; refuses with BadField what it cannot hold, under the name of the amount."""
    try:
        return to_minor(amount, money)
    except NotRepresentable as error:
        raise BadField(f"{field}.amount", str(error).rstrip(".")) from None


def show_amount(minor: int, money: Currency) -> AmountShown:
    """Minor units of a currency, with all that the contract tells of it."""
    return AmountShown(to_decimal(minor, money), show_currency(money))


def show_currency(money: Currency) -> CurrencyShown:
    """All that the contract tells of a currency."""
    return CurrencyShown(
        id=money.id,
        currency_code=money.code,
        currency_text=money.text,
        currency_symbol=money.symbol,
        fractional_unit=money.fractional_unit,
        num_of_decimal_places=str(money.decimals),
        supported_by_visa_checkout=True,
        created_date_time=CURRENCIES_SINCE,
        iso_numeric_code=money.numeric_code,
        iso_country_code=money.numeric_code,
    )
