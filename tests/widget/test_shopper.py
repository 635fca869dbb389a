"""What a page may ask for one customer: all that is theirs, and nothing of anybody else."""

import asyncio
from typing import Any

import httpx
import pytest

from guerdon.access.keys import revoke_key
from guerdon.access.member_codes import read_member_code
from guerdon.api.shopper.routes import ROUTES
from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule as add_earning_rule
from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.rewards.rule import Channel, Pricing
from guerdon.tiers.programme import Programme, Term, Threshold, Tier
from guerdon.tiers.programmes import set_programme
from tests.api.front import ANA, BO, Front
from tests.street import Street, contradictions
from tests.widget.conftest import PAGE, Door, Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN = [(route.method, route.path.removeprefix("/shopper/v1/")) for route in ROUTES if route.public == "own"]


def code(answer: httpx.Response) -> str:
    return answer.json()["code"]


async def test_a_page_shows_what_a_member_has_can_redeem_and_is_missing(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 620, expires_at=shop.merchant.end_of_day(shop.clock(), days_later=30))
    await shop.rule(points=500, amount_minor=500, name="Five dollars")
    await shop.rule(points=1000, amount_minor=1500)

    seen = await door.page().told("GET", "overview")

    assert seen["programme"] == {"name": "Acme", "currency": "USD", "timezone": "UTC"}
    assert seen["balance"]["available"] == 620
    assert seen["balance"]["next_expiry"] == {"points": 620, "at": "2026-04-10T00:00:00Z"}
    first, second = seen["rewards"]
    assert (first["name"], first["named"], first["redeemable"], first["value"]["amount_minor"]) == (
        "Five dollars", True, True, 500,
    )  # fmt: skip
    assert (second["named"], second["redeemable"], second["points_missing"]) == (False, False, 380)
    assert [one["code"] for one in second["reasons"]] == ["not_enough_points"]
    assert (seen["tier"], seen["referral"], seen["coupons"]) == (None, None, [])


async def test_a_page_tells_tiers_and_the_link_for_friends(street: Street, served: httpx.AsyncClient):
    referrals = ReferralProgramme(link="https://shop.example/?r={code}", referrer_points=100, friend_points=50)
    front = Front(await street.shop(policies=Policies(referrals=referrals)), served)
    door = Door(front, (await front.publishable())["x-api-key"], await front.secret())
    shop = front.shop
    tiers = (
        Tier(name="Silver", entry=Threshold(points_earned=500)),
        Tier(name="Gold", entry=Threshold(points_earned=1000)),
    )
    programme = Programme(term=Term.CALENDAR_YEAR, tiers=tiers)
    await set_programme(shop.engine.database, shop.merchant.merchant_id, programme, actor="test", now=shop.clock())
    await shop.member(ANA, 600)

    seen = await door.page().told("GET", "overview")

    assert (seen["tier"]["name"], seen["tier"]["next"]["name"]) == ("Silver", "Gold")
    assert (seen["tier"]["next"]["counted"]["points"], seen["tier"]["next"]["missing"]["points"]) == (600, 400)
    assert seen["tier"]["next"]["match"] == "any"
    assert [one["name"] for one in seen["tiers"]] == ["Silver", "Gold"]
    await shop.rule(tier_level=2)
    await shop.rule(tier_level=1, tier_exact=True)
    await shop.rule()
    everybody = await door.page(None).told("GET", "programme")
    asked = {(one["tier"], one["tier_exact"]) for one in everybody["rewards"]}
    assert asked == {(2, False), (1, True), (None, False)}
    assert seen["referral"]["link"] == f"https://shop.example/?r={seen['referral']['code']}"
    assert (seen["referral"]["points"], seen["referral"]["friend_points"]) == (100, 50)


async def test_a_member_redeems_once_however_often_a_page_asks(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 500)
    rule = await shop.rule()
    page, wanted = door.page(), {"rule": f"rule_{rule.rule_id}"}

    async def click() -> Any:
        """As the page does it: it asks again while the first click is being answered."""
        while (
            answer := await page.ask("POST", "redemptions", json=wanted, key="one click, or two")
        ).status_code == 409:
            assert code(answer) == "key_in_flight"
        assert answer.status_code == 200, answer.text
        return answer.json()

    twice = await asyncio.gather(click(), click())
    shop.clock.advance(minutes=1)
    again = await page.told("POST", "redemptions", json=wanted, key="another")

    assert twice[0] == twice[1]
    assert twice[0]["code"] != again["code"]
    assert await shop.balance(ANA) == (300, 0)
    held = await page.told("GET", "overview")
    assert [one["code"] for one in held["coupons"]] == [again["code"], twice[0]["code"]]
    assert {one["rule"] for one in held["coupons"]} == {f"rule_{rule.rule_id}"}
    history = await page.told("GET", "history")
    assert [(line["points"], line["code"]) for line in history["data"][:2]] == [
        (-100, again["code"]), (-100, twice[0]["code"]),
    ]  # fmt: skip
    assert await contradictions(shop) == []


