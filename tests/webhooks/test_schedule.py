"""When to try again, how an endpoint does, and what topics are."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, sampled_from, timedeltas

from guerdon.errors.base import BadField
from guerdon.webhooks.endpoint import Health, Off, checked_name, checked_topics, checked_url, judge, succeeded
from guerdon.webhooks.message import asked_for
from guerdon.webhooks.schedule import (
    DELAY_MAX,
    FAILING_MAX,
    FIRST_DELAY,
    PAUSE_MAX,
    PAUSE_MIN,
    RETRY_AFTER_MAX,
    TRIES_MAX,
    delay,
    pause,
    retry_after,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
CHANCES = floats(0, 1, exclude_max=True)
STATUSES = lists(sampled_from([None, 200, 204, 301, 404, 410, 429, 500]), min_size=1)


@given(integers(1, TRIES_MAX - 1), CHANCES)
def test_delays_grow_to_half_a_day_and_are_spread(tries: int, chance: float):
    found, middle = delay(tries, chance), delay(tries, 0.5)
    assert found is not None
    assert middle is not None
    assert middle * 0.75 <= found <= middle * 1.25
    assert FIRST_DELAY <= middle <= DELAY_MAX
    before = delay(tries - 1, 0.5) if tries > 1 else timedelta(0)
    assert before is not None
    assert before < middle or middle == DELAY_MAX


@given(CHANCES)
def test_it_is_given_up_after_about_three_days(chance: float):
    assert delay(TRIES_MAX, chance) is None
    waited = sum((delay(tries, chance) or timedelta(0) for tries in range(1, TRIES_MAX)), timedelta(0))
    assert timedelta(days=2) < waited < timedelta(days=4)
    assert waited < FAILING_MAX, "deliveries are given up before their endpoint is"


@given(integers(1, TRIES_MAX - 1), CHANCES, timedeltas(timedelta(0), timedelta(days=400)))
def test_a_receiver_may_ask_for_more_time_up_to_a_bound(tries: int, chance: float, asked: timedelta):
    usual, found = delay(tries, chance), delay(tries, chance, asked)
    assert usual is not None
    assert found == max(usual, min(asked, RETRY_AFTER_MAX))


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("120", timedelta(minutes=2)), (" 7 ", timedelta(seconds=7)), ("0", timedelta(0)),
        (format_datetime(NOW + timedelta(hours=2), usegmt=True), timedelta(hours=2)),
        (format_datetime(NOW - timedelta(hours=2), usegmt=True), timedelta(0)),
        ("9" * 30, RETRY_AFTER_MAX), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None),
    ],
)  # fmt: skip
def test_how_long_a_receiver_asks_us_to_wait(text: str, wait: timedelta | None):
    assert retry_after({"retry-after": text}, NOW) == wait


def test_nobody_asks_for_anything():
    assert retry_after({}, NOW) is None


@given(STATUSES, timedeltas(timedelta(0), timedelta(days=30)))
def test_an_endpoint_is_switched_off_only_after_days_without_a_single_success(
    statuses: list[int | None], ago: timedelta
):
    health = judge(NOW - ago, statuses, NOW)
    if any(succeeded(status) for status in statuses):
        assert health == Health(None, None)
    elif 410 in statuses:
        assert health.off is Off.GONE
    else:
        assert (health.off is Off.FAILING) == (ago >= FAILING_MAX)
        assert health.failing_since == NOW - ago


def test_the_first_failure_begins_a_time_of_failing():
    assert judge(None, [500], NOW) == Health(NOW, NOW + PAUSE_MIN)
    assert judge(None, [500, 200], NOW) == Health(None, None)


@given(timedeltas(timedelta(0), timedelta(days=5)))
def test_pauses_grow_with_the_time_of_failing(ago: timedelta):
    assert PAUSE_MIN <= pause(NOW - ago, NOW) <= PAUSE_MAX
    assert pause(NOW - ago, NOW) <= max(PAUSE_MIN, ago / 2)


@pytest.mark.parametrize(
    ("topics", "topic", "wanted"),
    [
        ((), "points.earned", True), (("*",), "points.earned", True), (("points.*",), "points.earned", True),
        (("points.*",), "points", False), (("points.*",), "pointsmith.earned", False),
        (("tier.*", "points.earned"), "points.earned", True), (("points.earned",), "points.earned.late", False),
        (("swell/points/earned",), "swell/points/earned", True),
    ],
)  # fmt: skip
def test_which_topics_an_endpoint_wants(topics: tuple[str, ...], topic: str, wanted: bool):
    assert asked_for(topics, topic) is wanted


@pytest.mark.parametrize("topic", ["", "Points", "points.", ".points", "points.*.x", "po*", "a,b", "a b", "*.*"])
def test_what_is_no_topic_is_refused(topic: str):
    with pytest.raises(BadField, match="topic"):
        checked_topics([topic])


def test_topics_names_and_addresses_are_taken_as_they_are():
    assert checked_topics(["a.b", "a.b", "c/d"]) == ("a.b", "c/d")
    assert checked_name("Our shop") == "Our shop"
    assert checked_url("https://shop.example/hook", allow_private=False) == "https://shop.example/hook"
    for name in ("", "x" * 201, "a\nb"):
        with pytest.raises(BadField, match="name"):
            checked_name(name)
    with pytest.raises(BadField, match="topics"):
        checked_topics([f"t{number}" for number in range(101)])
