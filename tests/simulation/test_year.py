"""A short year of a small programme, for everyday. `make simulate` plays a long one of a large one."""

import re
import subprocess
import sys
from typing import get_args

import pytest

from tests.simulation.draw import Draw, draw_terms
from tests.simulation.script import Night, Sell, SendBack, Tick, What
from tests.simulation.year import play_year

MEMBERS, DAYS = 12, 100
"""Long enough for points to wait, expire, come back and be given on; and for every fault."""

SEED_OF_ALL = 33
"""Draws every kind of message and every fault in that time."""


@pytest.mark.parametrize("seed", [8, SEED_OF_ALL])
async def test_a_year_of_faults_ends_with_clean_books_that_equal_the_auditors(dsn: str, seed: int):
    year = await play_year(dsn, seed=seed, members=MEMBERS, days=DAYS)
    assert year.differences == []
    assert year.findings == []
    assert year.compared > MEMBERS * DAYS // 2
    for name in ("earned", "redeemed", "expired", "reversed", "pending", "level"):
        assert year.totals[name] > 0, f"there was nothing to compare of what is {name}"
    for kind in ("Merge", "Unmerge", "Found", "Enter", "Allow", "Leave", "Share", "Buy", "Refund", "Erase"):
        assert year.done[kind] > 0, f"nothing was done of the kind {kind}"
    assert year.friends > 0
    assert {"worker killed in the midst of a job", "all jobs run anew"} <= set(year.faults)


async def test_an_auditor_of_another_opinion_is_heard_with_both_ledgers(dsn: str):
    terms = draw_terms(1, 8)
    year = await play_year(dsn, seed=1, members=4, days=8, believed=terms._replace(welcome=terms.welcome + 1))
    assert year.findings == []
    told = year.differences[0]
    assert re.search(rf"member \d+ has available {terms.welcome} and not {terms.welcome + 1}, earned", told)
    assert "The engine:" in told
    assert "The auditor:" in told
    assert "activity:sign_up" in told


def test_the_auditor_shares_no_code_with_the_engine():
    asked = "import sys, tests.simulation.auditor; print(*[name for name in sys.modules if name.startswith('guerdon')])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_the_same_seed_draws_the_same_script():
    def drawn(seed: int) -> list[Tick | Night]:
        return list(Draw(seed, MEMBERS, DAYS, draw_terms(seed, DAYS)).ticks())

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_script_repeats_reorders_merges_erases_and_misses_nights():
    script = list(Draw(SEED_OF_ALL, MEMBERS, DAYS, draw_terms(SEED_OF_ALL, DAYS)).ticks())
    deliveries = [delivery for tick in script if isinstance(tick, Tick) for delivery in tick.deliveries]
    keys = [delivery.key for delivery in deliveries]
    assert len(set(keys)) < len(keys)
    whats = [delivery.what for delivery in deliveries]
    assert len(set(whats)) < len(set(keys)), "some come again under another key"
    sold: set[int] = set()
    early: set[int] = set()
    for what in whats:
        if isinstance(what, Sell):
            sold.add(what.order)
        elif isinstance(what, SendBack) and what.order not in sold:
            early.add(what.order)
    assert early, "some returns come before their orders"
    assert set(get_args(What)) == {type(what) for what in whats}, "there is something of everything"
    nights = [item for item in script if isinstance(item, Night)]
    assert len(nights) < DAYS
    assert {night.fault for night in nights} == {"none", "killed", "twice", "together", "anew"}
