"""Households, referrals, moving points, and the merchant's own terms."""

import pytest

from guerdon.merchants.merchants import get_merchant
from guerdon.moving.shelf import current_rule
from tests.console.conftest import Hire, Person, words

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def household(owner: Person) -> str:
    """The address of a household of ana's, who has 500 points."""
    await owner.shop.member("ana@example.com", 500)
    made = await owner.post("/console/households", owner="ana@example.com", name="The Smiths")
    assert made.status_code == 303, words(made.text)
    return made.headers["location"]


async def test_households_are_opened_joined_and_left(owner: Person, hire: Hire):
    assert "No households yet" in await owner.text("/console/households")
    place = await household(owner)
    assert "Available 500" in await owner.text(place)
    await owner.shop.member("bo@example.com", 70)
    shown = words((await owner.post(f"{place}/add", member="bo@example.com", may_spend="true")).text)
    assert "All points of bo@example.com become points of the household" in shown
    assert "Available 500" in await owner.text(place)
    joined = await owner.does(f"{place}/add", member="bo@example.com", may_spend="true", step="do")
    assert "Available 570" in words(joined.text)
    member = joined.text.split('name="member" value="')[-2].split('"')[0]
    await owner.does(f"{place}/change", member=member, may_spend="false")
    shown = words((await owner.post(f"{place}/remove", member=member, share="100")).text)
    assert "100 points go along" in shown
    left = await owner.does(f"{place}/remove", member=member, share="100", step="do")
    assert "Available 470" in words(left.text)
    assert await owner.shop.balance("bo@example.com") == (100, 0)
    assert "Open a household" not in await (await hire("read_only")).text("/console/households")


async def test_a_household_ends(owner: Person):
    place = await household(owner)
    assert "account of their own again" in words((await owner.post(f"{place}/dissolve")).text)
    ended = words((await owner.does(f"{place}/dissolve", step="do")).text)
    assert "Dissolved on" in ended
    assert await owner.shop.balance("ana@example.com") == (500, 0)


async def test_what_a_household_cannot_do_is_said(owner: Person):
    place = await household(owner)
    refused = await owner.post(f"{place}/add", member="nobody@example.com")
    assert (refused.status_code, "nobody@example.com" in words(refused.text)) == (404, True)
    again = await owner.post("/console/households", owner="ana@example.com")
    assert again.status_code == 422
    assert (await owner.get("/console/households/hh_999999")).status_code == 404


PROGRAMME = {
    "on": "true", "link": "https://acme.example/?ref={code}", "referrer_points": 500, "friend_points": 250,
    "minimum_order": "25", "pending": "14 days", "reversal_days": 30, "completions_max_per_day": 10,
    "completions_max_per_month": 50, "completions_max_per_address": 3, "same_device_days": 90, "shares_max_per_day": 50,
}  # fmt: skip


async def test_referrals_are_set_up_and_turned_off(owner: Person):
    assert "No referrals yet" in await owner.text("/console/referrals")
    shown = words((await owner.post("/console/referrals/programme", **PROGRAMME)).text)
    assert "referrer_points – 500" in shown
    listed = words((await owner.does("/console/referrals/programme", **PROGRAMME, step="do")).text)
    assert "The referral programme is saved" in listed
    saved = await get_merchant(owner.shop.engine.database, owner.shop.merchant.merchant_id)
    assert saved.policies.referrals is not None
    assert saved.policies.referrals.minimum_order_minor == 2500
    refused = await owner.post(
        "/console/referrals/programme", **{**PROGRAMME, "link": "https://acme.example"}, step="do"
    )
    assert (refused.status_code, "has no {code}" in words(refused.text)) == (400, True)
    off = {name: value for name, value in PROGRAMME.items() if name != "on"}
    await owner.does("/console/referrals/programme", **off, step="do")
    after = await get_merchant(owner.shop.engine.database, owner.shop.merchant.merchant_id)
    assert after.policies.referrals is None


RULE = {
    "version": 0, "transfers[enabled]": "true", "transfers[minimum]": 100, "transfers[step]": 50,
    "purchases[minimum]": 1, "purchases[step]": 1, "gifts[minimum]": 1, "gifts[step]": 1, "price_amount": 100,
    "price_points": 50, "keeps_expiry": "true",
}  # fmt: skip


async def test_moving_points_has_a_rule(owner: Person):
    place = "/console/settings/transfers"
    assert "transfers.enabled False True" in words((await owner.post(place, **RULE)).text)
    await owner.does(place, **RULE, step="do")
    rule = await current_rule(owner.shop.engine.database, owner.shop.merchant.merchant_id)
    assert (rule.terms.transfers.enabled, rule.terms.transfers.step, rule.terms.gifts.enabled) == (True, 50, False)
    page = (await owner.get(place)).text
    assert 'name="transfers[minimum]" type="number" value="100"' in page
    late = await owner.post(place, **RULE, step="do")
    assert late.status_code == 412
    wrong = await owner.post(place, **{**RULE, "version": 1, "transfers[minimum]": 0}, step="do")
    assert (wrong.status_code, "a whole number from 1" in words(wrong.text)) == (400, True)


async def test_the_merchant_takes_currencies_in_and_out(owner: Person):
    place, merchant = "/console/settings/merchant", owner.shop.merchant
    await owner.does(place, name="Acme & Sons", new_currency="eur", new_rate="0,92")
    saved = await get_merchant(owner.shop.engine.database, merchant.merchant_id)
    assert (saved.name, {code: str(rate) for code, rate in saved.rates.items()}) == ("Acme & Sons", {"EUR": "0.92"})
    assert (await owner.post(place, name="Acme", new_currency="ZZZ", new_rate="1")).status_code == 400
    await owner.does(place, name="Acme")
    assert (await get_merchant(owner.shop.engine.database, merchant.merchant_id)).rates == {}
