"""Entries: the lines of the books. Those of one member are `members.entries`."""

from datetime import datetime
from typing import TypedDict, Unpack

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.members import Entry


class EntriesAsked(TypedDict, total=False):
    """Which entries; all of what is said must hold. `source` and `target` are for those of the whole programme."""

    member: str
    account: str
    reason: str
    source: str
    target: str
    recorded_since: datetime
    recorded_before: datetime


def fetch(entry: str) -> Ask[Entry]:
    """One entry, by its id."""
    return reading(at("entries", entry), Entry)


def find(**which: Unpack[EntriesAsked]) -> Listing[Entry]:
    """Entries, newest first."""
    return Listing(at("entries"), Page[Entry], which)


def change(entry: str, *, metadata: dict[str, str]) -> Ask[Entry]:
    """Note something beside it: a name with an empty text goes. The line itself stays as it is."""
    return writing("PATCH", at("entries", entry), Entry, {"metadata": metadata})
