"""What is wrong with a field is said in the person's language, whoever finds it."""

import ast
import importlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from babel import Locale

import guerdon
from guerdon.activities.celebrations import checked
from guerdon.api.v1.who import identity_of
from guerdon.console.problems import TEMPLATES, fitting, problem_said
from guerdon.console.visitor import Taste
from guerdon.earning.earns import Multiplier, PerItem
from guerdon.earning.rule import EarningRule
from guerdon.errors.base import BadField
from guerdon.errors.rewards import RuleNotFound
from guerdon.kit.contact import normal_email
from guerdon.kit.money import CURRENCIES, to_minor
from guerdon.rewards.rule import Pricing, RedemptionRule

PACKAGE = Path(guerdon.__file__).parent
ENGLISH, GERMAN = Taste("en", Locale.parse("en_US"), ""), Taste("de", Locale.parse("de"), "")

ELSEWHERE = {
    "api/portal": "read by the pages of the old portal",
    "api/storefront": "read by shops of the old interface",
    "api/shopper": "read by pages of shops",
    "api/v1/contract.py": "keys of the native interface, which no page sends",
    "api/v1/bulk.py": "many requests at once, as programs send them",
    "access/keys.py:Unauthenticated": "keys, which no page sends",
    "access/operators.py:Unauthenticated": "the password of a program; a page of sign-in says its own",
    "access/codes.py:Unauthenticated": "the recovery of codes in a terminal",
    "access/tokens.py": "tokens that shops sign",
    "api/v1/flowing.py": "streams, which programs read",
    "kit/outbound.py:post": "what came of a delivery, which is told by its code",
    "console/pages/components.py": "an example of the page that shows all components",
}
"""Problems that no page of the console can tell, by folder, file or file and class; and why."""

MET = {"BadField": 1, "BadRequest": 0, "FileUnreadable": 0, "Unauthenticated": 0, "SignedOut": 0, "CodeWrong": 0,
       "SignOnRefused": 0, "MemberCodeInvalid": 0, "NotRepresentable": 0, "UnknownCurrency": 0,
       "BadContact": 0, "OutboundFailed": 1}  # fmt: skip
"""Refusals with a problem, and errors of which one becomes a problem: at which place of the call it stands."""

HANDED_ON = {
    "str(error)", "str(error).removesuffix('.')", "str(problem)", "wrong.problem", "refused.problem", "failed.detail",
    "missing.sentence",
}  # fmt: skip
"""What was found elsewhere, and is looked at there."""

BOUND = {"found['problem'].replace('`', \"'\")", "str(error).replace('`', \"'\")", "problem.replace('`', \"'\")"}
"""What msgspec finds: tests/console/test_refusals.py has it find each."""

SAID_BY = {
    "error": ["The amount is too large; the most is $90,071,992,547,409.92."],
    "problem": ["it has no column 'points'", "it has no column that finds a member, which email, phone, card do"],
}
"""What stands in places that hold what another function has said."""

SAMPLES = ("1234", "-5", "some-words", "USD", "2026-05-31 22:00:00+00:00", "best", "retain", "day")


class Found(NamedTuple):
    """A problem of the source, and what may come of it."""

    place: str
    said: str
    renderings: list[str]


