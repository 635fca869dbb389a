"""Refusals as people read them: no word of a program stands in a sentence, in any language."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from babel import Locale
from msgspec import Meta, Struct

from guerdon.access.roles import MAY, PERMISSIONS
from guerdon.activities.adjust import ProposalState
from guerdon.activities.report import ActivityState
from guerdon.api.reading import bad_field
from guerdon.api.v1.who import KINDS as IDENTITIES
from guerdon.console import refusals
from guerdon.console.pages.answers import sound
from guerdon.console.refusals import told, told_again
from guerdon.console.visitor import Taste
from guerdon.docs.refusals import kinds
from guerdon.errors.access import PermissionMissing
from guerdon.errors.base import BadField, Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.bulk import ImportInOtherState
from guerdon.errors.members import IdentityTaken
from guerdon.errors.moving import PartySuspended, YearCap
from guerdon.errors.rewards import ChannelDiffers, RedemptionOver, RuleEnded
from guerdon.moving.movement import Kind
from guerdon.rewards.redemption import State

ENGLISH, GERMAN = Taste("en", Locale.parse("en_US"), ""), Taste("de", Locale.parse("de"), "")


@pytest.mark.parametrize(
    ("refusal", "english", "german"),
    [
        (
            PermissionMissing("read_only", PERMISSIONS["adjust"]),
            "As read-only you may not give and take points by hand: an owner can give you another role.",
            "Mit der Rolle Nur lesen dürfen Sie das nicht: Punkte von Hand geben und nehmen. "
            "Ein Inhaber kann Ihnen eine andere Rolle geben.",
        ),
        (
            RedemptionOver(7, State.CAPTURED),
            "Redemption 7 is captured: there is nothing to cancel.",
            "Der Status von Einlösung 7 ist abgebucht: Es gibt nichts zu stornieren.",
        ),
        (
            IdentityTaken("external_id", "C-1", 4),
            "The external id C-1 finds member 4 already: merge the two, or take it from that one first.",
            "Externe ID C-1 führt schon zu Mitglied 4: Führen Sie die beiden zusammen oder entfernen Sie die Kennung "
            "zuerst dort.",
        ),
        (
            ImportInOtherState(3, "undone", "ready or stopped"),
            "Import 3 is undone, and this is for imports that are ready to start, or stopped.",
            "Der Status von Import 3 ist rückgängig gemacht, und dies geht nur mit diesem Status: startbereit oder "
            "gestoppt.",
        ),
        (
            ChannelDiffers("offline", "online"),
            "This option is for in store use; this is online.",
            "Diese Prämie ist für den Kanal im Geschäft; dies ist online.",
        ),
        (
            PartySuspended("receiver", "suspended"),
            "The receiver's membership is suspended: no points can be moved from it or to it.",
            "Der Status einer beteiligten Mitgliedschaft (Empfänger) ist gesperrt: Von ihr und zu ihr können keine "
            "Punkte übertragen werden.",
        ),
        (
            YearCap("sender", "gift", 2026, 12_000, 10_000, 500),
            "12,000 points are over what the sender may still give in 2026: 500 of 10,000.",
            "12.000 Punkte sind mehr, als im Jahr 2026 dafür noch erlaubt ist (Absender: verschenken): 500 von 10.000.",
        ),
        (
            BadField("name", "a tier needs a name"),
            "name: a tier needs a name.",
            "name: eine Stufe braucht einen Namen.",
        ),
    ],
)  # fmt: skip
def test_facts_of_a_refusal_are_words(refusal: Refusal, english: str, german: str):
    assert told(refusal, ENGLISH) == english
    assert told(refusal, GERMAN) == german


class Bounded(Struct):
    """A request as the native API bounds it."""

    name: Annotated[str, Meta(min_length=1, max_length=1200)] = "x"
    code: Annotated[str, Meta(pattern="^[A-Z]+$")] = "X"
    points: Annotated[int, Meta(ge=1, le=5000)] = 1
    ends: date | None = None
    price: Decimal = Decimal(1)
    kind: Literal["new", "old"] = "new"


@pytest.mark.parametrize(
    ("field", "value", "english", "german"),
    [
        ("name", "y" * 1300, "at most 1,200 characters go here", "höchstens 1.200 Zeichen passen hierher"),
        ("name", "", "a value is needed", "ein Wert wird benötigt"),
        ("code", "x", "it has letters that do not go here", "es enthält Zeichen, die hier nicht erlaubt sind"),
        ("points", 0, "1 is the least that goes here", "das Kleinste hier ist 1"),
        ("points", 5001, "5,000 is the most that goes here", "das Größte hier ist 5.000"),
        ("points", "many", "a whole number is needed, such as 500", "eine ganze Zahl wie 500 wird benötigt"),
        ("ends", "soon", "a day of the calendar is needed", "ein Tag des Kalenders wird benötigt"),
        ("price", "dear", "a number is needed, such as 12.50", "eine Zahl wie 12,50 wird benötigt"),
        ("kind", "odd", "choose one of those that are there", "wählen Sie eines der vorhandenen"),
    ],
)  # fmt: skip
def test_bounds_are_told_in_words(field: str, value: Any, english: str, german: str):
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert({field: value}, Bounded, strict=False)
    refusal = bad_field(error.value)
    assert told(refusal, ENGLISH) == f"{field}: {english}."
    assert told(refusal, GERMAN) == f"{field}: {german}."


def test_what_a_page_asks_is_held_to_the_same_bounds():
    with pytest.raises(BadField) as refused:
        sound(Bounded(name=""))
    assert refused.value.field == "name"
    fine = Bounded(ends=date(2026, 5, 31), price=Decimal("12.50"))
    assert sound(fine) == fine


def test_every_value_that_programs_compare_has_words():
    for name, values in {
        "role": MAY, "permission": PERMISSIONS.values(), "state": [*State, *ProposalState, *ActivityState],
        "kind": [*IDENTITIES, *Kind],
    }.items():  # fmt: skip
        for value in values:
            assert str(value) in refusals.FACTS[name], f"{name} {value}"


def test_every_fact_with_words_is_one_of_a_refusal():
    facts = {name for kind in kinds() for name in kind.__annotations__}
    assert facts >= {*refusals.FACTS, *refusals.COUNTED}


@pytest.mark.parametrize(
    ("taste", "code", "sentence", "facts", "said"),
    [
        (
            GERMAN, "not_enough_points", "40 points short: …", {"available": 960, "points": 1000, "shortfall": 40},
            told(NotEnoughPoints(available=960, points=1000, shortfall=40), GERMAN),
        ),
        (GERMAN, "not_enough_points", "40 points short: …", {}, "40 points short: …"),
        (ENGLISH, "not_enough_points", "40 points short.", {"shortfall": 41}, "40 points short."),
        (GERMAN, "long_gone", "Gone for good.", {}, "Gone for good."),
        (GERMAN, "long_gone", None, {}, "long gone"),
        (GERMAN, "not_enough_points", None, {}, "not enough points"),
        (
            ENGLISH, "rule_ended", None, {"rule_id": 3, "ends_at": "2026-05-31T22:00:00Z"},
            "Redemption option 3 ended on 2026-05-31 22:00 UTC.",
        ),
        (
            GERMAN, "rule_ended", "Redemption option 3 ended.", {"rule_id": 3, "ends_at": "2026-05-31T22:00:00Z"},
            told(RuleEnded(3, datetime(2026, 5, 31, 22, tzinfo=UTC)), GERMAN),
        ),
    ],
)  # fmt: skip
def test_a_recorded_refusal_is_told_as_well_as_can_be(
    taste: Taste, code: str, sentence: str | None, facts: Mapping[str, Any], said: str
):
    assert told_again(code, sentence, facts, taste) == said
