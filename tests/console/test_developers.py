"""The developers' area: keys, webhooks, events, requests, and the clock of a test merchant."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guerdon.access.keys import create_key
from guerdon.callbacks.settle import Callbacks
from guerdon.console.pages.requests import as_curl, reference_of
from guerdon.events.log import relay
from guerdon.kit.outbound import Outbound
from tests.console.conftest import CSRF, PASSWORD, Hire, Person, words
from tests.shop import Shop, surfaces
from tests.street import Street, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
HOME = "/console/developers"
KEYS, HOOKS, REQUESTS = f"{HOME}/keys", f"{HOME}/webhooks", f"{HOME}/requests"
SECRET = re.compile(r"<code>((?:gk|gpk|gct|whsec)_[^<]+)</code>")


def secret_in(answer: httpx.Response) -> str:
    """The secret that a page shows once."""
    assert answer.status_code == 201, words(answer.text)
    found = SECRET.search(answer.text)
    assert found is not None, words(answer.text)
    return found[1]


async def asked(shop: Shop, app: Any, *paths: str, agent: str = "till/1") -> str:
    """Requests of the shop's server, written to the log; returns the secret that they were signed in with."""
    secret = await create_key(shop.engine.database, shop.merchant.merchant_id, name="till", now=shop.clock())
    headers = {"authorization": f"Bearer {secret}", "user-agent": agent}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", headers=headers) as http:
        for path in paths:
            await (http.post(path, json={"email": ANA}) if path == "/v1/members" else http.get(path))
    await shop.engine.requests.flush()
    return secret


async def test_a_key_is_made_shown_once_limited_and_closed(shop: Shop, owner: Person, street_app: Any):
    assert "No keys yet" in await owner.text(KEYS)
    form = {"csrf": owner.csrf, "key": "once", "name": "checkout", "read": "true", "redeem": "true"}
    made = await owner.http.post(KEYS, data=form)
    secret = secret_in(made)
    assert secret.startswith("gk_")
    again = await owner.http.post(KEYS, data=form)
    assert "It was shown when it was made" in words(again.text)
    listed = await owner.text(KEYS)
    assert f"checkout …{secret[-4:]} Secret Read, Redeem" in listed
    assert secret not in listed
    found = re.search(rf"{KEYS}/key_\d+", (await owner.get(KEYS)).text)
    assert found is not None
    await owner.does(f"{found[0]}/limit", limit_per_second="5")
    assert "Requests a second 5" in await owner.text(found[0])
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(street_app), base_url="http://shop") as http:
        assert (await http.get("/v1/members", headers=headers)).status_code == 200
    await owner.does(f"{found[0]}/revoke")
    closed = await owner.text(found[0])
    assert "Closed" in closed
    assert "Close this key" not in closed


async def test_a_publishable_key_has_origins_and_no_admin(owner: Person):
    secret = secret_in(
        await owner.post(KEYS, name="page", kind="publishable", read="true", origins="https://a.example")
    )
    assert secret.startswith("gpk_")
    refused = await owner.post(KEYS, name="page", kind="publishable", admin="true")
    assert (refused.status_code, "it cannot have admin" in words(refused.text)) == (400, True)
    refused = await owner.post(KEYS, name="page", origins="https://a.example", read="true")
    assert (refused.status_code, "a secret key belongs on no page" in words(refused.text)) == (400, True)


async def test_what_signs_customer_tokens_is_made_and_shown_once(owner: Person):
    assert "There is none yet" in await owner.text(KEYS)
    assert secret_in(await owner.post(f"{KEYS}/token-secret")).startswith("gct_")
    assert "There is a secret" in await owner.text(KEYS)


