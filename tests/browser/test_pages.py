"""The other pages: at a desk, in the dark, on a phone."""

import asyncio
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Site, Window
from tests.cli.terminal import GRACE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESK, DARK, PHONE = {}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}
PAGES = {
    "start": ("/", "Guerdon runs here"),
    "guides": ("/docs/guides", "Guides"),
    "guide": ("/docs/guides/first-redemption", "First redemption in five minutes"),
    "refusals": ("/docs/errors", "Refusals"),
    "refusal": ("/docs/errors/not_enough_points", "not_enough_points"),
    "requests": ("/docs/requests", "Requests"),
}


@pytest.mark.parametrize("window", [DESK, DARK, PHONE], ids=["desk", "dark", "phone"], indirect=True)
async def test_every_page_can_be_read_and_fits(window: Window, request: pytest.FixtureRequest):
    look = request.node.callspec.id
    for name, (path, title) in PAGES.items():
        page = await window.open(path)
        await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        await window.shoot(f"{name}-{look}")
        wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, name


async def test_a_request_is_found_and_opened(window: Window, site: Site):
    asked = {"status": "4xx", "path": "/api/v2/redemption_options"}
    await site.ask("GET", "/api/v2/redemption_options", params={"customer_email": "nobody@example.com"})
    async with asyncio.timeout(GRACE_S):
        while not (await site.ask("GET", "/api/v2/requests", params=asked)).json()["requests"]:
            pass
    page = await window.open(f"/docs/requests?{urlencode(asked)}")
    await page.get_by_role("button", name="GET /api/v2/redemption_options").first.click()
    await expect(page.get_by_text("n***@example.com").first).to_be_visible()
    await window.shoot("request")


async def test_a_key_is_asked_for_and_kept_in_this_tab_alone(window: Window, site: Site):
    page = await window.open("/docs/requests")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_label("API key").fill("gk_42_wrong")
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("These credentials are not valid")
    window.complaints.clear()  # the browser itself tells of an answer of 401
    await page.get_by_label("API key").fill(site.other_key)
    await form.get_by_role("button", name="Log in").click()
    await expect(page.get_by_text("Merchant 43")).to_be_visible()
    # What the page asked to log in is a request too; the log is written every half second.
    async with asyncio.timeout(GRACE_S):
        while not await page.get_by_role("button", name="GET /api/v2/requests").count():
            await page.get_by_role("button", name="Show", exact=True).click()
            await page.wait_for_load_state("networkidle")
    await window.shoot("logged-in")
    assert await page.evaluate("Object.values(localStorage).some((kept) => kept.includes('gk_'))") is False
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_text("Demo")).to_be_visible()
