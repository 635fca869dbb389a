"""Redemptions, coupons and refusals in the console: found, understood, and ended."""

import csv
import re
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from guerdon.console.csv_export import cell
from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.rewards import TierTooLow
from guerdon.rewards.redemption import Redemption
from guerdon.tiers.programme import Programme, Term, Threshold, Tier
from guerdon.tiers.programmes import set_programme
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop
from tests.street import redeem, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
LIST = "/console/redemptions"


async def redeemed(shop: Shop, **more: Any) -> Redemption:
    """A redemption of 100 of a member's 250 points."""
    rule = await shop.rule(name="Mug")
    await shop.member(ANA, 250)
    return await redeem(shop, ANA, rule.rule_id, **more)


def page_of(one: Redemption) -> str:
    """Where it is shown."""
    return f"{LIST}/red_{one.redemption_id}"


async def test_redemptions_are_listed_and_filtered(shop: Shop, owner: Person):
    assert "No redemptions yet" in await owner.text(LIST)
    one = await redeemed(shop)
    listed = await owner.text(LIST)
    assert f"red_{one.redemption_id} {ANA} Mug 100 $5.00 Redeemed {one.code} 10 Mar 2026 12:00" in listed.replace(
        " ", " "
    )
    for query, there in {
        "state=redeemed": True, "state=held": False, f"coupon={one.code.lower()}": True, "coupon=NONE": False,
        f"member={ANA}": True, "since=2026-03-10&until=2026-03-10": True, "since=2026-03-11": False,
        "points_min=101": False, "channel=in_store": False, f"rule=rule_{one.rule_id}": True,
    }.items():  # fmt: skip
        said = await owner.text(LIST, **dict(parse_qsl(query)))
        assert (f"red_{one.redemption_id} " in said) is there, query
        assert ("No redemption is like this" in said) is not there, query


async def test_what_cannot_be_asked_for_is_said_on_the_page(owner: Person):
    answer = await owner.get(LIST, member="nobody@example.com")
    assert (answer.status_code, "member_not_found" in answer.text) == (404, True)


async def test_a_redemption_tells_its_life_entries_and_coupon(shop: Shop, owner: Person):
    one = await redeemed(shop, delayed=True)
    said = await owner.text(page_of(one))
    for part in (f"{ANA} spent 100 points on “Mug”", "Points held", "Coupon issued", "Captured by an order", one.code):
        assert part in said, part
    shop.clock.advance(hours=1)
    await report(shop, ANA, "A-1", one.code)
    said = await owner.text(page_of(one))
    assert "Available Held 100" in said
    assert "Held Redeemed 100" in said
    assert "redemption.captured" in said


async def test_points_are_given_back_after_a_look_at_what_that_does(shop: Shop, owner: Person):
    one = await redeemed(shop)
    shown = await owner.post(f"{page_of(one)}/cancel")
    assert shown.status_code == 200
    assert f"{ANA}: 150 → 250 available points" in words(shown.text)
    assert await shop.balance(ANA) == (150, 0)
    done = await owner.does(f"{page_of(one)}/cancel", step="do")
    assert "Gave back 100 points" in words(done.text)
    assert await shop.balance(ANA) == (250, 0)
    assert "Give the points back" not in words(done.text)


async def test_held_points_are_taken_for_an_order(shop: Shop, owner: Person):
    one = await redeemed(shop, delayed=True)
    shown = await owner.post(f"{page_of(one)}/capture", order="A-7")
    assert "100 held points leave for good" in words(shown.text)
    assert await shop.balance(ANA) == (150, 100)
    done = await owner.does(f"{page_of(one)}/capture", order="A-7", step="do")
    assert "Took 100 points" in words(done.text)
    assert "A-7" in words(done.text)
    again = await owner.post(f"{page_of(await redeemed(shop))}/capture")
    assert (again.status_code, "redemption_over" in again.text) == (422, True)


async def test_a_coupon_is_found_by_its_code_and_voided(shop: Shop, owner: Person):
    one = await redeemed(shop)
    assert one.code in await owner.text("/console/coupons", state="issued")
    assert "No coupon is like this" in await owner.text("/console/coupons", state="void")
    found = await owner.get("/console/coupons", code=one.code.lower())
    assert found.headers["location"] == f"/console/coupons/{one.code}"
    page = found.headers["location"]
    assert "is worth nothing from then on" in words((await owner.post(f"{page}/void")).text)
    assert await shop.balance(ANA) == (150, 0)
    await owner.does(f"{page}/void", step="do")
    assert await shop.balance(ANA) == (250, 0)
    assert "Void" in await owner.text(page)


async def test_why_something_was_refused(shop: Shop, owner: Person):
    rule = await shop.rule(points=500)
    member = await shop.member(ANA, 380)
    with pytest.raises(NotEnoughPoints) as refused:
        await redeem(shop, ANA, rule.rule_id)
    decision = f"dec_{decision_of(refused.value)}"
    listed = await owner.text("/console/decisions", code="not_enough_points")
    assert f"are available. {ANA} not_enough_points" in listed, "whom it was told"
    found = await owner.get("/console/decisions", id=decision)
    page = await owner.get(found.headers["location"])
    assert "Shortfall 120" in words(page.text)
    assert f'href="/console/members/mem_{member}"' in page.text


