"""Amounts and other numbers with decimals as people type them in a form, and as a form shows them again. Pure.

A field shows a number in the person's locale, without groups: "1234,50" in German, "1234.50" in English. What is typed
is read by that locale, and nothing is guessed:

1. The locale's own writing comes first. In German a comma begins the decimals and points group by three: "1.000" is a
   thousand, "1,5" one and a half. In English "1,000" is a thousand, "1.5" one and a half. Spaces and apostrophes group
   as well, and a group never begins with 0.
2. The other language's mark is taken where it can mean one thing alone. Before one, two, or more than three figures, or
   after a mere 0, it begins the decimals: "1.00" is one in German, and "1,00" in English. Where it comes twice it
   groups, and of two marks the last begins the decimals: "1,000.50" is the same everywhere.
3. What could be meant in two ways is refused, such as "1234.500" in German.
4. Money with decimals that its currency has not is refused, zeros too: "1,000" typed in German as euros is likelier
   somebody's thousand than one euro, and so is "1.000" in English. A currency with three has them by the locale.
"""

import re
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_currency, get_decimal_symbol

from guerdon.errors.base import BadField
from guerdon.kit.money import NotRepresentable, currency, to_decimal, to_minor, too_many_decimals

GROUPED = r"[1-9][0-9]{0,2}(?:%s[0-9]{3})+"
PLAIN = "[0-9]+|" + "|".join(GROUPED % gap for gap in " '\u2019\u00a0\u202f")
LENGTH_MAX = 40


class Unclear(ValueError):
    """What was typed is no number, or could be two."""


def decimal_of(text: str, locale: Locale) -> Decimal:
    """The number that was typed, with as many decimals; raises Unclear."""
    figures = text.strip()
    for pattern in _writings(_mark(locale)):
        if len(figures) <= LENGTH_MAX and (found := pattern.fullmatch(figures)):
            whole, decimals = re.sub(r"[^0-9]", "", found["whole"]), found.groupdict().get("decimals")
            return Decimal(f"{whole}.{decimals}" if decimals else whole)
    raise Unclear(text)


def rate_of(text: str, locale: Locale) -> Decimal:
    """A number that may have any decimals, such as a rate or a factor; raises Unclear, also where one mark of the other
    language stands before three figures: "1.108" in German is likelier a rate than a thousand.
    """
    if re.fullmatch(rf"[1-9][0-9]*{re.escape(_other(_mark(locale)))}[0-9]{{3}}", text.strip()):
        raise Unclear(text)
    return decimal_of(text, locale)


def decimal_typed(number: Decimal, locale: Locale) -> str:
    """A number as a field of a form has it: with its decimals, and without groups."""
    return f"{number:f}".replace(".", _mark(locale))


def minor_typed(text: str, code: str, locale: Locale) -> int:
    """Minor units of what was typed; raises Unclear, or NotRepresentable with decimals that the currency has not."""
    number, known = decimal_of(text, locale), currency(code)
    if max(0, -int(number.as_tuple().exponent)) > known.decimals:
        raise too_many_decimals(number, known)
    return to_minor(number, known)


def minor_of(text: str | None, code: str, field: str, locale: Locale) -> int | None:
    """Minor units of what was typed; None for nothing. Refuses with BadField."""
    if text is None or not text.strip():
        return None
    try:
        return minor_typed(text, code, locale)
    except Unclear:
        raise BadField(field, f"{text[:40]!r} is no amount, such as 12.50") from None
    except NotRepresentable as problem:
        raise BadField(field, str(problem)) from None


def typed(minor: int | None, code: str, locale: Locale) -> str:
    """An amount as a field of a form has it; nothing for None."""
    return "" if minor is None else decimal_typed(to_decimal(minor, currency(code)), locale)


def money_text(minor: int, code: str, locale: Locale) -> str:
    """An amount as a page tells it, with the currency."""
    known = currency(code)
    digits = "#,##0" + ("." + "0" * known.decimals if known.decimals else "")
    pattern = locale.currency_formats["standard"].pattern.partition(";")[0]
    for shape in ("#,##0.00", "#,##,##0.00"):
        pattern = pattern.replace(shape, digits)
    return format_currency(to_decimal(minor, known), code, format=pattern, locale=locale, currency_digits=False)


def _mark(locale: Locale) -> str:
    """What begins the decimals; "," or "." in each language that there is."""
    return get_decimal_symbol(locale)


def _other(mark: str) -> str:
    return "." if mark == "," else ","


@cache
def _writings(mark: str) -> tuple[re.Pattern[str], ...]:
    """How a number may be written where this begins the decimals. No text fits two of them with another meaning."""
    own, other = re.escape(mark), re.escape(_other(mark))
    by_own, by_other = GROUPED % own, GROUPED % other
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"(?P<whole>{PLAIN}|{by_other})(?:{own}(?P<decimals>[0-9]+))?",
            rf"(?P<whole>0){other}(?P<decimals>[0-9]+)",
            rf"(?P<whole>{PLAIN}){other}(?P<decimals>[0-9]{{1,2}}|[0-9]{{4,}})",
            rf"(?P<whole>{by_own}){other}(?P<decimals>[0-9]+)",
            rf"(?P<whole>{by_own}{own}[0-9]{{3}})",
        )
    )  # fmt: skip
