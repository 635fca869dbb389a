"""What a body may say, and what only a query or a form may: docs/reference/compatibility.md has the rows."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


@pytest.mark.parametrize(
    ("field", "value"),
    [("points", "5"), ("points", 5.5), ("points", True), ("reason", 5), ("dry_run", "true"), ("pointz", 5)],
)
async def test_json_says_each_value_as_what_it_is(shop: Shop, api: Api, field: str, value: object):
    member = await shop.member(ANA)
    body: dict[str, Any] = {"points": 5, "reason": "goodwill", field: value}
    refused = await api.post(f"/v1/members/mem_{member}/adjust", **body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_field"), refused.text
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"
    assert await shop.balance(ANA) == (0, 0)


async def test_a_whole_number_may_have_a_point(shop: Shop, api: Api):
    member = await shop.member(ANA)
    content = b'{"points": 5.0, "reason": "goodwill"}'
    headers = {"content-type": "application/json"}
    given = await shop.http.post(f"/v1/members/mem_{member}/adjust", content=content, headers=headers)
    assert (given.status_code, given.json()["points"]) == (201, 5)


async def test_what_is_text_by_nature_may_be_a_number(shop: Shop, api: Api):
    member = await shop.member(ANA)
    said = {"points": "5", "reason": "goodwill"}
    given = await shop.http.post(f"/v1/members/mem_{member}/adjust", data=said, params={"dry_run": "true"})
    assert (given.status_code, given.json()["points"]) == (200, 5), given.text
    assert await shop.balance(ANA) == (0, 0)
    page = await api.get("/v1/entries?limit=1")
    assert page.status_code == 200


async def test_an_empty_value_in_a_query_is_none_that_fits(api: Api):
    refused = await api.get("/v1/entries?limit=")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/limit")


async def test_a_stranger_hears_nothing_of_the_body(shop: Shop, api: Api):
    refused = await shop.http.post("/v1/redemptions", content=b"{", headers={"authorization": "Bearer gk_1_no"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
