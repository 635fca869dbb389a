"""Birthdays and anniversaries over HTTP."""

from datetime import date
from typing import Any

import pytest

from guerdon.activities.celebrations import celebrations_due
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA = "ana@example.com"
BIRTHDAYS, ANNIVERSARY = "/api/v2/customer_birthdays", "/api/v2/customer_anniversary"


async def test_a_birthday_is_kept_and_shown(shop: Shop):
    await shop.member(ANA)
    for given in ({"day": 1, "month": 2}, {"day": "29", "month": "2", "year": "2000"}):
        answer = await shop.http.post(BIRTHDAYS, json={"customer_email": ANA, **given})
        assert answer.status_code == 200, answer.text
    assert answer.json() == {"day": 29, "month": 2, "year": 2000}
    body = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert (body["birth_day"], body["birthday_month"], body["birthday_year"]) == (29, 2, 2000)


async def test_a_birthday_told_today_is_celebrated_when_its_day_comes(shop: Shop):
    await shop.member(ANA)
    rule = EarningRule(name="Birthday", trigger="birthday", earns=Flat(points=50))
    merchant_id = shop.merchant.merchant_id
    await add_rule(shop.engine.database, merchant_id, rule, actor="test", now=shop.clock())
    await shop.http.post(BIRTHDAYS, json={"customer_email": ANA, "day": 11, "month": 3})
    shop.clock.advance(days=1)
    due = await celebrations_due(shop.engine.database, shop.merchant, date(2026, 3, 11))
    for command in due.commands:
        await shop.engine.desk.submit(command, actor="worker")
    params = {"customer_email": ANA, "with_history": "true"}
    body = (await shop.http.get("/api/v2/customers", params=params)).json()
    assert [(item["action"], item["points"]) for item in body["history_items"]] == [("Birthday", 50)]


async def test_an_anniversary_is_kept_shown_and_forgotten(shop: Shop):
    await shop.http.post("/api/v2/customers", json={"id": "C-7", "email": ANA})
    nothing = {"day": None, "month": None, "year": None}
    assert (await shop.http.get(ANNIVERSARY, params={"customer_email": ANA})).json() == nothing
    await shop.http.post(ANNIVERSARY, json={"customer_id": "C-7", "day": 5, "month": 6, "year": 2019})
    kept = (await shop.http.get(ANNIVERSARY, params={"customer_email": ANA})).json()
    assert kept == {"day": 5, "month": 6, "year": 2019}
    for _ in range(2):
        assert (await shop.http.delete(ANNIVERSARY, params={"customer_email": ANA})).json() == nothing
    assert (await shop.http.get(ANNIVERSARY, params={"customer_email": ANA})).json() == nothing


@pytest.mark.parametrize("path", [BIRTHDAYS, ANNIVERSARY])
@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"day": None}, "day"),
        ({"month": None}, "month"),
        ({"day": 0}, "day"),
        ({"day": 32}, "day"),
        ({"month": 13}, "month"),
        ({"day": 30, "month": 2}, "no day 30"),
        ({"day": 29, "month": 2, "year": 2001}, "no day 29"),
        ({"year": 1800}, "year"),
        ({"year": 2027}, "year"),
        ({"day": 1.5}, "day"),
        ({"customer_email": None}, "customer_email"),
    ],
)
async def test_a_day_that_is_none_is_refused(shop: Shop, path: str, params: dict[str, Any], told: str):
    await shop.member(ANA)
    given = {"customer_email": ANA, "day": 1, "month": 1, **params}
    sent = {name: value for name, value in given.items() if value is not None}
    answer = await shop.http.post(path, json=sent)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


async def test_nobodys_day_is_not_found(shop: Shop):
    params = {"customer_email": ANA}
    assert (await shop.http.post(BIRTHDAYS, json={**params, "day": 1, "month": 1})).status_code == 404
    assert (await shop.http.get(ANNIVERSARY, params=params)).status_code == 404
    assert (await shop.http.delete(ANNIVERSARY, params=params)).status_code == 404
