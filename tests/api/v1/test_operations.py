"""The examples of operations are what a server answers: the days that they are from are lived again, and by the rules
that all operations have in common.

With GUERDON_TESTS_RECORD in the environment, what is answered becomes the examples.
"""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import httpx
import msgspec
import pytest
import pytest_asyncio

from guerdon.access.keys import SCOPES, create_key
from guerdon.callbacks.settle import Callbacks
from guerdon.docs.examples import FOLDER
from guerdon.kit.outbound import Outbound
from guerdon.worker.porter import Porter
from tests.api.v1.conftest import Api
from tests.api.v1.members_day import members_day
from tests.api.v1.operations import BY_NAME, day
from tests.shop import surfaces
from tests.street import Street

RECORDS = bool(os.environ.get("GUERDON_TESTS_RECORD"))

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODULES = {
    "api_keys",
    "api_requests",
    "audit_entries",
    "deliveries",
    "events",
    "export_files",
    "import_files",
    "imports",
    "merchants",
    "test_clock",
    "webhook_endpoints",
}


@pytest_asyncio.fixture(loop_scope="session")
async def administrator(street: Street) -> AsyncIterator[Api]:
    """A test merchant with a key that may administer, on a server that may post to its own network."""
    shop = await street.shop(mode="test")
    secret = await create_key(
        street.engine.database, shop.merchant.merchant_id, name="server", now=shop.clock(), scopes=(*SCOPES, "admin")
    )
    async with await Outbound.open(allow_private=True) as outbound:
        callbacks = Callbacks(shop.engine.database, shop.engine.desk, outbound, shop.clock)
        engine = replace(shop.engine, callbacks=callbacks)
        app = surfaces(engine)
        headers = {"authorization": f"Bearer {secret}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
            yield Api(replace(shop, api_key=secret, http=http))


async def test_each_example_is_what_a_server_answers(administrator: Api, street: Street):
    shop = administrator.shop
    merchant_id = shop.merchant.merchant_id
    porter = Porter(shop.engine.database, street.dsn, clock=shop.clock, merchant_id=merchant_id)
    lived = await day(administrator, porter.run_once, strictly=not RECORDS)
    assert lived.keys() == {name for name in BY_NAME if name.partition(".")[0] in MODULES}
    compare("operations.json", lived)


async def test_each_example_of_members_and_points_is_what_a_server_answers(administrator: Api):
    lived = await members_day(administrator, strictly=not RECORDS)
    compare("members.json", lived)


def compare(name: str, lived: dict[str, dict[str, Any]]) -> None:
    """What was lived with what the examples say; or make it what they say."""
    file = FOLDER / name
    if RECORDS:
        file.write_text(json.dumps(lived, indent=2, ensure_ascii=False) + "\n", "utf-8")
    shown = msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, Any]])
    assert lived.keys() == shown.keys()
    for name, example in shown.items():
        assert _alike(example["response"], lived[name]["response"]), name
        assert example.get("request", {}).keys() == lived[name].get("request", {}).keys(), name


def _alike(one: object, other: object) -> bool:
    """Whether two answers have the same fields, of the same kinds; null is of any."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return left.keys() == right.keys() and all(_alike(left[name], right[name]) for name in left)
    if isinstance(one, list) and isinstance(other, list):
        some, more = cast("list[object]", one), cast("list[object]", other)
        return all(any(_alike(each, one) for each in some) for one in more) if some else True
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (bool, (int, float), str))
