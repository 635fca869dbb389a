"""Draws pages: templates, with words in the person's language, and times and numbers as they are written there.

Points and money come as whole numbers and are never rounded on the way; times are shown in the merchant's zone, with
exact UTC beside them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from guerdon.console import refusals
from guerdon.console.amounts import money_text
from guerdon.console.assets import found, versioned
from guerdon.console.frame import ACTIONS, RAIL, N, here, nearest
from guerdon.console.stops import stop_of
from guerdon.console.view import View
from guerdon.console.visitor import THEMES, Taste
from guerdon.console.words import LANGUAGES, translations
from guerdon.errors.base import BadField, Refusal

TITLES = {"Referred a Friend": N("Referred a Friend"), "Referred by a Friend": N("Referred by a Friend")}
"""What the engine itself calls points, on statements that are in English; other titles are somebody's own."""


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
    environment.filters.update(
        points=points, decimal=decimal, percent=percent, time=time, day=day, ago=ago, words=words, entitled=entitled
    )
    environment.globals.update(
        money=money, asset=versioned, has_asset=has_asset, url=url, rail=RAIL, actions=ACTIONS, here=here,
        nearest=nearest, languages=LANGUAGES, themes=THEMES, told=told, told_again=told_again,
        fact_said=fact_said, said_of=said_of, stop_of=stop_of,
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
def decimal(context: Context, number: Decimal) -> str:
    """A number with as many decimals as it has, as the language writes it."""
    return format_decimal(number, format="#,##0.##########", locale=_locale(context))


@pass_context
def percent(context: Context, share: float | Decimal | None, *, signed: bool = False) -> str:
    """A share of one as percents; a dash where there is none."""
    if share is None:
        return "–"
    text = share_text(share, _locale(context), "#,##0.#")
    return f"+{text}" if signed and share > 0 else text.replace("-", "−")


def share_text(share: float | Decimal, locale: Locale, digits: str = "#,##0.##") -> str:
    """The same, where there is no page: with the space before its sign where the language has one."""
    pattern = locale.percent_formats[None].pattern.replace("#,##,##0", "#,##0").replace("#,##0", digits)
    return format_percent(share, format=pattern, locale=locale)


@pass_context
def money(context: Context, minor: int, code: str) -> str:
    """An amount of the currency's minor units, as the language writes it."""
    return money_text(minor, code, _locale(context))


@pass_context
def entitled(context: Context, title: str | None) -> str:
    """A title of points; nothing for none."""
    return title_text(title, context["taste"])


def title_text(title: str | None, taste: Taste) -> str:
    """The same, where there is no page."""
    return taste.words.gettext(TITLES[title]) if title in TITLES else title or ""


@pass_context
def time(context: Context, at: datetime | None, *, seconds: bool = False) -> Markup:
    """A moment in the merchant's zone, with exact UTC on hover; a dash for none."""
    if at is None:
        return Markup("–")
    shape = f"{context['taste']._('d MMM yyyy')} {'HH:mm:ss' if seconds else 'HH:mm'}"
    text = format_datetime(at, shape, tzinfo=_zone(context), locale=_locale(context))
    return _marked(at, text)


@pass_context
def day(context: Context, at: datetime | date | None) -> Markup:
    """The merchant's day on which it is, with exact UTC on hover where it is a moment; a dash for none."""
    if at is None:
        return Markup("–")
    if isinstance(at, datetime):
        return _marked(at, day_text(at.astimezone(_zone(context)), context["taste"]))
    return Markup("<time datetime=\"{}\">{}</time>").format(
        at.isoformat(), day_text(at, context["taste"])
    )  # fmt: skip


def day_text(day: date, taste: Taste) -> str:
    """The same, where there is no page."""
    return format_date(day, taste._("d MMM yyyy"), locale=taste.locale)


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
    return refusals.told(refusal, context["taste"])


@pass_context
def told_again(context: Context, code: str, sentence: str, facts: Mapping[str, Any]) -> str:
    """The same of one that was recorded. Where a page has names of tiers, as `levels`, they stand for numbers."""
    return refusals.told_again(code, sentence, facts, context["taste"], context.get("levels") or {})


@pass_context
def fact_said(context: Context, name: str, value: Any) -> Any:
    """A fact of a refusal, in words where it has some."""
    return refusals.fact_said(name, value, context["taste"])


def has_asset(name: str) -> bool:
    """Whether the file is there: what npm fetches may not be."""
    return found(name) is not None


@pass_context
def said_of(context: Context, refusal: Refusal | None, field: str) -> str | None:
    """What a refusal, or one of its reasons, has against this field."""
    for one in () if refusal is None else (refusal, *refusal.also):
        if isinstance(one, BadField) and one.field == field:
            return refusals.fact_said("problem", one.problem, context["taste"])
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
