"""Where the codes of a rule come from: made here, taken from what the merchant uploaded, or made by the merchant's URL.

Pure terms, a part of the rule's (behaviour 14).
"""

from urllib.parse import urlsplit

from msgspec import Struct

from guerdon.errors.base import BadField

LOW_AT_MAX = 10_000
URL_LENGTH_MAX = 2048
TIMEOUT_S_MAX = 30
SECRET_LENGTH_MAX = 200
CODE_LENGTH_MAX = 64


class Generated(Struct, frozen=True, omit_defaults=True, tag_field="source", tag="generated"):
    """We make the code."""


class Pooled(
    Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, tag_field="source", tag="pool"
):
    """A code that the merchant uploaded. Others are told when only `low_at` unused ones are left, then half of that, a
    quarter, an eighth, and none; each once until the pool is filled up.
    """

    low_at: int | None = None

    def __post_init__(self) -> None:
        if self.low_at is not None and not 1 <= self.low_at <= LOW_AT_MAX:
            raise BadField("codes.low_at", f"{self.low_at} is not a whole number from 1 to {LOW_AT_MAX}")


class Called(
    Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, tag_field="source",
    tag="callback",
):  # fmt: skip
    """The merchant's own URL makes the coupon while the shopper waits, and another takes it back.

    The secret is said when the rule is written, and kept apart from its terms, which people read.
    """

    create_url: str
    cancel_url: str
    timeout_s: int = 5
    secret: str = ""

    def __post_init__(self) -> None:
        _check_url("codes.create_url", self.create_url)
        _check_url("codes.cancel_url", self.cancel_url)
        if not 1 <= self.timeout_s <= TIMEOUT_S_MAX:
            raise BadField("codes.timeout_s", f"{self.timeout_s} is not a number of seconds from 1 to {TIMEOUT_S_MAX}")
        if len(self.secret) > SECRET_LENGTH_MAX or not (self.secret.isascii() and self.secret.isprintable()):
            problem = f"a text of at most {SECRET_LENGTH_MAX} printable ASCII characters is needed: it goes in a header"
            raise BadField("codes.secret", problem)


Codes = Generated | Pooled | Called

GENERATED = Generated()


def is_code(text: str) -> bool:
    """Whether a code of a shop's own is one that we can keep, and find again in a comma-separated list."""
    fits = 0 < len(text) <= CODE_LENGTH_MAX
    return fits and text.isascii() and text.isprintable() and not {" ", ","} & set(text)


def _check_url(field: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
        parts = urlsplit("")
    if not known or len(url) > URL_LENGTH_MAX or not url.isprintable() or " " in url:
        raise BadField(field, f"{url[:80]!r} is no address such as 'https://shop.example/coupons'")
    if "@" in parts.netloc:
        raise BadField(field, "it may not hold a user name or a password: the secret goes in a header")
