"""A bug of ours is told in each contract's own form, and tells nothing of what is inside."""

from typing import Any

import httpx
import pytest

from guerdon.access.keys import Keys
from guerdon.errors.base import ServerFault
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = ServerFault().code


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that goes wrong wherever a key is looked at."""

    async def fail(*_: Any) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr(Keys, "caller", fail)


def check(answer: httpx.Response) -> None:
    assert answer.status_code == 500
    assert answer.headers["x-error-code"] == CODE
    assert answer.headers["x-request-id"]
    assert "plan" not in answer.text


async def test_a_bug_is_told_without_what_is_inside(corner: Shop, broken: None):
    answer = await corner.http.get("/api/v2/campaigns")
    check(answer)
    assert answer.json() == {"error": ServerFault().sentence}


async def test_a_problem_leads_to_a_page_that_explains_it(corner: Shop, broken: None):
    answer = await corner.http.get("/v1/redemptions", headers={"authorization": "Bearer gk_1_x"})
    check(answer)
    page = await corner.http.get(answer.json()["type"], headers={"accept": "application/json"})
    assert (page.status_code, page.json()["code"]) == (200, CODE)
