"""Draws pages: templates, with words in the person's language, and times and numbers as they are written there.

Points and money come as whole numbers and are never rounded on the way; times are shown in the merchant's zone, with
exact UTC beside them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from guerdon.console.assets import found, versioned
from guerdon.console.frame import RAIL, here
from guerdon.console.view import View
from guerdon.console.visitor import THEMES, Taste
from guerdon.console.words import LANGUAGES, translations
from guerdon.errors.base import BadField, Refusal
from guerdon.kit.money import currency as currency_of


def drawn(view: View) -> bytes:
    """The page as it is sent."""
    taste: Taste = view.shown["taste"]
    return _environment(taste.language).get_template(view.template).render(view.shown).encode()


@cache
def _environment(language: str) -> Environment:
    # Its types know the filters and globals of Jinja2 alone. This name holds it where ours are added.
    environment: Any = Environment(
        loader=PackageLoader("guerdon.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    environment.install_gettext_translations(translations(language), newstyle=True)
    environment.filters.update(points=points, percent=percent, time=time, day=day, ago=ago, words=words)
    environment.globals.update(
        money=money, asset=versioned, has_asset=has_asset, url=url, rail=RAIL, here=here,
        languages=LANGUAGES, themes=THEMES, told=told, said_of=said_of,
    )  # fmt: skip
    return environment


def url(path: str, /, **query: Any) -> str:
    """An address with what of its query is said."""
    said = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(said, doseq=True)}" if said else path


@pass_context
def points(context: Context, number: int, *, signed: bool = False) -> str:
    """A whole number with the separators of the language; `signed`, with a + where it is above zero."""
    text = format_decimal(number, locale=_locale(context))
    return f"+{text}" if signed and number > 0 else text.replace("-", "−")


@pass_context
def percent(context: Context, share: float | Decimal | None, *, signed: bool = False) -> str:
    """A share of one as percents; a dash where there is none."""
    if share is None:
        return "–"
    text = format_percent(share, format="#,##0.#%", locale=_locale(context))
    return f"+{text}" if signed and share > 0 else text.replace("-", "−")


@pass_context
def money(context: Context, minor: int, code: str) -> str:
    """An amount of the currency's minor units, as the language writes it."""
    return money_text(minor, code, _locale(context))


def money_text(minor: int, code: str, locale: Locale) -> str:
    """The same, where there is no page."""
    decimals = currency_of(code).decimals
    amount = Decimal(minor).scaleb(-decimals)
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    pattern = locale.currency_formats["standard"].pattern.partition(";")[0]
    for shape in ("#,##0.00", "#,##,##0.00"):
        pattern = pattern.replace(shape, digits)
    return format_currency(amount, code, format=pattern, locale=locale, currency_digits=False)


@pass_context
def time(context: Context, at: datetime | None, *, seconds: bool = False) -> Markup:
    """A moment in the merchant's zone, with exact UTC on hover; a dash for none."""
    if at is None:
        return Markup("–")
    form = "medium" if seconds else "short"
    text = format_datetime(at, f"d MMM yyyy {'HH:mm:ss' if seconds else 'HH:mm'}" if form else form,
                           tzinfo=_zone(context), locale=_locale(context))  # fmt: skip
    return _marked(at, text)


@pass_context
def day(context: Context, at: datetime | date | None) -> Markup:
    """The merchant's day on which it is, with exact UTC on hover where it is a moment; a dash for none."""
    if at is None:
        return Markup("–")
    if isinstance(at, datetime):
        return _marked(at, format_date(at.astimezone(_zone(context)), "d MMM yyyy", locale=_locale(context)))
    return Markup("<time datetime=\"{}\">{}</time>").format(
        at.isoformat(), format_date(at, "d MMM yyyy", locale=_locale(context))
    )  # fmt: skip


@pass_context
def ago(context: Context, at: datetime | None) -> Markup:
    """How long ago, or how far ahead, with exact UTC on hover; a dash for none."""
    if at is None:
        return Markup("–")
    visitor = context["visitor"]
    text = format_timedelta(at - visitor.now, add_direction=True, format="long", locale=_locale(context))
    return _marked(at, text)


@pass_context
def words(context: Context, options: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What may be chosen, with marked texts in the person's language."""
    taste: Taste = context["taste"]
    return [(value, taste._(text)) for value, text in options]


@pass_context
def told(context: Context, refusal: Refusal) -> str:
    """A refusal in the person's language, with its facts."""
    taste: Taste = context["taste"]
    template = " ".join((refusal.__doc__ or "").split())
    said = taste.words.gettext(template)
    return refusal.sentence if said == template else said.format(**refusal.facts)


def has_asset(name: str) -> bool:
    """Whether the file is there: what npm fetches may not be."""
    return found(name) is not None


def said_of(refusal: Refusal | None, field: str) -> str | None:
    """What a refusal, or one of its reasons, has against this field."""
    for one in () if refusal is None else (refusal, *refusal.also):
        if isinstance(one, BadField) and one.field == field:
            return one.problem
    return None


def _marked(at: datetime, text: str) -> Markup:
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S UTC"), text
    )  # fmt: skip


def _locale(context: Context) -> Locale:
    return context["taste"].locale


def _zone(context: Context) -> ZoneInfo:
    return context["visitor"].zone
