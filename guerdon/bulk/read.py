"""Records read into rows: frozen values that are right in themselves, or a `BadRow` that says what is not. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from guerdon.bulk.fields import BadValue, Dates, email_of, flag_of, level_of, list_of, phone_of, points_of, text_of
from guerdon.bulk.presets import COLUMNS, IDENTITIES, PRESETS, Preset, names_of
from guerdon.bulk.rows import BadRow, CodeRow, HistoryRow, LotRow, MemberRow, Points, Reading, Row, RuleRow
from guerdon.bulk.source import Header, Record, read_header, read_records
from guerdon.earning.rule import EarningRule
from guerdon.errors.base import BadField
from guerdon.errors.bulk import FileUnreadable
from guerdon.points.command import Identity
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import RedemptionRule

NEVER = "never"
STATUSES = {"active": "active", "member": "active", "candidate": "active", "suspended": "suspended",
            "disabled": "suspended", "blocked": "suspended"}  # fmt: skip
CODE_STATES = ("issued", "used", "void", "expired")
CODE_LENGTH_MAX = 200
SHOWN_MAX = 60


class Document(NamedTuple):
    """A file that can be read: how it is written, what it names its columns, and those of them that we pass over."""

    path: Path
    header: Header
    places: list[tuple[str, ...]]
    ignored: tuple[str, ...]


class _Bad(Exception):
    def __init__(self, column: str, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


def open_document(path: Path, reading: Reading) -> Document:
    """Find our columns in a file; refuses with FileUnreadable one that lacks what its kind needs."""
    header = read_header(path)
    names = names_of(reading.kind, PRESETS[reading.preset], reading.columns)
    if header.format == "ndjson":
        return Document(path, header, names, ())
    header = header._replace(columns=tuple(name.casefold() for name in header.columns))
    taken = {next((name for name in some if name in header.columns), None) for some in names}
    found = {column for column, some in zip(COLUMNS[reading.kind], names, strict=True) if taken & set(some)}
    problem = _missing(reading.kind, found)
    if problem:
        raise FileUnreadable(f"{problem}; it has {', '.join(header.columns)}. Try --preset or --map", str(path))
    return Document(path, header, names, tuple(name for name in header.columns if name not in taken))


def read_rows(document: Document, reading: Reading) -> Iterator[Row | BadRow]:
    """Every row of a file, in its order, each right in itself or bad."""
    read = _READERS[reading.kind](reading)
    if reading.kind.endswith("-rules") and document.header.format == "ndjson":
        records: Iterator[Record] = _whole_lines(document)
    else:
        records = read_records(document.path, document.header, document.places)
    for record in records:
        if record.problem is not None:
            yield BadRow(record.line, "", "", record.problem)
            continue
        try:
            yield read(record.line, record.values)
        except _Bad as bad:
            yield BadRow(record.line, bad.column, shown(bad.value), bad.reason)


def shown(value: Any) -> str:
    """A value as a report can show it."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _whole_lines(document: Document) -> Iterator[Record]:
    """A rule is the whole object of its line."""
    with document.path.open("rb") as file:
        for line, text in enumerate(file, start=1):
            if text.strip():
                yield Record(line, (text.decode("utf-8-sig", "replace"),))


def _missing(kind: str, found: set[str]) -> str | None:
    needed = {"lots": ("points",), "history": ("points", "at"), "codes": ("code",)}.get(kind, ())
    if kind.endswith("-rules"):
        needed = ("terms",)
    elif kind != "codes" and not found & set(IDENTITIES):
        return f"it has no column that finds a member, which {', '.join(IDENTITIES)} do"
    lacking = [column for column in needed if column not in found]
    return f"it has no column {lacking[0]!r}" if lacking else None


Read = Callable[[int, Sequence[Any]], Row]


