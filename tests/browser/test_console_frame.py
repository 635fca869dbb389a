"""The frame around every page: keys, the palette, the drawer, colours, narrow windows."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}


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
    await page.keyboard.press("Enter")
    await page.wait_for_load_state()
    await expect(page.get_by_role("heading", name="Components", level=1)).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()


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
