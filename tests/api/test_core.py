"""Webhooks as the incumbent's clients register them (storefront contract, 1.12)."""

from typing import Any

import pytest

from guerdon.app import formats
from guerdon.webhooks.endpoints import list_endpoints
from tests.shop import Shop
from tests.webhooks.receiver import delivering, happen, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


async def core(shop: Shop, path: str, body: dict[str, Any], *, status: int = 200, **headers: str) -> Any:
    """One call about this shop's store, signed in as the headers say."""
    url = f"/core/v3/stores/{shop.merchant.merchant_id}/{path}"
    answer = await shop.http.post(url, json=body, headers={"x-guid": "", "x-api-key": "", **headers})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_token_a_target_a_filter_and_a_subscription(shop: Shop):
    """What was registered is told what its filter names, in the envelope, from then on."""
    token = (await core(shop, "access_tokens", {"secret": shop.api_key}))["access_token"]
    signed = {"x-yotpo-token": token}
    async with receiving() as receiver:
        # A host of the internet is named here: nobody may register one at home, which the last test shows.
        url = "https://shop.example/hooks"
        target = (await core(shop, "webhooks/targets", {"webhook_target": {"url": url}}, **signed))["webhook_target"]
        assert target == {"id": target["id"], "url": url}
        types = [{"event_type": "swell/points/earned"}, {"event_type": "swell/account/created"}]
        made = await core(shop, "webhooks/filters", {"webhook_filter": {"event_types": types}}, **signed)
        assert made["webhook_filter"]["event_types"] == types
        wanted = {"target_id": target["id"], "filter_id": made["webhook_filter"]["id"]}
        subscription = await core(shop, "webhooks/subscriptions", {"webhook_subscription": wanted}, **signed)
        [endpoint] = await list_endpoints(shop.engine.database, shop.merchant.merchant_id)
        assert subscription == {"webhook_subscription": {"id": endpoint.endpoint_id, **wanted}}
        assert (endpoint.url, endpoint.format) == (url, "storefront")
        assert endpoint.topics == ("swell/points/earned", "swell/account/created")
        await shop.engine.database.execute("UPDATE webhook_endpoint SET url = $1", receiver.url)
        await shop.member("ana@example.com")
        await happen(shop, [])
        known: dict[str, Any] = dict(formats(shop.engine.database, shop.clock))
        async with delivering(shop, **known) as deliverer:
            await deliverer.run_once()
    [came] = receiver.received
    assert (came.json["topic"], came.json["email"]) == ("swell/account/created", "ana@example.com")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("access_tokens", {"secret": "gk_wrong"}, 401),
        ("access_tokens", {}, 400),
        ("webhooks/targets", {"webhook_target": {"url": "ftp://shop.example"}}, 400),
        ("webhooks/targets", {"webhook_target": {"url": "http://127.0.0.1/"}}, 400),
        ("webhooks/targets", {"webhook_target": {}}, 400),
        ("webhooks/filters", {"webhook_filter": {"event_types": [{"event_type": "No Topic"}]}}, 400),
        ("webhooks/subscriptions", {"webhook_subscription": {"target_id": 4, "filter_id": 4}}, 404),
    ],
)
async def test_what_cannot_be_registered_is_told(shop: Shop, path: str, body: dict[str, Any], status: int):
    signed = {} if path == "access_tokens" else {"x-yotpo-token": shop.api_key}
    assert (await core(shop, path, body, status=status, **signed))["error"]


async def test_nothing_is_registered_without_a_token(shop: Shop):
    body = {"webhook_target": {"url": "https://shop.example/hooks"}}
    await core(shop, "webhooks/targets", body, status=401)
    await core(shop, "webhooks/targets", body, status=401, **{"x-yotpo-token": "gk_wrong"})
