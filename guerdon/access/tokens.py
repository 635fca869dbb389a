"""Customer tokens: a merchant's server signs who the customer in front of a page is, and for how long that holds.

A token is a JWT of RFC 7519, signed with HS256 and the merchant's own secret, so that any library makes one:

    iss  the merchant's GUID
    sub  who the customer is: `email:ana@example.com`, `phone:+14155552671`, or `customer_id:` and the shop's own id
    iat  when it was signed, in seconds since 1970
    exp  when it ends, at most 24 hours later
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from guerdon.errors.access import CustomerTokenInvalid
from guerdon.kit.contact import BadContact, normal_email, normal_phone
from guerdon.points.command import Identity

ALGORITHM = "HS256"
LIFE_MAX = timedelta(hours=24)
USUAL_LIFE = timedelta(hours=1)
SKEW = timedelta(seconds=60)
"""So far may the clock of the signer be ahead of ours."""

SUBJECT_LENGTH_MAX = 400
KINDS = {"email": "email", "phone": "phone", "customer_id": "external_id"}
"""What a subject may be, and the kind of identity that it stands for."""

# Its types are half there. This name holds it where it is called.
_jwt: Any = jwt

_UNCHECKED = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
"""Times are compared with our own clock; for whom else a token may be good is none of ours."""


def customer_token(
    secret: str, *, guid: UUID | str, subject: str, now: datetime, life: timedelta = USUAL_LIFE
) -> str:  # fmt: skip
    """A token for this customer, such as `email:ana@example.com`; raises ValueError for a subject that names nobody."""
    identity_of(subject)
    if not timedelta() < life <= LIFE_MAX:
        raise ValueError(f"a token lives for at most {LIFE_MAX}, not for {life}")
    claims = {"iss": str(guid), "sub": subject, "iat": int(now.timestamp()), "exp": int((now + life).timestamp())}
    return _jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_token(token: str, secrets: Sequence[str], *, guid: UUID, now: datetime) -> Identity:
    """The customer of a token that one of these secrets signed; refuses with CustomerTokenInvalid."""
    claims = _claims(token, secrets)
    if claims["iss"] != str(guid):
        raise CustomerTokenInvalid("its iss is not the GUID of this merchant")
    signed, ends, seconds = claims["iat"], claims["exp"], now.timestamp()
    if not all(isinstance(moment, int) and 0 <= moment < 2**53 for moment in (signed, ends)):
        raise CustomerTokenInvalid("its iat and exp are to be whole seconds since 1970")
    if signed > seconds + SKEW.total_seconds():
        raise CustomerTokenInvalid("its iat is in the future")
    if ends - signed > LIFE_MAX.total_seconds():
        raise CustomerTokenInvalid("its exp is more than 24 hours after its iat")
    if ends <= seconds:
        raise CustomerTokenInvalid("it has ended; sign a new one")
    try:
        return identity_of(claims["sub"])
    except ValueError as error:
        raise CustomerTokenInvalid(f"its sub names nobody ({str(error).removesuffix('.')})") from None


def identity_of(subject: str) -> Identity:
    """Whom a subject names, in normal form; raises ValueError."""
    kind, _, value = subject.partition(":")
    if kind not in KINDS:
        raise ValueError(f"it begins with one of {', '.join(f'{known}:' for known in KINDS)}")
    value = value.strip()
    if not 0 < len(value) <= SUBJECT_LENGTH_MAX or "\0" in value:
        raise ValueError(f"a text of 1 to {SUBJECT_LENGTH_MAX} characters is needed after {kind}:")
    try:
        match kind:
            case "email":
                value = normal_email(value)
            case "phone":
                value = normal_phone(value)
            case _:
                pass
    except BadContact as error:
        raise ValueError(str(error)) from None
    return Identity(KINDS[kind], value)


def customer_mark(own: Identity) -> str:
    """What keeps the idempotency keys of one customer apart from those of another, and tells nothing of either."""
    return hashlib.blake2b(f"{own.kind} {own.value}".encode(), digest_size=8).hexdigest() + " "


def _claims(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    problem = "this merchant has no secret to sign with yet"
    for secret in secrets:
        try:
            return _jwt.decode(
                token, secret, algorithms=[ALGORITHM],
                options={"require": ["iss", "sub", "iat", "exp"], **_UNCHECKED},
            )  # fmt: skip
        except jwt.InvalidSignatureError:
            problem = "it was not signed with the merchant's secret"
        except jwt.MissingRequiredClaimError as error:
            raise CustomerTokenInvalid(f"it has no {error.claim}") from None
        except jwt.InvalidTokenError:
            raise CustomerTokenInvalid("it cannot be read as a JWT signed with HS256") from None
    raise CustomerTokenInvalid(problem)
