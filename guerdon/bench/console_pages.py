"""The pages of the console, found as a person finds them: from Home along the links, to some addresses of each kind."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from guerdon.api.wire import Route
from guerdon.console.contract import OPEN
from guerdon.console.routes import ROUTES

HREF = re.compile(r'<a [^>]*?href="(/console[^"#]*)')


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


def links(page: str) -> list[str]:
    """The addresses of the console that a page leads to."""
    return [html.unescape(found) for found in HREF.findall(page)]


def look(address: str) -> str:
    """What is alike of two addresses that the same work answers: the kind of page, and which filters it has."""
    query = parse_qsl(urlsplit(address).query)
    return f"{kind_of(address)}?{'&'.join(sorted(name for name, _ in query))}"
