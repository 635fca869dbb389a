"""Keys, retries and patience, without a network."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.client import Ask, Problem, Unreachable, Unreadable, problems, redemptions
from guerdon.client.ask import PLAIN, reading, writing
from guerdon.client.exchange import Lost, Patience, Pause, Reply, Sent, exchange

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ASK: Ask[Any] = writing("POST", "/v1/redemptions", PLAIN, {"member": "mem_1", "rule": "rule_1"})
PATIENCE = Patience()
DONE = Reply(200, {}, b'{"id":"red_1"}')


def said(status: int, code: str = "no", *, retry: bool = False, **headers: str) -> Reply:
    """A problem, as a server tells it."""
    told = {"status": status, "code": code, "detail": "No.", "retry": retry, "facts": {"shortfall": 3}}
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, msgspec.json.encode(told))


def played(ask: Ask[Any], *replies: Reply | Lost, patience: Patience = PATIENCE) -> tuple[Any, list[Sent], list[float]]:
    """What an ask comes to with these replies, and what was sent, with which pauses."""
    steps = exchange(ask, patience, lambda: 1.0, lambda: NOW)
    left, sent, pauses = iter(replies), list[Sent](), list[float]()
    step = next(steps)
    while True:
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            told = None
        else:
            sent.append(step)
            told = next(left)
        try:
            step = steps.send(told)
        except StopIteration as ended:
            return ended.value, sent, pauses


def test_what_is_repeated_is_the_same_request_under_the_same_key():
    answer, sent, pauses = played(
        ASK, Lost("reset"), said(503), said(409, "key_in_flight", retry=True), said(429), DONE
    )
    assert answer == {"id": "red_1"}
    assert len(sent) == 5
    assert all(one == sent[0] for one in sent)
    assert sent[0].headers["idempotency-key"] == ASK.key
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_each_wish_has_a_key_of_its_own_and_reading_has_none():
    wished = [redemptions.create(member="mem_1", rule="rule_1") for _ in range(2)]
    assert wished[0].key != wished[1].key
    assert wished[0].under("order-17").key == "order-17"
    read = played(reading("/v1/members/mem_1", dict[str, Any]), DONE)[1][0]
    assert "idempotency-key" not in read.headers


@pytest.mark.parametrize("text", ["7", "Tue, 10 Mar 2026 12:00:07 GMT"])
def test_a_server_says_how_long_to_wait(text: str):
    _, _, pauses = played(ASK, said(503, retry_after=text), DONE)
    assert 7 <= pauses[0] <= 7.1


def test_a_wait_beyond_patience_is_the_callers():
    with pytest.raises(problems.TooOften) as refused:
        played(ASK, said(429, "rate_limited", retry_after="3600"))
    assert refused.value.key == ASK.key


@pytest.mark.parametrize("text", ["soon", "-1", "", "1.5"])
def test_nonsense_in_retry_after_is_not_waited_for(text: str):
    assert played(ASK, said(503, retry_after=text), DONE)[2] == [0.1]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, problems.BadInput), (401, problems.Unauthenticated), (403, problems.NotAllowed), (404, problems.NotFound),
     (409, problems.Conflict), (412, problems.Outdated), (422, problems.Refused), (423, problems.Locked),
     (500, problems.Outage)],
)  # fmt: skip
def test_a_no_is_raised_at_once_with_its_facts(status: int, kind: type[Problem]):
    with pytest.raises(kind) as refused:
        played(ASK, said(status, "not_enough_points"))
    assert (refused.value.code, refused.value.facts) == ("not_enough_points", {"shortfall": 3})


def test_patience_ends():
    with pytest.raises(Unreachable, match="tried 3 times: reset") as lost:
        played(ASK, *[Lost("reset")] * 3, patience=Patience(tries_max=3))
    assert lost.value.key == ASK.key
    with pytest.raises(problems.Outage):
        played(ASK, said(503), said(503), patience=Patience(tries_max=2))


def test_what_is_no_server_of_ours_is_unreadable():
    with pytest.raises(Unreadable):
        played(ASK, Reply(404, {}, b"<html>not here</html>"))
    with pytest.raises(Unreadable):
        played(ASK, Reply(200, {}, b"<html>welcome</html>"))
    assert played(ASK, Reply(502, {}, b"<html>bad gateway</html>"), DONE)[0] == {"id": "red_1"}


@given(st.integers(1, 60), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 60)))
def test_a_pause_is_never_shorter_than_told_nor_longer_than_the_longest(
    tries: int, chance: float, told_s: float | None
):
    patience = Patience(first_s=0.1, longest_s=5)
    pause_s = patience.pause_s(tries, told_s, chance)
    assert (told_s or 0) <= pause_s <= (told_s or 0) + 5
    assert pause_s > 0 or told_s == 0
