"""Every page of the console, as whoever uses it finds it: nothing in the way, nothing amiss, nothing from elsewhere."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from guerdon.access.keys import GRANTABLE
from guerdon.access.roles import MAY, Role
from guerdon.console.contract import OPEN
from guerdon.console.frame import RAIL
from tests.browser.conftest import CUSTOMER, Site, Window
from tests.browser.crawl import every_page, needed, offered, shown
from tests.browser.furniture import begin, furnish
from tests.cli.terminal import GRACE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE_DARK = {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(site: Site) -> AsyncIterator[list[str]]:
    """The shop with something on each page; the addresses that no list leads to."""
    scopes = [part for scope in GRANTABLE for part in ("--scope", scope)]
    command = ("key", "create", "--merchant", "42", "--name", "furniture", *scopes)
    made = await asyncio.to_thread(site.terminal.json, *command)
    headers = {"authorization": f"Bearer {made['api_key']}"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=GRACE_S) as http:
        yield await furnish(http, email=CUSTOMER)


@pytest.mark.parametrize("window", [{}, PHONE_DARK], indirect=True, ids=["desk-light", "phone-dark"])
async def test_every_page_is_for_everybody(window: Window, furnished: list[str]):
    page = await window.sign_in()
    found = set[str]()
    also = [*furnished, *await begin(page, window.site.url)]
    async for kind in every_page(page, window.site.url, also=also):
        found.add(kind)
        await window.check()
        assert window.complaints == [], page.url
        assert window.foreign == [], page.url
    assert shown() - found == set()


@pytest.mark.parametrize("role", ["manager", "developer", "read_only"])
async def test_no_page_offers_what_its_reader_may_not_do(window: Window, furnished: list[str], role: Role):
    may = MAY[role] | {OPEN}
    page = await window.sign_in(await window.site.hire(role))
    found = set[str]()
    also = [one for one in furnished if needed("GET", one) in may]
    async for kind in every_page(page, window.site.url, also=also, until="domcontentloaded"):
        found.add(kind)
        asked = {one: needed(*one) for one in await offered(page)}
        assert {one: permission for one, permission in asked.items() if permission not in may} == {}, page.url
        assert window.complaints == [], page.url
        assert window.foreign == [], page.url
    led_to = {one for place in RAIL for one, _, permission in place.below if permission in may}
    assert led_to | {place.address for place in RAIL} <= found
