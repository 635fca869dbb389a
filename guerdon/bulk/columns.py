"""The columns of a file as its rows are read: what the texts of each mean, remembered, since they repeat. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from guerdon.bulk.fields import BadValue, Dates, email_of, list_of, phone_of, points_of, text_of
from guerdon.bulk.presets import IDENTITIES, PRESETS, Preset
from guerdon.bulk.rows import Reading
from guerdon.points.command import Identity

NEVER = "never"

REMEMBERED_MAX = 50_000
REMEMBERED_LENGTH_MAX = 100
"""So many texts of a column are remembered with what they mean, and none that is longer."""


class BadCell(Exception):
    """A row is bad for this value of this column, or for no column alone."""

    def __init__(self, column: str, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class Column(dict[str, Any]):
    """What the texts of one column mean. Those of a file repeat, so what was read is remembered."""

    def __init__(self, name: str, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._name, self._read = name, read

    def __missing__(self, text: str) -> Any:
        found = value_of(self._name, text, self._read)
        if len(text) <= REMEMBERED_LENGTH_MAX:
            if len(self) >= REMEMBERED_MAX:
                self.clear()
            self[text] = found
        return found

    def of(self, value: Any) -> Any:
        """What a value means; from JSON it may be of any type, and 1, true and 1.0 would be one key."""
        return self[value] if type(value) is str else value_of(self._name, value, self._read)


class Common:
    """What the readers of all kinds share: the formats of the file."""

    def __init__(self, reading: Reading) -> None:
        preset: Preset = PRESETS[reading.preset]
        self.reading = reading
        self.dates = Dates(reading.timezone, preset.date)
        self.numbers = preset.numbers
        self.life = Column("expires_at", self._life).of
        """When points end, and whether the file says so."""

    def identities(
        self, email: Any, phone: Any, external_id: Any, pos_account_id: Any, card: Any, *, needed: bool = True
    ) -> tuple[Identity, ...]:
        """The identities that these columns tell."""
        found: list[Identity] = []
        if email:
            self._add(found, "email", email, email_of)
        if phone:
            self._add(found, "phone", phone, self._phone)
        if external_id:
            self._add(found, "external_id", external_id, text_of)
        if pos_account_id:
            self._add(found, "pos_account_id", pos_account_id, text_of)
        if card:
            self._add(found, "card", card, text_of)
        if needed and not found:
            raise BadCell("", "", f"it names no member: one of {', '.join(IDENTITIES)} is needed")
        return tuple(found)

    def past(self, column: str) -> Callable[[Any], Any]:
        """Reads a moment that has been."""

        def read(value: Any) -> datetime | None:
            at = self.dates.start(value)
            if at is not None and at > self.reading.now:
                raise BadValue("this lies in the future")
            return at

        return Column(column, read).of

    def points(self, column: str, *, least: int) -> Callable[[Any], Any]:
        """Reads points, none if nothing is said."""

        def read(value: Any) -> int:
            points = points_of(value, self.numbers) or 0
            if points < least and value not in (None, ""):
                raise BadValue(f"at least {least} is needed")
            return points

        return Column(column, read).of

    def _life(self, value: Any) -> tuple[datetime | None, bool]:
        if value == NEVER:
            return None, True
        expires_at = self.dates.end(value)
        if expires_at is not None and expires_at <= self.reading.now:
            raise BadValue("these points are over: leave them out")
        return expires_at, expires_at is not None

    def _phone(self, value: Any) -> str | None:
        return phone_of(value, self.reading.country)

    @staticmethod
    def _add(found: list[Identity], kind: str, value: Any, read: Callable[[Any], str | None]) -> None:
        # A JSON array tells several of a kind.
        if isinstance(value, list) or (isinstance(value, str) and value.startswith("[")):
            texts = (value_of(kind, one, read) for one in value_of(kind, value, list_of) or ())
            found += [Identity(kind, text) for text in texts if text is not None]
        elif (text := value_of(kind, value, read)) is not None:
            found.append(Identity(kind, text))


def value_of(column: str, value: Any, read: Callable[[Any], Any]) -> Any:
    """What a value means that is not remembered; raises BadCell."""
    try:
        return read(value)
    except BadValue as bad:
        raise BadCell(column, value, str(bad)) from None
