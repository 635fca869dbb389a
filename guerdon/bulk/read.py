"""Records read into rows: frozen values that are right in themselves, or a `BadRow` that says what is not. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from guerdon.bulk.columns import BadCell, Column, Common, value_of
from guerdon.bulk.fields import BadValue, flag_of, level_of, list_of, text_of
from guerdon.bulk.presets import COLUMNS, IDENTITIES, PRESETS, names_of
from guerdon.bulk.rows import BadRow, CodeRow, HistoryRow, LotRow, MemberRow, Points, Reading, Row, RuleRow
from guerdon.bulk.source import Header, Record, read_header, read_records
from guerdon.earning.rule import EarningRule
from guerdon.errors.base import BadField
from guerdon.errors.bulk import FileUnreadable
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import RedemptionRule

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
        except BadCell as bad:
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


def _members(reading: Reading) -> Read:
    common = Common(reading)
    levels = {name.casefold(): level for name, level in reading.levels.items()}
    first_name, last_name = Column("first_name", text_of).of, Column("last_name", text_of).of
    country_of, tags_of, status_of = (
        Column("country", _country).of,
        Column("tags", list_of).of,
        Column("status", lambda value: _choice(value, STATUSES)).of,
    )
    tier_of = Column("tier_level", lambda value: level_of(value, levels)).of
    opted_in_of, has_account_of = Column("opted_in", flag_of).of, Column("has_account", flag_of).of
    opted_in_past, joined_past = common.past("opted_in_at"), common.past("joined_at")
    birthday_of = Column("birthday", common.dates.birthday).of
    balance_of = _balances(common)

    def read(line: int, values: Sequence[Any]) -> Row:
        (
            email, phone, external_id, pos_account_id, card, first, last, full, country, tags, status, tier, opted_in,
            opted_in_at, has_account, joined_at, birthday, balance, earned, used, earned_at, expires_at,
        ) = values  # fmt: skip
        identities = common.identities(email, phone, external_id, pos_account_id, card)
        if full and not (first or last):
            first, _, last = (value_of("full_name", full, text_of) or "").rpartition(" ")
        points = NOTHING
        if reading.points and (balance or earned or used):
            points = balance_of(balance, earned, used, earned_at, expires_at)
        return MemberRow(
            line,
            identities,
            first_name(first) if first else None,
            last_name(last) if last else None,
            country_of(country) if country else None,
            tags_of(tags) if tags else None,
            status_of(status) if status else None,
            tier_of(tier) if tier or tier == 0 else None,
            opted_in_of(opted_in) if opted_in != "" else None,
            opted_in_past(opted_in_at) if opted_in_at else None,
            has_account_of(has_account) if has_account != "" else None,
            joined_past(joined_at) if joined_at else None,
            birthday_of(birthday) if birthday else None,
            points,
        )

    return read


NOTHING = Points(0)


def _balances(common: Common) -> Callable[[Any, Any, Any, Any, Any], Points]:
    """Reads what can be spent, or is owed, and what was used before: told as such, or as the rest of all that came."""
    balance_of, used_of = common.points("balance", least=-POINTS_MAX), common.points("used", least=0)
    earned_of, past_of = common.points("earned", least=0), common.past("earned_at")

    def read(balance: Any, earned: Any, used: Any, earned_at: Any, expires_at: Any) -> Points:
        available, spent = balance_of(balance), used_of(used)
        if earned not in (None, ""):
            spent = earned_of(earned) - max(0, available)
            if spent < 0:
                raise BadCell("earned", earned, f"less was ever earned than the balance of {available} points")
        expiry, dated = common.life(expires_at) if available > 0 else (None, False)
        return Points(available, spent, past_of(earned_at) if earned_at else None, expiry, dated)

    return read


def _lots(reading: Reading) -> Read:
    common = Common(reading)
    points_in, past_of = common.points("points", least=1), common.past("earned_at")
    title_of = Column("title", text_of).of

    def read(line: int, values: Sequence[Any]) -> Row:
        points, earned_at, expires_at, title = values[5:]
        identities = common.identities(*values[:5])
        available = points_in(points)
        if not available:
            raise BadCell("points", points, "a lot has points")
        expiry, dated = common.life(expires_at)
        told = title_of(title) if title else None
        return LotRow(line, identities, Points(available, 0, past_of(earned_at), expiry, dated, told))

    return read


def _history(reading: Reading) -> Read:
    common = Common(reading)
    points_in, past_of = common.points("points", least=-POINTS_MAX), common.past("at")
    title_of = Column("title", text_of).of

    def read(line: int, values: Sequence[Any]) -> Row:
        points, at, title = values[5:]
        identities = common.identities(*values[:5])
        moved = points_in(points)
        if not moved:
            raise BadCell("points", points, "a line of a history moves points")
        happened_at = past_of(at)
        if happened_at is None:
            raise BadCell("at", at, "a line of a history has its time")
        return HistoryRow(line, identities, moved, happened_at, title_of(title) if title else None)

    return read


def _codes(reading: Reading) -> Read:
    common = Common(reading)
    states = {name: name for name in CODE_STATES}
    state_of, past_of = Column("state", lambda value: _choice(value, states)).of, common.past("at")

    def read(line: int, values: Sequence[Any]) -> Row:
        code, state = value_of("code", values[0], text_of), values[1]
        if code is None:
            raise BadCell("code", values[0], "there is no code")
        if len(code) > CODE_LENGTH_MAX:
            raise BadCell("code", code, f"a code has at most {CODE_LENGTH_MAX} characters")
        return CodeRow(
            line,
            code.upper(),
            state_of(state) if state else "used",
            common.identities(*values[2:7], needed=False),
            value_of("order_id", values[7], text_of),
            past_of(values[8]),
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
                raise BadCell(unknown[0], given[unknown[0]], "no rule has this")
            return RuleRow(line, msgspec.convert(given, kind))
        except msgspec.MsgspecError as error:
            raise BadCell("terms", values[0], f"no terms of a rule: {error}") from None
        except BadField as error:
            raise BadCell(error.field, values[0], error.problem) from None

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
    text = text_of(value)
    if text is not None and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise BadValue("no country; two letters of ISO 3166 are, such as US")
    return text.upper() if text else ""


def _choice(value: Any, choices: Mapping[str, str]) -> str:
    text = (text_of(value) or "").lower()
    if text not in choices:
        raise BadValue(f"one of {', '.join(choices)} is needed")
    return choices[text]
