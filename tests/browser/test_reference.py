"""/docs as an integrator meets it: find an operation, read it, try it, take the code along."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import CUSTOMER, POINTS, Site, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

REDEEM = "#tag/customers-and-points/create_redemption"
PREVIEW, ADD_RULE = "#tag/redemptions/redemptions.preview", "#tag/rules/add_redemption_rule"
TITLE = "Redeem a customer's points for a redemption option"
LANGUAGES = {
    "Requests": "requests.post(",
    "Fetch": "fetch('",
    "cURL": "curl_init(",
    "net::http": "Net::HTTP",
    "NewRequest": "http.NewRequest(",
    "java.net.http": "HttpRequest.newBuilder()",
}
"""What tells a sample of each language, beside curl, which is shown first."""


async def operation(page: Page) -> Locator:
    """The part of the reference about creating a redemption, once it is there."""
    part = page.locator("section[id$='/create_redemption']")
    await expect(part.get_by_role("heading", name=TITLE)).to_be_visible()
    return part


async def points(site: Site) -> int:
    answer = await site.ask("GET", "/api/v2/customers", params={"customer_email": CUSTOMER})
    balance: int = answer.json()["points_balance"]
    return balance


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def a_customer(site: Site) -> None:
    """Joins the shop, and is welcomed with points."""
    joined = await site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    assert joined.status_code == 200, joined.text


async def test_an_operation_is_found_read_in_every_language_and_tried(window: Window):
    before = await points(window.site)
    assert 0 < before <= POINTS
    page = await window.open("/docs")
    await page.get_by_role("button", name="Search").first.click()
    await page.get_by_placeholder("Search").last.fill("create redemption")
    await page.get_by_text(TITLE).last.click()
    part = await operation(page)
    await window.shoot("reference")

    await expect(part.get_by_text("--request POST")).to_be_visible()
    for language, mark in LANGUAGES.items():
        await part.get_by_test_id("client-picker").click()
        await page.get_by_role("option", name=language, exact=True).click()
        await expect(part.locator("pre, code").filter(has_text=mark).first).to_be_visible()

    await part.get_by_role("button", name="Try it").click()
    await page.get_by_role("button", name=re.compile("^Send")).first.click()
    client = page.get_by_role("dialog")
    await expect(client.get_by_text("200 OK")).to_be_visible()
    await expect(client.get_by_text('"code"')).to_be_visible()
    await window.shoot("try-it")
    assert await points(window.site) == before - 500

    # The code follows what is typed.
    typed = '{"customer_email": "somebody.else@example.com", "redemption_option_id": 1}'
    await client.locator(".cm-content").first.fill(typed)
    await page.get_by_role("button", name="Code Snippet").click()
    code = page.locator("pre, code").filter(has_text="java.net").filter(has_text="somebody.else")
    await expect(code.last).to_be_visible()
    await window.shoot("code-snippet")

    await page.keyboard.press("Escape")
    row = part.locator("recent-requests tbody tr").first
    await expect(row).to_contain_text("200")
    await expect(row).to_contain_text("Mozilla")

    # Each operation signs in in its own way, though nothing was chosen.
    for path, answered in ((PREVIEW, '"object"'), (ADD_RULE, '"createdDateTime"')):
        await window.open(f"/docs{path}")
        other = page.locator(f"section[id$='/{path.rpartition('/')[2]}']")
        await other.get_by_role("button", name="Try it").click()
        await page.get_by_role("button", name=re.compile("^Send")).first.click()
        await expect(client.get_by_text("200 OK")).to_be_visible()
        await expect(client.get_by_text(answered).first).to_be_visible()
        await page.keyboard.press("Escape")


@pytest.mark.parametrize(
    "window", [{"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}], ids=["phone"], indirect=True
)
async def test_without_credentials_in_the_dark_and_on_a_phone(window: Window):
    page = window.page
    await page.route("**/docs", _of_nobody)
    part = await operation(await window.open(f"/docs{REDEEM}"))
    await expect(part.get_by_role("button", name="Log in to see full request history")).to_be_visible()
    await window.shoot("reference-phone-dark")
    colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", colour)[:3])) < 150, colour
    wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
    await part.get_by_role("button", name="Log in to see full request history").click()
    await expect(page.get_by_label("API key")).to_be_visible()


async def _of_nobody(route: Route) -> None:
    """The page as a server sends it that has nothing to fill in."""
    answer = await route.fetch()
    page = re.sub(r'<template id="credentials"[^>]*>', '<template id="credentials">', await answer.text())
    await route.fulfill(response=answer, body=page)
