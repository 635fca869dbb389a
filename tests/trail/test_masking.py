"""What is kept of a request tells nothing that must not be told."""

import json
import string
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.trail.masking import CUT, EXCERPT_LENGTH_MAX, excerpt, mask_text, masked

LETTERS = string.ascii_letters + string.digits
emails = st.builds(
    "{}@{}.{}".format,
    st.text(LETTERS + "._-'+", min_size=2, max_size=12), st.text(LETTERS, min_size=1, max_size=8),
    st.sampled_from(["com", "de", "co.uk"]),
)  # fmt: skip
phones = st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True)
secrets = st.builds(
    "{}_{}".format,
    st.sampled_from(["gk", "gpk", "gct", "whsec"]), st.text(LETTERS + "_-", min_size=20, max_size=40),
)  # fmt: skip
SHAPES: list[Callable[[str], Any]] = [str, lambda value: [value], lambda value: {"a": {"b": value}}]
planted = st.one_of(emails, phones, secrets)
words = st.text(string.ascii_letters + " ,.;:!?()[]", max_size=20)


def around(value: str) -> st.SearchStrategy[str]:
    """The value alone, or in the middle of some words."""
    return st.one_of(st.just(value), st.builds("{} {} {}".format, words, st.just(value), words))


@given(planted.flatmap(lambda value: st.tuples(st.just(value), around(value))))
def test_no_address_number_or_secret_survives_in_a_text(drawn: tuple[str, str]):
    value, text = drawn

    assert value not in mask_text(text)


@settings(max_examples=50)
@given(st.lists(planted, min_size=1, max_size=3), st.data())
def test_none_survives_anywhere_in_a_document(values: list[str], data: st.DataObject):
    leaf: Any = st.one_of(st.none(), st.booleans(), st.integers(), words, st.sampled_from(values).flatmap(around))
    document = data.draw(
        st.recursive(
            leaf,
            lambda inside: st.lists(inside, max_size=4) | st.dictionaries(words, inside, max_size=4),
            max_leaves=12,
        )
    )

    kept = excerpt(document)

    assert [value for value in values if value in kept] == []


@given(
    st.sampled_from(["api_key", "apiKey", "X-Api-Secret", "access_token", "customer_token", "password", "secret"]),
    st.text(LETTERS, min_size=6, max_size=40),
    st.sampled_from(SHAPES),
)
def test_what_stands_under_the_name_of_a_secret_is_gone(name: str, value: str, shape: Any):
    assert value not in excerpt({name: shape(value), "other": 1})


@given(st.sampled_from(["phone_number", "mobile", "customerPhone"]), st.from_regex(r"[0-9 ()-]{8,15}", fullmatch=True))
def test_a_number_that_was_dialled_is_hidden_by_its_name(name: str, number: str):
    assert json.loads(excerpt({name: number}))[name] in ("***", "***" + number[-2:])


def test_what_is_left_helps_to_find_a_mistake():
    sent = {
        "customer_email": "ana@example.com",
        "emails": "ana@example.com,bo@example.org",
        "phone_number": 14155552671,
        "first_name": "Ana",
        "coupon_code": "ACME-7KQ2-9XYZ",
        "guid": "0000002a-0000-8000-8000-000000000001",
        "order_id": "100000001",
        "total_amount_cents": 4200,
        "redemption_option_id": "17",
        "ip_address": "203.0.113.7",
        "day": 24,
    }

    assert masked(sent) == {
        **sent,
        "customer_email": "a***@example.com",
        "emails": "a***@example.com,b***@example.org",
        "phone_number": "***71",
        "first_name": "A***",
        "coupon_code": "***9XYZ",
        "ip_address": "***",
        "day": "***",
    }


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=30) | st.dictionaries(st.text(), inside, max_size=8), max_leaves=60,
))  # fmt: skip
def test_an_excerpt_is_short_and_text(value: Any):
    kept = excerpt(value)

    assert len(kept) <= EXCERPT_LENGTH_MAX + len(CUT)
    assert kept.encode()


def test_what_is_long_is_cut_and_says_so():
    kept = msgspec.json.decode(excerpt({"items": list(range(100)), "note": "x" * 1000, "deep": [[[[[[[[[1]]]]]]]]]}))

    assert kept["items"][-1] == "… 80 more"
    assert len(kept["note"]) < 400
    assert "1" not in json.dumps(kept["deep"])


@pytest.mark.parametrize("text", ["a@b", "@", "a@", "+1", "plain", "eyJ", "gk_"])
def test_odd_texts_stay_texts(text: str):
    assert isinstance(mask_text(text), str)
