"""Every page of the console, as whoever uses it finds it: nothing in the way, nothing amiss, nothing from elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.browser.conftest import CUSTOMER, Site, Window
from tests.browser.crawl import every_page, readable

pytestmark = pytest.mark.asyncio(loop_scope="session")

SELDOM = {
    "/console/counter/{id:str}/{redemption:str}",
    "/console/members/{id:str}/redeemed/{redemption:str}",
    "/console/developers/clock",
    "/console/settings/codes",
    "/console/books/{id:str}",
    "/console/referrals/{id:str}",
    "/console/imports/{id:str}/bad-rows",
}
"""Pages that no link leads to: what an action ends with, and what a test merchant alone has. Other tests visit them."""

PHONE_DARK = {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark"}


class Furniture:
    """What a shop has that is open for a while, made over the native API."""

    def __init__(self, site: Site, http: httpx.AsyncClient) -> None:
        self.site = site
        self.http = http

    async def make(self, path: str, **body: Any) -> dict[str, Any]:
        """Something new."""
        answer = await self.http.post(f"/v1/{path}", json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def listed(self, noun: str) -> str:
        """The first of a list, once there is one."""
        for _ in range(80):
            if data := (await self.http.get(f"/v1/{noun}")).json()["data"]:
                return data[0]["id"]
            await asyncio.sleep(0.25)
        raise AssertionError(noun)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(site: Site) -> AsyncIterator[list[str]]:
    """The shop with something on each page; the addresses that no list leads to."""
    headers = {"authorization": f"Bearer {site.api_key}"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers) as http:
        shop = Furniture(site, http)
        await site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER, "opt_in": True})
        member = (await http.get("/v1/members/by", params={"email": CUSTOMER})).json()["id"]
        tier = {"name": "Gold", "entry": {"points_earned": 100}}
        answer = await http.put("/v1/tier_programme", json={"term": "calendar_year", "tiers": [tier]})
        assert answer.status_code == 200, answer.text
        rule = (await http.get("/v1/redemption_rules")).json()["data"][0]["id"]
        endpoint = await shop.make("webhook_endpoints", url="https://shop.example/hook", topics=["redemption.*"])
        first = await shop.make("redemptions", member=member, rule=rule)
        held = await shop.make("redemptions", member=member, rule=rule, capture="on_order")
        total = {"amount_minor": 9000, "currency": "USD"}
        codes = [held["coupon"]["code"]]
        await shop.make("orders", id="A-1", member=member, status="paid", total=total, coupons=codes)
        await shop.make("orders/A-1/returns", return_id="R-1", total={"amount_minor": 3000, "currency": "USD"})
        refused = await http.post("/v1/redemptions", json={"member": member, "rule": rule, "points": 700})
        assert refused.status_code == 422, refused.text
        pool = await shop.make(
            "redemption_rules", name="Partner code", points=50, currency="USD", amount_minor=100,
            codes={"source": "pool", "low_at": 5},
        )  # fmt: skip
        await shop.make(f"redemption_rules/{pool['id']}/codes", codes=["PARTNER-1", "PARTNER-2"])
        other = await shop.make("members", email="robin@example.com", first_name="Robin", last_name="Rose")
        household = await shop.make("households", owner=other["id"], name="The Roses")
        brought = await shop.make("imports", kind="members", content="email,points\nsam@example.com,70\n")
        policies = ("--policies", '{"approval_above": 100}')
        await asyncio.to_thread(site.terminal.run, "merchant", "policies", "42", *policies)
        await asyncio.sleep(6)  # servers go by new policies within seconds
        await shop.make(f"members/{member}/adjust", points=500, reason="goodwill", note="A late parcel")
        proposal, decision = await shop.listed("adjustments"), await shop.listed("decisions")
        delivery = await shop.listed(f"webhook_endpoints/{endpoint['id']}/deliveries")
        yield [
            f"/console/households/{household['id']}",
            f"/console/developers/webhooks/{endpoint['id']}",
            f"/console/developers/deliveries/{delivery}",
            f"/console/rewards/{pool['id']}/codes",
            f"/console/counter/{member}",
            f"/console/members/{member}",
            f"/console/members/{member}/redemptions/{first['id']}/give-back",
            f"/console/approvals/{proposal}",
            f"/console/decisions/{decision}",
            f"/console/imports/{brought['import_id']}",
            f"/console/imports/{brought['import_id']}/undo",
            "/console/components",
        ]


@pytest.mark.parametrize("window", [{}, PHONE_DARK], indirect=True, ids=["desk-light", "phone-dark"])
async def test_every_page_is_for_everybody(window: Window, furnished: list[str]):
    page = await window.sign_in()
    found = set[str]()
    async for kind in every_page(page, window.site.url, also=furnished):
        found.add(kind)
        await window.check()
        assert window.complaints == [], page.url
        assert window.foreign == [], page.url
    assert len(found) > 70
    missed = {kind for kind in readable() - found - SELDOM if "/export" not in kind and "/samples/" not in kind}
    assert missed == set()
