"""Requests and answers as they may be kept: no secrets, and of people no more than helps to find a mistake. Pure.

What hides a value is the name that it stands under, and, for secrets, addresses and numbers in full, how it looks.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import msgspec

EXCERPT_LENGTH_MAX = 4000
DEPTH_MAX = 8
ITEMS_MAX = 20
TEXT_LENGTH_MAX = 300
HIDDEN = "***"
CUT = "…"

EMAIL = re.compile(r"([^\s@,;])[^\s@,;]*@([^\s@,;]*)")
E164 = re.compile(r"\+[\s()./–-]*\d(?:[\s()./–-]*\d){4,}")
SECRET = re.compile(r"\b(gk|gpk|gct|whsec)_[A-Za-z0-9_+/=-]+")
TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")

Hide = Callable[[str], str]

_encode = msgspec.json.Encoder(decimal_format="number").encode


def _gone(_: str) -> str:
    return HIDDEN


def _first_letter(text: str) -> str:
    return text[:1] + HIDDEN if len(text) > 1 else HIDDEN


def _last_two(text: str) -> str:
    return HIDDEN + text[-2:] if len(text) > 6 else HIDDEN


def _last_four(text: str) -> str:
    return HIDDEN + text[-4:] if len(text) > 8 else HIDDEN


NAMES: tuple[tuple[re.Pattern[str], Hide], ...] = (
    (re.compile(r"key|secret|token|password|passwd|authorization|signature|credential"), _gone),
    (re.compile(r"phone|mobile|telephone|msisdn"), _last_two),
    (re.compile(r"(first|last|full|middle|given|family|user|customer|sender|recipient)_?name|surname"), _first_letter),
    (re.compile(r"address(?!es_)|^ip$|birth|^(day|month|year)$|postcode|zip"), _gone),
    (re.compile(r"^codes?$|coupon_?codes?$|discount_code|reward_?text|card_?number"), _last_four),
)
"""What fields are called, in lower case, whose values are hidden, and what is left of them. The first that fits counts.
Fields of addresses of email are apart: see `mask_address`."""


@lru_cache(maxsize=4096)
def hide_of(field: str) -> Hide | None:
    """How values of a field of this name are hidden; None if their looks decide."""
    name = field.lower().replace("-", "_")
    if "email" in name:
        return mask_address
    return next((hide for pattern, hide in NAMES if pattern.search(name)), None)


def mask_text(text: str) -> str:
    """A text without addresses of email, telephone numbers of E.164, and secrets, wherever they stand in it."""
    if "@" in text:
        text = EMAIL.sub(rf"\1{HIDDEN}@\2", text)
    if "+" in text:
        text = E164.sub(lambda found: HIDDEN + found[0][-2:], text)
    if "k_" in text or "gct_" in text or "whsec_" in text:
        text = SECRET.sub(rf"\1_{HIDDEN}", text)
    if "eyJ" in text:
        text = TOKEN.sub(HIDDEN, text)
    return text


def mask_address(text: str) -> str:
    """An address of email, or what was sent for one."""
    return mask_text(text) if "@" in text else HIDDEN


def masked(value: Any, hide: Hide | None = None, depth: int = 0) -> Any:
    """JSON with what must not be kept hidden, and no larger than a person reads: long parts are cut."""
    if isinstance(value, str):
        return _cut(mask_text(hide(value) if hide is not None else value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict | list) and depth >= DEPTH_MAX:
        return CUT
    if isinstance(value, dict):
        return _masked_object(cast("dict[str, Any]", value), hide, depth)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        found = [masked(item, hide, depth + 1) for item in items[:ITEMS_MAX]]
        return [*found, f"{CUT} {len(items) - ITEMS_MAX} more"] if len(items) > ITEMS_MAX else found
    # A number is no address: it counts some.
    return value if hide is None or hide is mask_address else hide(str(value))


def _masked_object(value: dict[str, Any], hide: Hide | None, depth: int) -> dict[str, Any]:
    found = {
        _shown_name(name): masked(inside, hide_of(name) or hide, depth + 1)
        for name, inside in list(value.items())[: ITEMS_MAX * 5]
    }
    if len(value) > ITEMS_MAX * 5:
        found[CUT] = f"{len(value) - ITEMS_MAX * 5} more"
    return found


@lru_cache(maxsize=4096)
def _shown_name(name: str) -> str:
    """The name of a field, which may be no name but somebody's address."""
    return _cut(mask_text(name))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH_MAX else text[:TEXT_LENGTH_MAX] + CUT


def excerpt(value: Any) -> str:
    """JSON as it may be kept: masked, as a text that is cut, with a mark, after EXCERPT_LENGTH_MAX characters."""
    text = _encode(masked(value)).decode()
    return text if len(text) <= EXCERPT_LENGTH_MAX else text[:EXCERPT_LENGTH_MAX] + CUT
