"""The languages of the pages: English in the source, others in `locale/`, as gettext has them."""

from contextlib import suppress
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "de": "Deutsch"}
COMMON = "en"


@cache
def translations(language: str) -> NullTranslations:
    """The words of a language; those of the source where it is English."""
    if language == COMMON:
        return NullTranslations()
    catalogue = read_po(BytesIO(files("guerdon.console").joinpath("locale", f"{language}.po").read_bytes()), language)
    written = BytesIO()
    write_mo(written, catalogue)
    written.seek(0)
    return GNUTranslations(written)


@lru_cache(maxsize=1_000)
def locale_of(language: str, accepted: str) -> Locale:
    """How numbers and times are written: as the browser asks where that is the page's language, such as en-GB."""
    for one in accepted.split(",")[:10]:
        name = one.partition(";")[0].strip().replace("-", "_")
        if name.partition("_")[0].lower() == language:
            with suppress(ValueError, LookupError):
                return Locale.parse(name)
    return Locale.parse("en_US" if language == COMMON else language)


def language_of(chosen: str | None, accepted: str) -> str:
    """The language that was chosen, or else the first that the browser asks for and there is."""
    if chosen in LANGUAGES:
        return chosen
    asked = [one.partition(";")[0].strip().partition("-")[0].lower() for one in accepted.split(",")]
    return next((one for one in asked if one in LANGUAGES), COMMON)
