"""The counter: who stands there is found by what they show or say, and redeems what they have."""

import re
from html import unescape

import pytest

from guerdon.access.keys import rotate_token_secret
from guerdon.access.member_codes import LIFE, member_code
from guerdon.rewards.rule import Channel, Pricing
from tests.console.conftest import Hire, Person, hire, shop, street_app, street_dsn, words
from tests.console.conftest import street as street
from tests.street import Street, contradictions

__all__ = ["hire", "shop", "street_app", "street_dsn"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, COUNTER = "ana@example.com", "/console/counter"
KEY = re.compile(r'name="key" value="([^"]+)"')


async def shown_code(person: Person, member_id: int) -> str:
    """What a member's phone shows."""
    shop = person.shop
    merchant_id = shop.merchant.merchant_id
    secret = await rotate_token_secret(shop.engine.database, merchant_id, shop.clock())
    return member_code(secret, merchant_id=merchant_id, member_id=member_id, now=shop.clock())[0]


async def test_a_scanned_code_leads_to_who_shows_it(hire: Hire):
    support = await hire("support")
    member_id = await support.shop.member(ANA, 620)
    await support.shop.rule(points=500, name="Five dollars")
    await support.shop.rule(points=1000, name="Fifteen dollars")

    page = await support.does(COUNTER, who=(await shown_code(support, member_id)).lower())

    assert page.url.path == f"{COUNTER}/mem_{member_id}"
    said = words(page.text)
    assert "620 points" in said
    assert "380 points short" in said
    assert page.text.count("Redeem: Five dollars") == 1
    assert "Redeem: Fifteen dollars" not in unescape(page.text)


@pytest.mark.parametrize("who", [ANA.upper(), " ana@example.com "])
async def test_whoever_has_no_code_says_who_they_are(hire: Hire, who: str):
    support = await hire("support")
    member_id = await support.shop.member(ANA, 620)

    for said in (who, f"mem_{member_id}"):
        found = await support.post(COUNTER, who=said)
        assert found.headers["location"] == f"{COUNTER}/mem_{member_id}"


async def test_a_code_that_has_ended_or_is_nobodys_is_refused(hire: Hire):
    support = await hire("support")
    code = await shown_code(support, await support.shop.member(ANA, 620))
    support.shop.clock.advance(seconds=LIFE.total_seconds())

    for who, status, why in (
        (code, 422, "it has ended"),
        ("0" * len(code), 422, "not made by this programme"),
        ("nobody@example.com", 404, "No customer has the email nobody@example.com"),
        ("12345", 404, "No customer has"),
        ("", 400, "scan a code"),
    ):
        refused = await support.post(COUNTER, who=who)
        assert refused.status_code == status, who
        assert why in words(refused.text)


async def test_the_effect_is_shown_first_and_the_code_is_given_once(hire: Hire):
    support = await hire("support")
    shop = support.shop
    member = f"mem_{await shop.member(ANA, 620)}"
    rule = await shop.rule(points=500, name="Five dollars", channel=Channel.OFFLINE)
    wanted = {"rule": f"rule_{rule.rule_id}"}

    preview = await support.post(f"{COUNTER}/{member}", **wanted)
    assert preview.status_code == 200
    assert "620 → 120 points" in words(preview.text)
    assert await shop.balance(ANA) == (620, 0)

    key = KEY.findall(preview.text)[0]
    first = await support.post(f"{COUNTER}/{member}", **wanted, step="do", key=key)
    again = await support.post(f"{COUNTER}/{member}", **wanted, step="do", key=key)
    assert first.headers["location"] == again.headers["location"]
    given = await support.text(first.headers["location"])
    code = await shop.engine.database.fetchval(
        "SELECT code FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert code in given
    assert "Points left 120" in given
    assert await shop.balance(ANA) == (120, 0)
    assert await contradictions(shop) == []


async def test_any_amount_is_asked_for_where_a_reward_takes_one(hire: Hire):
    support = await hire("support")
    member = f"mem_{await support.shop.member(ANA, 620)}"
    rule = await support.shop.rule(pricing=Pricing.VARIABLE)

    fits = await support.post(f"{COUNTER}/{member}", rule=f"rule_{rule.rule_id}", points="300")
    refused = await support.post(f"{COUNTER}/{member}", rule=f"rule_{rule.rule_id}", points="250")

    assert "620 → 320 points" in words(fits.text)
    assert refused.status_code == 422
    assert "the nearest amounts are 200 and 300" in words(refused.text)


async def test_a_refusal_stands_on_the_customers_page(hire: Hire):
    support = await hire("support")
    member = f"mem_{await support.shop.member(ANA, 100)}"
    rule = await support.shop.rule(points=500)

    refused = await support.post(f"{COUNTER}/{member}", rule=f"rule_{rule.rule_id}", step="do")

    assert refused.status_code == 422
    assert "400 points short" in words(refused.text)
    assert await support.shop.balance(ANA) == (100, 0)


async def test_it_is_for_those_who_serve_and_for_their_own_customers(hire: Hire, street: Street):
    reader, support = await hire("read_only"), await hire("support")
    other = await street.shop()
    foreign = await other.member(ANA, 900)
    member = await support.shop.member("bo@example.com", 500)
    rule = await support.shop.rule()
    made = await support.post(f"{COUNTER}/mem_{member}", rule=f"rule_{rule.rule_id}", step="do")

    assert (await reader.get(COUNTER)).status_code == 403
    assert (await reader.post(f"{COUNTER}/mem_{member}", rule=f"rule_{rule.rule_id}", step="do")).status_code == 403
    assert (await support.get(f"{COUNTER}/mem_{foreign}")).status_code == 404
    assert (await support.post(f"{COUNTER}/mem_{foreign}", rule=f"rule_{rule.rule_id}", step="do")).status_code == 404
    of_another = made.headers["location"].replace(f"mem_{member}", f"mem_{foreign}")
    assert (await support.get(of_another)).status_code == 404