class _Common:
    """What the readers of all kinds share: the formats of the file."""

    def __init__(self, reading: Reading) -> None:
        preset: Preset = PRESETS[reading.preset]
        self.reading = reading
        self.dates = Dates(reading.timezone, preset.date)
        self.numbers = preset.numbers

    def identities(self, values: Sequence[Any], *, needed: bool = True) -> tuple[Identity, ...]:
        """The identities among the first five of these values."""
        email, phone, external_id, pos_account_id, card = values
        found: list[Identity] = []
        if email:
            self._add(found, "email", email, email_of)
        if phone:
            self._add(found, "phone", phone, lambda value: phone_of(value, self.reading.country))
        if external_id:
            self._add(found, "external_id", external_id, text_of)
        if pos_account_id:
            self._add(found, "pos_account_id", pos_account_id, text_of)
        if card:
            self._add(found, "card", card, text_of)
        if needed and not found:
            raise _Bad("", "", f"it names no member: one of {', '.join(IDENTITIES)} is needed")
        return tuple(found)

    def life(self, value: Any) -> tuple[datetime | None, bool]:
        """When points end, and whether the file says so."""
        if not value:
            return None, False
        if value == NEVER:
            return None, True
        expires_at = _of("expires_at", value, self.dates.end)
        if expires_at is not None and expires_at <= self.reading.now:
            raise _Bad("expires_at", value, "these points are over: leave them out")
        return expires_at, expires_at is not None

    def past(self, column: str, value: Any) -> datetime | None:
        """A moment that has been."""
        if not value:
            return None
        at = _of(column, value, self.dates.start)
        if at is not None and at > self.reading.now:
            raise _Bad(column, value, "this lies in the future")
        return at

    def points(self, column: str, value: Any, *, least: int) -> int:
        """Points, none if nothing is said."""
        if value is None or value == "":
            return 0
        try:
            points = points_of(value, self.numbers) or 0
        except BadValue as bad:
            raise _Bad(column, value, str(bad)) from None
        if points < least:
            raise _Bad(column, value, f"at least {least} is needed")
        return points

    @staticmethod
    def _add(found: list[Identity], kind: str, value: Any, read: Callable[[Any], str | None]) -> None:
        # A JSON array tells several of a kind.
        several: Sequence[Any] = (value,)
        if isinstance(value, list) or (isinstance(value, str) and value.startswith("[")):
            several = _of(kind, value, list_of) or ()
        for one in several:
            text = _of(kind, one, read)
            if text is not None:
                found.append(Identity(kind, text))


