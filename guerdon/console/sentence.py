"""Sentences that people fill in: the editor of a rule is the sentence that the rule is, with fields in it.

How to make an editor of it (pages/reward_form.py is the first):

1. Say the sentence as `Clause`s: each is a template with `%(name)s` where the `Field` of that name goes, such as
   "at most %(points_max_per_day)s points a day". The word order is that of the person's language, for the template is
   translated. A clause with `offered` is one that may be left out: its name stands under "Add a condition".
2. `Sheet.of_values` fills the fields from a rule, `Sheet.of_form` from what a browser sent. The form's hidden field
   `with` names the clauses that are in use; the buttons `add` and `drop` put one in or take one out, with or without
   JavaScript.
3. `read` makes values of it (points as int, money in minor units, days as moments), with what is wrong beside each
   field. A clause that is left out gives the `empty` values of its fields, so that saving takes its limits away.
4. `Sentence.of` lays it out for the macros of templates/sentence.html, which draw it and ask the server, as somebody
   types, what the draft would do.

`InWords` reads parts of sentences (guerdon/kit/sentence.py) in the person's language.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from msgspec import Struct

from guerdon.console.amounts import Unclear, decimal_typed, minor_typed, money_text, rate_of, typed
from guerdon.console.draw import share_text
from guerdon.console.frame import N
from guerdon.console.visitor import Taste, Visitor
from guerdon.kit.calendar import after_day
from guerdon.kit.money import NotRepresentable
from guerdon.kit.sentence import clock_text, in_zone
from guerdon.points.values import POINTS_MAX

PLACE = re.compile(r"%\((\w+)\)s")
GROUPED = re.compile(r"[0-9]{1,3}([.,'’\u00a0\u202f ])[0-9]{3}(?:\1[0-9]{3})*")
DIGITS_MAX = 18
TEXT_MAX = 2048
LISTED_MAX = 100


class InWords(NamedTuple):
    """A Reader of sentences: the person's language, and the merchant's days."""

    taste: Taste
    zone: ZoneInfo

    @classmethod
    def of(cls, visitor: Visitor) -> "InWords":
        """As this person reads."""
        return cls(visitor.taste, visitor.zone)

    def text(self, text: str) -> str:
        """The template in the language."""
        return self.taste.words.gettext(text)

    def counted(self, one: str, many: str, number: int) -> str:
        """The template for so many."""
        return self.taste.words.ngettext(one, many, number)

    def number(self, number: int | Decimal) -> str:
        """A number with the language's separators."""
        return format_decimal(number, format="#,##0.####", locale=self.taste.locale)

    def money(self, minor: int, currency: str) -> str:
        """An amount as the language writes it."""
        return money_text(minor, currency, self.taste.locale)

    def share(self, hundredths: int) -> str:
        """A percentage as the language writes it."""
        return share_text(Decimal(hundredths) / 100_00, self.taste.locale)

    def day(self, day: date) -> str:
        """A day as the language writes it."""
        return format_date(day, "long", locale=self.taste.locale)

    def moment(self, at: datetime) -> str:
        """A moment of the merchant's, as everywhere in the console."""
        return f"{self.day(at.date())}, {clock_text(at)}"


Kind = Literal["points", "count", "number", "money", "share", "text", "secret", "list", "choice", "since", "until"]
"""points and count: whole numbers; number: one with decimals; money: in the currency of the form; share: percent; list:
texts with commas between them; since: a day from its beginning; until: a day to its end.
"""


class Field(Struct, frozen=True, kw_only=True):
    """One field in a sentence; `label` tells what it is to whoever hears it alone. Texts are marked for translation."""

    name: str
    label: str
    kind: Kind = "text"
    choices: tuple[tuple[Any, str], ...] = ()
    """Of a choice: values with their texts."""
    required: bool = True
    empty: Any = None
    """What the rule has where the clause is left out, or the field is not required and empty."""
    least: int = 0
    """The smallest number of points, or of what is counted."""
    currency: str | None = None
    """Of money in another currency than the form's."""
    changes_sentence: bool = False
    """Whether other fields stand beside it when another value is chosen: the sentence is then drawn anew."""
    suggests: tuple[str, ...] = ()


class Clause(Struct, frozen=True, kw_only=True):
    """A part of the sentence. One that is `offered`, by this name, may be left out; `sets` are values of its own."""

    topic: str
    text: str
    fields: tuple[Field, ...] = ()
    offered: str = ""
    sets: Mapping[str, tuple[Any, Any]] = {}
    """By name, what the rule has where the clause is in use, and where it is not."""


