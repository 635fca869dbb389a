"""The pages of refusals: each code has one, it says all there is to say, and some test meets each refusal."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from guerdon.api.engine import Engine
from guerdon.app import application
from guerdon.docs.errors import VALUES, error_pages, pages, wants_json
from guerdon.docs.refusals import code_of, kinds

TESTS = Path(__file__).parents[1]
TREE = [kind for kind in kinds() if not kind.__subclasses__()]


def _nothing() -> Engine:
    raise AssertionError("pages need no engine")


def _words_of_tests() -> set[str]:
    files = [path for path in TESTS.rglob("*.py") if path != Path(__file__)]
    return {word for path in files for word in re.findall(r"\w+", path.read_text("utf-8"))}


@cache
def _served() -> Any:
    return application(_nothing)


async def _get(path: str, accept: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_served()), base_url="http://shop") as http:
        return await http.get(path, headers={"accept": accept})


async def test_a_problem_leads_to_a_page_for_people_and_for_programs():
    told = await _get("/docs/errors/not_enough_points", "application/json")
    assert told.json() == {
        "code": "not_enough_points",
        "title": "Not enough points",
        "status": 422,
        "retry": False,
        "retry_after_s": None,
        "sentence": "<shortfall> points short: this takes <points>, and <available> are available.",
        "facts": {"points": "integer", "available": "integer", "shortfall": "integer"},
        "values": {},
        "what_to_do": "The request was understood. Tell the person what `detail` says, or change what it names.",
        "url": "/docs/errors/not_enough_points",
    }
    page = await _get("/docs/errors/not_enough_points", "text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["content-type"].startswith("text/html")
    assert "shortfall</code> (integer)" in page.text
    assert "Tell the person what" in page.text


async def test_all_codes_are_listed():
    told = (await _get("/docs/errors", "application/json")).json()["data"]
    assert [one["code"] for one in told] == sorted(code_of(kind) for kind in kinds())
    assert "/docs/errors/key_in_flight" in (await _get("/docs/errors", "text/html")).text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_a_code_that_is_none_has_no_page(accept: str):
    assert (await _get("/docs/errors/out_of_luck", accept)).status_code == 404


@pytest.mark.parametrize(
    ("accept", "json"),
    [("", False), ("*/*", False), ("text/html, application/json", False), ("application/json;q=0.9, text/html", True)],
)
def test_whoever_names_json_first_gets_json(accept: str, json: bool):
    assert wants_json(accept) is json


def test_each_code_has_a_page_that_says_what_to_do():
    assert error_pages()
    for kind in kinds():
        page = pages()[code_of(kind)]
        assert page.what_to_do
        assert page.sentence
        assert set(re.findall(r"<(\w+)>", page.sentence)) <= set(page.facts), page.code


def test_a_fact_that_is_one_of_a_few_words_says_which():
    assert all(name in pages()[code].facts for code, name in VALUES)
    assert pages()["proposal_ended"].values == {"state": ["approved", "expired", "refused"]}
    assert "phone" in pages()["identity_taken"].values["kind"]
    assert pages()["points_off_step"].values == {}
    untold = {
        (page.code, name)
        for page in pages().values()
        for name in page.facts
        if name in ("state", "role", "kind") and name not in page.values
    }
    assert untold == {
        ("export_not_ready", "state"), ("import_in_other_state", "state"), ("name_taken", "kind"),
    }, "their states are only the database's, and their kinds whatever has a name"  # fmt: skip


async def test_a_page_lists_them_for_people():
    page = await _get("/docs/errors/proposal_ended", "text/html")
    assert "<code>approved</code>, <code>expired</code>" in page.text


def test_some_test_meets_each_refusal():
    met = _words_of_tests()
    assert {kind.__name__ for kind in TREE if met.isdisjoint((kind.__name__, code_of(kind)))} == set()
