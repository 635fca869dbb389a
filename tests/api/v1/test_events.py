"""Events of the native API: the log a page at a time, one event, and the stream."""

import asyncio
from typing import Any

import msgspec
import pytest

from guerdon.api.v1.stream import stream
from guerdon.events.log import relay
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = "/v1/events"


async def happened(shop: Shop, *names: str) -> None:
    """So many members come, and their events have numbers."""
    for name in names:
        await shop.member(f"{name}@example.com", 10)
    await relay(shop.engine.database, shop.merchant.merchant_id)


async def test_events_are_read_in_order_a_page_at_a_time(shop: Shop, api: Api):
    await happened(shop, "ana", "ben", "cem")
    first = await api.get(f"{EVENTS}?limit=2")
    assert [(one["object"], one["sequence"]) for one in first.json()["data"]] == [("event", 1), ("event", 2)]
    assert 'rel="next"' in first.headers["link"]
    second = (await api.get(f"{EVENTS}?limit=2&cursor={first.json()['next_cursor']}")).json()
    assert [one["sequence"] for one in second["data"]] == [3, 4]
    rest = (await api.get(f"{EVENTS}?after=4")).json()
    assert ([one["sequence"] for one in rest["data"]], rest["has_more"]) == ([5, 6], False)


async def test_some_topics_are_found_by_name_and_by_pattern(shop: Shop, api: Api):
    await happened(shop, "ana")
    for topics in ("points.adjusted", "points.*", "points.adjusted, tier.*"):
        answer = await api.get(f"{EVENTS}?topics={topics}")
        assert [one["type"] for one in answer.json()["data"]] == ["points.adjusted"], topics
    for wrong in ("points.lost", "lost.*", "Points"):
        refused = await api.get(f"{EVENTS}?topics={wrong}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/topics")


async def test_one_event_is_read_by_its_id(street: Street, shop: Shop, api: Api):
    await shop.member("ana@example.com")
    await happened(shop, "ben")
    one = (await api.get(EVENTS)).json()["data"][0]
    assert (await api.get(f"{EVENTS}/{one['id']}")).json() == one
    assert (one["member"][:4], one["type"]) == ("mem_", "member.created")
    other = await street.shop()
    await happened(other, "eva")
    row = await other.engine.database.fetchrow(
        "SELECT event_id FROM event WHERE merchant_id = $1 LIMIT 1", other.merchant.merchant_id
    )
    assert row is not None
    refused = await api.get(f"{EVENTS}/evt_{row[0].hex}")
    assert (refused.status_code, refused.json()["code"]) == (404, "event_not_found")


async def test_an_event_has_no_number_at_first(shop: Shop, api: Api):
    await shop.member("ana@example.com")
    row = await shop.engine.database.fetchrow(
        "SELECT event_id FROM event WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert row is not None
    assert (await api.get(f"{EVENTS}/evt_{row[0].hex}")).json()["sequence"] is None


class Watcher:
    """A client of the stream: what it is told comes piece by piece."""

    def __init__(self, shop: Shop, query: str = "", *, heartbeat_s: float = 60, **headers: str) -> None:
        self.draining, self.gone = asyncio.Event(), asyncio.Event()
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        sent = {"authorization": f"Bearer {shop.api_key}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        scope: Any = {
            "type": "http", "method": "GET", "path": f"{EVENTS}/stream", "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        application = stream(lambda: shop.engine, self.draining, heartbeat_s=heartbeat_s)
        send: Any = self.told.put
        self.task = asyncio.ensure_future(application(scope, self._receive, send))

    async def _receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> dict[str, Any]:
        """The next piece."""
        return await asyncio.wait_for(self.told.get(), 60)

    async def begun(self) -> "Watcher":
        """After the head and the first line."""
        assert (await self.next())["status"] == 200
        assert (await self.next())["body"] == b"retry: 2000\n\n"
        return self

    async def events(self) -> list[tuple[int, str, Any]]:
        """The next piece, read as events."""
        found: list[tuple[int, str, Any]] = []
        for part in (await self.next())["body"].decode().strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in part.split("\n"))
            found.append((int(fields["id"]), fields["event"], msgspec.json.decode(fields["data"])))
        return found

    async def end(self) -> None:
        """The server is told to end, and so does the stream."""
        self.draining.set()
        await asyncio.wait_for(self.task, 60)


async def test_the_stream_tells_what_happens_from_now_on(shop: Shop, api: Api):
    await happened(shop, "ana")
    watcher = await Watcher(shop).begun()
    await happened(shop, "ben")
    told = await watcher.events()
    assert [(number, kind) for number, kind, _ in told] == [(3, "member.created"), (4, "points.adjusted")]
    assert told[0][2] == (await api.get(f"{EVENTS}?after=2")).json()["data"][0]
    await watcher.end()
    assert (await watcher.next())["more_body"] is False


async def test_the_stream_goes_on_after_the_last_event_that_was_seen(shop: Shop):
    await happened(shop, "ana", "ben")
    back = await Watcher(shop, "after=0", last_event_id="3").begun()
    assert [number for number, _, _ in await back.events()] == [4]
    await back.end()
    some = await Watcher(shop, "after=0&topics=points.*").begun()
    assert [number for number, _, _ in await some.events()] == [2, 4]
    await some.end()


async def test_a_stream_is_part_of_the_history_while_it_goes_on(shop: Shop, api: Api):
    watcher = await Watcher(shop).begun()
    await shop.engine.requests.flush()
    [noted] = (await api.get(f"/v1/api_requests?path={EVENTS}/stream")).json()["data"]
    assert (noted["status"], noted["method"]) == (200, "GET")
    await watcher.end()


async def test_the_stream_ends_when_the_client_goes(shop: Shop):
    watcher = await Watcher(shop).begun()
    watcher.gone.set()
    await asyncio.wait_for(watcher.task, 60)


async def test_the_stream_shows_that_it_lives_until_its_key_is_revoked(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    watcher = await Watcher(shop, heartbeat_s=0).begun()
    assert (await watcher.next())["body"] == b":\n\n"
    monkeypatch.setattr("guerdon.access.keys.FRESH_FOR_S", -1)
    await shop.engine.database.execute(
        "UPDATE api_key SET revoked_at = $2 WHERE merchant_id = $1", shop.merchant.merchant_id, shop.clock()
    )
    await asyncio.wait_for(watcher.task, 60)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {"authorization": "Bearer gk_1_wrong"}, 401),
        ("after=-1", {}, 400),
        ("after=x", {}, 400),
        ("topics=lost.*", {}, 400),
        ("", {"last_event_id": "x"}, 400),
        ("since=1", {}, 400),
    ],
)
async def test_a_stream_that_cannot_be_is_refused_as_a_problem(
    shop: Shop, query: str, headers: dict[str, Any], status: int
):
    watcher = Watcher(shop, query, **headers)
    head = await watcher.next()
    assert (head["status"], dict(head["headers"])[b"content-type"]) == (status, b"application/problem+json")
    assert msgspec.json.decode((await watcher.next())["body"])["status"] == status


async def test_the_stream_is_served(shop: Shop):
    answer = await shop.http.post(f"{EVENTS}/stream")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
