"""Forms with wrong values, filled in by somebody who reads German: each says in German what is wrong."""

import html
import inspect
import re
from typing import Any

import pytest
from babel import Locale

from guerdon.console.draw import TITLES, title_text
from guerdon.console.visitor import Taste
from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import Cap, EarningRule, Period
from guerdon.earning.rules import add_rule
from guerdon.referrals import completion
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop
from tests.street import report

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
FIELD = re.compile(r'<(?:input|textarea)[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')


async def german(hire: Hire) -> Person:
    """Somebody whose browser asks for German."""
    person = await hire("owner")
    person.http.headers["accept-language"] = "de-DE,de;q=0.9,en;q=0.5"
    return person


def fields(page: str) -> dict[str, str]:
    """What stands in the fields of a page."""
    return {name: html.unescape(value) for name, value in FIELD.findall(page)}


RULE = {"kind": "per_amount", "trigger": "order", "points": "1", "each_minor": "1", "name": "Punkte"}
TIER = {"tiers[0][name]": "Silber", "version": "0", "step": "do"}
SUBJECT = "/console/settings/policies"


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        (
            "/console/earning/new", {**RULE, "kind": "multiplier", "factor": "0,5", "step": "save"},
            "0,5 ist nicht größer als 1 und höchstens 1.000, mit höchstens 4 Nachkommastellen wie bei 1,5",
        ),
        (
            "/console/earning/new", {**RULE, "kind": "multiplier", "factor": "1.108", "step": "save"},
            "1.108 ist keine Zahl; schreiben Sie eine wie 1,5",
        ),
        (
            "/console/earning/new",
            {**RULE, "with": "hours", "hours_start": "9", "hours_end": "17:00", "step": "save"},
            "'9' ist keine Uhrzeit von '00:00' bis '23:59'",
        ),
        (
            "/console/earning/new", {**RULE, "with": "expiry", "expiry": "soon", "step": "save"},
            "'soon' ist keine Verfallsregel; das sind die:",
        ),
        (
            "/console/tiers/edit", {**TIER, "tiers[0][entry][spent]": "1,005"},
            "1,005 hat mehr Nachkommastellen als USD; geben Sie höchstens 2 an, wie bei 50,00",
        ),
        ("/console/tiers/edit", {**TIER, "tiers[0][entry][spent]": "viel"}, "'viel' ist kein Betrag wie 12,50"),
        (
            "/console/tiers/edit", {**TIER, "tiers[0][multiplier]": "0,5"},
            "0,5 liegt nicht zwischen 1 und 1.000, mit höchstens 4 Nachkommastellen wie bei 1,5",
        ),
        (
            "/console/tiers/edit", {**TIER, "grace_days": "9999"}, "das Größte hier ist 366",
        ),
        (f"{SUBJECT}/worth", {"policy[point_value]": "nichts"}, "'nichts' ist kein Betrag wie 12,50"),
        (f"{SUBJECT}/worth", {"policy[point_value]": "0,00"}, "0,00 ist kein Betrag über 0 und bis"),
        (f"{SUBJECT}/records", {"policy[event_days]": "bald"}, "'bald' ist keine ganze Zahl"),
        (
            f"{SUBJECT}/records", {"policy[event_days]": "0", "policy[delivery_days]": "9"},
            "0 ist keine Zahl von Tagen von 1 bis 36.500",
        ),
        (
            "/console/settings/merchant", {"name": "Acme", "new_currency": "ZZZ", "new_rate": "1,2"},
            "'ZZZ' ist kein Währungscode nach ISO 4217",
        ),
        (
            "/console/settings/merchant", {"name": "Acme", "new_currency": "EUR", "new_rate": "1.108"},
            "'1.108' ist keine Zahl wie 0,92",
        ),
        (
            "/console/settings/transfers", {"version": "0", "transfers[minimum]": "0"},
            "eine ganze Zahl von 1 bis 9.007.199.254.740.992 wird benötigt",
        ),
        (
            "/console/referrals/programme", {"on": "true", "link": "https://shop.example/", "referrer_points": "5"},
            "in 'https://shop.example/' fehlt {code} für den Code des Mitglieds",
        ),
        ("/console/members/new", {"email": "ana"}, "'ana' ist keine E-Mail-Adresse"),
        ("/console/members/new", {"phone": "12"}, "'12' fehlt die Landesvorwahl"),
        (
            "/console/developers/webhooks", {"url": "nirgends", "name": "x"},
            "eine wird benötigt, die mit https:// beginnt und einen Host nennt",
        ),
        ("/console/settings/people", {"username": "a:b", "role": "support"}, "ein Name ohne Doppelpunkt wird benötigt"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_german(hire: Hire, path: str, form: dict[str, Any], said: str):
    person = await german(hire)
    answer = await person.post(path, **form)
    assert 400 <= answer.status_code < 500, words(answer.text)
    assert said in words(answer.text)


async def test_amounts_of_editors_are_shown_and_read_in_german(shop: Shop, hire: Hire):
    person = await german(hire)
    rule = await shop.rule()
    place = f"/console/rewards/rule_{rule.rule_id}/edit"
    assert fields((await person.get(place)).text)["amount_minor"] == "5,00"
    reward = fields((await person.get("/console/rewards/new")).text)
    for typed, told in (("1.000", "1.000,00\u00a0$"), ("12,50", "12,50\u00a0$"), ("12.50", "12,50\u00a0$")):
        looked = await person.post("/console/rewards/new", **{**reward, "amount_minor": typed}, step="check")
        assert told in html.unescape(looked.text), typed
    tiers = {**TIER, "tiers[0][entry][spent]": "1.000", "tiers[0][multiplier]": "1,5"}
    await person.does("/console/tiers/edit", **tiers)
    shown = fields((await person.get("/console/tiers/edit")).text)
    assert (shown["tiers[0][entry][spent]"], shown["tiers[0][multiplier]"]) == ("1000,00", "1,5")
    await person.does("/console/settings/merchant", name="Acme", new_currency="eur", new_rate="0,920")
    assert fields((await person.get("/console/settings/merchant")).text)["rates[EUR]"].rstrip("0") == "0,92"
    await person.does(f"{SUBJECT}/worth", **{"policy[point_value]": "0,01"}, step="do")
    assert fields((await person.get(f"{SUBJECT}/worth")).text)["policy[point_value]"] == "0,01"


async def test_what_the_engine_calls_points_is_told_in_german():
    said = {title: title_text(title, Taste("de", Locale.parse("de"), "")) for title in (*TITLES, "Big order", None)}
    assert said == {
        "Referred a Friend": "Freund geworben", "Referred by a Friend": "Von einem Freund geworben",
        "Big order": "Big order", None: "",
    }  # fmt: skip
    source = inspect.getsource(completion)
    assert all(f'"{title}"' in source for title in TITLES)


async def test_why_points_were_given_is_told_in_german(shop: Shop, hire: Hire):
    person = await german(hire)
    terms = EarningRule(
        name="Dollars", earns=PerAmount(points=3, each_minor=100), caps=(Cap(per=Period.DAY, points=200),),
    )  # fmt: skip
    await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())
    await shop.member(ANA)
    await report(shop, ANA, "A-1")
    why = "3 Punkte je 1,00\u00a0$ von 90,00\u00a0$, begrenzt auf höchstens 200 Punkte pro Tag: 200 Punkte"
    order = html.unescape((await person.get("/console/orders/A-1")).text)
    assert why in order
    assert "3 points for each $1.00 of $90.00" in order, "as the native API tells it"
    tried = html.unescape((await person.get("/console/earning/try", try_total="1.000")).text)
    assert "3 Punkte je 1,00\u00a0$ von 1.000,00\u00a0$" in tried
    none = await person.text("/console/earning/try", try_total="0")
    assert "Die Bestellung enthält keine der Waren" in none or "Es ergibt weniger als einen Punkt." in none
