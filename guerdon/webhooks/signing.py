"""Signatures as Standard Webhooks 1.0 has them: who sends a message knows its secret, and sends it now.

A receiver of ours or of theirs checks a request by `verify(secret, headers, body)`.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from guerdon.kit.clock import Clock, machine_clock

PREFIX = "whsec_"
SECRET_BYTES = 32
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
TOLERANCE_S = 300
"""A message of another time is a repetition that somebody else makes."""


class BadSecret(ValueError):
    """This is no secret of the form whsec_ and base64 of 24 to 64 bytes."""


class BadSignature(ValueError):
    """The message was not signed by who knows the secret, or not now; the text says which."""


def new_secret() -> str:
    """A secret that nobody guesses."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Raises BadSecret."""
    _key(secret)


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,…`, of a message sent at so many seconds since 1970. Raises BadSecret."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def signed_headers(known: Sequence[str], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message, with a signature by each of the secrets that count."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in known),
    }


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_s: int = TOLERANCE_S,
    clock: Clock = machine_clock,
) -> None:
    """Raises BadSignature unless one of the message's signatures is by this secret, over this body, and of now."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, text = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"]
    except KeyError as missing:
        raise BadSignature(f"The header {missing.args[0]} is not there.") from None
    if not (text.isascii() and text.isdigit()):
        raise BadSignature("The header webhook-timestamp is no number of seconds.")
    timestamp = int(text)
    if abs(clock().timestamp() - timestamp) > tolerance_s:
        raise BadSignature(f"The message is not of the last {tolerance_s} seconds.")
    ours = sign(secret, message_id, timestamp, body).encode()
    if not any(hmac.compare_digest(ours, one.encode()) for one in signatures.split(" ")):
        raise BadSignature("No signature is by this secret over this body.")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret(str(BadSecret.__doc__)) from error
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise BadSecret(str(BadSecret.__doc__))
    return key
