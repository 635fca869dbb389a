"""Versions of the native API: days, of which a client names one or is held to the one that its key was first used with.

A version is added when something changes that would break clients (tests/api/breaking.py knows what does). What is
added without breaking anyone is there in every version.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import NamedTuple

from guerdon.errors.access import VersionUnknown

HEADER = "guerdon-version"


class Version(NamedTuple):
    """The day on which it was new; since when clients should leave it, and from when on it is not served."""

    day: date
    deprecated_on: date | None = None
    gone_on: date | None = None


VERSIONS: tuple[Version, ...] = (Version(date(2026, 11, 22)),)
"""The oldest first."""


def chosen(asked: str | None, pinned: date | None, today: date, versions: Sequence[Version] = VERSIONS) -> Version:
    """The version that is meant: what the header asks for, what the key is held to, or the newest.

    Refuses with VersionUnknown what is none, and what is served no more.
    """
    served = {one.day.isoformat(): one for one in versions if one.gone_on is None or today < one.gone_on}
    name = (pinned or versions[-1].day).isoformat() if asked is None else asked.strip()
    if name not in served:
        raise VersionUnknown(name[:40], ", ".join(served))
    return served[name]


def version_headers(version: Version) -> list[tuple[bytes, bytes]]:
    """What an answer tells of its version: which it is, and of one that is to go since when and until when.

    `Deprecation` is that of RFC 9745, `Sunset` that of RFC 8594.
    """
    told = [(HEADER.encode(), version.day.isoformat().encode())]
    if version.deprecated_on is not None:
        told.append((b"deprecation", b"@%d" % int(_midnight(version.deprecated_on).timestamp())))
    if version.gone_on is not None:
        told.append((b"sunset", format_datetime(_midnight(version.gone_on), usegmt=True).encode()))
    return told


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
