"""A request as it came, before anybody has read what it says."""

import hashlib
import re
from typing import Any
from uuid import UUID

import msgspec

from guerdon.api.surroundings import trace_of
from guerdon.errors.base import BadField
from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.command import Key
from guerdon.points.values import Entry

KEY_LENGTH_MAX = 255
KEY = re.compile(r"[!-~]([ -~]*[!-~])?")
FORM = "application/x-www-form-urlencoded"
LINES = "application/x-ndjson"
JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"

encode = msgspec.json.Encoder(decimal_format="number").encode


class Incoming:
    """A request as it came: headers by lower-case name, and its id."""

    __slots__ = (
        "address", "body", "caller", "content_type", "customer", "entries", "form", "headers", "media", "method",
        "path", "path_params", "query", "replayed", "request_id", "secure", "status", "told",
    )  # fmt: skip

    def __init__(self, scope: Any) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.path_params: dict[str, Any] = scope.get("path_params") or {}
        self.query: bytes = scope["query_string"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.address: str = (scope.get("client") or ("",))[0]
        self.secure: bool = scope.get("scheme") == "https"
        self.request_id: UUID = time_ordered_uuid()
        self.caller: Any = None
        """Who asks, once that is known."""
        self.body = b""
        self.content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.form = self.content_type == FORM
        self.customer = ""
        """Which customer's own request it is, where a token said so: each has idempotency keys of their own."""
        self.replayed = False
        """Whether the answer is one that its Idempotency-Key was given before: a header tells the client."""
        self.status = 200
        """What an answer says by its status: something may be new."""
        self.media = b""
        """The type of the answer, where it is not JSON."""
        self.entries: tuple[Entry, ...] = ()
        """What a command that was only rehearsed would write in the books."""
        self.told: list[tuple[bytes, bytes]] = []
        """What the handler tells in headers."""

    @property
    def trace_id(self) -> str | None:
        """The trace that the client says it is part of (W3C Trace Context)."""
        return trace_of(self.headers.get("traceparent"))

    def has(self, body: bytes) -> None:
        """It came with this body. curl calls any a form, unless it is told otherwise: what is JSON is no form."""
        self.body = body
        if self.form and body.startswith(b"{"):
            self.form, self.content_type = False, "application/json"

    def accepted(self) -> bytes:
        """The type of the answer, which is JSON under either name where nothing else was said."""
        if self.media:
            return self.media
        return TEXT if self.headers.get("accept", "").lower().startswith("text/plain") else JSON

    def key_text(self) -> str | None:
        """The client's Idempotency-Key as it is sent; refuses with BadField one that is none."""
        text = self.headers.get("idempotency-key")
        if text is not None and not (len(text) <= KEY_LENGTH_MAX and KEY.fullmatch(text)):
            raise BadField("Idempotency-Key", f"a text of 1 to {KEY_LENGTH_MAX} printable characters is needed")
        return text

    def key(self, actor: str, params: msgspec.Struct) -> Key | None:
        """The client's Idempotency-Key, for this caller and path, with what tells its request from another."""
        text = self.key_text()
        if text is None:
            return None
        fingerprint = hashlib.blake2b(encode(params), digest_size=16).digest()
        return Key(f"{actor} {self.customer}{self.path} {text}", fingerprint)
