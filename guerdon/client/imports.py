"""Imports: members, points, codes and rules from a file, and a whole import taken back."""

from datetime import datetime
from typing import Literal, Required, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class ImportWanted(TypedDict, total=False):
    """A file, as its text: CSV with a header, or NDJSON. `columns` are further names of columns, theirs then ours."""

    kind: Required[Literal["members", "lots", "history", "codes", "redemption_rules", "earning_rules"]]
    content: Required[str]
    file: str
    preset: str
    columns: dict[str, str]
    levels: dict[str, int]
    country: str
    points: bool
    skip_bad: bool
    add: bool
    events: bool
    title: str
    dry_run: bool


class BadRow(Struct, frozen=True):
    """A row that cannot be taken, by its line."""

    line: int
    column: str
    value: str
    reason: str


class Report(Struct, frozen=True):
    """What came of it; `import_id` is None where nothing was written. `agrees`: the books have what the file says."""

    import_id: str | None
    rows: int
    bad_rows: int
    bad: list[BadRow]
    ignored_columns: list[str]
    members: int
    points: int
    booked: int
    agrees: bool
    was_complete: bool


class Import(Struct, frozen=True):
    """An import, and how far it has come."""

    id: str
    kind: str
    file: str
    state: str
    rows: int
    rows_done: int
    points: int
    members: int
    actor: str
    created_at: datetime
    updated_at: datetime


class Undone(Struct, frozen=True):
    """What was taken back: members that were made and are gone, those who stay, and points that had been used."""

    import_id: str
    erased: int
    kept: int
    points_spent: int


def create(**wanted: Unpack[ImportWanted]) -> Ask[Report]:
    """Import a file, or say with every bad row why not. The same file again changes nothing."""
    return writing("POST", at("imports"), Report, wanted)


def fetch(import_id: str) -> Ask[Import]:
    """One import."""
    return reading(at("imports", import_id), Import)


def find() -> Listing[Import]:
    """Imports, newest first."""
    return Listing(at("imports"), Page[Import])


def undo(import_id: str, *, force: bool = False, dry_run: bool = False) -> Ask[Undone]:
    """Take an import back; with `force` even if members have used some of the points, which stay used."""
    return writing("POST", at("imports", import_id, "undo"), Undone, {"force": force, "dry_run": dry_run})
