"""A page, as its handler leaves it to be drawn; or the way to another."""

from typing import Any, NamedTuple

from msgspec import Struct


class Nothing(Struct):
    """What is asked of a page that needs no more than its address, or of a form no more than that it was sent."""


class View(NamedTuple):
    """A template with what it shows. With a `place` the browser is sent there instead."""

    template: str
    shown: dict[str, Any]
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    place: str | None = None


class Download(NamedTuple):
    """A file that the browser keeps."""

    name: str
    content: bytes
    media: str
