"""Home and the insights: the numbers of the programme, each with the rows behind it."""

import re

import pytest

from tests.console.conftest import Hire, Person
from tests.shop import Shop
from tests.street import Street, outcomes_of, redeem
from tests.worker.hands import night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def lively(shop: Shop) -> int:
    """Two members, a reward that one of them used, and a refusal."""
    await shop.member("ana@example.com", 1000)
    await shop.member("ben@example.com", 200)
    rule = (await shop.rule(name="Voucher")).rule_id
    shop.clock.advance(days=2)
    await redeem(shop, "ana@example.com", rule, 300)
    await outcomes_of(redeem(shop, "ben@example.com", rule, 700))
    return rule


async def test_home_shows_the_programme_at_a_glance(shop: Shop, owner: Person):
    rule = await lively(shop)
    await night(shop)
    page = (await owner.get("/console")).text
    said = await owner.text("/console")
    assert "Outstanding points 900 worth $45.00" in said
    assert "Earned 1,200" in said
    assert "Redeemed 300" in said
    assert "Redemption rate 25%" in said
    assert "All is well: nothing waits for anybody." in said
    assert "0.05 USD: what points were redeemed for in the last 90 days" in said
    assert f"/console/redemptions?rule=rule_{rule}&amp;since=2026-02-11&amp;until=2026-03-12" in page
    assert re.search(r'href="/console/entries\?since=2026-03-10&amp;until=2026-03-10">10 Mar</a>', page)


async def test_home_compares_with_the_period_before(shop: Shop, owner: Person):
    await shop.member("ana@example.com", 400)
    shop.clock.advance(days=7)
    await shop.give("ana@example.com", 600)
    told = await owner.text("/console", since="2026-03-11", until="2026-03-17")
    assert "Earned 600 ▲ +50%" in told
    assert "In the period before, 1 were active and 1 joined." in told
    alone = await owner.text("/console", since="2026-03-11", until="2026-03-17", compare="no")
    assert "+50%" not in alone
    backwards = await owner.text("/console", since="2026-03-17", until="2026-03-11")
    assert "from 11 Mar 2026 – 17 Mar 2026" in backwards


async def test_an_empty_programme_says_what_will_be_here(owner: Person):
    assert "Nothing has happened yet" in await owner.text("/console")
    assert "Nobody has joined yet" in await owner.text("/console/insights/members")
    assert "No points expire" in await owner.text("/console/insights/expiry")


async def test_what_needs_a_person_is_on_home(shop: Shop, owner: Person):
    await shop.engine.database.execute(
        "UPDATE merchant SET created_at = created_at - interval '3 days' WHERE merchant_id = $1",
        shop.merchant.merchant_id,
    )  # fmt: skip
    assert "The jobs of 3 nights are not done: is a worker running?" in await owner.text("/console")


async def test_insights_tell_of_points_redemptions_members_and_expiry(shop: Shop, owner: Person):
    await lively(shop)
    await shop.give("ben@example.com", 50, expires_at=shop.merchant.end_of_day(shop.clock(), days_later=90))
    points = await owner.text("/console/insights", by="month")
    assert "Outstanding at the end 950" in points
    assert "Adjustment Issued Available 3 1,250" in points
    redemptions = await owner.text("/console/insights/redemptions")
    assert "Asked for 2 100%" in redemptions
    assert "Not enough points 1 not_enough_points" in redemptions
    assert "Voucher 1 300 points" in redemptions
    members = await owner.text("/console/insights/members")
    assert "Members 2 Active in these days 2 Joined in these days 2" in members
    assert "Mar 2026 2 100%" in members
    expiry = await owner.text("/console/insights/expiry")
    assert "Will expire 50" in expiry
    assert "Never expire 900" in expiry


async def test_entries_are_found_by_kind_reason_and_member(shop: Shop, owner: Person):
    await lively(shop)
    everything = await owner.text("/console/entries")
    assert everything.count("Adjustment") >= 2
    redeemed = await owner.get("/console/entries", kind="redeemed")
    found = re.findall(r"/console/entries/(ent_\d+_\d+)", redeemed.text)
    assert len(found) == 1
    one = await owner.text(f"/console/entries/{found[0]}")
    assert "Available 1,000 700" in one
    assert "ana@example.com" in one
    assert "Entry of the account 2 of 2" in one
    mine = await owner.text("/console/entries", member="ben@example.com")
    assert len(re.findall(r"ent_\d+_\d+", mine)) == 1
    assert "No entry is like this" in await owner.text("/console/entries", reason="fee")
    assert (await owner.get("/console/entries", member="ben@example.com", kind="earned")).status_code == 400
    assert (await owner.get("/console/entries/ent_1_999")).status_code == 404


async def test_the_entries_of_another_shop_are_not_there(street: Street, shop: Shop, owner: Person):
    other = await street.shop()
    await lively(other)
    account = await shop.engine.database.fetchval(
        "SELECT min(account_id) FROM entry WHERE merchant_id = $1", other.merchant.merchant_id
    )
    assert (await owner.get(f"/console/entries/ent_{account}_1")).status_code == 404
    assert "No entries yet" in await owner.text("/console/entries")


async def test_entries_as_a_file(shop: Shop, owner: Person, hire: Hire):
    await lively(shop)
    told = await owner.get("/console/entries.csv", kind="redeemed")
    assert told.status_code == 200
    assert "available,redeemed,300,redemption" in told.text
    assert (await (await hire("support")).get("/console/entries.csv")).status_code == 403
