"""Which pages of the console the case `pages` asks for."""

import pytest

from guerdon.bench.console_pages import kind_of, links, look, readable
from guerdon.bench.pages import told
from guerdon.bench.run import Row
from guerdon.cli.bench_pages import shown_then_proved
from guerdon.cli.verify import Verdict


def row(case: str, ms: float, *, busy: float = 0.5) -> Row:
    """Answers one after the other, each in so many milliseconds, with so many processors busy meanwhile."""
    cpu = {"worker 1": busy / 2, "postgres": busy / 2}
    return Row(case=case, connections=1, per_second=1000 / ms, p50_ms=ms, p99_ms=ms, refused=0,
               baseline_per_second=None, ratio=None, cpu=cpu, worker_mb=1)  # fmt: skip


def test_an_address_is_of_one_kind():
    assert kind_of("/console/members?q=ana") == "/console/members"
    assert kind_of("/console/members/mem_1") == "/console/members/{id:str}"
    assert kind_of("/console/members/new") == "/console/members/new"
    assert kind_of("/shop") is None


def test_pages_are_alike_where_the_same_filters_are_set():
    assert look("/console/entries?since=2026-01-01&cursor=a") == look("/console/entries?cursor=b&since=2025-01-01")
    assert look("/console/entries?cursor=a") != look("/console/entries")


def test_links_lead_on_within_the_console():
    page = '<a class="x" href="/console/orders?a=1&amp;b=2#top">o</a><a href="/docs">d</a><link href="/console/x.css">'
    assert links(page) == ["/console/orders?a=1&b=2"]


def test_every_page_that_is_read_is_asked_for():
    assert {"/console", "/console/members/{id:str}", "/console/settings/audit"} <= readable()
    assert "/console/sign-in" not in readable()


def test_the_slowest_come_first_and_those_over_the_promise_are_counted():
    lines = told(
        [row("quick", 9.5), row("slow", 300.0), row("waited", 120.0, busy=0.1), row("other", 40.0)]
    ).splitlines()
    assert [line.split()[-2:] for line in lines[1:5]] == [
        ["150.0", "slow"], ["12.0", "waited"], ["20.0", "other"], ["4.8", "quick"],
    ]  # fmt: skip
    assert lines[-1] == "2 of 4 over 100 ms, 1 by processor time"


def test_the_figures_are_shown_before_the_books_are_proved():
    told: list[str] = []

    def fails() -> Verdict:
        told.append("proof")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shown_then_proved([row("a", 1.0)], lambda rows: told.extend(one.case for one in rows), fails)
    assert told == ["a", "proof"]
