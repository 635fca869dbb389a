"""Configuration that two people may change at once: an answer says its version, and a change may insist on it."""

import hashlib
from typing import Any

from guerdon.api.wire import Incoming, encode
from guerdon.errors.base import Outdated


def tell_version(incoming: Incoming, version: int) -> None:
    """The header `ETag` of an answer that shows this version."""
    incoming.told.append((b"etag", _tag(version).encode()))


def require_version(incoming: Incoming, version: int) -> None:
    """Refuses with Outdated where `If-Match` names other versions than the one that is there."""
    asked = incoming.headers.get("if-match")
    if asked is None or asked.strip() == "*":
        return
    if _tag(version) not in [one.strip().removeprefix("W/") for one in asked.split(",")]:
        raise Outdated(asked[:80], _tag(version))


def version_of(content: Any) -> int:
    """A version of what has no number of its own: the same for the same content."""
    return int.from_bytes(hashlib.blake2b(encode(content), digest_size=6).digest())


def _tag(version: int) -> str:
    return f'"{version}"'
