"""Moments that clients name, in whatever zone, as they are kept and answered: in UTC."""

from datetime import UTC, datetime

from guerdon.errors.base import BadField


def utc(moment: datetime | None, field: str) -> datetime | None:
    """The same moment in UTC; refuses with BadField one that no calendar there has."""
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError:
        raise BadField(field, f"{moment} is no time between the years 1 and 9999 in UTC") from None
