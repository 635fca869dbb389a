"""A merchant's day with what the native API has beside points: where its examples are from."""

from typing import Any

from guerdon.api.openapi import PATH_PARAMETER
from guerdon.api.v1.routes import ROUTES
from guerdon.events.log import relay
from tests.api.v1.conftest import Api
from tests.webhooks.receiver import delivering, receiving

BY_NAME = {f"{route.handle.__module__.rpartition('.')[2]}.{route.handle.__name__}": route for route in ROUTES}
FILE = "email,balance\nana@example.com,120\nben@example.com,50\n"


class Day:
    """What was asked and answered, by operation."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.told: dict[str, dict[str, Any]] = {}

    async def ask(self, operation: str, **request: Any) -> Any:
        """Ask something; it goes well, and is noted."""
        route = BY_NAME[operation]
        path = PATH_PARAMETER.sub(lambda found: str(request[found[1]]), route.path)
        rest = {name: value for name, value in request.items() if name not in PATH_PARAMETER.findall(route.path)}
        sent: dict[str, Any] = {"params": rest} if route.method == "GET" else {"json": rest}
        answer = await self._api.shop.http.request(route.method, path, **sent)
        assert answer.status_code in (200, 201), (operation, answer.text)
        self.told[operation] = {**({"request": request} if request else {}), "response": answer.json()}
        return answer.json()


async def day(api: Api) -> dict[str, dict[str, Any]]:
    """The whole day, of a test merchant whose key may administer, on a server that may post to its own network."""
    told = Day(api)
    async with receiving() as receiver, delivering(api.shop) as deliverer:
        made = await told.ask(
            "webhook_endpoints.create", url=receiver.url, name="till", topics=["member.*"], metadata={"team": "crm"}
        )
        await _imports(told)
        await relay(api.shop.engine.database, api.shop.merchant.merchant_id)
        await deliverer.run_once()
        await told.ask("webhook_endpoints.test", id=made["id"])
        [sent, *_] = (await told.ask("deliveries.find", id=made["id"], limit=1))["data"]
        await told.ask("deliveries.fetch", id=sent["id"])
        await told.ask("webhook_endpoints.send_again", id=made["id"], first=1, last=2)
    await _endpoint(told, made["id"])
    [event, *_] = (await told.ask("events.find", after=0, topics="member.*", limit=1))["data"]
    await told.ask("events.fetch", id=event["id"])
    await _keys(told)
    await told.ask("merchants.fetch")
    await told.ask("merchants.change", policies={"hold_days": 14}, rates={"EUR": "0.9"})
    await told.ask("test_clock.fetch")
    await told.ask("test_clock.advance_time", by_seconds=86400)
    await api.shop.engine.requests.flush()
    [asked, *_] = (await told.ask("api_requests.find", status="2xx", path="/v1/imports", limit=1))["data"]
    await told.ask("api_requests.fetch", id=asked["id"])
    return told.told


async def _imports(told: Day) -> None:
    report = await told.ask("imports.create", kind="members", file="members.csv", content=FILE, events=True)
    await told.ask("imports.find", limit=10)
    await told.ask("imports.fetch", id=report["import_id"])
    await told.ask("imports.take_back", id=report["import_id"])


async def _endpoint(told: Day, endpoint: str) -> None:
    await told.ask("webhook_endpoints.find", limit=10)
    await told.ask("webhook_endpoints.fetch", id=endpoint)
    await told.ask("webhook_endpoints.change", id=endpoint, topics=["redemption.*", "points.earned"])
    await told.ask("webhook_endpoints.rotate", id=endpoint, overlap=3600)
    await told.ask("webhook_endpoints.disable", id=endpoint)
    await told.ask("webhook_endpoints.enable", id=endpoint, from_now=True)
    await told.ask("webhook_endpoints.remove", id=endpoint)


async def _keys(told: Day) -> None:
    key = await told.ask("api_keys.create", name="checkout", scopes=["redeem", "read"], limit_per_second=50)
    await told.ask("api_keys.find", limit=10)
    await told.ask("api_keys.fetch", id=key["id"])
    await told.ask("api_keys.change", id=key["id"], limit_per_second=100)
    await told.ask("api_keys.revoke", id=key["id"])
