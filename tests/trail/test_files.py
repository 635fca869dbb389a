"""Whoever brings data in, takes that back, or takes data out is in the trail, in its commit where there is one."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guerdon.access.keys import GRANTABLE, create_key
from guerdon.trail.changes import Change, Sought, list_changes
from guerdon.worker.porter import Porter
from tests.api.portal_shop import street_app
from tests.shop import Shop
from tests.street import Street

__all__ = ["street_app"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESS = "203.0.113.9"
MEMBERS = "email,balance\nana@example.com,120\nben@example.com,50\n"


@pytest_asyncio.fixture(loop_scope="session")
async def api(shop: Shop, street_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the native API, from a made-up address."""
    key = await create_key(
        shop.engine.database, shop.merchant.merchant_id, name="back office", now=shop.clock(), scopes=GRANTABLE
    )
    transport = httpx.ASGITransport(street_app, client=(ADDRESS, 1))
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
        yield http


async def changes(shop: Shop, kind: str) -> list[Change]:
    """What the trail says of things of a kind, oldest first."""
    found = await list_changes(shop.engine.database, shop.merchant.merchant_id, Sought(subject_kind=kind), 100)
    return found[::-1]


async def told(answer: Any) -> Any:
    """What a request that goes well is answered."""
    done = await answer
    assert done.status_code in (200, 201), done.text
    return done.json()


async def carry(street: Street, shop: Shop) -> None:
    """What a porter does."""
    porter = Porter(shop.engine.database, street.dsn, clock=shop.clock, merchant_id=shop.merchant.merchant_id)
    assert await porter.run_once() == 1


async def test_an_import_at_once_and_its_undoing_are_told(shop: Shop, api: httpx.AsyncClient):
    made = await told(api.post("/v1/imports", json={"kind": "members", "content": MEMBERS, "file": "old.csv"}))
    shop.clock.advance(minutes=1)
    await told(api.post("/v1/imports", json={"kind": "members", "content": MEMBERS, "file": "old.csv"}))
    await told(api.post(f"/v1/imports/{made['import_id']}/undo", json={"dry_run": True}))
    await told(api.post(f"/v1/imports/{made['import_id']}/undo"))

    begun, undone = await changes(shop, "import")

    assert begun.after is not None
    assert (begun.action, undone.action) == ("import.started", "import.undone")
    assert begun.after == {"kind": "members", "file": "old.csv", "rows": 2, "points": 170}
    assert undone.after == {**begun.after, "force": False}
    for one in (begun, undone):
        assert (one.actor.partition(":")[0], one.address) == ("key", ADDRESS)
        assert one.request_id is not None


async def test_an_import_by_a_worker_is_told_by_whoever_asked_for_it(
    street: Street, shop: Shop, api: httpx.AsyncClient
):
    headers = {"content-type": "text/csv"}
    sent = await told(api.post("/v1/imports/upload?kind=members&file=old.csv", content=MEMBERS, headers=headers))
    await carry(street, shop)
    assert await changes(shop, "import") == []
    at = f"/v1/imports/{sent['id']}"
    await told(api.post(f"{at}/start"))
    await told(api.post(f"{at}/cancel"))
    await told(api.post(f"{at}/start"))
    await told(api.post(f"{at}/undo"))  # while it runs: a worker does it
    await carry(street, shop)

    found = await changes(shop, "import")

    assert [one.action for one in found] == ["import.started", "import.stopped", "import.started", "import.undone"]
    assert {one.address for one in found} == {ADDRESS}
    assert {one.subject_id for one in found} == {sent["id"].removeprefix("bat_")}
    shown = await told(api.get("/v1/audit_entries", params={"kind": "import", "subject": sent["id"]}))
    assert [one["subject"] for one in shown["data"]] == [sent["id"]] * 4


async def test_an_export_is_told_when_it_is_asked_for_and_when_it_is_fetched(
    street: Street, shop: Shop, api: httpx.AsyncClient
):
    await shop.member("ana@example.com", 100)
    asked = await told(api.post("/v1/export_files", json={"kind": "members", "format": "csv"}))
    assert (await api.get(f"/v1/export_files/{asked['id']}/content")).status_code == 409
    await carry(street, shop)
    assert (await api.get(f"/v1/export_files/{asked['id']}/content")).status_code == 200
    assert (await api.get("/v1/exports/orders")).status_code == 200
    assert (await api.get("/v1/exports/secrets")).status_code == 400

    found = await changes(shop, "export")

    assert [(one.action, one.subject_id, one.after) for one in found] == [
        ("export.asked", asked["id"].removeprefix("exp_"), {"kind": "members", "format": "csv"}),
        ("export.fetched", asked["id"].removeprefix("exp_"), {"kind": "members", "format": "csv"}),
        ("export.written", "", {"kind": "orders", "format": "ndjson"}),
    ]
    assert {one.address for one in found} == {ADDRESS}
