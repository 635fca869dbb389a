"""Member codes: what a member shows at a till, as a QR code on the screen of their phone.

A code names its member and ends within minutes. It is signed with what the merchant's customer tokens are signed with,
so that nobody makes one for somebody else, and it holds no address: whoever films a screen learns nothing. It is of
hexadecimal digits alone, which scanners that act as keyboards type right in most layouts.
"""

import hashlib
import hmac
import re
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from guerdon.errors.access import MemberCodeInvalid

LIFE = timedelta(minutes=5)
CONTENT = struct.Struct(">QI")
"""The member's number, and when the code ends, in seconds since 1970."""

SIGNATURE_BYTES = 10
"""80 bits, for minutes: nobody guesses one against a server that asks who scans it."""

CODE = re.compile(rf"[0-9A-F]{{{2 * (CONTENT.size + SIGNATURE_BYTES)}}}")
PURPOSE = b"guerdon member code"


def member_code(secret: str, *, merchant_id: int, member_id: int, now: datetime) -> tuple[str, datetime]:
    """A code of this member, and when it ends."""
    ends = int((now + LIFE).timestamp())
    content = CONTENT.pack(member_id, ends)
    return (content + _signature(secret, merchant_id, content)).hex().upper(), datetime.fromtimestamp(ends, UTC)


def is_member_code(text: str) -> bool:
    """Whether it looks like one, however it was typed."""
    return CODE.fullmatch(text.strip().upper()) is not None


def read_member_code(text: str, secrets: Sequence[str], *, merchant_id: int, now: datetime) -> int:
    """The number of the member whose code it is; refuses with MemberCodeInvalid."""
    if not is_member_code(text):
        raise MemberCodeInvalid("it is not one")
    signed = bytes.fromhex(text.strip())
    content, signature = signed[: CONTENT.size], signed[CONTENT.size :]
    if not any(hmac.compare_digest(signature, _signature(one, merchant_id, content)) for one in secrets):
        raise MemberCodeInvalid("it was not made by this programme")
    member_id, ends = CONTENT.unpack(content)
    if ends <= now.timestamp():
        raise MemberCodeInvalid("it has ended")
    return member_id


def _signature(secret: str, merchant_id: int, content: bytes) -> bytes:
    """Of this purpose and merchant alone: what signs tokens signs nothing that could be taken for one."""
    signed = PURPOSE + merchant_id.to_bytes(8, "big") + content
    return hmac.digest(secret.encode(), signed, hashlib.sha256)[:SIGNATURE_BYTES]
