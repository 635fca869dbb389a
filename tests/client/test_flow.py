"""What comes piece by piece, without a server: cut anywhere, it goes on and tells nothing twice."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.client.ask import Flow
from guerdon.client.exchange import Lost, Patience, Pause, Reply
from guerdon.client.flow import Course
from guerdon.client.problems import Outage, Unauthenticated, Unreachable, Unreadable

NOW = datetime(2026, 3, 10, tzinfo=UTC)
NUMBERS = range(1, 9)
TOLD = b"retry: 2000\n\n" + b"".join(
    b'id: %d\nevent: x\ndata: {"n":%d}\n\n:\n\n' % (number, number) for number in NUMBERS
)


def course(*, resumes: bool = True, **patience: Any) -> Course[dict[str, int]]:
    flow = Flow("/v1/events/stream", dict[str, int], {"after": 0}, resumes=resumes)
    return Course(flow, Patience(**patience), lambda: 0.5, lambda: NOW)


@given(cuts=st.lists(st.integers(0, len(TOLD)), max_size=6).map(sorted))
def test_events_are_read_however_they_are_cut(cuts: list[int]):
    reading = course()
    places = [0, *cuts, len(TOLD)]
    pieces = [TOLD[first:last] for first, last in pairwise(places)]
    assert [one["n"] for piece in pieces for one in reading.read(piece)] == list(NUMBERS)


@given(cut=st.integers(0, len(TOLD)))
def test_what_was_seen_before_the_connection_was_lost_is_not_told_again(cut: int):
    reading = course()
    seen = [one["n"] for one in reading.read(TOLD[:cut])]
    assert isinstance(reading.lost(Lost("cut")), Pause)
    last = int(reading.sent().headers.get("last-event-id", "0"))
    assert last == (seen[-1] if seen else 0)
    rest = b"".join(b'id: %d\ndata: {"n":%d}\n\n' % (number, number) for number in NUMBERS if number > last)
    assert seen + [one["n"] for one in reading.read(rest)] == list(NUMBERS)


def test_an_event_that_was_not_handed_out_was_not_seen():
    reading = course()
    assert next(iter(reading.read(TOLD)))["n"] == 1
    assert reading.sent().headers["last-event-id"] == "1"


def test_it_is_asked_again_with_patience_and_in_vain_once():
    reading = course(tries_max=3)
    busy = Reply(503, {"retry-after": "2"}, b'{"status":503,"code":"busy","detail":"","retry":true}')
    for _ in range(2):
        assert reading.refused(busy).seconds >= 2
    with pytest.raises(Outage):
        reading.refused(busy)
    with pytest.raises(Unauthenticated):
        course().refused(Reply(401, {}, b'{"status":401,"code":"unauthenticated","detail":""}'))
    with pytest.raises(Unreachable):
        [reading.ended() for _ in range(3)]


def test_lines_end_and_do_not_go_on_in_the_middle():
    reading = course(resumes=False)
    assert reading.sent().headers["accept"] == "application/x-ndjson"
    assert list(reading.read(b'{"n":1}\n{"n"')) == [{"n": 1}]
    with pytest.raises(Unreachable, match="after 1 lines"):
        reading.lost(Lost("cut"))
    assert course(resumes=False).ended() is None
    assert isinstance(course(resumes=False).lost(Lost("cut")), Pause)
    with pytest.raises(Unreadable):
        list(course(resumes=False).read(b"no\n"))
