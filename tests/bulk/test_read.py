"""Files as people and systems write them: every way of a row to be bad, with its line, and every way to be good."""

import gzip
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.bulk.fields import BadValue, Birthday, Dates, Numbers, email_of, points_of
from guerdon.bulk.presets import COLUMNS, PRESETS
from guerdon.bulk.read import open_document, read_rows
from guerdon.bulk.rows import BadRow, HistoryRow, LotRow, MemberRow, Reading, Row
from guerdon.errors.bulk import FileUnreadable
from guerdon.kit.contact import BadContact, normal_email
from guerdon.points.values import POINTS_MAX
from tests.bulk.files import written

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def rows_of(path: Path, kind: str = "members", **more: Any) -> list[Row | BadRow]:
    reading = Reading(kind, "Europe/Berlin", NOW, **more)
    return list(read_rows(open_document(path, reading), reading))


def members_of(path: Path, **more: Any) -> list[MemberRow]:
    rows = rows_of(path, **more)
    assert all(isinstance(row, MemberRow) for row in rows), rows
    return [row for row in rows if isinstance(row, MemberRow)]


BAD = [
    ("email,balance", "nobody,1", "email", "not an email"),
    ("email,balance", ",1", "", "names no member"),
    ("email,balance", "ana@example.com,1.5", "balance", "fraction"),
    ("email,balance", "ana@example.com,ten", "balance", "no whole number"),
    ("email,used", "ana@example.com,-5", "used", "at least 0"),
    ("email,balance", 'ana@example.com,"1,234"', "balance", "no whole number"),
    ("email,balance", "ana@example.com,9007199254740993", "balance", "the most"),
    ("email,balance", f"ana@example.com,{'9' * 400}", "balance", "the most"),
    ("email,balance", "ana@example.com,１２", "balance", "no whole number"),
    ("email,balance,earned", "ana@example.com,10,9", "earned", "less was ever earned"),
    ("email,balance,expires_at", "ana@example.com,10,2026-03-09", "expires_at", "over"),
    ("email,balance,expires_at", "ana@example.com,10,31.12.2026", "expires_at", "no date"),
    ("email,balance,expires_at", "ana@example.com,10,9999-12-31", "expires_at", "from 1900 to 2200"),
    ("email,balance,earned_at", "ana@example.com,10,2026-03-11", "earned_at", "future"),
    ("phone,balance", "555 0100,1", "phone", "lacks its country"),
    ("phone,country", "+1,US", "phone", "not a number that can be dialled"),
    ("email,country", "ana@example.com,Germany", "country", "ISO 3166"),
    ("email,tier_level", "ana@example.com,Gold", "tier_level", "--tier"),
    ("email,opted_in", "ana@example.com,perhaps", "opted_in", "neither yes nor no"),
    ("email,birthday", "ana@example.com,02-30", "birthday", "no birthday"),
    ("email,status", "ana@example.com,dead", "status", "one of active"),
    ("email,tags", 'ana@example.com,"[1"', "tags", "no list"),
    ("email,first_name", "ana@example.com,A\0na", "first_name", "NUL"),
    ("email,first_name", "ana@example.com", "", "it has 1 fields"),
]


@pytest.mark.parametrize(("header", "line", "column", "reason"), BAD, ids=lambda value: value[:24])
def test_a_bad_row_tells_its_line_its_column_and_why(tmp_path: Path, header: str, line: str, column: str, reason: str):
    good = ",".join("ana@example.com" if name == "email" else "+14155550100" if name == "phone" else ""
                    for name in header.split(","))  # fmt: skip
    first, bad, last = rows_of(written(tmp_path, "m.csv", header, good, line, good))
    assert isinstance(first, MemberRow)
    assert isinstance(last, MemberRow)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column) == (3, column)
    assert reason in bad.reason


def test_lines_are_those_of_the_file_where_values_hold_newlines(tmp_path: Path):
    path = written(tmp_path, "m.csv", "email,first_name", 'ana@example.com,"A\nn\na"', "nobody,", "ben@example.com,Ben")
    ana, bad, ben = rows_of(path)
    assert isinstance(ana, MemberRow)
    assert isinstance(bad, BadRow)
    assert isinstance(ben, MemberRow)
    assert (ana.line, ana.first_name, bad.line, ben.line) == (2, "A\nn\na", 5, 6)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_read_as_they_come(tmp_path: Path, delimiter: str, encoding: str, packed: bool):
    text = f"Email{delimiter}First_Name{delimiter}BALANCE\r\nana@example.com{delimiter}Ána 🎁{delimiter}7\r\n"
    data = text.encode(encoding)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(data) if packed else data)
    (ana,) = members_of(path)
    assert (ana.first_name, ana.points.available) == ("Ána 🎁", 7)


