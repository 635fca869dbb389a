"""Signing in as people do: with a code, from another browser, by a provider; and the pages about who may."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.async_api import Browser, expect
from pyotp.totp import TOTP

from guerdon.database.address import Address
from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.browser.conftest import PASSWORD, SCREENSHOTS, Site, Window
from tests.cli.terminal import Terminal
from tests.street import cloned

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
ADDRESS = "ina@example.com"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider of OpenID Connect on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: datetime.now(UTC))
        provider.asks = True
        server = uvicorn.Server(uvicorn.Config(provider, log_config=None, lifespan="off"))
        serving = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        serving.start()
        yield provider
        server.should_exit = True
        serving.join()


@pytest.fixture(scope="module")
def site(
    server: Address, administer: Callable[[str], None], template: str, provider: Provider
) -> Iterator[Site]:  # fmt: skip
    """A merchant whose people may sign in by that provider."""
    with cloned(server, administer, template) as dsn:
        terminal = Terminal(database_url=dsn)
        made = terminal.json("merchant", "create", "--id", "42", "--name", "Acme")
        operator = ("--merchant", "42", "--password", PASSWORD)
        terminal.run("operator", "create", *operator, "--username", "ana", "--role", "owner")
        terminal.run("operator", "create", *operator, "--username", ADDRESS, "--role", "finance")
        settings = {
            "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET,
            "oidc_name": "Example", "oidc_roles": "loyalty-admins=owner@42", "secret_key": "k" * 40,
        }  # fmt: skip
        with Terminal(database_url=dsn, **settings).start("serve", "--port", "0") as running:
            yield Site(running.url(), made["guid"], made["api_key"], "", terminal)


async def test_a_person_signs_in_with_codes_and_sees_who_is_out(window: Window, chromium: Browser):
    await window.site.hire("manager", "mia")
    page = await window.sign_in("mia")
    await page.goto(window.site.url + "/console/settings")
    await page.get_by_role("button", name="Set up codes").click()
    secret = await page.locator("pre[aria-label=Secret] code").inner_text()
    app = TOTP(secret.strip())
    await expect(page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    await window.check()
    await window.shoot("access-codes")
    await page.fill("#code", "000000")
    await page.get_by_role("button", name="Sign in with codes from now on").click()
    await expect(page.get_by_role("alert")).to_contain_text("not right")
    window.complaints.clear()  # the browser tells of the status
    await page.fill("#code", app.now())
    await page.get_by_role("button", name="Sign in with codes from now on").click()
    await expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    recovery = (await page.locator("pre[aria-label='Recovery codes'] code").inner_text()).split()
    await window.check()
    await window.shoot("access-recovery")

    async with await chromium.new_context() as context:
        other = await context.new_page()
        await other.goto(window.site.url + "/console/settings")
        await other.fill("#username", "mia")
        await other.fill("#password", PASSWORD)
        await other.keyboard.press("Enter")
        await expect(other.get_by_role("heading", name="Your code")).to_be_visible()
        SCREENSHOTS.mkdir(exist_ok=True)
        await other.screenshot(path=SCREENSHOTS / "access-code.png")
        await other.fill("#code", "123456")
        await other.keyboard.press("Enter")
        await expect(other.get_by_role("alert")).to_contain_text("not right")
        await other.fill("#code", app.at(datetime.now(UTC), counter_offset=1))
        await other.keyboard.press("Enter")
        await expect(other).to_have_url(window.site.url + "/console/settings")

        await page.goto(window.site.url + "/console/settings")
        await window.check()
        await page.get_by_role("button", name="Sign out Chrome").click()
        await expect(page.get_by_role("status").first).to_contain_text("Signed out there")
        for _ in range(20):  # another worker goes by it within seconds
            await other.goto(window.site.url + "/console/settings")
            if "sign-in" in other.url:
                break
            await asyncio.sleep(0.25)
        await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        await other.fill("#username", "mia")
        await other.fill("#password", PASSWORD)
        await other.keyboard.press("Enter")
        await other.fill("#code", recovery[3])
        await other.keyboard.press("Enter")
        await expect(other.get_by_role("heading", name="You", exact=True)).to_be_visible()


async def test_a_person_signs_in_by_a_provider(window: Window, provider: Provider):
    provider.person = {"sub": "1", "email": ADDRESS, "email_verified": True, "groups": ["loyalty-admins"]}
    page = await window.open("/console/settings/audit")
    await window.check()
    await window.shoot("access-sign-in")
    await page.get_by_role("link", name="Sign in with Example").click()
    await page.get_by_role("button", name="Go on").click()
    await expect(page).to_have_url(window.site.url + "/console/settings/audit")
    await expect(page.get_by_role("heading", name="Audit trail", level=1)).to_be_visible()
    await expect(page.get_by_role("cell", name=ADDRESS).first).to_be_visible()
    assert {one.startswith(provider.issuer) for one in window.foreign} == {True}
    window.foreign.clear()
    window.complaints.clear()  # the provider has no picture

    provider.person = {"sub": "2", "email": "eve@example.com", "email_verified": False}
    await page.context.clear_cookies()
    await window.open("/console/sign-in")
    await page.get_by_role("link", name="Sign in with Example").click()
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("alert")).to_contain_text("not verified")
    window.complaints.clear()  # the browser tells of the status
    window.foreign.clear()


async def test_an_owner_invites_somebody_who_chooses_a_password(window: Window, chromium: Browser):
    page = await window.sign_in()
    await page.goto(window.site.url + "/console/settings/people")
    await page.fill("#username", "omar")
    await page.select_option("#role", "developer")
    await page.get_by_role("button", name="Invite this person").click()
    link = (await page.locator("pre[aria-label=Link] code").inner_text()).strip()
    await window.check()
    async with await chromium.new_context() as context:
        other = await context.new_page()
        await other.goto(link)
        await other.fill("#password", "four words in a row")
        await other.keyboard.press("Enter")
        await expect(other.get_by_role("status")).to_contain_text("Your password is kept")
        await other.fill("#username", "omar")
        await other.fill("#password", "four words in a row")
        await other.keyboard.press("Enter")
        await other.wait_for_url(lambda url: "sign-in" not in url)
    await page.goto(window.site.url + "/console/settings/people")
    await page.get_by_role("link", name="omar").click()
    await expect(page.get_by_role("heading", name="omar", level=1)).to_be_visible()
    await page.locator("summary", has_text="Disable").click()
    await window.check()
    await page.get_by_role("button", name="Disable omar").click()
    await expect(page.get_by_role("status").first).to_contain_text("cannot sign in any more")


@pytest.mark.parametrize(
    ("window", "look"), [({}, "wide"), (PHONE | DARK, "phone-dark")],
    indirect=["window"],
)  # fmt: skip
async def test_pages_about_people_are_for_everybody(window: Window, look: str):
    page = await window.sign_in()
    for place in ("", "/people", "/sign-on", "/audit"):
        await page.goto(f"{window.site.url}/console/settings{place}")
        await window.check()
        await window.shoot(f"access{place.replace('/', '-') or '-you'}-{look}")
    await page.goto(window.site.url + "/console/settings/audit?action=operator.added")
    href = await page.get_by_role("link", name="Person added").first.get_attribute("href")
    await page.goto(f"{window.site.url}{href}")
    await window.check()
    await window.shoot(f"access-change-{look}")
    await page.goto(window.site.url + "/console/settings/people")
    href = await page.get_by_role("link", name=ADDRESS).get_attribute("href")
    await page.goto(f"{window.site.url}{href}")
    await window.check()
    await window.shoot(f"access-person-{look}")
