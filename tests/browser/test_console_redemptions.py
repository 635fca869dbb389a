"""A support agent's and an accountant's way: a coupon that went wrong is found, given back, and counted."""

import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import CUSTOMER, Site, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
LIST = "/console/redemptions"


@pytest_asyncio.fixture(loop_scope="session")
async def redeemed(site: Site) -> dict[str, Any]:
    """A redemption of the customer's, whose code is told."""
    await site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    options = (await site.ask("GET", "/api/v2/redemption_options", params={"customer_email": CUSTOMER})).json()
    told = await site.ask(
        "POST", "/api/v2/redemptions", json={"customer_email": CUSTOMER, "redemption_option_id": options[0]["id"]}
    )
    assert told.status_code == 200, told.text
    return told.json()


async def test_a_coupon_is_found_by_its_code_and_its_points_are_given_back(window: Window, redeemed: dict[str, Any]):
    code = redeemed["reward_text"]
    page = await window.sign_in(await window.site.hire("support"))
    await page.goto(window.site.url + LIST)
    await page.fill("#coupon", code.lower())
    await page.get_by_role("button", name="Filter", exact=True).click()
    await expect(page).to_have_url(re.compile("coupon="))
    await expect(page.locator("#rows tbody tr")).to_have_count(1)
    await window.check()
    await page.locator("#rows a.row-link").click()
    drawer = page.locator("#drawer")
    await expect(drawer).to_contain_text("Coupon issued")
    await expect(drawer).to_contain_text("POST /api/v2/redemptions")
    await drawer.get_by_role("button", name="Give the points back").click()
    await expect(page.locator(".effect")).to_contain_text("available points")
    await window.check()
    await page.get_by_role("button", name="Give back 500 points").click()
    await expect(page.locator("[data-toast]")).to_contain_text("Gave back 500 points")
    await expect(page.locator("#page-state")).to_contain_text("Cancelled")
    await window.check()


async def test_a_list_is_kept_and_taken_home(window: Window, redeemed: dict[str, Any], tmp_path: Path):
    page = await window.sign_in(await window.site.hire("finance"))
    await page.goto(window.site.url + LIST)
    await page.select_option("#state", "redeemed")
    await page.get_by_role("button", name="Filter", exact=True).click()
    await expect(page).to_have_url(re.compile("state=redeemed"))
    await page.locator("details.keeps summary").click()
    await page.fill("#filter-name", "Redeemed")
    await page.get_by_role("button", name="Keep", exact=True).click()
    await expect(page.get_by_role("link", name="Redeemed", exact=True)).to_have_attribute(
        "href", f"{LIST}?state=redeemed"
    )
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download as CSV").click()
    file = tmp_path / "redemptions.csv"
    await (await download.value).save_as(file)
    assert redeemed["reward_text"] in file.read_text("utf-8-sig")


@pytest.mark.parametrize("window", [PHONE | DARK], indirect=True)
async def test_every_page_fits_a_phone(window: Window, redeemed: dict[str, Any]):
    order = {"customer_email": CUSTOMER, "order_id": "A-1", "total_amount_cents": 9000, "currency_code": "USD",
             "status": "paid", "coupon_code": redeemed["reward_text"]}  # fmt: skip
    await window.site.ask("POST", "/api/v2/orders", json=order)
    page = await window.sign_in()
    places = (LIST, f"{LIST}/red_{redeemed['id']}", "/console/coupons", f"/console/coupons/{redeemed['reward_text']}",
              "/console/orders", "/console/orders/A-1", "/console/returns", "/console/decisions")  # fmt: skip
    for place in places:
        await page.goto(window.site.url + place)
        await window.check()
