"""What goes around any request: traces that are kept, and large answers made small."""

import gzip

import httpx
import pytest

from guerdon.access.history import Asked, list_requests
from guerdon.api.surroundings import SMALL_BYTES, packed, takes_gzip, trace_of
from tests.api.portal_shop import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"00-{TRACE}-{SPAN}-01", TRACE),
        (f"01-{TRACE}-{SPAN}-01-more", TRACE),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        ("", None),
        (None, None),
    ],
)
async def test_a_trace_is_read_as_its_specification_has_it(header: str | None, trace: str | None):
    assert trace_of(header) == trace


@pytest.mark.parametrize(
    ("accept", "takes"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("gzip; q=0.0", False), ("br", False),
     (None, False)],
)  # fmt: skip
async def test_gzip_is_for_whoever_takes_it(accept: str | None, takes: bool):
    assert takes_gzip(accept) is takes


async def test_only_what_is_large_is_made_small():
    small, large = b"x" * (SMALL_BYTES - 1), b"x" * SMALL_BYTES
    assert packed(small, "gzip") == (small, ())
    assert packed(large, "br") == (large, ())
    sent, headers = packed(large, "gzip")
    assert (gzip.decompress(sent), dict(headers)[b"content-encoding"]) == (large, b"gzip")
    assert len(sent) < 100


async def test_large_answers_come_small_and_say_the_same(portal: Portal):
    http, signed = portal.shop.http, {"authorization": f"Bearer {portal.shop.api_key}"}
    for number in range(6):
        url = f"https://shop.example/{number}"
        await http.post("/v1/webhook_endpoints", json={"url": url}, headers=signed)

    async def endpoints(accept: str) -> httpx.Response:
        return await http.get("/v1/webhook_endpoints", headers={**signed, "accept-encoding": accept})

    plain, small = await endpoints("identity"), await endpoints("gzip")
    assert "content-encoding" not in plain.headers
    assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "accept-encoding")
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    assert small.json() == plain.json()


async def test_the_history_keeps_the_trace_of_a_request(portal: Portal):
    signed = {"authorization": f"Bearer {portal.shop.api_key}", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    await portal.shop.http.get("/v1/redemptions", headers=signed)
    engine = portal.shop.engine
    await engine.requests.flush()
    [kept] = await list_requests(engine.database, portal.merchant_id, Asked(path="/v1/redemptions"), 10)
    assert kept.trace_id == TRACE
    answer = await portal.shop.http.get(f"/v1/api_requests/req_{kept.request_id.hex}", headers=signed)
    assert answer.json()["trace_id"] == TRACE