class Setting(NamedTuple):
    """How values are written: the merchant's days, the currency of amounts, and the locale of whoever types."""

    zone: ZoneInfo
    currency: str
    locale: Locale


class Misread(Exception):
    """What was typed is no value of its kind; `problem` is a text for translation, with `facts`."""

    def __init__(self, problem: str, **facts: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.facts = facts


class Sheet(Struct, kw_only=True):
    """What stands in the fields, as texts, and which clauses are in use; `wrong` is what is wrong, by field."""

    said: dict[str, str]
    used: tuple[str, ...]
    wrong: dict[str, str] = {}

    @classmethod
    def of_values(cls, clauses: Sequence[Clause], values: Mapping[str, Any], setting: Setting) -> "Sheet":
        """The sheet of a rule whose fields have these values."""
        said: dict[str, str] = {}
        used: list[str] = []
        for clause in clauses:
            told = [field for field in clause.fields if values.get(field.name, field.empty) != field.empty]
            if told or any(values.get(name) == on for name, (on, _) in clause.sets.items()):
                used.append(clause.topic)
            for field in clause.fields:
                said[field.name] = written(field, values.get(field.name, field.empty), setting)
        return cls(said=said, used=tuple(used))

    @classmethod
    def of_form(cls, form: Mapping[str, Any]) -> "Sheet":
        """The sheet as a browser sent it, after the button `add` or `drop` if one of them was pressed."""
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        used = [topic for topic in said.get("with", "").split(",") if topic and topic != said.get("drop")]
        if added := said.get("add"):
            used.append(added)
        return cls(said=said, used=tuple(dict.fromkeys(used)))


def read(clauses: Sequence[Clause], sheet: Sheet, setting: Setting) -> tuple[dict[str, Any], dict[str, Misread]]:
    """The values of all clauses, by field; and what could not be read, by field."""
    values: dict[str, Any] = {}
    wrong: dict[str, Misread] = {}
    for clause in clauses:
        in_use = not clause.offered or clause.topic in sheet.used
        values |= {name: on if in_use else off for name, (on, off) in clause.sets.items()}
        for field in clause.fields:
            text = _typed(field, sheet)
            values[field.name] = field.empty
            if not in_use or (not text and not field.required):
                continue
            try:
                values[field.name] = understood(field, text, setting)
            except Misread as misread:
                wrong[field.name] = misread
    return values, wrong


def _typed(field: Field, sheet: Sheet) -> str:
    """What stands in the field: a choice that was not made yet is the first one, unless empty is one too."""
    text = sheet.said.get(field.name, "").strip()
    if field.kind == "choice" and not text:
        keys = [key_of(value) for value, _ in field.choices]
        return "" if "" in keys else keys[0]
    return text


def understood(field: Field, text: str, setting: Setting) -> Any:
    """The value of what was typed; raises Misread."""
    if field.kind == "choice":
        found = [value for value, _ in field.choices if key_of(value) == text]
        if not found:
            raise Misread(N("choose one of those that are there"))
        return found[0]
    if not text:
        raise Misread(N("a value is needed"))
    if len(text) > TEXT_MAX or "\0" in text:
        raise Misread(N("the text is too long, or holds what no text may"))
    match field.kind:
        case "points" | "count":
            return _whole(text, field.least)
        case "money":
            return _minor(text, field.currency or setting.currency, setting.locale)
        case "number":
            return _decimal(text, setting.locale)
        case "share":
            return _hundredths(text)
        case "list":
            return list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))[:LISTED_MAX]
        case "since" | "until":
            return _moment(text, setting.zone, ends=field.kind == "until")
        case _:
            return text


def written(field: Field, value: Any, setting: Setting) -> str:
    """A value as it stands in its field."""
    if field.kind == "choice":
        return key_of(value)
    if value is None:
        return ""
    match field.kind:
        case "money":
            return typed(value, field.currency or setting.currency, setting.locale) if value else ""
        case "number":
            return decimal_typed(Decimal(value), setting.locale)
        case "share":
            return decimal_typed((Decimal(value) / 100).normalize(), setting.locale) if value else ""
        case "list":
            return ", ".join(value)
        case "since" | "until":
            return _local(value, setting.zone, ends=field.kind == "until")
        case _:
            return str(value)


