"""Webhook endpoints and deliveries of the native API."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from guerdon.callbacks.settle import Callbacks
from guerdon.kit.outbound import Outbound
from tests.api.v1.conftest import Api
from tests.shop import Shop, surfaces
from tests.street import Street
from tests.webhooks.receiver import delivering, endpoint, happen, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENDPOINTS = "/v1/webhook_endpoints"
URL = "https://shop.example/hooks"


@pytest_asyncio.fixture(loop_scope="session")
async def near(shop: Shop) -> AsyncIterator[Api]:
    """The same shop on a server that may post to its own network."""
    async with await Outbound.open(allow_private=True) as outbound:
        callbacks = Callbacks(shop.engine.database, shop.engine.desk, outbound, shop.clock)
        engine = replace(shop.engine, callbacks=callbacks)
        app = surfaces(engine)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=shop.http.headers) as http:
            yield Api(replace(shop, http=http))


async def test_an_endpoint_is_made_and_its_secret_is_shown_once(api: Api):
    answer = await api.post(ENDPOINTS, url=URL, topics=["points.*"], name="till", metadata={"team": "crm"})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{ENDPOINTS}/{made['id']}")
    assert made.pop("secret").startswith("whsec_")
    read = (await api.get(answer.headers["location"])).json()
    assert read.pop("deliveries") == {"waiting": 0, "delivered": 0, "given_up": 0}
    assert read == made
    assert (made["object"], made["state"], made["topics"], made["metadata"]) == (
        "webhook_endpoint", "enabled", ["points.*"], {"team": "crm"},
    )  # fmt: skip


async def test_a_repeat_under_the_same_key_makes_nothing_and_shows_no_secret(api: Api):
    first, again = [await api.post(ENDPOINTS, key="k", url=URL) for _ in range(2)]
    assert again.headers["idempotent-replayed"] == "true"
    assert (first.json()["id"], "secret" in again.json()) == (again.json()["id"], False)
    assert len((await api.get(ENDPOINTS)).json()["data"]) == 1
    reused = await api.post(ENDPOINTS, key="k", url=f"{URL}/2")
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")


async def test_what_cannot_be_an_endpoint_is_refused(api: Api):
    refusals: list[dict[str, Any]] = [
        {"url": "http://127.0.0.1/"}, {"url": "ftp://shop.example"}, {"url": URL, "topics": ["Points"]},
    ]  # fmt: skip
    for wrong in refusals:
        assert (await api.post(ENDPOINTS, **wrong)).status_code == 400, wrong
    assert (await api.get(ENDPOINTS)).json()["data"] == []


async def test_a_dry_run_keeps_nothing(api: Api):
    tried = await api.post(ENDPOINTS, url=URL, dry_run=True)
    assert (tried.status_code, tried.headers["dry-run"], "secret" in tried.json()) == (200, "true", False)
    there = (await api.post(ENDPOINTS, url=URL)).json()
    where = f"{ENDPOINTS}/{there['id']}"
    assert (await api.patch(where, name="other", dry_run=True)).json()["name"] == "other"
    assert (await api.post(f"{where}/disable", dry_run=True)).json()["state"] == "disabled"
    assert (await api.delete(where, dry_run=True)).json()["removed"] is True
    assert "secret" not in (await api.post(f"{where}/rotate", dry_run=True)).json()
    [left] = (await api.get(ENDPOINTS)).json()["data"]
    assert (left["name"], left["state"]) == (there["name"], "enabled")


async def test_a_change_may_insist_on_a_version(shop: Shop, api: Api):
    where = f"{ENDPOINTS}/{(await api.post(ENDPOINTS, url=URL)).json()['id']}"
    version = (await api.get(where)).headers["etag"]

    async def patch(**body: Any) -> httpx.Response:
        return await shop.http.patch(where, json=body, headers={"if-match": version})

    changed = await patch(topics=["tier.*"], ordered=True, metadata={"a": "b"})
    assert (changed.status_code, changed.json()["topics"], changed.json()["metadata"]) == (200, ["tier.*"], {"a": "b"})
    refused = await patch(name="late")
    assert (refused.status_code, refused.json()["code"], refused.json()["facts"]["now"]) == (
        412, "outdated", changed.headers["etag"],
    )  # fmt: skip
    assert (await shop.http.delete(where, headers={"if-match": version})).status_code == 412


async def test_of_those_who_insist_on_one_version_one_changes_it(shop: Shop, api: Api):
    where = f"{ENDPOINTS}/{(await api.post(ENDPOINTS, url=URL)).json()['id']}"
    version = {"if-match": (await api.get(where)).headers["etag"]}
    names = [f"name {number}" for number in range(6)]
    answers = await asyncio.gather(*(shop.http.patch(where, json={"name": name}, headers=version) for name in names))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]


async def test_an_endpoint_is_switched_off_and_on_and_removed(api: Api):
    where = f"{ENDPOINTS}/{(await api.post(ENDPOINTS, url=URL)).json()['id']}"
    off = (await api.post(f"{where}/disable")).json()
    assert (off["state"], off["reason"]) == ("disabled", "by_hand")
    assert (await api.post(f"{where}/enable", from_now=True)).json()["state"] == "enabled"
    assert (await api.delete(where)).json()["removed"] is True
    gone = await api.get(where)
    assert (gone.status_code, gone.json()["code"]) == (404, "endpoint_not_found")


async def test_endpoints_are_listed_a_page_at_a_time(api: Api):
    made = [(await api.post(ENDPOINTS, url=f"{URL}/{n}")).json()["id"] for n in range(3)]
    first = (await api.get(f"{ENDPOINTS}?limit=2")).json()
    assert [one["id"] for one in first["data"]] == [made[2], made[1]]
    rest = (await api.get(f"{ENDPOINTS}?limit=2&cursor={first['next_cursor']}")).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([made[0]], False)


async def test_a_test_message_is_signed_and_its_answer_told(near: Api):
    async with receiving(lambda _: (202, {}, b"thanks")) as receiver:
        made = (await near.post(ENDPOINTS, url=receiver.url)).json()
        where = f"{ENDPOINTS}/{made['id']}"
        rotated = (await near.post(f"{where}/rotate", overlap=0)).json()["secret"]
        told = (await near.post(f"{where}/test")).json()
    assert (told["taken"], told["status"], told["response"]) == (True, 202, "thanks")
    [came] = receiver.received
    assert rotated != made["secret"]
    assert came.headers["webhook-signature"].count("v1,") == 1
    sent_at = datetime.fromtimestamp(int(came.headers["webhook-timestamp"]), UTC)
    signed = Webhook(rotated).sign(came.headers["webhook-id"], sent_at, came.body.decode())
    assert signed == came.headers["webhook-signature"]
    unheard = (await near.post(f"{where}/test")).json()
    assert (unheard["taken"], unheard["status"], unheard["reason"]) == (False, None, "connection")


async def test_deliveries_are_shown_with_their_attempts_and_sent_again(near: Api):
    shop = near.shop
    async with receiving() as receiver, delivering(shop) as deliverer:
        made = (await near.post(ENDPOINTS, url=receiver.url)).json()
        where = f"{ENDPOINTS}/{made['id']}"
        await happen(shop, [1, 2, 3], members=3)
        await deliverer.run_once()
        first = (await near.get(f"{where}/deliveries?limit=2&state=delivered")).json()
        rest = (await near.get(f"{where}/deliveries?limit=2&cursor={first['next_cursor']}")).json()
        assert [one["sequence"] for one in (*first["data"], *rest["data"])] == [3, 2, 1]
        one = (await near.get(f"/v1/deliveries/{first['data'][0]['id']}")).json()
        assert (one["object"], one["state"], one["body"]["data"]["n"]) == ("delivery", "delivered", 3)
        assert [(tried["number"], tried["status"]) for tried in one["history"]] == [(1, 204)]
        assert (await near.post(f"{where}/replay", first=2, last=3, dry_run=True)).json()["messages"] == 2
        again = [(await near.post(f"{where}/replay", key="k", first=2, last=3)).json() for _ in range(2)]
        assert again == [{"object": "webhook_replay", "messages": 2}] * 2
        await deliverer.run_once()
    assert receiver.numbers[3:] == [2, 3]
    assert (await near.get(where)).json()["deliveries"]["delivered"] == 3


async def test_deliveries_are_listed_by_topic(near: Api, monkeypatch: pytest.MonkeyPatch):
    shop = near.shop
    async with receiving() as receiver, delivering(shop) as deliverer:
        where = f"{ENDPOINTS}/{(await near.post(ENDPOINTS, url=receiver.url)).json()['id']}/deliveries"
        await happen(shop, [1, 2], topic="order.created")
        await happen(shop, [3, 4, 5], topic="points.earned")
        await deliverer.run_once()

    async def listed(query: str) -> list[int]:
        return [one["sequence"] for one in (await near.get(f"{where}?{query}")).json()["data"]]

    for topics, found in (
        ("points.earned", [5, 4, 3]), ("order.*", [2, 1]), ("order.*,points.*", [5, 4, 3, 2, 1]),
        ("*", [5, 4, 3, 2, 1]), ("points.earne", []), ("o_der.*", []),
    ):  # fmt: skip
        for state in ("", "&state=delivered"):
            assert await listed(f"topics={topics}{state}") == found, topics
        assert await listed(f"topics={topics}&state=given_up") == []
    refused = await near.get(f"{where}?topics=Points")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/topics")

    for module in ("guerdon.kit.looked", "guerdon.webhooks.search"):
        monkeypatch.setattr(f"{module}.LOOKED_MAX", 2)
    pages: list[list[int]] = []
    path = f"{where}?topics=order.*"
    while path:
        answer = await near.get(path)
        pages.append([one["sequence"] for one in answer.json()["data"]])
        path = answer.links["next"]["url"] if answer.json()["has_more"] else ""
    assert pages == [[], [2], [1]], "two are looked through for a page"


async def test_what_is_another_merchants_is_not_there(street: Street, api: Api):
    other = await street.shop()
    async with receiving() as receiver:
        there, _ = await endpoint(other, receiver)
    where = f"{ENDPOINTS}/whe_{there.endpoint_id}"
    for path in (where, f"{where}/deliveries"):
        refused = await api.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "endpoint_not_found")
    for action in ("enable", "disable", "rotate", "test"):
        assert (await api.post(f"{where}/{action}")).status_code == 404
    assert (await api.post(f"{where}/replay", first=1)).status_code == 404
    assert (await api.patch(where, name="mine")).status_code == 404
    assert (await api.delete(where)).status_code == 404
    refused = await api.get(f"/v1/deliveries/del_{there.endpoint_id}_1_0")
    assert (refused.status_code, refused.json()["code"]) == (404, "delivery_not_found")
    assert (await api.get("/v1/deliveries/del_1")).status_code == 400
