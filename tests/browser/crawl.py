"""Goes through the console as a person would: from Home along every link, to one page of each kind."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Error, Page

from guerdon.bench.console_pages import kind_of, pattern, readable
from guerdon.console.files import DOWNLOAD, UPLOADS
from guerdon.console.routes import EXPORTS, ROUTES

STARTED = "Download is starting"
FOLLOWED_MAX = 400
"""More links than that are more of the same."""
DOWNLOADS = {
    "/console/imports/samples/{kind:str}",
    "/console/imports/{id:str}/bad-rows",
    "/console/members/{id:str}/export",
}
"""Behind these there is a file, and no page."""
FILES = (DOWNLOAD, *(one.route for one in (*EXPORTS, *UPLOADS)))
SERVED = [
    (route.method, pattern(route.path), route.scope)
    for route in sorted((*ROUTES, *FILES), key=lambda route: "{" in route.path)
]
"""Every route of the console; those without an id in their path come first."""
OFFERED = """() => [...document.querySelectorAll("a[href], form, [formaction]")].map(one => one.matches("a")
  ? ["GET", one.getAttribute("href")]
  : [(one.closest("form").getAttribute("method") ?? "get").toUpperCase(),
     one.getAttribute("formaction") ?? one.getAttribute("action") ?? location.pathname])"""
"""Fields called method or action hide what a form says of itself; its attributes do not."""


def shown() -> set[str]:
    """The kinds of all pages that a browser shows."""
    return readable() - DOWNLOADS


def needed(method: str, address: str) -> str | None:
    """The permission that a request of the console needs; None where nothing answers it."""
    path = urlsplit(address).path
    return next((scope for asks, place, scope in SERVED if asks == method and place.fullmatch(path)), None)


async def offered(page: Page) -> set[tuple[str, str]]:
    """What the links and forms of a page ask of the console."""
    found: list[tuple[str, str]] = await page.evaluate(OFFERED)
    return {(method, address) for method, address in found if method != "DIALOG" and address.startswith("/console")}


async def every_page(
    page: Page, url: str, *, also: Sequence[str] = (), until: Literal["load", "domcontentloaded"] = "load"
) -> AsyncIterator[str]:
    """The kind of each page, once it is open, and as far as `until` says."""
    waiting, seen, asked = ["/console", *also], set[str](), set[str]()
    while waiting and len(asked) < FOLLOWED_MAX:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind is None or kind in seen or address in asked:
            continue
        asked.add(address)
        try:
            answer = await page.goto(url + address, wait_until=until)
        except Error as error:
            if STARTED not in str(error):
                raise
            continue
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        if kind_of(page.url) != kind:
            continue  # a list that leads on to the one thing that was meant
        seen.add(kind)
        yield kind
        found: list[str] = await page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        )
        waiting += [link.partition("#")[0] for link in found if link.startswith("/console")]
