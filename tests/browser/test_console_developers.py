"""A developer's way: a key, a webhook that fails and is mended, and what was asked and answered."""

import asyncio
import re

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.conftest import CUSTOMER, Window
from tests.cli.terminal import GRACE_S
from tests.webhooks.receiver import OK, Answer, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
AREA = "/console/developers"
SECRET = re.compile(r"(gk|whsec)_\S+")


async def make_key(window: Window) -> str:
    """Make a key on its page; returns the secret that is shown once."""
    page = await window.open(f"{AREA}/keys")
    await page.fill("#name", "till")
    await page.get_by_role("button", name="Make the key").click()
    secret = await page.locator("#secret code").inner_text()
    await window.check()
    await page.get_by_role("link", name="I have kept it").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("till")
    return secret


async def ask(window: Window, secret: str, method: str, path: str, body: object = None) -> httpx.Response:
    """A request of the shop's server, signed in with that key."""
    headers = {"authorization": f"Bearer {secret}", "user-agent": "Till/2"}
    async with httpx.AsyncClient(base_url=window.site.url, headers=headers, timeout=GRACE_S) as http:
        return await http.request(method, path, json=body)


async def test_a_webhook_fails_is_mended_and_sent_again(window: Window):
    await window.sign_in(await window.site.hire("developer"))
    secret = await make_key(window)
    answers: list[Answer] = [(500, {}, b"the disk is full")]
    async with receiving(lambda _: answers[0]) as receiver:
        page = await window.open(f"{AREA}/webhooks")
        await page.fill("#url", receiver.url)
        await page.fill("#name", "Till")
        await page.fill("#topics", "member.*")
        await page.get_by_role("button", name="Add the webhook").click()
        assert SECRET.fullmatch(await page.locator("#secret code").inner_text())
        await page.get_by_role("link", name="I have kept it").click()
        hook = page.url
        assert (await ask(window, secret, "POST", "/v1/members", {"email": "till@example.com"})).status_code == 201
        delivery = page.locator("#deliveries a.row-link").first
        async with asyncio.timeout(GRACE_S):
            await page.goto(hook)
            while not await delivery.count() or await page.locator("#deliveries tbody td").nth(3).inner_text() == "0":
                await page.goto(hook)
        await window.check()
        await delivery.click()
        drawer = page.locator("#drawer")
        await expect(drawer).to_contain_text("the disk is full")
        await expect(drawer).to_contain_text("500")
        answers[0] = OK
        await drawer.get_by_role("button", name="Send it again now").click()
        await expect(page.locator("[data-toast]")).to_contain_text("1 message is sent again")
        place = page.url
        async with asyncio.timeout(GRACE_S):
            while "204" not in await page.locator("#attempts").inner_text():
                await page.goto(place)
        await expect(page.locator("#page-state")).to_contain_text("Delivered")
        assert receiver.received[0].body == receiver.received[-1].body
    await window.check()


async def test_requests_are_filtered_followed_and_opened(window: Window):
    await window.sign_in()
    secret = await make_key(window)
    await ask(window, secret, "GET", "/v1/members")
    refused = await ask(window, secret, "POST", "/v1/members", {"email": "nobody"})
    assert refused.status_code == 400
    page = await window.open(f"{AREA}/requests")
    await page.select_option("#status", "4xx")
    await page.fill("#user_agent", "till")
    await page.get_by_role("button", name="Filter", exact=True).click()
    await expect(page).to_have_url(re.compile("status=4xx"))
    await page.get_by_role("link", name="Follow live").click()
    rows = page.locator("#found tbody tr")
    await expect(rows).to_have_count(1)
    await ask(window, secret, "GET", "/v1/redemptions/red_9999")
    await expect(rows).to_have_count(2)
    await page.get_by_role("link", name="Stop following").click()
    await window.check()
    await rows.last.locator("a.row-link").click()
    drawer = page.locator("#drawer")
    await expect(drawer).to_contain_text("curl -X POST")
    await expect(drawer).to_contain_text("bad_field")
    await page.get_by_role("link", name="Open as a page").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("POST /v1/members")
    again = page.get_by_role("link", name="Try again in test mode").first
    await expect(again).to_have_attribute("href", "/docs#tag/members/members.create")
    await window.check()


@pytest.mark.parametrize("window", [PHONE | DARK], indirect=True)
async def test_every_page_fits_a_phone(window: Window):
    await window.site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    page = await window.sign_in()
    for place in ("", "/requests", "/events", "/webhooks", "/keys", "/clock"):
        await page.goto(window.site.url + AREA + place)
        await window.check()