async def test_a_refusal_names_tiers_in_the_language_of_who_reads_it(shop: Shop, owner: Person):
    tiers = (
        Tier(name="Silver", entry=Threshold(points_earned=500)),
        Tier(name="Gold", entry=Threshold(points_earned=5000)),
    )
    programme = Programme(term=Term.CALENDAR_YEAR, tiers=tiers)
    await set_programme(shop.engine.database, shop.merchant.merchant_id, programme, actor="test", now=shop.clock())
    rule = await shop.rule(points=100, tier_level=2)
    member = await shop.member(ANA, 100)
    with pytest.raises(TierTooLow):
        await redeem(shop, ANA, rule.rule_id)
    english = "This option is for tier Gold and higher; the customer is in tier none."
    assert english in await owner.text("/console/decisions")
    assert english in await owner.text(f"/console/members/mem_{member}", tab="decisions")
    german = await owner.http.get("/console/decisions", headers={"accept-language": "de"})
    assert "Diese Prämie ist ab Stufe Gold; der Kunde ist in Stufe keine." in words(german.text)


async def test_a_page_leads_on_to_all_that_belongs_to_it_and_back(shop: Shop, owner: Person):
    one = await redeemed(shop, delayed=True)
    await report(shop, ANA, "A-1", one.code)
    member = f"/console/members/mem_{await shop.member(ANA)}"
    page = (await owner.get(page_of(one))).text
    order, coupon = "/console/orders/A-1", f"/console/coupons/{one.code}"
    for place in (member, coupon, order, "/console/rewards/", "/console/entries/"):
        assert f'href="{place}' in page[page.index("<main") :], place
    entries = re.findall(r'href="(/console/entries/ent_[0-9]+_[0-9]+)"', page)
    for place in (order, coupon, *entries):
        assert f'href="{page_of(one)}"' in (await owner.get(place)).text, place


def decision_of(refusal: Refusal) -> str:
    """The id of the decision that a refusal tells."""
    assert refusal.decision_id is not None
    return refusal.decision_id.hex


@pytest.mark.parametrize("role", ["read_only", "developer", "finance"])
async def test_who_may_not_serve_sees_no_button_and_is_refused(shop: Shop, hire: Hire, role: Any):
    one, person = await redeemed(shop), await hire(role)
    assert "Give the points back" not in await person.text(page_of(one))
    refused = await person.post(f"{page_of(one)}/cancel", step="do")
    assert (refused.status_code, refused.headers["x-error-code"]) == (403, "permission_missing")
    assert await shop.balance(ANA) == (150, 0)


async def test_another_merchants_redemption_is_not_there(shop: Shop, hire: Hire, street: Any):
    one, other = await redeemed(shop), await street.shop()
    stranger = await hire("owner", of=other)
    for path in (page_of(one), f"/console/coupons/{one.code}"):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await stranger.post(f"{page_of(one)}/cancel", step="do")).status_code == 404
    assert await shop.balance(ANA) == (150, 0)


async def test_a_filter_is_kept_under_a_name_and_forgotten(shop: Shop, owner: Person, hire: Hire):
    kept = await owner.post("/console/saved-filters", page=LIST, query="state=held&cursor=x", name="Held now")
    assert kept.headers["location"] == f"{LIST}?state=held"
    said = await owner.text(LIST)
    assert "Held now" in said
    assert "Held now" not in await owner.text("/console/coupons")
    assert "Held now" not in await (await hire("support")).text(LIST)
    assert "Forget “Held now”" in await owner.text(LIST, state="held")
    await owner.does("/console/saved-filters/forget", page=LIST, name="Held now")
    assert "Held now" not in words((await owner.get(LIST)).text)
    for page, query in (("https://elsewhere.example/", "a=b"), (LIST, "")):
        assert (await owner.post("/console/saved-filters", page=page, query=query, name="x")).status_code == 400, page


def rows_of(answer: httpx.Response) -> list[list[str]]:
    """A file for a spreadsheet, as one reads it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


async def test_the_list_is_a_file_under_its_filters(shop: Shop, owner: Person, hire: Hire):
    one = await redeemed(shop)
    head, row = rows_of(await owner.get(f"{LIST}.csv", state="redeemed"))
    told = dict(zip(head, row, strict=True))
    assert told["Redemption"] == f"red_{one.redemption_id}"
    assert (told["Points"], told["Value"], told["Currency"], told["Coupon"]) == ("100", "5.00", "USD", one.code)
    assert told["Created (UTC)"] == "2026-03-10 12:00:00"
    assert len(rows_of(await owner.get(f"{LIST}.csv", state="held"))) == 1
    assert len(rows_of(await owner.get("/console/coupons.csv"))) == 2
    for person, status in ((await hire("support"), 403), (await hire("finance"), 200)):
        assert (await person.get(f"{LIST}.csv")).status_code == status
    owner.http.cookies.clear()
    sent = await owner.get(f"{LIST}.csv")
    assert (sent.status_code, sent.headers["location"][:22]) == (303, "/console/sign-in?then=")
    assert (await owner.get(f"{LIST}.csv", state="strange")).status_code in (303, 400)


async def test_a_file_has_every_page_and_the_merchants_time(street: Any, hire: Hire):
    shop = await street.shop(timezone="Asia/Tokyo")
    rule = await shop.rule()
    await shop.member(ANA, 100_000)
    for _ in range(105):
        await redeem(shop, ANA, rule.rule_id)
    head, *rows = rows_of(await (await hire("owner", of=shop)).get(f"{LIST}.csv"))
    assert len({row[0] for row in rows}) == 105
    assert rows[0][head.index("Created (Asia/Tokyo)")] == "2026-03-10 21:00:00"


async def test_no_cell_is_a_formula():
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert cell(text) == "'" + text
    assert [cell(value) for value in (-5, None, True, "Ana - Ben", "")] == ["-5", "", "yes", "Ana - Ben", ""]
