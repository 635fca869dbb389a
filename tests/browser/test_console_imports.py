"""Imports and exports in a browser: a file with bad rows is sent, watched, mended and taken back."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE_DARK = {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark"}
WITHOUT_SCRIPTS = {"java_script_enabled": False}
IMPORT = re.compile(r"/console/imports/bat_[0-9]+$")


def text_of(path: Path) -> str:
    """What a file says that was downloaded."""
    return path.read_text("utf-8")


async def send(page: Page, folder: Path, *lines: str) -> None:
    """Fill the form in, with a file of these lines, and send it."""
    path = folder / "old members.csv"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    await page.get_by_label("File").set_input_files(path)
    await page.get_by_role("button", name="Look at the file").click()
    await expect(page).to_have_url(IMPORT)


@pytest.mark.parametrize("window", [{}, PHONE_DARK], indirect=True)
async def test_a_file_with_bad_rows_is_mended_written_and_taken_back(window: Window, tmp_path: Path):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/imports")
    await window.check()
    wide = "phone" if window.page.viewport_size == PHONE_DARK["viewport"] else "desk"
    await window.shoot(f"imports-{wide}")
    await send(
        page, tmp_path, "email,balance,colour", f"ana-{wide}@example.com,many,red", f"ben-{wide}@example.com,50,"
    )
    await expect(page.get_by_role("heading", name="Rows that cannot be taken")).to_be_visible()
    await window.check()
    await window.shoot(f"import-{wide}")
    async with page.expect_download() as fetched:
        await page.get_by_role("link", name="Download them to mend").click()
    bad = text_of(await (await fetched.value).path())
    assert "no whole number of points" in bad
    await page.get_by_role("button", name="Write 1 row without the bad ones").click()
    await expect(page.get_by_text("The books have what the file says")).to_be_visible()
    await window.check()
    await page.goto(f"{window.site.url}/console/imports")
    await send(page, tmp_path, *bad.replace("many", "120").splitlines())
    await page.get_by_role("button", name="Write 1 row").click()
    await expect(page.get_by_text("The books have what the file says")).to_be_visible()
    await page.get_by_role("link", name="Take it back").click()
    await expect(page.get_by_text("takes back 120 points")).to_be_visible()
    await window.check()
    await page.get_by_role("button", name="Take back this import").click()
    await expect(page.get_by_text("Undone").first).to_be_visible()
    await page.goto(f"{window.site.url}/console/imports")
    await expect(page.get_by_role("row").filter(has_text="Undone").first).to_be_visible()


@pytest.mark.parametrize("window", [WITHOUT_SCRIPTS], indirect=True)
async def test_a_file_is_sent_and_cancelled_without_scripts(window: Window, tmp_path: Path):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/imports")
    await send(page, tmp_path, "email,balance", "cy@example.com,7")
    await expect(page.get_by_role("button", name="Write 1 row")).to_be_visible()
    await page.get_by_role("button", name="Cancel the import").click()
    await expect(page.get_by_text("Cancelled").first).to_be_visible()


async def test_an_export_is_written_and_downloaded(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/exports")
    await window.check()
    await page.get_by_role("button", name="Write the file").click()
    async with page.expect_download() as fetched:
        await page.get_by_role("link", name="Download", exact=True).first.click()
    file = await fetched.value
    assert file.suggested_filename.endswith(".csv")
    assert text_of(await file.path()).startswith("email,phone,")
    await window.check()
    await window.shoot("exports-desk")
