"""The merchant's own terms: its name, and the currencies that it takes."""

from collections.abc import Mapping
from decimal import Decimal

from babel import Locale
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import merchants
from guerdon.api.v1.merchants import MerchantAsked, MerchantChanged
from guerdon.api.wire import Incoming, Route
from guerdon.console.amounts import Unclear, decimal_typed, rate_of
from guerdon.console.pages.answers import sound
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal

PLACE = "/console/settings/merchant"


class MerchantForm(Struct, kw_only=True):
    """What is to be different; a rate that is left empty is taken out."""

    name: str = ""
    rates: dict[str, str] = {}
    new_currency: str | None = None
    new_rate: str | None = None


async def show(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The form, with what is saved in it."""
    return await _form(engine, visitor, incoming)


async def save(engine: Engine, visitor: Visitor, params: MerchantForm, incoming: Incoming) -> View:
    """Change it."""
    try:
        before = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
        rates = {code: _rate(code, params.rates.get(code), visitor.locale) for code in before.rates}
        if params.new_currency:
            rates[params.new_currency.strip().upper()] = _rate("new_rate", params.new_rate or "", visitor.locale)
        wanted = MerchantChanged(name=params.name.strip() or None, rates=rates)
        await merchants.change(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _form(engine, visitor, incoming, refusal, params.rates)
    return visitor.go(PLACE, visitor._("Saved"))


async def _form(
    engine: Engine, visitor: Visitor, incoming: Incoming, refusal: Refusal | None = None,
    said: Mapping[str, str] | None = None,
) -> View:  # fmt: skip
    saved = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    rates = {code: (said or {}).get(code, decimal_typed(rate, visitor.locale)) for code, rate in saved.rates.items()}
    status = 200 if refusal is None else refusal.status
    return visitor.view("settings/merchant.html", status=status, merchant=saved, refusal=refusal, rates=rates)


def _rate(field: str, text: str | None, locale: Locale) -> Decimal | None:
    if not text:
        if field == "new_rate":
            raise BadField(field, "a currency that is taken needs a rate")
        return None
    try:
        return rate_of(text, locale)
    except Unclear:
        raise BadField(field, f"{text[:40]!r} is no number, such as 0.92") from None


ROUTES = (
    Route("GET", PLACE, Nothing, View, show, "administer", "The merchant"),
    Route("POST", PLACE, MerchantForm, View, save, "administer", "Change the merchant"),
)
