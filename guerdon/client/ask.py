"""What is asked of a server, as values: nothing is sent by making one.

An ask that writes has an idempotency key from the moment that it is made. So it is one wish: whoever asks it again,
after an answer that was lost, gets the first answer, and nothing is done twice. A key of the caller's own lives longer
than a process does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote, urlencode
from uuid import uuid4

from msgspec import Struct

Answer = TypeVar("Answer")
Item = TypeVar("Item")

LIMIT_MAX = 100

PLAIN = cast("type[Any]", Any)
"""The type of an answer that is wanted as plain values: dicts, lists, texts, numbers."""


class Page(Struct, Generic[Item], frozen=True):
    """A page of a list. `next_cursor` is there where `has_more` is true."""

    data: list[Item]
    has_more: bool
    next_cursor: str | None = None


@dataclass(frozen=True)
class Ask(Generic[Answer]):
    """One request, and the type of its answer."""

    method: str
    path: str
    answer: type[Answer]
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    key: str | None = None
    """The idempotency key; none for what only reads."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    lines: Sequence[Mapping[str, Any]] | None = None
    """Instead of a body, many: each is a line of JSON, and so is each answer."""

    def under(self, key: str) -> "Ask[Answer]":
        """The same under a key of the caller's own, such as the id of the order that it is about."""
        return replace(self, key=key)

    def matching(self, version: int) -> "Ask[Answer]":
        """The same, refused with Outdated where there is another version by now."""
        return self.with_headers(if_match=f'"{version}"')

    def with_headers(self, **headers: str) -> "Ask[Answer]":
        """The same with these headers; a hyphen is written as an underscore."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    @property
    def target(self) -> str:
        """Path and query."""
        said = {name: _text(value) for name, value in self.query.items() if value is not None}
        return f"{self.path}?{urlencode(said)}" if said else self.path


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """A list, which a client walks page by page as it is read."""

    path: str
    pages: type[Page[Item]]
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def page(self, cursor: str | None = None) -> Ask[Page[Item]]:
        """One page: the first, or the one that a cursor leads to."""
        query = {"limit": LIMIT_MAX, **self.query, "cursor": cursor}
        return Ask("GET", self.path, self.pages, query)


@dataclass(frozen=True)
class Flow(Generic[Item]):
    """What comes piece by piece: lines of JSON to their end, or events without one.

    Events `resume`: where the connection is lost, they go on after the last that was seen.
    """

    path: str
    item: type[Item]
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resumes: bool = False

    @property
    def target(self) -> str:
        """Path and query."""
        return Ask("GET", self.path, self.item, self.query).target


def reading(path: str, answer: type[Answer], **query: Any) -> Ask[Answer]:
    """Look at something."""
    return Ask("GET", path, answer, query)


def writing(method: str, path: str, answer: type[Answer], body: Mapping[str, Any]) -> Ask[Answer]:
    """Change something, under a key of its own. `dry_run` and `fields` may be said beside the rest of the body."""
    query = {name: body[name] for name in ("dry_run", "fields") if body.get(name) is not None}
    said = {name: value for name, value in body.items() if name not in ("dry_run", "fields")}
    return Ask(method, path, answer, query, said, key=str(uuid4()))


def writing_lines(
    path: str, answer: type[Answer], lines: Sequence[Mapping[str, Any]], *, dry_run: bool
) -> Ask[list[Answer]]:  # fmt: skip
    """Many writes at once, under one key; each is answered by one `answer`, in their order."""
    query = {"dry_run": dry_run or None}
    return Ask("POST", path, list[answer], query, key=str(uuid4()), lines=lines)


def at(*parts: str) -> str:
    """A path of the native API, whatever is in the ids."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
