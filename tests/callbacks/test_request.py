"""POST /redemptions where the merchant's URL makes the coupon: the shopper waits, and gets it or a clear no."""

import pickle
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from guerdon.access.keys import create_key
from guerdon.errors.base import BadField
from guerdon.errors.rewards import CouponNotIssued
from guerdon.rewards.codes import Called
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import change_rule, get_rule, list_versions
from tests.callbacks.coupon_server import CouponServer, answering
from tests.callbacks.steps import ANA, redeem, ruled
from tests.shop import Shop, surfaces
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def corner(shop: Shop) -> AsyncIterator[Shop]:
    """The shop with a key and a client."""
    api_key = await create_key(shop.engine.database, shop.merchant.merchant_id, name="tests", now=shop.clock())
    app = surfaces(shop.engine)
    headers = {"x-guid": str(shop.merchant.guid), "x-api-key": api_key}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", headers=headers) as http:
        yield replace(shop, api_key=api_key, http=http)


async def ask(shop: Shop, rule_id: int, *, key: str | None = None) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    asked = {"customer_email": ANA, "redemption_option_id": rule_id}
    return await shop.http.post("/api/v2/redemptions", json=asked, headers=headers)


async def test_the_answer_has_the_shops_code_and_ids_and_a_repeat_has_them_too(
    corner: Shop, coupon_server: CouponServer
):
    coupon_server.create = answering(b'{"code": "Shop-9", "third_party_id": "C1", "third_party_rule_id": 77}')
    rule = await ruled(corner, coupon_server)
    first = await ask(corner, rule.rule_id, key="k")
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["reward_text"], told["code"], told["approved"]) == ("Shop-9", "Shop-9", True)
    assert (told["third_party_id"], told["third_party_rule_id"]) == ("C1", "77")
    assert (await ask(corner, rule.rule_id, key="k")).json() == told
    assert len(coupon_server.asked) == 1
    assert await corner.balance(ANA) == (0, 0)
    for params in ({"code": "SHOP-9"}, {"third_party_id": "C1"}, {"third_party_id": "C1", "code": "shop-9"}):
        (found,) = (await corner.http.get("/api/v2/redemption_codes", params=params)).json()
        assert (found["code"], found["email"], found["third_party_id"]) == ("Shop-9", ANA, "C1")
    other = await corner.http.get("/api/v2/redemption_codes", params={"third_party_id": "C2", "code": "shop-9"})
    assert other.json() == []


async def test_a_no_of_the_shop_is_a_no_that_says_why(corner: Shop, coupon_server: CouponServer):
    coupon_server.create = answering(b'{"error": "nothing left"}')
    rule = await ruled(corner, coupon_server)
    refused = await ask(corner, rule.rule_id)
    assert refused.status_code == 422
    assert refused.headers["x-error-code"] == "coupon_not_issued"
    assert "no points were taken" in refused.json()["error"]
    recorded = "SELECT code, facts ->> 'reason' FROM decision WHERE decision_id = $1"
    row = await corner.engine.database.fetchrow(recorded, refused.headers["x-decision-id"])
    assert row is not None
    assert tuple(row) == ("coupon_not_issued", "refused")
    assert await corner.balance(ANA) == (100, 0)


async def test_a_url_that_leads_inside_is_not_called(street: Street, coupon_server: CouponServer):
    shop = await street.shop()
    rule = await ruled(shop, coupon_server)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == "private_address"
    assert coupon_server.asked == []
    assert await shop.balance(ANA) == (100, 0)


async def test_a_secret_is_sent_and_nowhere_shown(corner: Shop, coupon_server: CouponServer):
    rule = await ruled(corner, coupon_server, secret="first-s3cret")
    of = corner.engine.database, corner.merchant.merchant_id
    assert isinstance(rule.terms.codes, Called)
    changed = msgspec.structs.replace(rule.terms, name="Another name")
    await change_rule(*of, rule.rule_id, changed, actor="test", user_id=None, now=corner.clock())
    await ask(corner, rule.rule_id)
    assert coupon_server.asked[-1].body["secret"] == "first-s3cret"
    codes = msgspec.structs.replace(rule.terms.codes, secret="second-s3cret")
    await change_rule(
        *of, rule.rule_id, msgspec.structs.replace(changed, codes=codes), actor="test", user_id=None,
        now=corner.clock(),
    )  # fmt: skip
    await corner.give(ANA, 100)
    await ask(corner, rule.rule_id)
    assert coupon_server.asked[-1].body["secret"] == "second-s3cret"
    shown = [rule, await get_rule(*of, rule.rule_id), await list_versions(*of, rule.rule_id)]
    tables = ("redemption_rule_version", "event", "answer", "callback", "decision", "redemption")
    for table in tables:
        query = f"SELECT to_jsonb({table})::text FROM {table} WHERE merchant_id = $1"
        rows = await corner.engine.database.fetch(query, corner.merchant.merchant_id)
        shown += [row[0] for row in rows]
    assert "s3cret" not in repr(shown)
    assert len(shown) > len(tables)


CALLED = {"create_url": "https://shop.example/create", "cancel_url": "https://shop.example/cancel"}


@pytest.mark.parametrize(
    ("codes", "field"),
    [
        ({**CALLED, "create_url": "ftp://shop.example/"}, "codes.create_url"),
        ({**CALLED, "create_url": "https://"}, "codes.create_url"),
        ({**CALLED, "cancel_url": "https://me:pass@shop.example/"}, "codes.cancel_url"),
        ({**CALLED, "cancel_url": "https://shop.example/" + "x" * 2048}, "codes.cancel_url"),
        ({**CALLED, "timeout_s": 0}, "codes.timeout_s"),
        ({**CALLED, "timeout_s": 31}, "codes.timeout_s"),
        ({**CALLED, "secret": "two\nlines"}, "codes.secret"),
    ],
)
async def test_urls_that_nobody_could_call_are_refused_when_the_rule_is_written(codes: dict[str, Any], field: str):
    document = {"points": 100, "currency": "USD", "amount_minor": 500, "codes": {"source": "callback", **codes}}
    with pytest.raises(BadField) as refused:
        msgspec.convert(document, RedemptionRule)
    assert refused.value.field == field


async def test_a_rule_that_says_nothing_of_codes_is_written_as_before():
    terms = RedemptionRule(points=100, currency="USD", amount_minor=500)
    said = msgspec.json.encode({**msgspec.to_builtins(terms), "codes": {"source": "generated"}})
    for same in (terms, msgspec.json.decode(said, type=RedemptionRule), pickle.loads(pickle.dumps(terms))):
        assert b"codes" not in msgspec.json.encode(same)
        assert same == terms