async def test_requests_are_filtered_and_read(shop: Shop, owner: Person, hire: Hire, street_app: Any):
    secret = await asked(shop, street_app, "/v1/members", "/v1/redemptions", "/v1/redemptions/red_999")
    listed = await owner.text(REQUESTS)
    assert "GET /v1/redemptions/red_999 404" in listed
    assert f"till (***{secret[-4:]}) till/1" in listed
    for query, there in {
        "status=4xx": ["/v1/redemptions/red_999"], "status=2xx": ["/v1/members", "/v1/redemptions "],
        "path=/v1/members": ["/v1/members"], "user_agent=TILL": ["/v1/members", "/v1/redemptions "], "method=PUT": [],
        "user_agent=curl": [], "code=redemption_not_found": ["/v1/redemptions/red_999"],
    }.items():  # fmt: skip
        name, _, value = query.partition("=")
        said = words((await owner.http.get(REQUESTS, params={name: value})).text)
        for path in there:
            assert path in said, query
        assert ("No request is like this" in said) is not there, query
    found = re.search(rf'href="({REQUESTS}/req_[0-9a-f]+)"><code>POST /v1/members', (await owner.get(REQUESTS)).text)
    assert found is not None
    said = await owner.text(found[1])
    assert "a***@example.com" in said
    assert ANA not in said
    assert "curl -X POST" in said
    plain = await (await hire("read_only")).text(found[1])
    assert "What was sent and answered is for developers and owners alone" in plain
    assert "a***@example.com" not in plain
    assert "GET /v1/redemptions/red_999 404" in await owner.text(HOME)