def problems() -> Iterator[Found]:
    """Every problem that a page can tell, by where it stands in the source."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = str(file.relative_to(PACKAGE))
        if any(name.startswith(one) for one in ELSEWHERE):
            continue
        source = file.read_text("utf-8")
        if not any(f"{one}(" in source for one in MET):
            continue
        module = ast.parse(source)
        known = vars(importlib.import_module("guerdon." + name.removesuffix(".py").replace("/", ".")))
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _of_function(name, function, known)


def _of_function(name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, known: dict[str, Any]) -> Iterator[Found]:
    texts = {
        node.targets[0].id: node.value for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }  # fmt: skip
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MET):
            continue
        at = MET[call.func.id]
        if len(call.args) <= at or {f"{name}:{call.func.id}", f"{name}:{function.name}"} & ELSEWHERE.keys():
            continue
        said = ast.unparse(call.args[at])
        yield Found(f"{name}:{call.lineno}", said, list(_rendered(call.args[at], texts, known)))


def _rendered(text: ast.expr, texts: dict[str, ast.expr], known: dict[str, Any]) -> Iterator[str]:
    """What a text may be: places are filled with what the module knows, or else with samples."""
    match text:
        case ast.Constant(value=str(said)):
            yield said
        case ast.Name(id=name) if name in texts:
            yield from _rendered(texts[name], texts, known)
        case ast.Name(id=name) if name in known:
            yield known[name]
        case ast.Call(func=ast.Attribute(value=inner, attr="replace" | "removesuffix")):
            yield from _rendered(inner, texts, known)
        case ast.IfExp(body=body, orelse=other):
            yield from _rendered(body, texts, known)
            yield from _rendered(other, texts, known)
        case ast.JoinedStr(values=parts):
            for filled in itertools.product(*(_filled(part, texts, known) for part in parts)):
                yield "".join(filled)
        case _:
            return


def _filled(part: ast.expr, texts: dict[str, ast.expr], known: dict[str, Any]) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    assert isinstance(part, ast.FormattedValue)
    if part.conversion == ord("r"):
        return [repr("some-words")]
    if isinstance(part.value, ast.Name) and part.value.id in SAID_BY:
        return SAID_BY[part.value.id]
    with suppress(NameError, AttributeError, TypeError):
        return [str(eval(ast.unparse(part.value), dict(known)))]
    if isinstance(part.value, ast.Name) and part.value.id in texts:
        return list(_rendered(texts[part.value.id], texts, known)) or list(SAMPLES)
    return list(SAMPLES)


FOUND = list(problems())
READABLE = [found for found in FOUND if found.renderings]


def test_every_problem_has_one_template():
    """Whoever writes a new one adds its template to guerdon/console/problems.py, and translates it."""
    fits = [(found, [fitting(text.removesuffix(".")) for text in found.renderings]) for found in READABLE]
    assert [f"{found.place}: {found.said}" for found, some in fits if not any(some)] == []
    assert {tuple(one) for _, some in fits for one in some if len(one) > 1} == set()


def test_what_is_found_elsewhere_is_looked_at_there():
    assert {
        found.said for found in FOUND if not found.renderings and "visitor._(" not in found.said
    } == HANDED_ON | BOUND


def test_every_template_is_that_of_a_problem():
    told = [text.removesuffix(".") for found in READABLE for text in found.renderings]
    told.append(RuleNotFound(7).sentence.removesuffix("."))
    fits = {template for text in told for template in fitting(text)}
    assert [template for template in TEMPLATES if template not in fits] == []


def test_every_place_that_is_left_out_is_there():
    for place in ELSEWHERE:
        assert (PACKAGE / place.partition(":")[0]).exists(), place


def refused(make: Callable[[], Any]) -> str:
    """What is wrong, of what is refused here."""
    with pytest.raises((BadField, ValueError)) as found:
        make()
    return found.value.problem if isinstance(found.value, BadField) else str(found.value).removesuffix(".")


@pytest.mark.parametrize(
    ("make", "english", "german"),
    [
        (
            lambda: RedemptionRule(points=0, pricing=Pricing.FIXED, amount_minor=100, currency="EUR"),
            "0 is not a whole number from 1 to 9,007,199,254,740,992",
            "0 ist keine ganze Zahl von 1 bis 9.007.199.254.740.992",
        ),
        (
            lambda: to_minor("12.505", CURRENCIES["EUR"]),
            "12.505 has more decimals than EUR; send at most 2, such as 50.00",
            "12,505 hat mehr Nachkommastellen als EUR; geben Sie höchstens 2 an, wie bei 50,00",
        ),
        (
            lambda: to_minor("12.50", CURRENCIES["JPY"]),
            "12.50 has decimals and JPY has none; send a whole number, such as 50",
            "12,50 hat Nachkommastellen und JPY hat keine; geben Sie eine ganze Zahl an wie 50",
        ),
        (
            lambda: to_minor(10**17, CURRENCIES["EUR"]),
            "The amount is too large; the most is €90,071,992,547,409.92",
            "Der Betrag ist zu groß; das Höchste ist 90.071.992.547.409,92\u00a0€",
        ),
        (
            lambda: Multiplier(factor=Decimal("0.5")),
            "0.5 is not above 1, at most 1,000, with at most 4 decimals, such as 1.5",
            "0,5 ist nicht größer als 1 und höchstens 1.000, mit höchstens 4 Nachkommastellen wie bei 1,5",
        ),
        (
            lambda: EarningRule(name="x", trigger="sign_up", earns=PerItem(points=1)),
            "only orders earn so: for signing up give flat points, a coupon or a tier",
            "nur Bestellungen bringen so Punkte: Geben Sie für die Registrierung feste Punkte, einen "
            "Gutschein oder eine Stufe",
        ),
        (
            lambda: EarningRule(name="x", trigger="store_visit", earns=PerItem(points=1)),
            "only orders earn so: for store visit give flat points, a coupon or a tier",
            "nur Bestellungen bringen so Punkte: Geben Sie für store visit feste Punkte, einen "
            "Gutschein oder eine Stufe",
        ),
        (
            lambda: identity_of("fax:1", "who"),
            "'fax' is no kind of identity; there are email, phone, external id, POS id, card",
            "'fax' ist keine Art von Kennung; es gibt E-Mail, Telefon, externe ID, POS-Id, Karte",
        ),
        (
            lambda: checked(2, 30, 1999, date(2026, 3, 10)),
            "month 2 of 1999 has no day 30",
            "Monat 2 im Jahr 1999 hat keinen Tag 30",
        ),
        (
            lambda: RedemptionRule(
                points=100, pricing=Pricing.FIXED, amount_minor=100, currency="EUR",
                starts_at=datetime(2026, 5, 1, tzinfo=UTC),
                ends_at=datetime(2026, 4, 30, 22, tzinfo=UTC),
            ),
            "30 Apr 2026 22:00 UTC is not after the start, 1 May 2026 00:00 UTC",
            "30. Apr. 2026 22:00 UTC liegt nicht nach dem Beginn, 1. Mai 2026 00:00 UTC",
        ),
        (
            lambda: normal_email("ana"),
            "'ana' is not an email address; send one such as 'ana@example.com'",
            "'ana' ist keine E-Mail-Adresse; geben Sie eine an wie 'ana@example.com'",
        ),
    ],
)  # fmt: skip
def test_problems_are_told_in_words(make: Callable[[], Any], english: str, german: str):
    problem = refused(make)
    assert problem_said(problem, ENGLISH) == english
    assert problem_said(problem, GERMAN) == german


def test_what_no_template_fits_is_told_as_it_is():
    assert problem_said("fish", GERMAN) == "fish"
