"""Signatures, read by the library of those who wrote the specification, and the other way round."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, text
from standardwebhooks import Webhook, WebhookVerificationError

from guerdon.webhooks.signing import BadSecret, BadSignature, check_secret, new_secret, sign, signed_headers, verify

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_example_of_the_specification():
    body = b'{"test": 2432232314}'
    assert sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@given(binary(min_size=24, max_size=64), text("abc_", min_size=1), integers(0, 4 * 10**9), text())
def test_theirs_and_ours_sign_alike(key: bytes, message_id: str, seconds: int, body: str):
    secret = "whsec_" + base64.b64encode(key).decode()
    theirs = Webhook(secret).sign(message_id, datetime.fromtimestamp(seconds, UTC), body)
    assert sign(secret, message_id, seconds, body.encode("utf-8", "surrogatepass")) == theirs


def test_ours_reads_what_theirs_signs():
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", now, "{}")
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(int(now.timestamp())), "Webhook-Signature": signature}
    verify(SECRET, headers, b"{}")


def test_each_secret_that_counts_signs():
    other = new_secret()
    headers = signed_headers((SECRET, other), "msg_1", datetime.now(UTC), b"{}")
    for secret in (SECRET, other):
        verify(secret, headers, b"{}")
        Webhook(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b"{}", headers)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_message_of_another_time_is_refused(seconds: int):
    headers = signed_headers((SECRET,), "msg_1", NOW, b"{}")
    verify(SECRET, headers, b"{}", clock=lambda: NOW + timedelta(seconds=seconds // 2))
    with pytest.raises(BadSignature, match="seconds"):
        verify(SECRET, headers, b"{}", clock=lambda: NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"webhook-id": "msg_2"}, "No signature"),
        ({"webhook-signature": "v1,xxxx v2,yyyy"}, "No signature"),
        ({"webhook-signature": ""}, "No signature"),
        ({"webhook-signature": "v1,ü"}, "No signature"),
        ({"webhook-timestamp": "soon"}, "no number"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, "No signature"),
    ],
)
def test_a_message_that_was_changed_is_refused(changed: dict[str, str], says: str):
    headers = {**signed_headers((SECRET,), "msg_1", NOW, b"{}"), **changed}
    with pytest.raises(BadSignature, match=says):
        verify(SECRET, headers, b"{}", clock=lambda: NOW)


def test_another_body_or_another_secret_or_a_missing_header_is_refused():
    headers = signed_headers((SECRET,), "msg_1", NOW, b"{}")
    for secret, body in ((SECRET, b"{ }"), (new_secret(), b"{}")):
        with pytest.raises(BadSignature):
            verify(secret, headers, body, clock=lambda: NOW)
    for name in headers:
        with pytest.raises(BadSignature, match=name):
            verify(SECRET, {key: value for key, value in headers.items() if key != name}, b"{}", clock=lambda: NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_!!!", "whsec_" + "A" * 400])
def test_what_is_no_secret_signs_nothing(secret: str):
    with pytest.raises(BadSecret):
        check_secret(secret)


def test_a_new_secret_is_one_and_another_each_time():
    made = {new_secret() for _ in range(10)}
    assert len(made) == 10
    for secret in made:
        check_secret(secret)
