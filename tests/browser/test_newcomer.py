"""A newcomer's way: from the address that the server prints to a coupon, with nothing but presses."""

import re
import time

import pytest
from playwright.async_api import expect

from tests.browser.conftest import CUSTOMER, POINTS, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROMISED_S = 300
"""The guide says five minutes, and readers of what it says are slower than machines."""
TITLE = "Redeem a customer's points for a redemption option"


async def test_from_the_printed_address_to_a_coupon(window: Window):
    joined = await window.site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    assert joined.status_code == 200, joined.text
    page, started = window.page, time.monotonic()
    await page.goto(window.site.url)
    await page.get_by_role("link", name="Reference").first.click()
    await page.get_by_role("button", name="Search").first.click()
    await page.get_by_placeholder("Search").last.fill("create redemption")
    await page.get_by_text(TITLE).last.click()
    part = page.locator("section[id$='/create_redemption']")
    await part.get_by_role("button", name="Try it").click()
    await page.get_by_role("button", name=re.compile("^Send")).first.click()
    client = page.get_by_role("dialog")
    await expect(client.get_by_text("200 OK")).to_be_visible()
    answer = client.locator(".cm-content").filter(has_text='"reward_text"').last
    await expect(answer).to_be_visible()
    seconds = time.monotonic() - started
    code = re.search(r'"code":\s*"([^"]+)"', await answer.inner_text())
    assert code is not None
    kept = (await window.site.ask("GET", "/api/v2/customers", params={"customer_email": CUSTOMER})).json()
    assert kept["points_balance"] == POINTS - 500
    await window.shoot("first-redemption")
    assert seconds < PROMISED_S
