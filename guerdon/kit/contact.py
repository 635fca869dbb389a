"""Email addresses and phone numbers in the one form in which they are stored and compared (behaviour.md, 22).

A member is found by these, so two spellings of one address have to become one text. The checks are minimal on purpose:
only a message that arrives proves an address, and a shop must be able to bring in the members it has.
"""

import re
import unicodedata

EMAIL_LENGTH_MAX = 320
EMAIL = re.compile(r"[^@]+@[^@.]+(\.[^@.]+)*")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
DIALLED = re.compile(r"\+?[\d\s()./–-]{1,40}")


class BadContact(ValueError):
    """This is no email address, or no phone number."""


def normal_email(text: str) -> str:
    """The address in lower case, without space around it; raises `BadContact`."""
    email = unicodedata.normalize("NFC", text.strip().lower())
    if len(email) > EMAIL_LENGTH_MAX:
        raise BadContact(f"{shown(text)} is too long; an email address has at most {EMAIL_LENGTH_MAX} characters.")
    if not email.isprintable() or " " in email:
        raise BadContact(f"{shown(text)} holds a space or an unprintable character; send an address without.")
    if not EMAIL.fullmatch(email):
        raise BadContact(f"{shown(text)} is not an email address; send one such as 'ana@example.com'.")
    return email


def normal_phone(text: str, country: str | None = None) -> str:
    """The number in E.164, such as "+14155552671"; raises `BadContact`.

    A number already in E.164 comes back as it is. Anything else is read as someone in `country` (two letters of ISO
    3166, such as "US") would dial it; written with its "+", it needs no country.
    """
    number = text.strip()
    if E164.fullmatch(number):
        return number
    if not DIALLED.fullmatch(number):
        raise BadContact(f"{shown(text)} is not a phone number; send one such as '+14155552671'.")
    if country is None and not number.startswith("+"):
        raise BadContact(f"{shown(text)} lacks its country; send it as in '+14155552671', or name the country.")
    return read_dialled(number, country)


def read_dialled(number: str, country: str | None) -> str:
    # Loaded here because its tables take 35 to 60 ms, and only a number that a person typed needs them.
    import phonenumbers

    if country is not None and country.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise BadContact(f"{shown(country)} is not a country; send two letters of ISO 3166, such as 'US'.")
    unreal = BadContact(f"{shown(number)} is not a number that can be dialled; send one such as '+14155552671'.")
    try:
        phone = phonenumbers.parse(number, country and country.upper())
    except phonenumbers.NumberParseException:
        raise unreal from None
    if phonenumbers.is_possible_number_with_reason(phone) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise unreal
    return phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.E164)


def shown(text: str) -> str:
    """The text as a sentence can quote it: escaped, and cut where nobody would read on."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
