"""The guides: Markdown of docs/guides as pages. Every command in them is run by tests/docs."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]  # options have no type
from pygments.util import ClassNotFound

from guerdon.docs.build import BUILT, GUIDES, ROOT

ORDER = ("first-redemption", "delayed-deduction", "points-of-sale", "widget", "moving", "webhooks", "going-live")
"""As one reads them; guides that are not named here follow by name."""

ADDRESS = "http://127.0.0.1:8080"
"""Where guides say the server is; a page shows the address at which it was asked for."""

TITLE = re.compile(r"# (?P<title>.+)\n+(?P<summary>(?:[^\n]+\n)+)")


class Guide(NamedTuple):
    """A guide; `summary` is its first paragraph on one line."""

    name: str
    title: str
    summary: str
    markdown: str


class Chapter(NamedTuple):
    """A part of a guide that has a headline, and where it is on the page."""

    anchor: str
    title: str


def folder() -> Path:
    """The guides of the work tree, or where there is none, those that came with the package."""
    return GUIDES if (ROOT / "pyproject.toml").is_file() else BUILT / "guides"


def guides(where: Path | None = None) -> list[Guide]:
    """All of them, in the order to read them."""
    found = [_read(file) for file in sorted((where or folder()).glob("*.md"))]
    places = {name: place for place, name in enumerate(ORDER)}
    return sorted(found, key=lambda guide: (places.get(guide.name, len(ORDER)), guide.name))


def rendered(guide: Guide, address: str) -> tuple[str, list[Chapter]]:
    """The guide as HTML without its title, and its chapters, for a server at this address."""
    return _rendered(guide.markdown.replace(ADDRESS, address))


@cache
def _rendered(markdown: str) -> tuple[str, list[Chapter]]:
    maker = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")
    tokens = maker.parse(markdown)[3:]
    chapters: list[Chapter] = []
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            anchor = _anchor(inside.content)
            token.attrSet("id", anchor)
            if token.tag == "h2":
                chapters.append(Chapter(anchor, _plain(inside)))
    environment: dict[str, Any] = {}
    return maker.renderer.render(tokens, maker.options, environment), chapters


def _read(file: Path) -> Guide:
    markdown = file.read_text("utf-8")
    begins = TITLE.match(markdown)
    assert begins is not None, f"{file.name} begins with a title and a paragraph"
    return Guide(file.stem, begins["title"], " ".join(begins["summary"].split()), markdown)


def _anchor(headline: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", headline.lower()).strip("-")


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _highlighted(code: str, language: str, _attributes: str) -> str:
    """The code with a class for each of its parts; the colours are in docs.css."""
    try:
        lexer = get_lexer_by_name(language.split()[0] if language else "text", stripnl=False)
    except ClassNotFound:
        return ""
    return highlight(code, lexer, HtmlFormatter[str](nowrap=True))