async def test_a_request_becomes_curl_and_leads_to_the_reference():
    def request(**more: Any) -> Any:
        given = {"method": "POST", "path": "/v1/members", "query": None, "request": None, **more}
        return type("Request", (), given)()

    assert as_curl(request(request='{"name":"it\'s"}'), "http://shop") == (
        'curl -X POST http://shop/v1/members \\\n  -H "Authorization: Bearer $GUERDON_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n  -d '{\"name\":\"it'\"'\"'s\"}'"
    )
    assert "'http://shop/v1/members?q=a+b'" in as_curl(request(method="GET", query="q=a+b"), "http://shop")
    assert '-H "x-api-key: $GUERDON_KEY"' in as_curl(request(path="/api/v2/orders"), "http://shop")
    assert reference_of("GET", "/v1/redemptions/red_7") == "/docs#tag/redemptions/redemptions.fetch"
    assert reference_of("POST", "/v1/api_keys") == "/docs#tag/api-keys/api_keys.create"
    assert reference_of("GET", "/api/v2/customers") == "/docs"


async def test_events_are_looked_back_on(shop: Shop, owner: Person):
    assert "No events yet" in await owner.text(f"{HOME}/events")
    rule = await shop.rule()
    await shop.member(ANA, 100)
    one = await redeem(shop, ANA, rule.rule_id)
    await relay(shop.engine.database, shop.merchant.merchant_id)
    listed = await owner.get(f"{HOME}/events", about=f"red_{one.redemption_id}", live="true")
    assert "redemption.created" in words(listed.text)
    assert "delayed false" in words(listed.text), "as the event itself says it"
    assert 'hx-trigger="every 2s"' in listed.text
    assert "No event is like this" in await owner.text(f"{HOME}/events", topic="order.created")
    refused = await owner.get(f"{HOME}/events", topic="nothing.such")
    assert (refused.status_code, "nothing is told under" in words(refused.text)) == (400, True)
    found = re.search(rf"{HOME}/events/evt_[0-9a-f]+", listed.text)
    assert found is not None
    assert f'"redemption_id": {one.redemption_id}' in await owner.text(found[0])


@pytest_asyncio.fixture(loop_scope="session")
async def private(street: Street, shop: Shop, hire: Hire) -> Any:
    """The owner, at a server that may post to its own network."""
    owner = await hire("owner")
    async with await Outbound.open(allow_private=True) as outbound:
        callbacks = Callbacks(shop.engine.database, shop.engine.desk, outbound, shop.clock)
        engine = replace(shop.engine, callbacks=callbacks)
        app = surfaces(engine)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
            await http.post("/console/sign-in", data={"username": owner.username, "password": PASSWORD})
            found = CSRF.search((await http.get("/console/components")).text)
            assert found is not None
            yield replace(owner, http=http, csrf=found[1])


async def test_a_webhook_is_added_changed_stopped_and_removed(private: Person):
    assert "Nobody is told yet" in await private.text(HOOKS)
    made = await private.post(HOOKS, url="http://127.0.0.1:9/hook", topics="redemption.*\npoints.earned", name="Till")
    assert secret_in(made).startswith("whsec_")
    found = re.search(rf"{HOOKS}/whe_\d+", (await private.get(HOOKS)).text)
    assert found is not None
    place = found[0]
    assert "redemption.* points.earned" in await private.text(place)
    shown = words(await private.text(place, state="delivered", topic="points.*"))
    assert "There is none" in shown
    unclear = await private.get(place, topic="Points")
    assert (unclear.status_code, "is no topic" in words(unclear.text)) == (400, True)
    refused = await private.post(HOOKS, url="nowhere", name="x")
    assert refused.status_code == 400
    changed = await private.does(place, url="http://127.0.0.1:9/other", topics="order.created", name="Till 2")
    assert "Till 2" in words(changed.text)
    assert "order.created" in words(changed.text)
    tried = words((await private.post(f"{place}/test")).text)
    assert "There was no answer" in tried
    assert "Disabled" in words((await private.does(f"{place}/disable")).text)
    assert "Enabled" in words((await private.does(f"{place}/enable", from_now="true")).text)
    assert secret_in(await private.post(f"{place}/rotate")).startswith("whsec_")
    assert "Nobody is told yet" in words((await private.does(f"{place}/remove")).text)


@pytest.mark.parametrize("role", ["read_only", "manager", "support", "finance"])
async def test_who_is_no_developer_sees_lines_alone(hire: Hire, role: Any):
    person = await hire(role)
    for path, button in ((KEYS, "Make the key"), (HOOKS, "Add the webhook")):
        assert button not in await person.text(path)
        assert (await person.post(path, name="x", url="https://a.example")).status_code == 403
    assert (await person.post(f"{KEYS}/token-secret")).status_code == 403


async def test_the_clock_of_a_test_merchant_is_moved_after_a_look(street: Street, hire: Hire, owner: Person):
    assert "This merchant is live" in await owner.text(f"{HOME}/clock")
    person = await hire("developer", of=await street.shop(mode="test"))
    assert "Test clock" in await person.text(HOME)
    shown = words((await person.post(f"{HOME}/clock", days="3")).text)
    assert "It will be 13 Mar 2026 12:00" in shown
    moved = await person.does(f"{HOME}/clock", days="3", step="do")
    assert "3 nights have passed" in words(moved.text)
    assert "13 Mar 2026 12:00:00" in words(moved.text)
    assert (await person.post(f"{HOME}/clock", to="yesterday")).status_code == 400


async def test_another_merchants_keys_and_requests_are_not_there(
    shop: Shop, hire: Hire, street: Street, street_app: Any
):
    await asked(shop, street_app, "/v1/members")
    owner, stranger = await hire("owner"), await hire("owner", of=await street.shop())
    listed = (await owner.get(REQUESTS)).text + (await owner.get(KEYS)).text
    paths = set(re.findall(rf"(?:{REQUESTS}/req_[0-9a-f]+|{KEYS}/key_\d+)", listed))
    assert len(paths) == 2
    for path in paths:
        assert (await stranger.get(path)).status_code == 404, path


@pytest.mark.parametrize(
    ("days", "status", "why"),
    [
        ("0", 400, "or a number of days"),
        ("-1", 400, "or a number of days"),
        ("101", 422, "100 days"),
        ("1000000000000000", 422, "100 days"),
    ],
)
async def test_time_goes_on_by_as_many_days_as_there_can_be(
    hire: Hire, street: Street, days: str, status: int, why: str
):  # fmt: skip
    person = await hire("developer", of=await street.shop(mode="test"))
    answer = await person.post("/console/developers/clock", days=days, step="preview")
    assert (answer.status_code, why in words(answer.text)) == (status, True), words(answer.text)[-600:]
