"""A server with a merchant that anybody may play with, and a browser that looks at it.

The browser is Debian's Chromium. Where there is none, these tests are skipped, but not in CI.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from guerdon.database.address import Address
from guerdon.docs.assets import REFERENCE, found
from tests.cli.terminal import GRACE_S, Terminal
from tests.street import cloned

SCREENSHOTS = Path(__file__).parent.parent.parent / ".guerdon-screenshots"
PASSWORD = "secret-enough"
AXE: Any = Axe()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CUSTOMER, POINTS = "quinn@example.com", 4_000
LOADED_MS = 90_000

expect.set_options(timeout=LOADED_MS)


@dataclass
class Site:
    """A server, its merchant, and the key of another."""

    url: str
    guid: str
    api_key: str
    other_key: str
    terminal: Terminal

    async def hire(self, role: str, name: str | None = None) -> str:
        """Somebody else who may sign in with the password of everybody here; returns the name."""
        username = name or f"{role}-{uuid4().hex[:8]}"
        told = ("--username", username, "--password", PASSWORD, "--role", role)
        await asyncio.to_thread(self.terminal.run, "operator", "create", "--merchant", "42", *told)
        return username

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of the merchant's own server."""
        headers = {"x-guid": self.guid, "x-api-key": self.api_key}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=GRACE_S) as http:
            return await http.request(method, path, **more)


@dataclass
class Window:
    """A page of the browser, with what went wrong in it."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])

    async def open(self, path: str) -> Page:
        """Go to a page of the server."""
        await self.page.goto(self.site.url + path)
        return self.page

    async def sign_in(self, username: str = "ana") -> Page:
        """Go to the console as that person."""
        await self.open("/console/sign-in")
        await self.page.fill("#username", username)
        await self.page.fill("#password", PASSWORD)
        await self.page.click("main button.primary")
        await self.page.wait_for_url(lambda url: "sign-in" not in url)
        return self.page

    async def check(self) -> None:
        """Nothing on the page stands in anybody's way, as far as axe can tell by WCAG 2.2 AA."""
        found: Any = await AXE.run(self.page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        told = [
            f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for one in found.response["violations"]
            for node in one["nodes"][:3]
        ]
        assert told == [], (self.page.url, told)
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (self.page.url, f"{wide} pixels too wide")

    async def shoot(self, name: str) -> None:
        """Keep what it looks like, for people."""
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    program = shutil.which("chromium")
    missing = "no chromium here" if program is None else "`make docs` was not run" if not found(REFERENCE) else None
    if missing is not None:
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    async with async_playwright() as playwright:
        # The sandbox needs rights that containers seldom give; it shows pages of ours alone.
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def site(server: Address, administer: Callable[[str], None], template: str) -> Iterator[Site]:
    """A shop with an option for 500 points and a customer who has enough of them."""
    with cloned(server, administer, template) as dsn:
        terminal = Terminal(database_url=dsn)
        made = terminal.json("merchant", "create", "--id", "42", "--name", "Acme")
        other = terminal.json("merchant", "create", "--id", "43", "--name", "Other")
        operator = ("--username", "ana", "--password", PASSWORD, "--role", "owner")
        terminal.run("operator", "create", "--merchant", "42", *operator)
        rule = '{"name": "$5 off", "points": 500, "amount_minor": 500, "currency": "USD"}'
        terminal.run("rule", "create", "--merchant", "42", text=rule)
        earning = f'{{"name": "Welcome", "trigger": "sign_up", "earns": {{"kind": "flat", "points": {POINTS}}}}}'
        terminal.run("earning-rule", "create", "--merchant", "42", text=earning)
        shown = f"{made['guid']} {made['api_key']} ana {PASSWORD}"
        open_to_tests = {"docs_credentials": shown, "allow_private_urls": "on"}
        with Terminal(database_url=dsn, **open_to_tests).start("serve", "--port", "0") as running:
            yield Site(running.url(), made["guid"], made["api_key"], other["api_key"], terminal)


@pytest_asyncio.fixture(loop_scope="session")
async def window(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Window]:
    """A page at a desk, or as the test's parameter wants it. Nothing may go wrong in it or lead to another host."""
    wanted: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}, **getattr(request, "param", {})}
    async with await chromium.new_context(**wanted) as context:
        page = await context.new_page()
        page.set_default_timeout(LOADED_MS)
        window = Window(page, site)
        page.on("console", lambda said: window.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: window.complaints.append(str(error)))
        page.on("request", lambda sent: _note_foreign(window, sent.url))
        yield window
        assert window.complaints == []
        assert window.foreign == []


def _note_foreign(window: Window, url: str) -> None:
    if not url.startswith((f"{window.site.url}/", "data:", "blob:")):
        window.foreign.append(url)
