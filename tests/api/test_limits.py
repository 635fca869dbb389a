"""Rate limits: five headers on every answer, and 429 for what is over the limit of a key."""

import asyncio

import httpx
import pytest

from guerdon.access.keys import PUBLISHABLE_LIMIT
from guerdon.api.limits import NO_LIMIT
from tests.api.front import ANA, Front, front, served
from tests.street import shop, street, street_dsn

__all__ = ["front", "served", "shop", "street", "street_dsn"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPTIONS = "/api/v2/redemption_options"
NAMES = (
    "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-limit-minute",
    "x-ratelimit-remaining-minute",
)  # fmt: skip


def told(answer: httpx.Response) -> tuple[int, ...]:
    """The five headers of the contract, each of which is a number."""
    return tuple(int(answer.headers[name]) for name in NAMES)


async def test_every_answer_has_the_headers_of_the_contract(front: Front):
    key = await front.key()
    requests: list[tuple[str, str, dict[str, str]]] = [
        ("GET", OPTIONS, key),
        ("GET", "/api/v2/customers?customer_email=nobody@example.com", key),
        ("GET", "/api/v2/customers?customer_email=nobody", key),
        ("POST", "/api/v2/redemptions?points_to_redeem=many", key),
        ("DELETE", OPTIONS, key),
        ("GET", OPTIONS, {}),
        ("POST", "/ui/v1/addRedemptionRule", {}),
    ]

    answers = [await front.http.request(method, path, headers=headers) for method, path, headers in requests]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 400, 405, 401, 401]
    assert {told(answer) for answer in answers} == {(NO_LIMIT, NO_LIMIT, 1, NO_LIMIT * 60, NO_LIMIT * 60)}


async def test_a_secret_key_asks_as_often_as_it_likes(front: Front):
    key = await front.key()

    answers = await asyncio.gather(*(front.http.get(OPTIONS, headers=key) for _ in range(30)))

    assert {answer.status_code for answer in answers} == {200}


async def test_a_publishable_key_asks_ten_times_a_second(front: Front):
    key = await front.key(kind="publishable")

    answers = await asyncio.gather(*(front.http.get(OPTIONS, headers=key) for _ in range(PUBLISHABLE_LIMIT + 5)))

    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 5
    assert sorted(told(answer)[1] for answer in answers) == [0] * 6 + list(range(1, 10))
    assert {told(answer)[4] - told(answer)[1] for answer in answers} == {590}
    assert {(told(answer)[0], told(answer)[2], told(answer)[3]) for answer in answers} == {(10, 1, 600)}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["x-error-code"] == "rate_limited"
    assert refused.json() == {
        "error": "This key may ask 10 times a second, and has: wait a second, then ask again."
    }  # fmt: skip

    front.shop.clock.advance(seconds=1)
    assert told(await front.http.get(OPTIONS, headers=key)) == (10, 9, 1, 600, 589)


async def test_any_key_can_have_a_limit_and_what_is_over_it_changes_nothing(front: Front):
    await front.shop.member(ANA, 500)
    rule = await front.shop.rule()
    key = await front.key(limit_per_second=2)
    asked = {"customer_email": ANA, "redemption_option_id": rule.rule_id}

    answers = [await front.http.post("/api/v2/redemptions", json=asked, headers=key) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert await front.shop.balance(ANA) == (300, 0)


async def test_bad_requests_count_too(front: Front):
    key = await front.key(limit_per_second=2)

    answers = [await front.http.get("/api/v2/customers?is_offline=maybe&limit=x", headers=key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]


async def test_the_document_tells_the_headers(front: Front):
    document = (await front.http.get("/openapi.json")).json()

    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                assert answer["headers"].keys() >= set(NAMES)
            assert "429" in operation["responses"]
