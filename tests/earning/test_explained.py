"""Why an award is what it is, in any reader's language: read from the English sentence that is stored with it."""

from typing import Any

import pytest
from babel import Locale
from hypothesis import given

from guerdon.console.sentence import InWords
from guerdon.console.visitor import Taste
from guerdon.earning.explained import explained, explanation_part
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import VersionedRule
from guerdon.earning.share import Limits
from guerdon.kit.calendar import zone
from guerdon.kit.money import LARGEST
from guerdon.kit.sentence import ENGLISH, said
from tests.earning.test_evaluate_property import ANA, SHOP, cases, tried

GERMAN = InWords(Taste("de", Locale.parse("de"), ""), zone("Europe/Berlin"))


@given(cases())
def test_every_explanation_is_read_whole(case: tuple[list[VersionedRule], Occasion, Limits]):
    rules, occasion, limits = case
    for earned in tried(*rules, on=occasion, by=ANA, of=SHOP, limits=limits).earned:
        stored = earned.explanation.sentence
        part = explanation_part(stored)
        if part is None:
            amounts = (occasion.eligible_minor, *(line.net_minor for line in occasion.lines))
            assert sum(map(abs, amounts)) > LARGEST, stored
            continue  # an order that nobody can report is told as it is stored
        assert said(part, ENGLISH) == stored
        assert " points" not in said(part, GERMAN)
        assert " for " not in said(part, GERMAN)


@pytest.mark.parametrize(
    ("stored", "german"),
    [
        (
            "2 points for each $1.00 of $1,234.50: 2,468 points",
            "2 Punkte je 1,00\u00a0$ von 1.234,50\u00a0$: 2.468 Punkte",
        ),
        (
            "1 point for each $1.00 of €50.00, which is $62.50, cut by the cap of 500 points a day: 1 point",
            "1 Punkt je 1,00\u00a0$ von 50,00\u00a0€, das sind 62,50\u00a0$, begrenzt auf höchstens 500 "
            "Punkte pro Tag: 1 Punkt",
        ),
        (
            "5 points for each of 3 pieces, cut by the budget of 10 points: 10 points",
            "5 Punkte je Stück bei 3 Stück, begrenzt durch das Budget (10 Punkte): 10 Punkte",
        ),
        ("1.5 times 49.95 points: 24 points more", "1,5 mal 49,95 Punkte: 24 Punkte mehr"),
        ("2 times 1 point: 1 point more", "2 mal 1 Punkt: 1 Punkt mehr"),
        ("For a review: 50 points", "Für eine Bewertung: 50 Punkte"),
        ("For ‘store visit’: 50 points", "Für ‘store visit’: 50 Punkte"),
        ("For ‘for a review: 1 point’: 50 points", "Für ‘for a review: 1 point’: 50 Punkte"),
        (
            "A coupon of redemption rule 7 for signing up",
            "Ein Gutschein der Prämie 7 für die Registrierung",
        ),
        ("Entry to tier 3 for a birthday", "Eintritt in Stufe 3 für einen Geburtstag"),
    ],
)  # fmt: skip
def test_an_explanation_is_told_in_german(stored: str, german: str):
    assert explained(stored, ENGLISH) == stored
    assert explained(stored, GERMAN) == german


@pytest.mark.parametrize(
    "stored",
    [
        "Points for shoes", "", "2 points for each 100 XXQ of 5000 XXQ: 100 points", "1 points for each $1.00 of $2.00",
        "For a dance: 5 points", "2 points for each $1 of $5.00: 10 points",
    ],
)  # fmt: skip
def test_what_was_explained_in_other_words_is_told_as_it_is_stored(stored: str):
    told: Any = explanation_part(stored)
    assert told is None
    assert explained(stored, GERMAN) == stored