def test_bytes_that_are_no_text_make_one_row_bad(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"email,first_name\nana@example.com,\xe9\nben@example.com,Ben\n")
    bad, ben = rows_of(path)
    assert isinstance(bad, BadRow)
    assert isinstance(ben, MemberRow)
    assert (bad.line, bad.column) == (2, "first_name")
    assert "UTF-8" in bad.reason


def test_json_has_its_own_types(tmp_path: Path):
    path = written(
        tmp_path, "m.ndjson", '{"email": "ana@example.com", "balance": 100.0, "tags": ["a,b"], "opted_in": false}', "",
        '{"phone": ["+14155550100", "+14155550101"], "balance": 1.5}', "[1]", '{"card": 4929, "balance": 3}',
        '{"email": "ben@example.com", "balance": 1e400}', '{"email": true}',
    )  # fmt: skip
    ana, fraction, array, card, huge, flag = rows_of(path)
    assert isinstance(ana, MemberRow)
    assert (ana.points.available, ana.tags, ana.opted_in) == (100, ("a,b",), False)
    assert isinstance(card, MemberRow)
    assert (card.line, card.identities) == (5, (("card", "4929"),))
    assert [(bad.line, bad.column) for bad in (fraction, array, huge, flag) if isinstance(bad, BadRow)] == [
        (3, "balance"), (4, ""), (6, "balance"), (7, "email"),
    ]  # fmt: skip


def test_what_was_read_before_is_known_by_its_type_too(tmp_path: Path):
    path = written(tmp_path, "m.ndjson", *(f'{{"email": "{n}@b.c", "balance": {balance}, "opted_in": {flag}}}' for n, (
        balance, flag) in enumerate([(1, "true"), ("true", 1), ('"1"', '"1"'), (1.0, "1.5"), ('"x"', "null"),
                                     ('"x"', "null")])))  # fmt: skip
    rows = rows_of(path)
    assert [(row.line, row.column) for row in rows if isinstance(row, BadRow)] == [
        (2, "balance"), (4, "opted_in"), (5, "balance"), (6, "balance"),
    ]  # fmt: skip
    assert [row.points.available for row in rows if isinstance(row, MemberRow)] == [1, 1]


@given(st.one_of(st.emails(), st.text("aZ1.@-_+ \u212a", max_size=12), st.from_regex(r"[A-z0-9.]{1,70}@[a-z.]{1,9}")))
def test_an_address_has_one_form_however_quickly_it_is_read(text: str):
    try:
        wanted = normal_email(text)
    except BadContact:
        with suppress(BadValue):
            assert email_of(text) is None
        return
    assert email_of(text) == wanted


def test_a_phone_is_dialled_where_the_caller_says(tmp_path: Path):
    (row,) = members_of(written(tmp_path, "m.csv", "phone", "'(415) 555-2671"), country="US")
    assert row.identities == (("phone", "+14155552671"),)


def test_a_field_may_be_big(tmp_path: Path):
    (bad,) = rows_of(written(tmp_path, "m.csv", "email,first_name", f"ana@example.com,{'x' * 300_000}"))
    assert isinstance(bad, BadRow)
    assert "longer" in bad.reason


def test_days_are_whole_days_of_the_merchants_zone(tmp_path: Path):
    (lot,) = rows_of(written(tmp_path, "l.csv", "email,points,earned_at,expires_at", "a@b.c,1,2025-07-01,2026-07-01"),
                     "lots")  # fmt: skip
    assert isinstance(lot, LotRow)
    assert lot.points.earned_at == datetime(2025, 6, 30, 22, tzinfo=UTC)
    assert lot.points.expires_at == datetime(2026, 7, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "empty"), ("name,balance\nAna,3\n", "finds a member"), ("\n", "empty")],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, text: str, problem: str):
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(FileUnreadable, match=problem):
        rows_of(path)


