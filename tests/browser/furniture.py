"""What a shop needs so that each page of its console has something to show.

It is made as integrators make it, over the native API with a key that may do everything, and by a person who is signed
in, where only a person can. Limits that stand in the way are moved, and put back.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from playwright.async_api import Page

POINTS = 60_000
APPROVAL_ABOVE = 100
POOLED, HOOK = "Cinema ticket", "https://shop.example/hook"
REFUSED_POINTS = 700
SHARED_S = 6
"""Servers go by new policies within seconds."""
POLLS, POLL_S = 480, 0.25
REFERRALS = {"link": "https://shop.example/?ref={code}", "referrer_points": 500, "friend_points": 200}
LONG_NAME = {"first_name": "Alexandrina Wilhelmine", "last_name": "Vanderbilt-Oosterhout zu Hohenlohe-Langenburg"}


def file_of(mark: str) -> str:
    """Members as another programme has them; one row is amiss."""
    rows = (f"sam.{mark}@example.com,Sam,70", f"jo.{mark}@example.com,Jo,1200", "not-an-address,Kim,50")
    return "".join(f"{row}\n" for row in ("email,first_name,balance", *rows))


class Furniture:
    """A shop, and what was made in it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.mark = uuid4().hex[:6]
        """What is new each time has this in its name."""

    async def make(self, path: str, **body: Any) -> dict[str, Any]:
        """Something new."""
        answer = await self.http.post(f"/v1/{path}", json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def listed(self, noun: str) -> dict[str, Any]:
        """The first of a list, once there is one."""
        for _ in range(POLLS):
            if data := (await self.http.get(f"/v1/{noun}")).json()["data"]:
                return data[0]
            await asyncio.sleep(POLL_S)
        raise AssertionError(noun)

    async def govern(self, **policies: Any) -> None:
        """Other policies, where these are not what counts."""
        before = (await self.http.get("/v1/merchant")).json()["policies"]
        if any(before[name] != said for name, said in policies.items()):
            answer = await self.http.patch("/v1/merchant", json={"policies": policies})
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(SHARED_S)

    async def affordable(self) -> str:
        """A reward that may be had several times, and for as many points as it says alone."""
        rules = (await self.http.get("/v1/redemption_rules", params={"limit": 100})).json()["data"]
        return next(
            one["id"]
            for one in rules
            if one["active"] and one["pricing"] != "variable" and one["codes"]["source"] == "generated"
            if 4 * one["points"] <= POINTS and not one["tier_level"] and REFUSED_POINTS % one["points"] != 0
        )

    async def bought(self, member: str, rule: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Two redemptions: one at once, one held until the order with its coupon came, of which a part came back."""
        first = await self.make("redemptions", member=member, rule=rule)
        held = await self.make("redemptions", member=member, rule=rule, capture="on_order")
        order = f"A-{self.mark}"
        total = {"amount_minor": 9000, "currency": "USD"}
        codes = [held["coupon"]["code"]]
        await self.make("orders", id=order, member=member, status="paid", total=total, coupons=codes)
        back = {"amount_minor": 3000, "currency": "USD"}
        await self.make(f"orders/{order}/returns", return_id=f"R-{self.mark}", total=back)
        refused = await self.http.post(
            "/v1/redemptions", json={"member": member, "rule": rule, "points": REFUSED_POINTS}
        )
        assert refused.status_code == 422, refused.text
        return first, held

    async def pooled(self) -> dict[str, Any]:
        """A reward of a partner, with two codes of its own."""
        rules = (await self.http.get("/v1/redemption_rules", params={"limit": 100})).json()["data"]
        found = next((one for one in rules if one["name"] == POOLED and one["codes"]["source"] == "pool"), None)
        pool = found or await self.make(
            "redemption_rules", name=POOLED, points=50, currency="USD", amount_minor=100,
            codes={"source": "pool", "low_at": 5},
        )  # fmt: skip
        await self.make(f"redemption_rules/{pool['id']}/codes", codes=[f"CINE-{self.mark}-1", f"CINE-{self.mark}-2"])
        return pool

    async def told(self) -> dict[str, Any]:
        """An address that is told of redemptions."""
        known = (await self.http.get("/v1/webhook_endpoints")).json()["data"]
        found = next((one for one in known if one["url"] == HOOK), None)
        return found or await self.make("webhook_endpoints", url=HOOK, topics=["redemption.*"])

    async def imported(self) -> str:
        """A file of members, one of whose rows is amiss, written without it."""
        made = await self.make("imports", kind="members", content=file_of(self.mark), skip_bad=True)
        return made["import_id"]


async def furnish(http: httpx.AsyncClient, *, email: str | None = None) -> list[str]:
    """Make it, for this customer; returns the addresses to which no list leads while there is much else."""
    shop = Furniture(http)
    tiers = await http.get("/v1/tier_programme")
    if tiers.status_code != 200 or not tiers.json()["tiers"]:
        programme = {"term": "calendar_year", "tiers": [{"name": "Gold", "entry": {"points_earned": 100}}]}
        answer = await http.put("/v1/tier_programme", json=programme)
        assert answer.status_code == 200, answer.text
    before = (await http.get("/v1/merchant")).json()["policies"]
    await shop.govern(approval_above=None, referrals=before["referrals"] or REFERRALS)
    address = email or f"quinn.{shop.mark}@example.com"
    customer = await shop.make("members", email=address, first_name="Quinn", last_name="Miller", opted_in=True)
    member = customer["id"]
    await shop.make(f"members/{member}/adjust", points=POINTS, reason="goodwill", note="A sofa that came weeks late")
    rule = await shop.affordable()
    endpoint = await shop.told()
    first, held = await shop.bought(member, rule)
    pool = await shop.pooled()
    ticket = await shop.make("redemptions", member=member, rule=pool["id"])
    other = await shop.make("members", email=f"robin.{shop.mark}@example.com", **LONG_NAME)
    household = await shop.make("households", owner=other["id"], name="The Vanderbilt-Oosterhouts")
    code = (await http.get(f"/v1/members/{member}/referral")).json()["code"]
    await shop.make("members", email=f"friend.{shop.mark}@example.com", first_name="Fay", referral_code=code)
    brought = await shop.imported()
    await shop.govern(approval_above=APPROVAL_ABOVE)
    await shop.make(f"members/{member}/adjust", points=500, reason="goodwill", note="A late parcel")
    await shop.govern(approval_above=before["approval_above"])
    proposal, decision = await shop.listed("adjustments"), await shop.listed("decisions")
    referral = await shop.listed("referrals")
    delivery = await shop.listed(f"webhook_endpoints/{endpoint['id']}/deliveries")
    return [
        f"/console/approvals/{proposal['id']}",
        f"/console/counter/{member}",
        f"/console/counter/{member}/{first['id']}",
        f"/console/coupons/{ticket['coupon']['code']}",
        f"/console/decisions/{decision['id']}",
        "/console/developers/clock",
        f"/console/developers/deliveries/{delivery['id']}",
        f"/console/developers/webhooks/{endpoint['id']}",
        f"/console/households/{household['id']}",
        f"/console/imports/{brought}/undo",
        f"/console/members/{member}",
        f"/console/members/{member}/redeemed/{ticket['id']}",
        f"/console/members/{member}/redemptions/{ticket['id']}/give-back",
        f"/console/redemptions/{held['id']}",
        f"/console/referrals/{referral['id']}",
        f"/console/rewards/{pool['id']}/codes",
        "/console/components",
    ]


async def begin(page: Page, url: str) -> list[str]:
    """What only a person begins: a proof of the books, an import that waits for a decision, and codes to sign in with.

    Returns the addresses.
    """
    await page.goto(f"{url}/console/books")
    proving = page.locator(".page-action button")
    if await proving.count():
        await proving.click()
    await page.goto(f"{url}/console/books")
    proof = await page.locator("#rows a.row-link").first.get_attribute("href")
    assert proof is not None
    await page.goto(f"{url}/console/imports")
    content = file_of(uuid4().hex[:6]).encode()
    await page.locator("#upload").set_input_files({"name": "members.csv", "mimeType": "text/csv", "buffer": content})
    await page.locator('form[action$="/upload"] button').click()
    await page.locator("#bad").wait_for()
    brought = urlsplit(page.url).path
    await page.goto(f"{url}/console/settings")
    await page.locator('form[action$="/codes/begin"] button').click()
    return [proof, brought, "/console/settings/codes"]
