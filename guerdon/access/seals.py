"""Sealing what must be read again and yet not be readable in a copy of the database, such as the secrets of codes.

With GUERDON_SECRET_KEY a secret is sealed by Fernet (AES-128 in CBC mode with HMAC-SHA256, of the package
cryptography) under a key that is derived from it. Without, it lies as it is, and says so: then a copy of the database
is enough to make somebody's codes, though not to sign in, for which their password is needed too.

Several keys, with spaces between, let one be replaced: the first seals, all of them open.
"""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

SEALED, PLAIN = "sealed:", "plain:"


class SealBroken(Exception):
    """None of our keys has sealed this."""


class Seals:
    """The keys of the installation, which may have none."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys]) if keys else None

    def seal(self, text: str) -> str:
        """As it may be stored."""
        if self._fernet is None:
            return PLAIN + text
        return SEALED + self._fernet.encrypt(text.encode()).decode()

    def open(self, stored: str) -> str:
        """What was sealed, with or without a key; raises SealBroken."""
        if stored.startswith(PLAIN):
            return stored.removeprefix(PLAIN)
        try:
            if self._fernet is not None:
                return self._fernet.decrypt(stored.removeprefix(SEALED)).decode()
        except InvalidToken:
            pass
        raise SealBroken


def _derived(key: str) -> bytes:
    """Keys are long and random, so that one hash makes a key of the right size of any of them."""
    return base64.urlsafe_b64encode(hashlib.blake2b(key.encode(), digest_size=32, person=b"guerdon-seals").digest())
