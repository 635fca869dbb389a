"""The way of a support agent through a day: found, redeemed for, given back, adjusted, merged, and undone."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import POINTS, Site, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 812}}
DARK_PHONE = {**PHONE, "color_scheme": "dark"}


async def customer(site: Site, first: str, last: str) -> str:
    """Somebody with the welcome points; returns the address."""
    address = f"{first.lower()}.{uuid4().hex[:8]}@example.com"
    terms: dict[str, Any] = {"email": address, "first_name": first, "last_name": last}
    answer = await site.ask("POST", "/api/v2/customers", data={**terms, "opt_in": "true"})
    assert answer.status_code < 300, answer.text
    return address


async def opened(window: Window, address: str) -> Page:
    """The member's page, found as one types."""
    page = await window.open("/console/members")
    await page.fill("#members-q", address[:-4])
    row = page.locator("#found tbody tr")
    await expect(row).to_have_count(1)
    await row.locator("a.row-link").click()
    await page.wait_for_url(lambda url: "/console/members/mem_" in url)
    return page


async def test_an_agent_finds_redeems_and_gives_back(window: Window, site: Site):
    address = await customer(site, "Quentin", "Quick")
    await window.sign_in(await site.hire("support"))
    page = await opened(window, address)
    await window.check()
    await window.shoot("console-member")
    await page.get_by_role("link", name="Redeem on behalf").click()
    await page.get_by_role("button", name="Choose $5 off").click()
    await expect(page.locator("#effect")).to_contain_text("takes 500 from the lot")
    await window.check()
    await page.get_by_role("button", name="Redeem 500 points").click()
    code = page.locator("#story code").first
    await expect(code).to_be_visible()
    await window.check()
    await page.get_by_role("link", name="Give the points back").click()
    await page.get_by_role("button", name="Give back 500 points").click()
    await expect(page.locator(".figures")).to_contain_text(f"{POINTS:,}")
    await expect(page.locator(".timeline")).to_contain_text("Points given back")


async def test_an_adjustment_shows_its_effect_as_it_is_typed(window: Window, site: Site):
    address = await customer(site, "Petra", "Peters")
    await window.sign_in()
    page = await opened(window, address)
    await page.get_by_role("link", name="Adjust points").click()
    await page.select_option("#way", "redeem")
    await page.fill("#points", "1500")
    await expect(page.locator("#effect")).to_contain_text("4,000 → 2,500 points")
    await page.fill("#points", "9000")
    await expect(page.locator("#effect")).to_contain_text("5,000 points short")
    await page.fill("#points", "700")
    await expect(page.locator("#effect")).to_contain_text("4,000 → 3,300 points")
    await window.check()
    await window.shoot("console-adjust")
    await page.get_by_role("button", name="Take 700 points").click()
    await expect(page.locator(".toast")).to_contain_text("3,300 points are available now")


async def test_two_are_merged_side_by_side_and_two_again(window: Window, site: Site):
    stays, goes = await customer(site, "Mia", "Meyer"), await customer(site, "Mia", "Meier")
    await window.sign_in()
    page = await opened(window, stays)
    await page.locator("main").get_by_text("More", exact=True).click()
    await page.get_by_role("link", name="Merge with another member").click()
    await page.fill("#other-q", goes)
    await page.get_by_role("link", name="Compare").click()
    await expect(page.locator("#both")).to_contain_text(goes)
    await window.check()
    await window.shoot("console-merge")
    await page.get_by_role("button", name="Make them one").click()
    await expect(page.locator(".figures")).to_contain_text("8,000")
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.locator(".figures")).to_contain_text("4,000")


@pytest.mark.parametrize("window", [DARK_PHONE, {}], indirect=True)
async def test_every_part_of_a_member_fits_and_reads(window: Window, site: Site):
    await customer(site, "Wilhelmina", "Featherstonehaugh")
    await window.sign_in()
    page = await window.open("/console/members")
    await window.check()
    await page.locator("#found a.row-link").first.click()
    await page.wait_for_url(lambda url: "/console/members/mem_" in url)
    place = page.url.removeprefix(window.site.url).partition("?")[0]
    await window.shoot(f"console-member-{await page.evaluate('innerWidth')}")
    for tab in ("timeline", "lots", "redemptions", "decisions", "identities", "household", "referral"):
        await window.open(f"{place}?tab={tab}")
        await window.check()
    for action in ("adjust", "redeem", "edit", "erase", "merge", "tier", "status?status=suspended"):
        await window.open(f"{place}/{action}")
        await window.check()
    for other in ("/console/members/new", "/console/approvals"):
        await window.open(other)
        await window.check()


async def test_a_member_is_found_by_keyboard_alone(window: Window, site: Site):
    address = await customer(site, "Kay", "Board")
    page = await window.sign_in()
    await page.keyboard.press("/")
    await page.keyboard.type(address)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/console/members?q=kay" in url)
    await page.locator("#found a.row-link").first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/console/members/mem_" in url)