def key_of(value: Any) -> str:
    """A value of a choice as forms send it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Slot(NamedTuple):
    """A field as it is drawn."""

    field: Field
    value: str
    label: str
    choices: tuple[tuple[str, str], ...]
    wrong: str | None

    @property
    def type(self) -> str:
        """Which kind of input it is."""
        if self.field.kind in ("since", "until"):
            return "datetime-local" if "T" in self.value else "date"
        return "password" if self.field.kind == "secret" else "text"

    @property
    def size(self) -> int:
        """As wide as what is in it, within reason."""
        least = {"points": 6, "count": 4, "money": 6, "share": 4}.get(self.field.kind, 12)
        return min(max(least, len(self.value) + 1), 40)


class Line(NamedTuple):
    """A clause as it is drawn: texts and fields in the order of the language."""

    topic: str
    pieces: tuple[str | Slot, ...]
    name: str


class Sentence(NamedTuple):
    """What the macros of templates/sentence.html draw: what is always said, what is added, and what may be."""

    always: tuple[Line, ...]
    added: tuple[Line, ...]
    offered: tuple[tuple[str, str], ...]
    used: str

    @classmethod
    def of(cls, visitor: Visitor, clauses: Sequence[Clause], sheet: Sheet) -> "Sentence":
        """The sentence of a sheet, in the person's language."""
        lines = {clause.topic: _line(visitor, clause, sheet) for clause in clauses}
        added = [clause for clause in clauses if clause.offered and clause.topic in sheet.used]
        return cls(
            tuple(lines[clause.topic] for clause in clauses if not clause.offered),
            tuple(lines[clause.topic] for clause in added),
            tuple((one.topic, visitor._(one.offered)) for one in clauses if one.offered and one not in added),
            ",".join(clause.topic for clause in added),
        )


def _line(visitor: Visitor, clause: Clause, sheet: Sheet) -> Line:
    fields = {field.name: field for field in clause.fields}
    parts = PLACE.split(visitor._(clause.text))
    pieces = tuple(
        part if index % 2 == 0 else _slot(visitor, fields[part], sheet)
        for index, part in enumerate(parts) if part.strip()
    )  # fmt: skip
    return Line(clause.topic, pieces, visitor._(clause.offered) if clause.offered else "")


def _slot(visitor: Visitor, field: Field, sheet: Sheet) -> Slot:
    choices = tuple((key_of(value), visitor._(text) if text else key_of(value)) for value, text in field.choices)
    value = sheet.said.get(field.name, "")
    return Slot(field, value, visitor._(field.label), choices, sheet.wrong.get(field.name))


def _whole(text: str, least: int) -> int:
    figures = re.sub(r"[^0-9]", "", text) if GROUPED.fullmatch(text) else text
    if not figures.isascii() or not figures.isdigit() or len(figures) > DIGITS_MAX:
        raise Misread(N("%(text)s is not a whole number; write one such as 500"), text=text[:40])
    if int(figures) > POINTS_MAX:
        raise Misread(N("%(text)s is more than anybody can count"), text=text[:40])
    if int(figures) < least:
        raise Misread(N("%(text)s is too few; the least is %(least)s"), text=text, least=str(least))
    return int(figures)


def _minor(text: str, currency: str, locale: Locale) -> int:
    try:
        return minor_typed(text, currency, locale)
    except (Unclear, NotRepresentable):
        raise Misread(N("%(text)s is no amount of %(currency)s"), text=text[:40], currency=currency) from None


def _decimal(text: str, locale: Locale) -> Decimal:
    try:
        return rate_of(text, locale)
    except Unclear:
        raise Misread(N("%(text)s is no number; write one such as 1.5"), text=text[:40]) from None


def _hundredths(text: str) -> int:
    figures = text.removesuffix("%").strip().replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", figures) or not 0 < Decimal(figures) <= 100:
        raise Misread(N("%(text)s is no percentage; write one such as 12.5"), text=text[:40])
    return int(Decimal(figures) * 100)


def _moment(text: str, zone: ZoneInfo, *, ends: bool) -> datetime:
    """A day is meant from its beginning, or to its end; a time of day as it is."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            raise ValueError(text)
        if "T" in text:
            return at.replace(tzinfo=zone).astimezone(UTC)
        return after_day(at.date() - timedelta(days=not ends), str(zone))
    except (ValueError, OverflowError):
        raise Misread(N("%(text)s is no day of the calendar"), text=text[:40]) from None


def _local(at: datetime, zone: ZoneInfo, *, ends: bool) -> str:
    local = in_zone(at, zone)
    if local.time() == time():
        return (local.date() - timedelta(days=ends)).isoformat()
    return local.replace(tzinfo=None).isoformat(timespec="minutes" if not local.second else "seconds")
