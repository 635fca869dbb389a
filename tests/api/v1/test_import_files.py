"""Files sent to be imported, and exports to be fetched, over the native API; a porter does the work."""

import csv
import io
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from guerdon.api.v1 import imports
from guerdon.bulk import exporting
from guerdon.worker.porter import Porter
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions
from tests.worker.hands import night

pytestmark = pytest.mark.asyncio(loop_scope="session")

UPLOAD, EXPORTS = "/v1/imports/upload", "/v1/export_files"
GOOD = "Email,Punkte\nana@example.com,120\nben@example.com,50\n"
BAD = "email,balance\nana@example.com,many\nben@example.com,50\n"


async def send(api: Api, text: str, media: str = "text/csv", **query: Any) -> httpx.Response:
    """Send a file as it is, block by block."""

    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, len(text), 10):
            yield text[start : start + 10].encode()

    headers = {"content-type": media}
    return await api.shop.http.post(UPLOAD, content=blocks(), params={"kind": "members", **query}, headers=headers)


async def carry(street: Street, shop: Shop) -> int:
    """What a porter does."""
    return await Porter(
        shop.engine.database, street.dsn, clock=shop.clock, merchant_id=shop.merchant.merchant_id
    ).run_once()  # fmt: skip


async def test_a_file_is_previewed_started_watched_and_taken_back(
    street: Street, shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch
):
    await shop.member("ben@example.com")
    answer = await send(api, GOOD, file="old.csv", columns="Punkte=balance")
    sent, where = answer.json(), answer.headers["location"]
    assert (answer.status_code, where, sent["state"]) == (201, f"/v1/imports/{sent['id']}", "looking")
    assert (sent["progress"]["stage"], sent["preview"]) == ("waiting", None)
    assert (await api.post(f"{where}/start")).json()["code"] == "import_in_other_state"
    assert await carry(street, shop) == 1
    looked = (await api.get(where)).json()
    assert (looked["state"], looked["progress"]) == ("ready", None)
    assert looked["preview"] == {
        "rows": 2, "good_rows": 2, "bad_rows": 0, "new": 1, "changed": 1, "points": 170, "used": 0, "skip_bad": False,
        "columns": [{"theirs": "email", "ours": "email"}, {"theirs": "punkte", "ours": "balance"}],
        "ignored_columns": [],
    }  # fmt: skip
    again = await send(api, GOOD, file="old.csv", columns="Punkte=balance")
    assert again.json()["id"] == sent["id"]
    assert (await api.post(f"{where}/start")).json()["state"] == "running"
    assert (await api.post(f"{where}/start")).json()["state"] == "running"
    assert await carry(street, shop) == 1
    done = (await api.get(where)).json()
    assert (done["state"], done["rows_done"], done["members"]) == ("complete", 2, 1)
    assert [one["id"] for one in (await api.get("/v1/imports")).json()["data"]] == [sent["id"]]
    monkeypatch.setattr(imports, "WAITED_ROWS_MAX", 1)
    assert (await api.post(f"{where}/undo")).json()["state"] == "undoing"
    assert await carry(street, shop) == 1
    assert (await api.get(where)).json()["state"] == "undone"
    assert await contradictions(shop) == []


async def test_bad_rows_are_listed_and_fetched_to_be_mended_and_sent_again(street: Street, shop: Shop, api: Api):
    where = (await send(api, BAD)).headers["location"]
    await carry(street, shop)
    told = (await api.get(f"{where}/bad_rows")).json()
    assert [(row["line"], row["column"], row["value"]) for row in told["data"]] == [(2, "balance", "many")]
    file = await api.get(f"{where}/bad_rows.csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(row["email"], row["balance"], row["bad_line"]) for row in rows] == [("ana@example.com", "many", "2")]
    assert "whole number" in rows[0]["reason"]
    refused = await api.post(f"{where}/start")
    assert (refused.status_code, refused.json()["code"]) == (422, "import_has_bad_rows")
    assert (await api.post(f"{where}/start", skip_bad=True)).json()["state"] == "running"
    mended = (await send(api, file.text.replace("many", "120"))).headers["location"]
    await carry(street, shop)
    assert (await api.get(mended)).json()["preview"]["bad_rows"] == 0
    await api.post(f"{mended}/start")
    await carry(street, shop)
    assert (await shop.balance("ana@example.com"), await shop.balance("ben@example.com")) == ((120, 0), (50, 0))


async def test_one_that_waits_is_cancelled(street: Street, shop: Shop, api: Api):
    where = (await send(api, GOOD)).headers["location"]
    assert (await api.post(f"{where}/cancel")).json()["state"] == "cancelled"
    assert (await api.post(f"{where}/cancel")).json()["state"] == "cancelled"
    assert await carry(street, shop) == 0
    assert (await api.post(f"{where}/undo")).json()["code"] == "import_in_other_state"


@pytest.mark.parametrize(
    ("query", "text", "status", "code"),
    [
        ({"preset": "abacus"}, GOOD, 400, "bad_field"),
        ({"columns": "colour"}, GOOD, 400, "bad_field"),
        ({"columns": "a=b"}, GOOD, 400, "bad_field"),
        ({"levels": "Gold=two"}, GOOD, 400, "bad_field"),
        ({"kind": "orders"}, GOOD, 400, "bad_field"),
        ({"file": "../x"}, GOOD, 400, "bad_field"),
        ({}, "", 400, "file_unreadable"),
    ],
)
async def test_what_cannot_be_taken_is_refused(api: Api, query: dict[str, Any], text: str, status: int, code: str):
    refused = await send(api, text, **query)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await api.get("/v1/imports")).json()["data"] == []


