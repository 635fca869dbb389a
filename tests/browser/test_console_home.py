"""The charts of the console: read by keyboard, as a table, saved, in other colours, on a phone and without scripts."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import CUSTOMER, POINTS, Site, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
PAGES = ("", "/insights", "/insights/redemptions", "/insights/members", "/insights/expiry", "/books", "/entries")


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def points(site: Site) -> None:
    """A customer has some: whoever signs up gets them, once."""
    told = await site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    assert told.status_code in (200, 201), told.text


@pytest.mark.parametrize("window", [{}, PHONE | DARK], indirect=True)
async def test_every_page_of_numbers_is_for_everybody(window: Window):
    page = await window.sign_in()
    for place in PAGES:
        await page.goto(f"{window.site.url}/console{place}")
        await window.check()


async def test_a_chart_is_read_by_keyboard_and_opens_the_rows_behind_it(window: Window):
    page = await window.sign_in()
    chart = page.locator("#points-by-kind")
    await expect(chart.locator("canvas")).to_be_visible()
    before = await chart.bounding_box()
    await chart.locator(".plot").focus()
    await page.keyboard.press("End")
    await expect(chart.get_by_role("status")).to_contain_text(
        f"Earned {POINTS:,} · Redeemed 0 · Expired 0 · Taken back 0"
    )
    await page.keyboard.press("ArrowLeft")
    await expect(chart.get_by_role("status")).to_contain_text("Earned 0")
    assert await chart.bounding_box() == before, "nothing jumps"
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Entries", level=1)).to_be_visible()
    await page.locator("a.row-link").first.click()
    await expect(page.locator("#drawer")).to_contain_text("What moved")


async def test_a_chart_is_a_table_too_and_a_file(window: Window):
    page = await window.sign_in()
    chart = page.locator("#points-by-kind")
    await expect(chart.locator("table")).to_be_hidden()
    async with page.expect_download() as csv:
        await chart.get_by_role("button", name="CSV").click()
    assert (await (await csv.value).path()).read_bytes().startswith(b"Day,Earned,Redeemed,Expired,Taken back\r\n20")
    async with page.expect_download() as picture:
        await chart.get_by_role("button", name="PNG").click()
    assert (await (await picture.value).path()).read_bytes().startswith(b"\x89PNG")
    table = chart.get_by_role("button", name="Table")
    await table.click()
    await expect(table).to_have_attribute("aria-pressed", "true")
    await expect(chart.locator("table tbody tr")).to_have_count(30)
    await expect(chart.locator("canvas")).to_be_hidden()


async def test_days_are_chosen(window: Window):
    page = await window.sign_in()
    await page.get_by_role("link", name="7 days").click()
    await expect(page.locator("#points-by-kind tbody tr")).to_have_count(7)
    await page.fill("[name=since]", "2020-01-01")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator(".lead")).to_contain_text("1 Jan 2020")


async def test_a_chart_takes_the_colours_that_are_chosen(window: Window):
    page = await window.sign_in()
    shot = "document.querySelector('#points-by-kind canvas').toDataURL()"
    await expect(page.locator("#points-by-kind canvas")).to_be_visible()
    light = await page.evaluate(shot)
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function(f"before => {shot} !== before", arg=light)


@pytest.mark.parametrize("window", [{"java_script_enabled": False}], indirect=True)
async def test_without_scripts_the_table_is_shown(window: Window):
    page = await window.sign_in()
    await expect(page.locator("#points-by-kind table")).to_be_visible()
    await expect(page.locator("#points-by-kind .plot")).to_be_hidden()


async def test_the_books_are_proven_while_one_looks(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/books")
    await page.get_by_role("button", name="Prove the books").click()
    await expect(page.locator("#under-way")).to_contain_text("The books are right")
    await window.check()
