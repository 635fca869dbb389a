"""A customer token says who, for how long, and by whose word; anything else is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.access.tokens import LIFE_MAX, customer_token, identity_of, read_token
from guerdon.errors.access import CustomerTokenInvalid
from guerdon.kit.ids import merchant_guid
from guerdon.points.command import Identity

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
GUID = merchant_guid(42)
SECRET = "gct_" + "s" * 43
OTHER = "gct_" + "o" * 43
_jwt: Any = jwt
encode = _jwt.encode


def read(token: str, *secrets: str, now: datetime = NOW) -> Identity:
    return read_token(token, secrets or (SECRET,), guid=GUID, now=now)


@pytest.mark.parametrize(
    ("subject", "identity"),
    [
        ("email:Ana@Example.com", Identity("email", "ana@example.com")),
        ("phone:+14155552671", Identity("phone", "+14155552671")),
        ("customer_id:77:x", Identity("external_id", "77:x")),
    ],
)
def test_a_token_names_a_customer_until_it_ends(subject: str, identity: Identity):
    token = customer_token(SECRET, guid=GUID, subject=subject, now=NOW, life=timedelta(minutes=5))

    assert read(token) == identity
    assert read(token, now=NOW + timedelta(minutes=5, seconds=-1)) == identity
    with pytest.raises(CustomerTokenInvalid, match="ended"):
        read(token, now=NOW + timedelta(minutes=5))


def test_two_secrets_count_while_one_takes_the_others_place():
    token = customer_token(OTHER, guid=GUID, subject="email:ana@example.com", now=NOW)

    assert read(token, SECRET, OTHER).value == "ana@example.com"
    with pytest.raises(CustomerTokenInvalid, match="not signed with"):
        read(token, SECRET)
    with pytest.raises(CustomerTokenInvalid, match="no secret"):
        read_token(token, (), guid=GUID, now=NOW)


CLAIMS: dict[str, Any] = {
    "iss": str(GUID), "sub": "email:ana@example.com", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"iss": str(merchant_guid(43))}, "iss"),
        ({"iss": None}, "iss"),
        ({"sub": None}, "sub"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"sub": 7}, "read"),
        ({"sub": "ana@example.com"}, "begins with"),
        ({"sub": "member:7"}, "begins with"),
        ({"sub": "pos_account_id:7"}, "begins with"),
        ({"sub": "email:"}, "1 to"),
        ({"sub": "email:nobody"}, "email"),
        ({"sub": "phone:0555"}, "country"),
        ({"sub": "customer_id:a\0b"}, "characters"),
        ({"exp": CLAIMS["iat"] + int(LIFE_MAX.total_seconds()) + 1}, "24 hours"),
        ({"iat": CLAIMS["iat"] + 61, "exp": CLAIMS["iat"] + 100}, "future"),
        ({"iat": "soon"}, "whole seconds"),
        ({"exp": True}, "ended"),
        ({"exp": 1e300}, "whole seconds"),
    ],
)
def test_every_claim_is_checked(change: dict[str, Any], problem: str):
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}

    with pytest.raises(CustomerTokenInvalid, match=problem):
        read(encode(claims, SECRET, algorithm="HS256"))


@pytest.mark.parametrize(
    "token",
    [
        encode(CLAIMS, None, algorithm="none"),
        encode(CLAIMS, SECRET * 2, algorithm="HS512"),
        encode(CLAIMS, SECRET, algorithm="HS256")[:-2],
        "e.e.e",
        "\u00e9",
    ],
)
def test_only_signatures_of_the_one_algorithm_count(token: str):
    with pytest.raises(CustomerTokenInvalid):
        read(token)


@given(st.text(max_size=200))
def test_whatever_is_sent_is_refused_and_never_breaks(token: str):
    with pytest.raises(CustomerTokenInvalid):
        read(token)


@given(st.text(max_size=60))
def test_a_subject_names_somebody_or_is_a_value_error(rest: str):
    for kind in ("email", "phone", "customer_id"):
        try:
            identity = identity_of(f"{kind}:{rest}")
        except ValueError:
            continue
        assert identity.value


def test_nobody_signs_for_longer_than_a_day():
    with pytest.raises(ValueError, match="lives for at most"):
        customer_token(
            SECRET, guid=GUID, subject="email:ana@example.com", now=NOW, life=LIFE_MAX + timedelta(seconds=1)
        )
