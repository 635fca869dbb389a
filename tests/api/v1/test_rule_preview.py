"""What terms of a redemption rule would do before they are saved, as integrators ask it."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
RULES = "/v1/redemption_rules"
PREVIEW = f"{RULES}/preview"
FIVER: dict[str, Any] = {"points": 500, "amount_minor": 500, "pricing": "fixed"}


async def test_a_new_rule_is_looked_at_before_it_is_there(shop: Shop, api: Api):
    await shop.member(ANA, 380)
    answer = await api.post(PREVIEW, terms=FIVER, member=f"email:{ANA}")
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert (seen["version"], seen["title"], seen["changes"]) == (1, "$5.00 Off", [])
    assert seen["sentence"] == "500 points buy $5.00 off the next purchase"
    assert seen["audience"] == {"members": 1, "eligible": 1, "able": 0, "exact": True}
    trial = seen["trial"]
    assert (trial["redeemable"], trial["available"], trial["points"]) == (False, 380, 500)
    assert trial["value"] == {"amount_minor": 500, "currency": "USD"}
    assert [(one["code"], one["facts"]["shortfall"]) for one in trial["reasons"]] == [("not_enough_points", 120)]
    assert (await api.get(RULES)).json()["data"] == []


async def test_a_change_is_told_in_words_and_tried_on_a_member(shop: Shop, api: Api):
    rule = (await api.post(RULES, **FIVER)).json()
    await shop.member(ANA, 380)
    seen = (
        await api.post(PREVIEW, rule=rule["id"], terms={"points": 300, "stock": 9}, member=f"email:{ANA}")
    ).json()  # fmt: skip
    assert seen["version"] == 2
    assert seen["changes"] == [
        {"was": "500 points buy $5.00 off the next purchase", "becomes": "300 points buy $5.00 off the next purchase"},
        {"was": None, "becomes": "while 9 last"},
    ]
    assert (seen["trial"]["redeemable"], seen["trial"]["points"], seen["trial"]["reasons"]) == (True, 300, [])
    assert seen["audience"]["able"] == 1
    assert seen["checks"] == [{"tone": "note", "text": "9 of 9 are left."}]
    assert (await api.get(f"{RULES}/{rule['id']}")).json() == rule, "nothing was changed"


async def test_every_reason_has_its_way_out(shop: Shop, api: Api):
    await shop.member(ANA, 250)
    terms = {"points": 100, "amount_minor": 500, "pricing": "variable", "active": False}
    trial = (await api.post(PREVIEW, terms=terms, member=f"email:{ANA}", points=300)).json()["trial"]
    assert [(one["code"], one["way_out"]) for one in trial["reasons"]] == [
        ("rule_disabled", "once the rule is switched on"),
        ("not_enough_points", "with 200 points now"),
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"terms": {}}, 400, "bad_field"),
        ({"terms": {"points": 1, "amount_minor": 0}}, 400, "bad_field"),
        ({"terms": {"points": 1, "amount_minor": 1, "currency": "KWD"}}, 422, "currency_not_accepted"),
        ({"terms": FIVER, "rule": "rule_999999"}, 404, "rule_not_found"),
        ({"terms": FIVER, "rule": "mem_1"}, 400, "bad_field"),
        ({"terms": FIVER, "member": "email:nobody@example.com"}, 404, "member_not_found"),
    ],
)
async def test_what_cannot_be_looked_at_is_refused(api: Api, body: dict[str, Any], status: int, code: str):
    answer = await api.post(PREVIEW, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