def _of(column: str, value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except BadValue as bad:
        raise _Bad(column, value, str(bad)) from None


def _members(reading: Reading) -> Read:
    common = _Common(reading)
    levels = {name.casefold(): level for name, level in reading.levels.items()}

    def read(line: int, values: Sequence[Any]) -> Row:
        first, last, full, country, tags, status, tier, opted_in, opted_in_at, has_account = values[5:15]
        joined_at, birthday, balance, earned, used, earned_at, expires_at = values[15:22]
        identities = common.identities(values[:5])
        if full and not (first or last):
            first, _, last = (_of("full_name", full, text_of) or "").rpartition(" ")
        points = NOTHING
        if reading.points and (balance or earned or used):
            points = _balance(common, balance, earned, used, earned_at, expires_at)
        return MemberRow(
            line,
            identities,
            _of("first_name", first, text_of) if first else None,
            _of("last_name", last, text_of) if last else None,
            _country(country) if country else None,
            _of("tags", tags, list_of) if tags else None,
            _choice("status", status, STATUSES) if status else None,
            _of("tier_level", tier, lambda value: level_of(value, levels)) if tier or tier == 0 else None,
            _of("opted_in", opted_in, flag_of) if opted_in != "" else None,
            common.past("opted_in_at", opted_in_at) if opted_in_at else None,
            _of("has_account", has_account, flag_of) if has_account != "" else None,
            common.past("joined_at", joined_at) if joined_at else None,
            _of("birthday", birthday, common.dates.birthday) if birthday else None,
            points,
        )

    return read


NOTHING = Points(0)


def _balance(common: _Common, balance: Any, earned: Any, used: Any, earned_at: Any, expires_at: Any) -> Points:
    """What can be spent, or is owed, and what was used before: told as such, or as the rest of all ever earned."""
    available = common.points("balance", balance, least=-POINTS_MAX)
    spent = common.points("used", used, least=0)
    if earned not in (None, ""):
        spent = common.points("earned", earned, least=0) - max(0, available)
        if spent < 0:
            raise _Bad("earned", earned, f"less was ever earned than the balance of {available} points")
    expiry, dated = common.life(expires_at) if available > 0 else (None, False)
    return Points(available, spent, common.past("earned_at", earned_at), expiry, dated)


def _lots(reading: Reading) -> Read:
    common = _Common(reading)

    def read(line: int, values: Sequence[Any]) -> Row:
        points, earned_at, expires_at, title = values[5:9]
        identities = common.identities(values[:5])
        available = common.points("points", points, least=1)
        if not available:
            raise _Bad("points", points, "a lot has points")
        expiry, dated = common.life(expires_at)
        told = _of("title", title, text_of) if title else None
        lot = Points(available, 0, common.past("earned_at", earned_at), expiry, dated, told)
        return LotRow(line, identities, lot)

    return read


def _history(reading: Reading) -> Read:
    common = _Common(reading)

    def read(line: int, values: Sequence[Any]) -> Row:
        points, at, title = values[5:8]
        identities = common.identities(values[:5])
        moved = common.points("points", points, least=-POINTS_MAX)
        if not moved:
            raise _Bad("points", points, "a line of a history moves points")
        happened_at = common.past("at", at)
        if happened_at is None:
            raise _Bad("at", at, "a line of a history has its time")
        return HistoryRow(line, identities, moved, happened_at, _of("title", title, text_of) if title else None)

    return read


def _codes(reading: Reading) -> Read:
    common = _Common(reading)

    def read(line: int, values: Sequence[Any]) -> Row:
        code, state = _of("code", values[0], text_of), values[1]
        if code is None:
            raise _Bad("code", values[0], "there is no code")
        if len(code) > CODE_LENGTH_MAX:
            raise _Bad("code", code, f"a code has at most {CODE_LENGTH_MAX} characters")
        return CodeRow(
            line,
            code.upper(),
            _choice("state", state, {name: name for name in CODE_STATES}) if state else "used",
            common.identities(values[2:7], needed=False),
            _of("order_id", values[7], text_of),
            common.past("at", values[8]),
        )

    return read


def _rules(kind: type[RedemptionRule] | type[EarningRule]) -> Callable[[Reading], Read]:
    names = set(kind.__struct_fields__)

    def read(line: int, values: Sequence[Any]) -> Row:
        try:
            given = msgspec.json.decode(values[0] or "", type=dict[str, Any])
            for ours in ("id", "version"):
                given.pop(ours, None)
            if unknown := sorted(set(given) - names):
                raise _Bad(unknown[0], given[unknown[0]], "no rule has this")
            return RuleRow(line, msgspec.convert(given, kind))
        except msgspec.MsgspecError as error:
            raise _Bad("terms", values[0], f"no terms of a rule: {error}") from None
        except BadField as error:
            raise _Bad(error.field, values[0], error.problem) from None

    return lambda _: read


_READERS: Mapping[str, Callable[[Reading], Read]] = {
    "members": _members,
    "lots": _lots,
    "history": _history,
    "codes": _codes,
    "redemption-rules": _rules(RedemptionRule),
    "earning-rules": _rules(EarningRule),
}


def _country(value: Any) -> str:
    text = _of("country", value, text_of)
    if text is not None and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise _Bad("country", value, "no country; two letters of ISO 3166 are, such as US")
    return text.upper() if text else ""


def _choice(column: str, value: Any, choices: Mapping[str, str]) -> str:
    text = (_of(column, value, text_of) or "").lower()
    if text not in choices:
        raise _Bad(column, value, f"one of {', '.join(choices)} is needed")
    return choices[text]
