"""Every endpoint of the storefront contract, asked the same in each way that clients ask: JSON, query, form, and more.

The answers are those that were recorded in `golden/storefront`. GUERDON_TESTS_RECORD=1 records them anew, for whoever
reads the change to judge.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from guerdon.api.storefront.routes import ROUTES
from tests.api.year import YEAR, Answers, Names, Step, told, year_begins
from tests.shop import Shop
from tests.street import Street

GOLDEN = Path(__file__).parent / "golden" / "storefront"
RECORD = "GUERDON_TESTS_RECORD"

OURS = {"/api/v2/requests", "/api/v2/requests/{request_id:str}"}
"""What no other server has, and what tells of the requests themselves."""

Said = dict[str, Any]


def as_text(value: Any) -> str:
    """A value as a form has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_texts(value: Any) -> Any:
    """The same with numbers and switches as texts."""
    if isinstance(value, dict):
        members = cast("Said", value)
        return {name: with_texts(one) for name, one in members.items()}
    if isinstance(value, list):
        elements = cast("list[Any]", value)
        return [with_texts(one) for one in elements]
    return as_text(value)


def pairs(said: Said) -> Iterator[tuple[str, str]]:
    """The same as names with brackets, and times in their other form."""
    for name, value in said.items():
        yield from _pairs(name, value)


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        members = cast("Said", value)
        for key, one in members.items():
            yield from _pairs(f"{name}[{key}]", one)
    elif isinstance(value, list):
        elements = cast("list[Any]", value)
        for key, one in enumerate(elements):
            yield from _pairs(f"{name}[{key}]", one)
    else:
        text = as_text(value)
        is_time = name.endswith("_at") and text.endswith("Z")
        yield name, text[:-1].replace("T", " ") if is_time else text


def by_json(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    return http.build_request(method, path, json=said)


def by_json_texts(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    return http.build_request(method, path, json=with_texts(said))


def by_query(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    return http.build_request(method, path, params=dict(pairs(said)))


def by_form(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    return http.build_request(method, path, data=dict(pairs(said)))


def by_multipart(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    return http.build_request(method, path, files=[(name, (None, value)) for name, value in pairs(said)])


def by_legacy_names(http: httpx.AsyncClient, method: str, path: str, said: Said) -> httpx.Request:
    """With the credentials of old in the query, half of the rest there too, and half in the body."""
    first, second = (dict(list(said.items())[half::2]) for half in (0, 1))
    keys = {"merchant_id": http.headers["x-merchant-id"], "api_key": http.headers["x-api-key"]}
    request = http.build_request(method, path, params={**dict(pairs(first)), **keys}, json=second)
    for header in ("x-guid", "x-api-key", "x-merchant-id"):
        request.headers.pop(header, None)
    return request


WAYS: dict[str, Callable[[httpx.AsyncClient, str, str, Said], httpx.Request]] = {
    "json": by_json,
    "json texts": by_json_texts,
    "query": by_query,
    "form": by_form,
    "multipart": by_multipart,
    "legacy names": by_legacy_names,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def years(street: Street) -> dict[str, Answers]:
    """What is answered to each way of telling the year."""
    return {way: await told_by(await year_begins(street), say) for way, say in WAYS.items()}


async def told_by(shop: Shop, say: Callable[[httpx.AsyncClient, str, str, Said], httpx.Request]) -> Answers:
    """The answers to one way, under their names."""
    async with shop.http as http:
        http.headers["x-merchant-id"] = str(shop.merchant.merchant_id)
        answers = await told(shop, lambda step, path, said: say(http, step.method, path, said))
    names = Names(answers)
    return {name: names.of(answer) for name, answer in answers.items()}


every_step = pytest.mark.parametrize("step", YEAR, ids=lambda step: step.name)


def test_every_endpoint_is_asked():
    served = {(route.method, route.path) for route in ROUTES if route.path not in OURS}

    assert served - {(step.method, step.route) for step in YEAR} == set()


@every_step
def test_an_answer_is_as_recorded(years: dict[str, Answers], step: Step):
    file = GOLDEN / f"{step.name.replace(' ', '_')}.json"
    if RECORD in os.environ:
        file.write_text(json.dumps(years["json"][step.name], indent=2, ensure_ascii=False) + "\n")

    assert years["json"][step.name] == json.loads(file.read_text())


@every_step
def test_every_way_gets_the_same_answer(years: dict[str, Answers], step: Step):
    for way, answers in years.items():
        assert answers[step.name] == years["json"][step.name], way


def test_no_recorded_answer_is_left_over():
    assert {file.stem for file in GOLDEN.iterdir()} == {step.name.replace(" ", "_") for step in YEAR}
