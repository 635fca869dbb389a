"""A shop assistant at the counter: scan, look, redeem, next."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from guerdon.access.member_codes import member_code
from guerdon.kit.clock import machine_clock
from tests.browser.conftest import Site, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOKS = {
    "desk": {},
    "phone-dark": {"viewport": {"width": 375, "height": 812}, "color_scheme": "dark"},
}  # fmt: skip


async def told(site: Site, *command: str) -> dict[str, Any]:
    """What a command answers to a program."""
    return await asyncio.to_thread(site.terminal.json, *command)


CAMERA = """
window.BarcodeDetector = class { async detect() { return [{ rawValue: "%s" }]; } };
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
"""
"""A camera before which a code is held. Debian's Chromium reads none by itself."""


@pytest.mark.parametrize("window", LOOKS.values(), ids=LOOKS, indirect=True)
async def test_a_customer_is_scanned_served_and_followed_by_the_next(
    window: Window, site: Site, request: pytest.FixtureRequest
):
    look = request.node.callspec.id
    address = f"quinn.{look}@example.com"
    await site.ask("POST", "/api/v2/customers", json={"email": address, "first_name": "Quinn", "last_name": "Miller"})
    shown = await told(site, "member", "show", "--merchant", "42", address)
    secret = (await told(site, "key", "token-secret", "--merchant", "42", "--rotate"))["token_secret"]
    code, _ = member_code(secret, merchant_id=42, member_id=shown["member_id"], now=machine_clock())

    await window.sign_in(await site.hire("support"))
    page = await window.open("/console/counter")
    await expect(page.get_by_label("Who is it?")).to_be_focused()
    await window.check()
    await window.shoot(f"counter-{look}")
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Quinn Miller")).to_be_visible()
    await expect(page.get_by_text("4,000 points")).to_be_visible()
    await window.check()
    await window.shoot(f"counter-customer-{look}")
    await page.get_by_role("button", name="Redeem: $5 off").click()
    await expect(page.get_by_text("4,000 → 3,500 points")).to_be_visible()
    await window.check()
    await window.shoot(f"counter-effect-{look}")
    await page.get_by_role("button", name="Redeem 500 points").click()

    await expect(page.get_by_role("heading", name="Redeemed")).to_be_visible()
    await expect(page.locator(".counter-code")).to_have_text(re.compile(r"\S{6,}"))
    await window.check()
    await window.shoot(f"counter-given-{look}")
    await page.get_by_role("link", name="Next customer").click()
    await expect(page.get_by_label("Who is it?")).to_be_focused()


async def test_the_camera_reads_a_code_where_the_browser_can(window: Window, site: Site):
    address = "quinn.camera@example.com"
    await site.ask("POST", "/api/v2/customers", json={"email": address, "first_name": "Quinn"})
    await window.sign_in(await site.hire("support"))
    page = await window.open("/console/counter")
    await expect(page.get_by_role("button", name="Use the camera")).to_be_hidden()

    await page.add_init_script(CAMERA % address)
    await page.reload()
    await page.get_by_role("button", name="Use the camera").click()

    await expect(page.get_by_role("heading", name="Quinn", exact=True)).to_be_visible()


async def test_who_is_nobody_is_told_and_may_be_typed_again(window: Window, site: Site):
    await window.sign_in(await site.hire("support"))
    page = await window.open("/console/counter")
    await page.get_by_label("Who is it?").fill("nobody@example.com")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("alert")).to_contain_text("nobody@example.com")
    await expect(page.get_by_label("Who is it?")).to_have_value("nobody@example.com")
    window.complaints.clear()  # the browser itself tells of an answer of 404
    await window.check()
