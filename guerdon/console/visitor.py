"""Who looks at a page: a person who signed in, at the merchant whose programme they see; or a stranger."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale

from guerdon.access.keys import GRANTABLE, Caller
from guerdon.access.operators import Operator
from guerdon.access.roles import MAY, PERMISSIONS, Permission, Role
from guerdon.access.sessions import Session
from guerdon.api.parameters import parameters
from guerdon.api.wire import Incoming
from guerdon.console.view import View
from guerdon.console.words import language_of, locale_of, translations
from guerdon.errors.access import PermissionMissing
from guerdon.merchants.merchant import Merchant

SESSION, DONE, LANGUAGE, THEME = "guerdon_session", "guerdon_done", "guerdon_language", "guerdon_theme"
THEMES = ("light", "dark")
SAID_FOR_S = 60
YEAR_S = 366 * 24 * 3600


class Done(msgspec.Struct, frozen=True):
    """What the person has just done, told on the next page; `undo` is where to post that takes it back."""

    text: str
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Taste:
    """How a browser wants its pages."""

    language: str
    locale: Locale
    theme: str

    @classmethod
    def of(cls, incoming: Incoming, cookies: Mapping[str, str]) -> "Taste":
        """By what was chosen, or else by what the browser asks for."""
        accepted = incoming.headers.get("accept-language", "")
        language = language_of(cookies.get(LANGUAGE), accepted)
        theme = cookies.get(THEME, "")
        return cls(language, locale_of(language, accepted), theme if theme in THEMES else "")

    @property
    def words(self) -> NullTranslations:
        """Those of the language."""
        return translations(self.language)

    def _(self, text: str, /, **facts: Any) -> str:
        """The text in the person's language, with these facts in it."""
        said = self.words.gettext(text)
        return said % facts if facts else said

    def ngettext(self, one: str, many: str, number: int, /, **facts: Any) -> str:
        """The text for so many of something, which it may call %(num)s."""
        return self.words.ngettext(one, many, number) % {"num": number, **facts}


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody who has signed in."""

    taste: Taste
    path: str
    secure: bool

    def view(self, template: str, *, status: int = 200, **shown: Any) -> View:
        """A page."""
        return View(template, {"visitor": None, "taste": self.taste, "path": self.path, **shown}, status)

    def enter(self, secret: str, place: str) -> View:
        """Go on there as who has this session."""
        return View("", {}, 303, (cookie(SESSION, secret, secure=self.secure),), place)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who signed in, and all that a page needs to know of them."""

    session: Session
    merchant: Merchant
    taste: Taste
    now: datetime
    """The time it is for this merchant."""
    path: str
    secure: bool
    merchants: tuple[Merchant, ...]
    """Those for whom the person works."""
    waiting: int
    """How many proposals wait for somebody's decision."""
    done: Done | None = None

    @property
    def operator(self) -> Operator:
        """The person."""
        return self.session.operator

    @property
    def role(self) -> Role:
        """What the person is to this merchant."""
        return cast("Role", self.operator.roles[self.merchant.merchant_id])

    @property
    def zone(self) -> ZoneInfo:
        """Where the merchant's days begin and end."""
        return ZoneInfo(self.merchant.timezone)

    @property
    def locale(self) -> Locale:
        """How numbers and times are written."""
        return self.taste.locale

    @property
    def caller(self) -> Caller:
        """The person as a caller of the native API. What they may do is decided before: by the permission of a page."""
        return Caller(
            merchant=self.merchant, actor=self.operator.actor, scopes=frozenset(GRANTABLE), key_id=0, publishable=False,
            limit_per_second=None, origins=(), api_version=None, token_secrets=(),
        )  # fmt: skip

    def may(self, permission: Permission) -> bool:
        """Whether the person's role allows it here."""
        return permission in MAY[self.role]

    def require(self, permission: Permission) -> None:
        """Refuses with PermissionMissing."""
        if not self.may(permission):
            raise PermissionMissing(self.role, PERMISSIONS[permission])

    def _(self, text: str, /, **facts: Any) -> str:
        """The text in the person's language, with these facts in it."""
        return self.taste._(text, **facts)

    def ngettext(self, one: str, many: str, number: int, /, **facts: Any) -> str:
        """The text for so many of something, which it may call %(num)s."""
        return self.taste.ngettext(one, many, number, **facts)

    def inner(self, incoming: Incoming) -> Incoming:
        """A request to the native API that this one makes. The `key` in a form is its Idempotency-Key: what is sent
        twice is done once.
        """
        headers: list[tuple[bytes, bytes]] = []
        key = parameters(incoming.body).get("key") if incoming.form else None
        if isinstance(key, str):
            headers.append((b"idempotency-key", key.encode()))
        scope = {"method": incoming.method, "path": incoming.path, "query_string": b"", "headers": headers}
        return Incoming(scope)

    def view(self, template: str, *, status: int = 200, **shown: Any) -> View:
        """A page. What was just done is said once."""
        said = () if self.done is None else (cookie(DONE, "", secure=self.secure, lasting_s=0),)
        common = {"visitor": self, "taste": self.taste, "path": self.path, "key": secrets.token_urlsafe(12)}
        return View(template, {**common, **shown}, status, said)

    def go(self, place: str, text: str | None = None, *, undo: str | None = None) -> View:
        """Go on there, where `text` is said."""
        if text is None:
            return View("", {}, 303, (), place)
        packed = base64.urlsafe_b64encode(msgspec.json.encode(Done(text, undo))).decode().rstrip("=")
        return View("", {}, 303, (cookie(DONE, packed, secure=self.secure, lasting_s=SAID_FOR_S),), place)

    def leave(self, place: str) -> View:
        """Go on there as a stranger."""
        return View("", {}, 303, (cookie(SESSION, "", secure=self.secure, lasting_s=0),), place)


def cookies_of(incoming: Incoming) -> dict[str, str]:
    """What the browser kept for us."""
    try:
        return {name: one.value for name, one in SimpleCookie(incoming.headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def done_of(cookies: Mapping[str, str]) -> Done | None:
    """What was just done, if that is to be said."""
    packed = cookies.get(DONE, "")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), type=Done)
    except (binascii.Error, ValueError):
        return None


def cookie(name: str, value: str, *, secure: bool, lasting_s: int | None = None) -> tuple[bytes, bytes]:
    """The header that has a browser keep this, until it is closed or for so long. No script can read it."""
    lasting = "" if lasting_s is None else f"; Max-Age={lasting_s}"
    safe = "; Secure" if secure else ""
    return b"set-cookie", f"{name}={value}; Path=/console; HttpOnly; SameSite=Lax{lasting}{safe}".encode()
