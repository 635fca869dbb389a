"""What a merchant's coupon URLs are sent, and what their answers mean. Pure.

The bodies are those of the incumbent's "generic" platforms (storefront contract, 1.12); what its page leaves open is in
docs/reference/compatibility.md.
"""

from typing import Any, NamedTuple

import msgspec

from guerdon.kit.money import CURRENCIES, to_decimal
from guerdon.rewards.callback import Kind
from guerdon.rewards.codes import is_code
from guerdon.rewards.redemption import Redemption

EXCERPT_LENGTH_MAX = 500
ID_LENGTH_MAX = 255

UNCLEAR_STATUSES = (408, 425, 429)
"""Of the 4xx, those that do not say no."""
GONE_STATUSES = (404, 410)
"""A coupon that is not there need not be taken back."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Made(NamedTuple):
    """There is a coupon: with a code of the merchant's own, or with ours, and the ids that the merchant gave it."""

    code: str | None = None
    third_party_id: str | None = None
    third_party_rule_id: str | None = None


class NotMade(NamedTuple):
    """There is none, or nobody knows: `clear` says that the merchant itself said no."""

    reason: str
    clear: bool = False


def headers(redemption_id: int, kind: Kind, secret: str) -> dict[str, str]:
    """Who asks, and for what: the same key for the same thing, so that a repeat can be told from another."""
    sent = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "Guerdon",
        "Idempotency-Key": f"redemption-{redemption_id}-{kind}",
    }
    return {**sent, "X-Api-Secret": secret} if secret else sent


def body(redemption: Redemption, code: str, email: str | None, secret: str) -> bytes:
    """What both URLs are sent."""
    amount = to_decimal(redemption.value_minor, CURRENCIES[redemption.currency])
    sent: dict[str, Any] = {
        "coupon_code": code,
        "discount_amount": amount,
        "discount_amount_cents": redemption.value_minor,
        "currency": redemption.currency,
        "customer_email": email,
        "redemption_id": redemption.redemption_id,
        "redemption_option_id": redemption.rule_id,
        "third_party_id": redemption.third_party_id,
        "third_party_rule_id": redemption.third_party_rule_id,
        "expires_at": redemption.expires_at,
        "secret": secret or None,
    }
    return _encode(sent)


def read_made(status: int, content: bytes) -> Made | NotMade:
    """What an answer to the create URL says. No body at all says that the coupon is there, with our code."""
    if (refused := _no(status, content)) is not None:
        return refused
    said = _object(content)
    if said is None:
        return NotMade("nonsense")
    code = _text(said, "code", "coupon_code")
    if code is not None and not is_code(code):
        return NotMade("nonsense")
    return Made(code, _text(said, "id", "third_party_id"), _text(said, "rule_id", "third_party_rule_id"))


def read_taken_back(status: int, content: bytes) -> NotMade | None:
    """Why a coupon was not taken back, or None if it was, or is not there."""
    return None if status in GONE_STATUSES else _no(status, content)


def excerpt(content: bytes, *secrets: str | None) -> str:
    """As much of an answer as is kept to be looked at, without what is nobody's business."""
    text = content.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text[:EXCERPT_LENGTH_MAX]


def _no(status: int, content: bytes) -> NotMade | None:
    if not 200 <= status < 300:
        return NotMade(f"http_{status}", clear=400 <= status < 500 and status not in UNCLEAR_STATUSES)
    said = _object(content)
    if said and (said.get("error") or said.get("success") is False):
        return NotMade("refused", clear=True)
    return None


def _object(content: bytes) -> dict[str, Any] | None:
    """An answer that can be read: an object, or nothing."""
    if not content.strip():
        return {}
    try:
        said = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return said if isinstance(said, dict) else None  # pyright: ignore[reportUnknownVariableType]  # it is JSON


def _text(said: dict[str, Any], *names: str) -> str | None:
    """The first of these that says something, as text."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)[:ID_LENGTH_MAX]
    return None
