"""The frame around every page: keys, the palette, the drawer, colours, narrow windows."""

import re

import pytest
from playwright.async_api import expect

from guerdon.console.frame import RAIL
from tests.browser.conftest import CUSTOMER, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
LISTS = (
    "/console", "/console/members", "/console/rewards", "/console/earning", "/console/redemptions", "/console/coupons",
    "/console/decisions", "/console/orders", "/console/returns", "/console/entries", "/console/insights",
    "/console/developers/requests", "/console/developers/events", "/console/settings/audit", "/console/households",
)  # fmt: skip
"""What has filters, or days."""


async def test_signing_in_is_refused_and_done_by_keyboard(window: Window):
    page = await window.open("/console/components")
    await expect(page).to_have_url(f"{window.site.url}/console/sign-in?then=/console/components")
    await window.check()
    await page.keyboard.type("ana")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    window.complaints.clear()  # the browser tells of the status
    await page.fill("#password", "secret-enough")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Components", level=1)).to_be_visible()


@pytest.mark.parametrize("window", [{}, PHONE, DARK, PHONE | DARK], indirect=True)
async def test_every_component_is_for_everybody(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/components")
    await window.check()


async def test_the_keyboard_leads_everywhere(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/components")
    await page.keyboard.press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.locator("h1").click()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("compon")
    await expect(page.get_by_role("option").filter(has_text="Components").first).to_be_visible()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Components", level=1)).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()


async def test_the_palette_knows_pages_actions_and_members(window: Window):
    await window.site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER, "opt_in": True})
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/members")
    palette, options = page.get_by_role("dialog", name="Commands"), page.get_by_role("option")
    opener = page.get_by_role("button", name="Commands")
    await opener.focus()
    await page.keyboard.press("Control+k")
    await expect(options.filter(has_text="on this page").first).to_be_visible()
    await page.keyboard.type("import")
    await expect(options.filter(has_text="Import a file")).to_contain_text("action")
    await expect(options.filter(has_text="Settings › Imports")).to_contain_text("page")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('#palette') !== null || !document.hasFocus()")
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()
    await expect(opener).to_be_focused()
    await page.keyboard.press("Control+k")
    await page.keyboard.type(CUSTOMER)
    met = options.filter(has_text="member").first
    await expect(met).to_be_visible()
    await window.check()
    await met.click()
    await expect(page).to_have_url(re.compile("/console/members/mem_"))
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Control+k")
    await expect(palette).to_be_hidden()


@pytest.mark.parametrize(
    "window", [PHONE, PHONE | {"java_script_enabled": False}], indirect=True, ids=["script", "no script"]
)
async def test_filters_fold_on_a_phone_and_say_how_many_are_in_use(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/redemptions?state=redeemed&since=2026-01-01&until=2026-01-31")
    field = page.get_by_label("State", exact=True)
    await expect(field).to_be_hidden()
    await page.get_by_text("2 in use").click()
    await expect(field).to_have_value("redeemed")
    await page.get_by_role("button", name="Filter", exact=True).click()
    await expect(field).to_be_hidden()
    for place in LISTS:
        await page.goto(f"{window.site.url}{place}")
        await expect(page.locator(".folds > summary")).to_be_visible()
        await expect(page.locator(".filters")).to_be_hidden()


@pytest.mark.parametrize("window", [{}, {"java_script_enabled": False}], indirect=True, ids=["script", "no script"])
async def test_filters_are_open_where_there_is_room(window: Window):
    page = await window.sign_in()
    for place in LISTS:
        await page.goto(f"{window.site.url}{place}")
        await expect(page.locator(".filters").first).to_be_visible()
        await expect(page.locator(".folds > summary")).to_be_hidden()


@pytest.mark.parametrize(
    "window", [PHONE, PHONE | {"java_script_enabled": False}], indirect=True, ids=["script", "no script"]
)
async def test_every_area_and_its_pages_are_within_reach_of_a_thumb(window: Window):
    page = await window.sign_in()
    for place in RAIL:
        await page.goto(f"{window.site.url}/console/components")
        bar = page.get_by_role("navigation", name="Areas")
        if not place.first:
            await bar.get_by_text("More", exact=True).click()
        link = bar.get_by_role("link", name=place.name, exact=True)
        await expect(link).to_be_in_viewport(ratio=1)
        await link.click()
        await expect(page).to_have_url(f"{window.site.url}{place.address}")
        if place.below:
            await page.locator(".in-area > summary").click()
            pages = page.get_by_role("navigation", name=f"Pages of {place.name}")
            await expect(pages.get_by_role("link")).to_have_text([name for _, name, _ in place.below])


@pytest.mark.parametrize("window", [{}, PHONE], indirect=True, ids=["desk", "phone"])
async def test_the_drawer_has_the_head_of_its_page_and_room_for_all_of_it(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/developers/keys")
    await page.locator("#rows a.row-link").first.click()
    drawer = page.get_by_role("complementary", name="Key first")
    await expect(drawer.get_by_role("heading", name="Key first", level=2)).to_be_visible()
    await expect(drawer.locator(".state")).to_have_text("Open")
    card = await drawer.locator("#story .card").first.bounding_box()
    whole = await drawer.bounding_box()
    assert card is not None
    assert whole is not None
    assert card["width"] > whole["width"] * 0.8
    await window.check()


async def test_colours_are_chosen_and_kept(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/components")
    await page.locator("details.person summary").click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.locator("body")).to_have_css("background-color", "rgb(18, 22, 21)")


@pytest.mark.parametrize("window", [{"java_script_enabled": False}], indirect=True)
async def test_it_works_without_scripts(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/components")
    await page.locator("details.person summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
