"""Goes through the console as a person would: from Home along every link, to one page of each kind."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error, Page

from guerdon.api.wire import Route
from guerdon.console.contract import OPEN
from guerdon.console.routes import ROUTES

HREFS = "links => links.map(link => link.getAttribute('href'))"
DOWNLOAD = "Download is starting"
FOLLOWED_MAX = 400
"""More links than that are more of the same."""


def pattern(path: str) -> re.Pattern[str]:
    """What addresses of a route look like."""
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))


PATTERNS = [(route.path, pattern(route.path)) for route in sorted(ROUTES, key=lambda route: "{" in route.path)]


def kind_of(address: str) -> str | None:
    """The path of the route that serves this address; None where none of the console's does."""
    path = urlsplit(address).path
    return next((kind for kind, pattern in PATTERNS if pattern.fullmatch(path)), None)


def readable() -> set[str]:
    """The paths of all pages that are read, and not files."""
    return {route.path for route in ROUTES if is_page(route)}


def is_page(route: Route[Any]) -> bool:
    """Whether it is looked at in a browser by whoever is signed in."""
    return route.method == "GET" and route.scope != OPEN and "." not in route.path.rpartition("/")[2]


async def every_page(page: Page, url: str, *, also: Sequence[str] = ()) -> AsyncIterator[str]:
    """The kind of each page, once it is open."""
    waiting, seen, asked = ["/console", *also], set[str](), set[str]()
    while waiting and len(asked) < FOLLOWED_MAX:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind is None or kind in seen or address in asked:
            continue
        asked.add(address)
        try:
            answer = await page.goto(url + address)
        except Error as error:
            if DOWNLOAD not in str(error):
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