@pytest.mark.parametrize(
    "content",
    [
        b"email\rbalance\ra@b.c\r3\n",
        b"\xff\xfe\x00\xdcab",
        gzip.compress(b"email,balance\n")[:12] + b"\xff" * 40,
    ],
    ids=["returns", "half a letter", "damaged"],
)
def test_a_file_whose_beginning_cannot_be_read_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable):
        rows_of(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path):
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(b"email\n" + b"".join(b"m%d@example.com\n" % n for n in range(20_000)))[:-100])
    with pytest.raises(FileUnreadable):
        rows_of(path)


EXPORTS: dict[str, Sequence[str]] = {
    "smile": ("email,points,date_of_birth,state", "ana@example.com,120,1004-05-27,member"),
    "loyaltylion": ("email,points,enrolled", "ana@example.com,120,true"),
    "yotpo": ("Full Name,Email,Points Balance,Points Spent,Birthday (MM/DD)", "Ana Li,ana@example.com,120,30,05/27"),
    "stamped": ("first_name,email,points,birthday,vip_tier", "Ana,ana@example.com,120,1990-05-27,Gold"),
    "rivo": ("Email,Points Balance,Birthdate,VIP Tier", "ana@example.com,120,1990-05-27,Gold"),
    "rivyo": ("Email,Points Balance,Birthdate,Points Expiry", "ana@example.com,120,27-05-1990,31-12-2026"),
    "loylap": ("ID,First Name,Email,Stamp_Balance,Date_Birth", "7,Ana,ana@example.com,120,1990-05-27"),
    "guerdon": (",".join(COLUMNS["members"]), "ana@example.com" + "," * 16 + "1990-05-27,120,,,,"),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_reads_its_own_export(tmp_path: Path, preset: str):
    (ana,) = members_of(written(tmp_path, "m.csv", *EXPORTS[preset]), preset=preset, levels={"gold": 2})
    assert ("email", "ana@example.com") in ana.identities
    assert ana.points.available == 120
    if preset != "loyaltylion":
        assert ana.birthday is not None
        assert (ana.birthday.month, ana.birthday.day) == (5, 27)
    if preset == "yotpo":
        assert (ana.first_name, ana.last_name, ana.points.used) == ("Ana", "Li", 30)
    if preset == "rivyo":
        assert ana.points.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    if preset in ("stamped", "rivo"):
        assert ana.tier_level == 2


def test_columns_of_any_name_are_mapped(tmp_path: Path):
    path = written(tmp_path, "h.csv", "Mail;When;Delta", "ana@example.com;2025-05-01T10:00:00Z;-7")
    (line,) = rows_of(path, "history", columns={"mail": "email", "when": "at", "delta": "points"})
    assert isinstance(line, HistoryRow)
    assert (line.points, line.at) == (-7, datetime(2025, 5, 1, 10, tzinfo=UTC))


def test_columns_that_are_not_read_are_told(tmp_path: Path):
    path = written(tmp_path, "m.csv", "email,shoe_size", "ana@example.com,38")
    assert open_document(path, Reading("members", "UTC", NOW)).ignored == ("shoe_size",)


@pytest.mark.parametrize(
    ("text", "birthday"),
    [
        ("1990-02-28", (1990, 2, 28)),
        ("02-29", (None, 2, 29)),
        ("--12-25", (None, 12, 25)),
        ("1004-05-27", (None, 5, 27)),
    ],
)
def test_a_birthday_may_lack_its_year(text: str, birthday: Birthday):
    assert Dates("UTC").birthday(text) == birthday


@given(st.integers(-POINTS_MAX, POINTS_MAX))
def test_points_are_read_as_they_are_written(points: int):
    assert points_of(points) == points_of(str(points)) == points
    assert points_of(f"{points:,}".replace(",", ".") + ",00", Numbers(".", ",")) == points


@given(st.text(max_size=30))
def test_points_are_read_or_refused_and_never_guessed(text: str):
    try:
        found = points_of(text)
    except BadValue:
        return
    assert found is None or -POINTS_MAX <= found <= POINTS_MAX


@given(st.text(max_size=40))
def test_dates_are_read_or_refused(text: str):
    dates = Dates("America/New_York")
    for read in (dates.start, dates.end, dates.birthday):
        with suppress(BadValue):
            read(text)