async def test_a_dry_run_tells_the_effect_and_keeps_nothing(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 500)
    rule = await shop.rule(pricing=Pricing.VARIABLE)
    page = door.page()

    tried = await page.told(
        "POST", "redemptions", json={"rule": f"rule_{rule.rule_id}", "points": 300, "dry_run": True}
    )
    short = await page.ask("POST", "redemptions", json={"rule": f"rule_{rule.rule_id}", "points": 600, "dry_run": True})

    assert (tried["points"], tried["value"]["amount_minor"], tried["code"]) == (300, 1500, "")
    assert (short.status_code, code(short)) == (422, "not_enough_points")
    assert short.json()["facts"]["shortfall"] == 100
    assert await shop.balance(ANA) == (500, 0)


async def test_points_are_set_aside_where_a_page_says_so(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 500)
    rule = await shop.rule()

    made = await door.page().told(
        "POST", "redemptions", json={"rule": f"rule_{rule.rule_id}", "capture": "on_order"}, key="k"
    )

    assert made["capture"] == "on_order"
    assert await shop.balance(ANA) == (400, 100)


async def test_a_page_is_never_in_the_store(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 500)
    rule = await shop.rule(channel=Channel.OFFLINE)
    page = door.page()

    seen = await page.told("GET", "overview")
    refused = await page.ask("POST", "redemptions", json={"rule": f"rule_{rule.rule_id}", "channel": "in_store"})

    assert [one["code"] for one in seen["rewards"][0]["reasons"]] == ["channel_differs"]
    assert refused.status_code == 400
    assert await shop.balance(ANA) == (500, 0)


async def test_a_token_reaches_its_own_member_alone(door: Door):
    shop = door.front.shop
    await shop.member(ANA, 500)
    bo = await shop.member(BO, 700)
    rule = await shop.rule()
    ana, bos = door.page(), door.page(f"email:{BO}")
    made = await bos.told("POST", "redemptions", json={"rule": f"rule_{rule.rule_id}"}, key="same")

    mine = await ana.told("POST", "redemptions", json={"rule": f"rule_{rule.rule_id}"}, key="same")

    assert mine["code"] != made["code"], "keys of one customer are not those of another"
    for method, path in OWN:
        body: dict[str, Any] = {"json": {"rule": f"rule_{rule.rule_id}"}} if method == "POST" else {}
        for name in ("member", "id", "customer_email"):
            named = {name: f"mem_{bo}"}
            sent: dict[str, Any] = {"json": {**body["json"], **named}} if body else {"params": named}
            assert (await ana.ask(method, path, **sent)).status_code == 400, (path, name)
        said = (await ana.ask(method, path, **body)).text
        assert BO not in said
        assert made["code"] not in said
    assert await shop.balance(BO) == (600, 0)


async def test_what_is_a_customers_own_needs_a_token(door: Door):
    await door.front.shop.member(ANA, 500)
    stranger = door.page(None)

    for method, path in OWN:
        body: dict[str, Any] = {"json": {"rule": "rule_1"}} if method == "POST" else {}
        answer = await stranger.ask(method, path, **body)
        assert (answer.status_code, code(answer)) == (401, "customer_token_missing"), path
        assert answer.headers["access-control-allow-origin"] == "*", "the page reads why"


async def test_everybody_sees_what_points_buy(door: Door):
    await door.front.shop.rule(name="Five dollars")

    seen = await door.page(None).told("GET", "programme")

    assert [(one["name"], one["redeemable"]) for one in seen["rewards"]] == [("Five dollars", False)]
    assert seen["tiers"] == []


@pytest.mark.parametrize("hosted", [False, True])
async def test_a_token_that_has_ended_says_so(door: Door, hosted: bool):
    await door.front.shop.member(ANA, 500)
    page = door.hosted() if hosted else door.page()
    door.front.shop.clock.advance(hours=2)

    answer = await page.ask("GET", "overview")

    assert (answer.status_code, code(answer)) == (401, "customer_token_invalid")
    assert ("access-control-allow-origin" in answer.headers) is not hosted


async def test_a_token_of_another_merchant_opens_nothing(door: Door, street: Street, served: httpx.AsyncClient):
    other = Front(await street.shop(), served)
    await other.shop.member(ANA, 900)
    await door.front.shop.member(ANA, 500)
    page = Page(door.front, {**door.page().headers, "x-customer-token": other.token(await other.secret())})

    answer = await page.ask("GET", "overview")

    assert (answer.status_code, code(answer)) == (401, "customer_token_invalid")


