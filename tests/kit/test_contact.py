"""Emails and phone numbers in their one stored form (behaviour.md, 22)."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.kit.contact import BadContact, normal_email, normal_phone

Format = phonenumbers.PhoneNumberFormat


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ana@example.com", "ana@example.com"),
        ("  Ana.Lee+Shop@Example.COM\n", "ana.lee+shop@example.com"),
        ("ana@intranet", "ana@intranet"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        (f"{'a' * 308}@example.com", f"{'a' * 308}@example.com"),
    ],
)
def test_one_spelling_of_an_email(text: str, email: str) -> None:
    assert normal_email(text) == email


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not an email address"),
        ("ana", "is not an email address"),
        ("ana@", "is not an email address"),
        ("@example.com", "is not an email address"),
        ("ana@@example.com", "is not an email address"),
        ("ana@example..com", "is not an email address"),
        ("ana@.com", "is not an email address"),
        ("ana@example.", "is not an email address"),
        ("ana lee@example.com", "holds a space or an unprintable character"),
        ("ana\x00@example.com", "holds a space or an unprintable character"),
        ("ana@exam\x1bple.com", "holds a space or an unprintable character"),
        ("ana\u200b@example.com", "holds a space or an unprintable character"),
        ("ana\ud800@example.com", "holds a space or an unprintable character"),
        (f"{'a' * 309}@example.com", "is too long; an email address has at most 320 characters"),
    ],
)
def test_a_bad_email_is_named(text: str, why: str) -> None:
    with pytest.raises(BadContact) as refused:
        normal_email(text)
    assert why in str(refused.value)
    assert repr(text[:60])[:-1] in str(refused.value)


@given(text=some.text() | some.emails())
def test_a_normal_email_stays_as_it_is(text: str) -> None:
    try:
        email = normal_email(text)
    except BadContact:
        return
    assert normal_email(email) == email
    assert normal_email(email.upper().lower()) == email


@pytest.mark.parametrize("number", ["+14155552671", "+442071838750", "+390612345678", "+999123456789"])
def test_a_number_in_e164_comes_back_exactly(number: str) -> None:
    assert normal_phone(number) == number
    assert normal_phone(number, "US") == number


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_number_reads_alike_however_its_country_writes_it(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    number = phonenumbers.format_number(example, Format.E164)
    assert normal_phone(number) == number
    assert normal_phone(phonenumbers.format_number(example, Format.NATIONAL), region.lower()) == number
    assert normal_phone(phonenumbers.format_number(example, Format.INTERNATIONAL)) == number


@pytest.mark.parametrize(
    ("text", "country", "why"),
    [
        ("415 555 2671", None, "'415 555 2671' lacks its country"),
        ("415 555 2671", "XX", "'XX' is not a country"),
        ("415 555 2671", "", "'' is not a country"),
        ("555 2671", "US", "'555 2671' is not a number that can be dialled"),
        ("+1 415", None, "'+1 415' is not a number that can be dialled"),
        ("-", "US", "'-' is not a number that can be dialled"),
        ("", "US", "'' is not a phone number"),
        ("415 555 2671 ext. 5", "US", "is not a phone number"),
        ("415 555 2671\x00", "US", "'415 555 2671\\x00' is not a phone number"),
        ("9" * 100_000, "US", "is not a phone number"),
    ],
)
def test_a_bad_number_is_named(text: str, country: str | None, why: str) -> None:
    with pytest.raises(BadContact, match=re.escape(why)):
        normal_phone(text, country)


@given(text=some.text() | some.from_regex(r"\+?[0-9() -]{3,20}"))
def test_a_number_is_in_e164_or_refused(text: str) -> None:
    try:
        number = normal_phone(text, "DE")
    except BadContact:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{3,16}", number)
    assert normal_phone(number) == number