async def test_files_are_their_merchants_and_of_who_may_write(street: Street, shop: Shop, api: Api):
    where = (await send(api, GOOD)).headers["location"]
    other = {"authorization": f"Bearer {await Api(await street.shop()).key()}"}
    for method, path in [
        ("GET", where), ("GET", f"{where}/bad_rows"), ("GET", f"{where}/bad_rows.csv"), ("POST", f"{where}/start"),
        ("POST", f"{where}/cancel"), ("POST", f"{where}/undo"),
    ]:  # fmt: skip
        refused = await shop.http.request(method, path, headers=other)
        assert (refused.status_code, refused.json()["code"]) == (404, "import_not_found"), path
    reader = {"authorization": f"Bearer {await api.key(scopes=('read',))}"}
    refused = await shop.http.post(UPLOAD, params={"kind": "members"}, content=GOOD, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_an_export_is_asked_for_and_fetched(street: Street, shop: Shop, api: Api):
    await shop.member("ana@example.com", 120)
    answer = await api.post(EXPORTS, kind="members")
    asked, where = answer.json(), answer.headers["location"]
    assert (answer.status_code, asked["state"], asked["progress"]["stage"]) == (201, "running", "waiting")
    early = await api.get(f"{where}/content")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    assert await carry(street, shop) == 1
    done = (await api.get(where)).json()
    assert (done["state"], done["rows"], done["progress"]) == ("complete", 1, None)
    packed = await api.get(f"{where}/content")
    plain = await api.get(f"{where}/content", **{"accept-encoding": "identity"})
    assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert packed.text == plain.text
    [row] = csv.DictReader(io.StringIO(plain.text))
    assert (row["email"], row["balance"]) == ("ana@example.com", "120")
    assert [one["id"] for one in (await api.get(EXPORTS)).json()["data"]] == [asked["id"]]
    shop.clock.advance(days=exporting.KEPT_DAYS + 1)
    await night(shop)
    assert (await api.get(f"{where}/content")).json()["code"] == "export_not_ready"


async def test_a_large_export_is_kept_in_pieces_and_comes_whole(
    street: Street, shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exporting, "PIECE_BYTES", 16)
    for number in range(40):
        await shop.member(f"{zlib.crc32(bytes([number]))}@example.com", number + 1)
    where = (await api.post(EXPORTS, kind="lots", format="ndjson")).headers["location"]
    await carry(street, shop)
    lines = (await api.get(f"{where}/content")).content.splitlines()
    assert sum(msgspec.json.decode(line)["points"] for line in lines) == 820


async def test_an_export_is_cancelled_and_is_its_merchants(street: Street, shop: Shop, api: Api):
    assert (await api.post(EXPORTS, kind="secrets")).json()["code"] == "bad_field"
    where = (await api.post(EXPORTS, kind="entries")).headers["location"]
    other = {"authorization": f"Bearer {await Api(await street.shop()).key()}"}
    assert (await shop.http.get(where, headers=other)).json()["code"] == "export_not_found"
    assert (await api.post(f"{where}/cancel")).json()["state"] == "cancelled"
    assert (await api.post(f"{where}/cancel")).json()["state"] == "cancelled"
    assert await carry(street, shop) == 0


async def test_what_is_asked_under_a_key_is_done_once_and_a_dry_run_keeps_nothing(street: Street, shop: Shop, api: Api):
    where = (await send(api, GOOD, columns="Punkte=balance")).headers["location"]
    await carry(street, shop)
    for action, state in (("start", "running"), ("cancel", "cancelled")):
        tried = await api.post(f"{where}/{action}?dry_run=true")
        assert (tried.status_code, tried.headers["dry-run"], tried.json()["state"]) == (200, "true", state)
        assert (await api.get(where)).json()["state"] == "ready"
    tried = await api.post(f"{EXPORTS}?dry_run=true", kind="members")
    assert (tried.status_code, tried.headers["dry-run"]) == (200, "true")
    assert (await api.get(EXPORTS)).json()["data"] == []
    first, again = [await api.post(EXPORTS, key="e-1", kind="members") for _ in range(2)]
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert [one["id"] for one in (await api.get(EXPORTS)).json()["data"]] == [first.json()["id"]]
    tried = await api.post(f"{first.headers['location']}/cancel?dry_run=true")
    assert tried.json()["state"] == "cancelled"
    assert (await api.get(first.headers["location"])).json()["state"] == "running"