async def test_a_page_of_ours_needs_the_token_alone_and_is_read_by_no_other_origin(door: Door):
    await door.front.shop.member(ANA, 500)

    answer = await door.hosted().ask("GET", "overview")

    assert answer.json()["balance"]["available"] == 500
    assert "access-control-allow-origin" not in answer.headers


async def test_without_a_publishable_key_there_is_no_page_of_ours(front: Front):
    await front.shop.member(ANA, 500)
    secret = await front.secret()
    page = Page(front, {"authorization": f"Bearer {front.token(secret)}"})
    closed = await page.ask("GET", "overview")
    key = await front.publishable()
    opened = await page.ask("GET", "overview")
    await revoke_key(
        front.shop.engine.database, front.shop.merchant.merchant_id, await front.key_id(), front.shop.clock()
    )

    assert (closed.status_code, code(closed)) == (401, "unauthenticated")
    assert opened.status_code == 200, key


@pytest.mark.parametrize("bearer", ["", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."])
async def test_what_is_no_credential_is_refused(front: Front, bearer: str):
    answer = await Page(front, {"authorization": f"Bearer {bearer}"}).ask("GET", "overview")

    assert answer.status_code == 401


async def test_a_secret_key_is_told_where_it_belongs(front: Front):
    secret = (await front.key())["x-api-key"]

    answer = await Page(front, {"authorization": f"Bearer {secret}"}).ask("GET", "programme")

    assert (answer.status_code, code(answer)) == (403, "not_for_servers")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("hosted", [False, True])
async def test_the_limit_of_the_key_holds(front: Front, hosted: bool):
    await front.shop.member(ANA, 500)
    key = (await front.publishable(limit_per_second=2))["x-api-key"]
    door = Door(front, key, await front.secret())
    page = door.hosted() if hosted else door.page()

    answers = [await page.ask("GET", "history") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "1"


async def test_pages_of_other_origins_are_turned_away_where_the_key_names_some(front: Front):
    await front.shop.member(ANA, 500)
    key = (await front.publishable(origins=("https://elsewhere.example",)))["x-api-key"]
    door = Door(front, key, await front.secret())

    answer = await door.page().ask("GET", "overview")

    assert (answer.status_code, code(answer)) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in answer.headers


async def test_a_key_that_may_only_read_redeems_nothing(front: Front):
    await front.shop.member(ANA, 500)
    rule = await front.shop.rule()
    door = Door(front, (await front.publishable(scopes=("read",)))["x-api-key"], await front.secret())

    answer = await door.page().ask("POST", "redemptions", json={"rule": f"rule_{rule.rule_id}"})

    assert (answer.status_code, code(answer)) == (403, "scope_missing")


async def test_browsers_may_send_what_pages_send(front: Front):
    answer = await front.http.options(
        "/shopper/v1/redemptions",
        headers={"origin": PAGE, "access-control-request-method": "POST"},
    )

    sent = answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"authorization", "x-customer-token", "idempotency-key", "content-type"} <= set(sent.split(", "))


async def test_a_basket_is_told_what_it_would_earn(door: Door):
    shop = door.front.shop
    terms = EarningRule(name="One a dollar", earns=PerAmount(points=1, each_minor=100))
    await add_earning_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())
    await shop.member(ANA, 0)
    basket = {"total": {"amount_minor": 4990, "currency": "USD"}}

    for page in (door.page(None), door.page()):
        assert (await page.told("POST", "earnings", json=basket)) == {"object": "earnings", "points": 49}


async def test_a_history_goes_on_page_by_page_without_what_is_hidden(door: Door):
    shop = door.front.shop
    await shop.member(ANA)
    for points in (10, 20, 30):
        await shop.give(ANA, points)
    page = door.page()

    first = await page.told("GET", "history", params={"limit": 2})
    rest = await page.told("GET", "history", params={"limit": 2, "cursor": first["next_cursor"]})

    assert [line["points"] for line in first["data"] + rest["data"]] == [30, 20, 10]
    assert rest["has_more"] is False


async def test_a_card_names_the_member_for_some_minutes_and_holds_no_address(door: Door):
    shop = door.front.shop
    member_id = await shop.member(ANA, 500)

    card = await door.page().told("GET", "card")

    read = read_member_code(
        card["code"].lower(), [door.secret], merchant_id=shop.merchant.merchant_id, now=shop.clock()
    )
    assert read == member_id
    assert card["qr"]["path"].startswith("M")
    assert card["qr"]["size"] >= 33
    assert ANA.encode().hex().upper() not in card["code"]


async def test_who_is_no_member_yet_is_told_so(door: Door):
    answer = await door.page("email:nobody@example.com").ask("GET", "overview")

    assert (answer.status_code, code(answer)) == (404, "member_not_found")
