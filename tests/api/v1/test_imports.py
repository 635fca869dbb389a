"""Imports over the native API: a file is read, told of row by row, booked once, and taken back."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

IMPORTS = "/v1/imports"
GOOD = "email,balance\nana@example.com,120\nben@example.com,50\n"
BAD = "email,balance,colour\nana@example.com,many,red\nben@example.com,50,blue\n"


async def test_a_file_is_imported_once_and_taken_back(shop: Shop, api: Api):
    answer = await api.post(IMPORTS, kind="members", content=GOOD, file="old.csv", key="k")
    report = answer.json()
    where = answer.headers["location"]
    assert (answer.status_code, where) == (201, f"{IMPORTS}/{report['import_id']}")
    assert (report["rows"], report["members"], report["booked"], report["agrees"]) == (2, 2, 170, True)
    assert await shop.balance("ana@example.com") == (120, 0)
    again = await api.post(IMPORTS, kind="members", content=GOOD, file="old.csv", key="k")
    assert (again.json(), again.headers["idempotent-replayed"]) == (report, "true")
    same = await api.post(IMPORTS, kind="members", content=GOOD)
    assert (same.status_code, same.json()["was_complete"]) == (200, True)
    told = (await api.get(where)).json()
    assert (told["object"], told["state"], told["file"], told["rows_done"]) == ("import", "complete", "old.csv", 2)
    assert [one["id"] for one in (await api.get(IMPORTS)).json()["data"]] == [told["id"]]
    assert (await api.post(f"{where}/undo", dry_run=True)).json()["points_spent"] == 0
    assert (await api.get(where)).json()["state"] == "complete"
    undone = (await api.post(f"{where}/undo")).json()
    assert (undone["erased"], undone["kept"], undone["points_spent"]) == (2, 0, 0)
    assert (await api.get(where)).json()["state"] == "undone"
    assert await contradictions(shop) == []


async def test_bad_rows_are_told_and_nothing_is_written(api: Api):
    answer = await api.post(IMPORTS, kind="members", content=BAD)
    report = answer.json()
    assert (answer.status_code, report["import_id"], report["bad_rows"]) == (200, None, 1)
    assert (report["bad"][0]["line"], report["bad"][0]["column"]) == (2, "balance")
    assert report["ignored_columns"] == ["colour"]
    assert (await api.get(IMPORTS)).json()["data"] == []
    some = (await api.post(IMPORTS, kind="members", content=BAD, skip_bad=True)).json()
    assert (some["members"], some["booked"], some["bad_rows"]) == (1, 50, 1)


async def test_a_dry_run_looks_and_writes_nothing(api: Api):
    tried = await api.post(IMPORTS, kind="members", content=GOOD, dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["rows"], tried.json()["import_id"]) == ("true", 2, None)
    assert (await api.get(IMPORTS)).json()["data"] == []


async def test_what_cannot_be_read_is_refused(api: Api):
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"preset": "abacus"}, "/preset"), ({"columns": {"a": "b"}}, "/columns"), ({"file": "../x"}, "/file"),
        ({"kind": "orders"}, "/kind"),
    ]  # fmt: skip
    for wrong, field in refusals:
        refused = await api.post(IMPORTS, **{"kind": "members", "content": GOOD, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, field)
    empty = await api.post(IMPORTS, kind="members", content="\n")
    assert (empty.status_code, empty.json()["code"]) == (400, "file_unreadable")


async def test_imports_of_another_merchant_are_not_there(street: Street, shop: Shop, api: Api):
    where = (await api.post(IMPORTS, kind="members", content=GOOD)).headers["location"]
    secret = await Api(await street.shop()).key()
    signed = {"authorization": f"Bearer {secret}"}
    refused = await shop.http.get(where, headers=signed)
    assert (refused.status_code, refused.json()["code"]) == (404, "import_not_found")
    assert (await shop.http.post(f"{where}/undo", json={}, headers=signed)).status_code == 404
