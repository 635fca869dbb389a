"""When points expire: through the whole of their last day, in the merchant's zone, at the end of short months too."""

from datetime import UTC, date, datetime, time
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from guerdon.errors.base import BadField
from guerdon.kit.calendar import local_day
from guerdon.merchants.expiry import ExpiryPolicy, months_later
from guerdon.merchants.merchant import Policies
from guerdon.points.values import Life

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("policy", "earned", "ends"),
    [
        ("never", "2026-01-31T12:00+01:00", None),
        ("1 day", "2026-01-31T12:00+01:00", "2026-02-02T00:00+01:00"),
        ("365 days", "2025-07-01T12:00+02:00", "2026-07-02T00:00+02:00"),
        ("1 month", "2026-01-31T12:00+01:00", "2026-03-01T00:00+01:00"),
        ("1 month", "2028-01-31T12:00+01:00", "2028-03-01T00:00+01:00"),
        ("12 months", "2028-02-29T12:00+01:00", "2029-03-01T00:00+01:00"),
        ("1 month", "2026-02-28T23:30+00:00", "2026-04-02T00:00+02:00"),
        ("yearly 12-31", "2026-05-01T12:00+02:00", "2027-01-01T00:00+01:00"),
        ("yearly 03-01", "2026-05-01T12:00+02:00", "2027-03-02T00:00+01:00"),
        ("yearly 02-29", "2026-01-01T12:00+01:00", "2026-03-01T00:00+01:00"),
        ("yearly 05-01", "2026-05-01T23:00+02:00", "2026-05-02T00:00+02:00"),
    ],
)
def test_a_lot_lives_through_its_last_day(policy: str, earned: str, ends: str | None):
    life = ExpiryPolicy.parse(policy).life(at(earned), BERLIN)
    assert life == Life(None if ends is None else at(ends))


def test_a_policy_of_activity_lets_lots_roll():
    life = ExpiryPolicy.parse("90 days inactive").life(at("2026-01-01T12:00+01:00"), BERLIN)
    assert life == Life(None, 90, at("2026-04-02T00:00+02:00"))


@pytest.mark.parametrize(
    "text", ["", "NEVER", "0 days", "-1 days", "1.5 days", "12 month s", "yearly 13-01", "yearly 02-30", "999999 days"]
)
def test_what_is_no_policy_is_refused_with_what_would_be(text: str):
    with pytest.raises(BadField, match="365 days"):
        ExpiryPolicy.parse(text)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 500))
def test_months_keep_the_day_or_the_end_of_the_month(day: date, months: int):
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or date.fromordinal(later.toordinal() + 1).day == 1


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 4000))
def test_the_last_day_is_whole(day: date, days: int):
    earned_at = datetime.combine(day, time(23, 30), UTC)
    ends = ExpiryPolicy.parse(f"{days} days").life(earned_at, BERLIN).expires_at
    assert ends is not None
    assert local_day(ends, BERLIN).toordinal() - local_day(earned_at, BERLIN).toordinal() == days + 1


@pytest.mark.parametrize(
    "wrong", [{"expiry": "10 moons"}, {"grace_days": -1}, {"remind_expiring_days": (7, 0)}, {"grace_days": 10**9}]
)
def test_policies_that_make_no_sense_are_refused_by_name(wrong: dict[str, Any]):
    with pytest.raises(BadField) as refused:
        Policies(**wrong)
    assert refused.value.field in wrong
