"""Every page can be read in every language, and numbers are written as they are there."""

import re
from typing import Any

import pytest
from babel import Locale

from guerdon.console.words import COMMON, LANGUAGES, language_of, locale_of
from tests.console.catalogue import known, missing, wanted

OTHERS = [language for language in LANGUAGES if language != COMMON]
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_said_in_every_language(language: str):
    catalogue = known(language)
    assert missing(catalogue) == []
    asked = {str(one.id) for one in wanted() if one.id}
    told = {str(one.id) for one in catalogue if one.id}
    assert asked - told == set(), "run `make words`, and translate"
    assert told - asked == set(), "run `make words`"


@pytest.mark.parametrize("language", OTHERS)
def test_facts_are_in_every_translation(language: str):
    for one in known(language):
        texts: Any = one.id if one.pluralizable else (one.id,)
        told: Any = one.string if one.pluralizable else (one.string,)
        assert {*PLACES.findall(texts[-1])} == {*PLACES.findall(told[-1])}, one.id


def test_the_language_is_the_one_that_was_chosen_or_asked_for():
    assert language_of("de", "en-US") == "de"
    assert language_of(None, "fr-FR, de-CH;q=0.8, en;q=0.5") == "de"
    assert language_of("tlh", "fr") == "en"
    assert locale_of("en", "en-GB,en;q=0.9") == Locale.parse("en_GB")
    assert locale_of("de", "x,%%,de-QQ_") == Locale.parse("de")
