"""Two days of a merchant's: one with members and their points, one with what there is besides. The examples are from
them.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from guerdon.api.incoming import LINES
from guerdon.api.openapi import PATH_PARAMETER
from guerdon.api.v1.export_files import DOWNLOAD
from guerdon.api.v1.exports import ROUTE as EXPORTS
from guerdon.api.v1.import_files import CSV, UPLOAD
from guerdon.api.v1.routes import ROUTES
from guerdon.api.v1.stream import ROUTE as STREAM
from guerdon.api.wire import Route
from guerdon.events.log import relay
from tests.api.v1.conftest import Api
from tests.api.v1.rules import ordinarily, strictly
from tests.webhooks.receiver import delivering, receiving


def _by_name() -> dict[str, Route[Any]]:
    """Every operation by its id in the document."""
    found: dict[str, Route[Any]] = {}
    for route in (*ROUTES, STREAM, EXPORTS, UPLOAD, DOWNLOAD):
        name = f"{route.handle.__module__.rpartition('.')[2]}.{route.handle.__name__}"
        if name in found:
            path = PATH_PARAMETER.sub(r"{\1}", route.path)
            name += re.sub(r"\W+", "_", f"_at{path}")
        found[name] = route
    return found


BY_NAME = _by_name()
FILE = "email,balance\nana@example.com,120\nben@example.com,50\n"
OLD = "Email,Punkte\nana@example.com,120\nben@example.com,many\n"


class Day:
    """What was asked and answered, by operation. A day that is lived `strictly` asks for nothing but by the rules that
    tests/api/v1/rules.py holds all operations to.
    """

    def __init__(self, api: Api, *, strictly: bool = False) -> None:
        self._api = api
        self._strictly = strictly
        self.told: dict[str, dict[str, Any]] = {}

    async def ask(self, operation: str, **request: Any) -> Any:
        """Ask something; it goes well, and is noted."""
        route = BY_NAME[operation]
        path = PATH_PARAMETER.sub(lambda found: str(request[found[1]]), route.path)
        rest = {name: value for name, value in request.items() if name not in PATH_PARAMETER.findall(route.path)}
        if self._strictly:
            if not self.told:
                await self._api.get("/v1/events")  # the first use of a key is noted with it
            answer = await strictly(self._api.shop, operation, route, path, rest)
        else:
            answer = await ordinarily(self._api.shop, route, path, rest)
        assert answer.status_code in (200, 201, 202), (operation, answer.text)
        text = answer.headers["content-type"].startswith(CSV)
        told = answer.text if text else msgspec.json.decode(answer.content.partition(b"\n")[0])
        self.told[operation] = {**({"request": request} if request else {}), "response": told}
        return told

    async def send(self, operation: str, content: str, /, **request: Any) -> Any:
        """Send a file as it is; it goes well, and is noted."""
        path, headers = BY_NAME[operation].path, {"content-type": CSV}
        answer = await self._api.shop.http.post(path, content=content, params=request, headers=headers)
        assert answer.status_code == 201, (operation, answer.text)
        self.told[operation] = {"request": request, "file": content, "response": answer.json()}
        return answer.json()

    async def ask_lines(self, operation: str, *lines: dict[str, Any]) -> Any:
        """Ask many at once; the first goes well, and is noted."""
        content = b"\n".join(map(msgspec.json.encode, lines))
        path, headers = BY_NAME[operation].path, {"content-type": LINES}
        answer = await self._api.shop.http.post(path, content=content, headers=headers)
        told = msgspec.json.decode(answer.content.partition(b"\n")[0])
        assert told["status"] in (200, 201), answer.text
        self.told[operation] = {"lines": list(lines), "response": told}


async def day(
    api: Api, carry: Callable[[], Awaitable[object]], *, strictly: bool = False
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """The whole day, of a test merchant whose key may administer, on a server that may post to its own network; `carry`
    has the files read and written that wait for it.
    """
    told = Day(api, strictly=strictly)
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
    await _files(told, carry)
    [changed, *_] = (await told.ask("audit_entries.find", kind="webhook_endpoint", limit=1))["data"]
    await told.ask("audit_entries.fetch", id=changed["id"])
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


async def _files(told: Day, carry: Callable[[], Awaitable[object]]) -> None:
    mistaken = await told.send("import_files.upload", FILE, kind="members", file="mistaken.csv")
    await told.ask("import_files.cancel", id=mistaken["id"])
    sent = await told.send("import_files.upload", OLD, kind="members", file="old.csv", columns="Punkte=balance")
    await carry()
    await told.ask("import_files.bad_rows", id=sent["id"], limit=10)
    await told.ask("import_files.bad_rows_file", id=sent["id"])
    await told.ask("import_files.start", id=sent["id"], skip_bad=True)
    await carry()
    left = await told.ask("export_files.create", kind="lots", format="ndjson")
    await told.ask("export_files.cancel", id=left["id"])
    asked = await told.ask("export_files.create", kind="members")
    await carry()
    await told.ask("export_files.fetch", id=asked["id"])
    await told.ask("export_files.find", limit=1)
    await told.ask("export_files.download", id=asked["id"])


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
