"""Sentences in parts: templates that can be translated, and typed facts that each reader's locale writes its own way.

A part is one clause, such as "at most %(points)s points a day" with the fact `points`. Whoever shows a sentence hands
in a Reader: `Plain` writes English, the console's one writes the person's language. Parts of two versions are compared
by their topic, so what has changed can be told in words as well. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from guerdon.kit.money import CURRENCIES, format_money


class Count(NamedTuple):
    """A number of something, whole or with decimals."""

    number: int | Decimal


class Money(NamedTuple):
    """An amount in minor units of a currency."""

    minor: int
    currency: str


class Monies(NamedTuple):
    """The same worth in several currencies, of which one counts."""

    amounts: tuple[Money, ...]


class Share(NamedTuple):
    """A part of the whole: 1250 is 12.5 percent."""

    hundredths: int


class Names(NamedTuple):
    """Somebody's own words, of which any will do."""

    names: tuple[str, ...]


class Since(NamedTuple):
    """The first moment: a day where it is the beginning of one."""

    at: datetime


class Until(NamedTuple):
    """The first moment after the last: the day that ends then, where one does."""

    at: datetime


class Part(Struct, frozen=True):
    """One clause: `text` has `%(name)s` where the fact of that name goes. `topic` is what it is about.

    `one` is the text where `number` is one, and languages have further forms for other numbers.
    """

    topic: str
    text: str
    facts: "dict[str, Fact]" = {}
    one: str = ""
    number: int = 0


Fact = str | Count | Money | Monies | Share | Names | Since | Until | Part


class Reader(Protocol):
    """For whom a sentence is written: the language of the templates, and how numbers, money and times look."""

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin and end."""
        ...

    def text(self, text: str) -> str:
        """A template in the reader's language."""
        ...

    def counted(self, one: str, many: str, number: int) -> str:
        """The template for so many."""
        ...

    def number(self, number: int | Decimal) -> str:
        """A number."""
        ...

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units."""
        ...

    def share(self, hundredths: int) -> str:
        """1250 as "12.5%"."""
        ...

    def day(self, day: date) -> str:
        """A calendar day."""
        ...

    def moment(self, at: datetime) -> str:
        """A moment, whose zone is the reader's."""
        ...


class Plain(NamedTuple):
    """English, as it is read anywhere."""

    zone: ZoneInfo = ZoneInfo("UTC")

    def text(self, text: str) -> str:
        """The template as it stands."""
        return text

    def counted(self, one: str, many: str, number: int) -> str:
        """One of something, or another number."""
        return one if number == 1 else many

    def number(self, number: int | Decimal) -> str:
        """ "10,000", "49.95"."""
        return f"{number:,}"

    def money(self, minor: int, currency: str) -> str:
        """ "$49.95"."""
        return format_money(minor, CURRENCIES[currency])

    def share(self, hundredths: int) -> str:
        """ "12.5%"."""
        return f"{(Decimal(hundredths) / 100).normalize():f}%"

    def day(self, day: date) -> str:
        """ "1 March 2026"."""
        return f"{day.day} {day:%B} {day.year}"

    def moment(self, at: datetime) -> str:
        """ "1 March 2026, 18:00 UTC"."""
        return f"{self.day(at.date())}, {clock_text(at)} {at.tzname()}"


ENGLISH = Plain()
PLACE = re.compile(r"%\\\((\w+)\\\)s")
"""A place of a template, once the template is escaped for a pattern."""


def said(part: Part, reader: Reader = ENGLISH) -> str:
    """One part in words."""
    template = reader.counted(part.one, part.text, part.number) if part.one else reader.text(part.text)
    return template % {name: written(fact, reader) for name, fact in part.facts.items()}


def pattern_of(template: str, forms: Mapping[str, str]) -> re.Pattern[str]:
    """What finds a template in words that were made of it: a group for each place, which takes what `forms` has for its
    name, or else any text.
    """
    places = PLACE.sub(lambda place: f"(?P<{place[1]}>{forms.get(place[1], '.*')})", re.escape(template))
    return re.compile(places, re.DOTALL)


def sentence(parts: Sequence[Part], reader: Reader = ENGLISH) -> str:
    """All parts in one sentence, without a full stop."""
    return ", ".join(said(part, reader) for part in parts)


def written(fact: Fact, reader: Reader) -> str:
    """A fact as this reader writes it."""
    match fact:
        case str():
            return fact
        case Part():
            return said(fact, reader)
        case Count(number=number):
            return reader.number(number)
        case Money(minor=minor, currency=currency):
            return reader.money(minor, currency)
        case Monies(amounts=amounts):
            return _any([reader.money(*amount) for amount in amounts], reader)
        case Share(hundredths=hundredths):
            return reader.share(hundredths)
        case Names(names=names):
            return _any([f"‘{name}’" for name in names], reader)
        case Since(at=at):
            local = in_zone(at, reader.zone)
            return reader.day(local.date()) if local.time() == time() else reader.moment(local)
        case Until(at=at):
            local = in_zone(at, reader.zone)
            if local.time() != time() or local.date() == date.min:
                return reader.moment(local)
            return reader.day(local.date() - timedelta(days=1))


class Difference(NamedTuple):
    """What one version says of a topic and another does not, or says otherwise."""

    before: Part | None
    after: Part | None


def differences(before: Sequence[Part], after: Sequence[Part]) -> list[Difference]:
    """What has changed from one version to another, topic by topic, in the order of the sentence."""
    old, new = ({part.topic: part for part in parts} for parts in (before, after))
    topics = list(dict.fromkeys([*new, *old]))
    return [Difference(old.get(topic), new.get(topic)) for topic in topics if old.get(topic) != new.get(topic)]


def in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment there; in UTC where no calendar there has it."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.astimezone(UTC)


def clock_text(at: datetime) -> str:
    """ "18:00", with seconds where there are any; what is less is for programs."""
    return at.time().isoformat("seconds" if at.second else "minutes")


def _any(words: list[str], reader: Reader) -> str:
    """ "a", "a or b", "a, b or c"."""
    if len(words) == 1:
        return words[0]
    return reader.text("%(words)s or %(last)s") % {"words": ", ".join(words[:-1]), "last": words[-1]}
