"""Members in the console: found, looked at, and served by an agent who sees what each action does before it is done."""

import re
from typing import Any

import pytest

from guerdon.access.keys import create_key
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.points.command import Identity
from tests.console.conftest import Hire, Person, words
from tests.moving.people import allow, merge, unmerge
from tests.shop import Shop, email
from tests.street import contradictions, do, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')


async def member(shop: Shop, address: str, first: str, last: str, points: int = 0, **more: Any) -> str:
    """A member with a name and points; returns the id as pages have it."""
    member_id = await shop.member(address, points, **more)
    change = ProfileChange(first_name=first, last_name=last)
    await upsert_member(shop.engine.database, shop.merchant.merchant_id, email(address), change, shop.clock())
    return f"mem_{member_id}"


async def previewed(person: Person, path: str, **form: Any) -> tuple[str, str]:
    """What an action would do, in words, and the mark of that."""
    answer = await person.post(path, step="preview", **form)
    assert answer.status_code == 200, words(answer.text)
    found = SEEN.search(answer.text)
    return words(answer.text), found[1] if found else ""


async def done(person: Person, path: str, **form: Any) -> str:
    """An action, previewed and then done; the words of the page that it leads to."""
    _, seen = await previewed(person, path, **form)
    return words((await person.does(path, step="do", seen=seen, **form)).text)


async def test_an_empty_list_teaches_and_a_full_one_finds(owner: Person, shop: Shop):
    assert "No members yet" in await owner.text("/console/members")
    ana = await member(shop, ANA, "Ána", "López", 120)
    await member(shop, "ben@example.com", "Ben", "Muster")
    page = await owner.text("/console/members")
    assert "Ána López" in page
    assert "Ben Muster" in page
    found = await owner.get("/console/members", q="lop ana")
    assert f'href="/console/members/{ana}"' in found.text
    assert "Ben Muster" not in found.text
    assert "Nobody is found" in await owner.text("/console/members", q="zed")
    assert "Ben Muster" not in await owner.text("/console/members", tag="vip")


async def test_a_new_member_is_added_once_and_nobody_is_changed_by_it(owner: Person, shop: Shop):
    form = {"email": "Zoe@Example.com", "first_name": "Zoë", "tags": "vip, early"}
    page = await owner.does("/console/members/new", **form)
    assert "Zoë" in words(page.text)
    assert "vip" in words(page.text)
    again = await owner.post("/console/members/new", email="zoe@example.com", first_name="Other")
    assert again.status_code == 400
    assert "finds Zoë already" in words(again.text)
    nothing = await owner.post("/console/members/new", first_name="Nobody")
    assert nothing.status_code == 400
    assert "email" in words(nothing.text)
    assert (await shop.engine.database.fetchval(
        "SELECT count(*) FROM member WHERE merchant_id = $1", shop.merchant.merchant_id
    )) == 1  # fmt: skip


async def test_points_are_taken_as_the_preview_said(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 300)
    shop.clock.advance(days=1)
    await shop.give(ANA, 500, expires_at=shop.clock.now.replace(month=12, day=3))
    path = f"/console/members/{ana}/adjust"
    assert "Show what this will do Leave it as it is" in await owner.text(path), "before anything is said"
    text, seen = await previewed(owner, path, way="redeem", points="600", title="At the fair", note="promised")
    assert "Ana López: 800 → 200 points" in text
    assert "takes 500 from the lot that expires on 3 Dec 2026" in text
    assert "takes 100 from the lot that never expires" in text
    assert await shop.balance(ANA) == (800, 0)
    changed = await owner.post(path, step="do", seen=seen, way="redeem", points="700", title="At the fair")
    assert changed.status_code == 200
    assert await shop.balance(ANA) == (800, 0), "other points than were shown"
    page = await done(owner, path, way="redeem", points="600", title="At the fair", note="promised")
    assert "200 points are available now" in page
    assert await shop.balance(ANA) == (200, 0)
    short = await owner.post(path, step="preview", way="redeem", points="900")
    assert "700 points short" in words(short.text)
    assert await contradictions(shop) == []


async def test_the_same_form_twice_is_done_once(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López")
    path = f"/console/members/{ana}/adjust"
    form = {"way": "goodwill", "points": "50", "title": "Sorry", "visible": "true"}
    _, seen = await previewed(owner, path, **form)
    for _ in range(2):
        answer = await owner.post(path, step="do", seen=seen, **{**form, "key": "once"})
        assert answer.status_code == 303
    assert await shop.balance(ANA) == (50, 0)


async def test_a_reward_is_redeemed_on_behalf_and_given_back(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 250)
    rule = f"rule_{(await shop.rule(name='Mug')).rule_id}"
    await shop.rule(name="Trip", points=10_000)
    choice = await owner.text(f"/console/members/{ana}/redeem")
    assert "9,750 points short" in choice
    text, seen = await previewed(owner, f"/console/members/{ana}/redeem", rule=rule)
    assert "250 → 150 points" in text
    assert "worth $5.00" in text
    page = await owner.does(f"/console/members/{ana}/redeem", step="do", seen=seen, rule=rule)
    row = await shop.engine.database.fetchrow(
        "SELECT redemption_id, code FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )  # fmt: skip
    assert row is not None
    assert row["code"] in words(page.text)
    back = f"/console/members/{ana}/redemptions/red_{row['redemption_id']}/give-back"
    text, seen = await previewed(owner, back)
    assert "150 → 250 points" in text
    assert await shop.balance(ANA) == (150, 0)
    await owner.does(back, step="do", seen=seen)
    assert await shop.balance(ANA) == (250, 0)
    story = await owner.text(f"/console/members/{ana}")
    assert "Points given back" in story
    assert "Redeemed for Mug" in story
    assert "a redemption was cancelled · Mug" in story
    other = await member(shop, "ben@example.com", "Ben", "Muster")
    assert (await owner.get(back.replace(ana, other))).status_code == 404


async def test_a_refusal_is_kept_with_its_numbers_and_the_way_out(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 60)
    rule = await shop.rule(name="Mug")
    with pytest.raises(Exception, match="40 points short"):
        await redeem(shop, ANA, rule.rule_id)
    page = await owner.text(f"/console/members/{ana}", tab="decisions")
    assert "40 points short: this takes 100, and 60 are available." in page
    assert "40 points are missing still" in page
    assert "Refused: 40 points short" in await owner.text(f"/console/members/{ana}")
    await shop.give(ANA, 40)
    assert "that is enough" in await owner.text(f"/console/members/{ana}", tab="decisions")


async def test_a_story_is_in_plain_words_and_holds_together_what_belongs_together(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López")
    for name, trigger, points in (
        ("Points for orders", "order", 600), ("Spring", "order", 300), ("Welcome", "sign_up", 25), ("Kind", "review", 5)
    ):  # fmt: skip
        rule = EarningRule(name=name, trigger=trigger, earns=Flat(points))
        await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())
    shop.clock.advance(minutes=1)
    key = await create_key(shop.engine.database, shop.merchant.merchant_id, name="shop", now=shop.clock())
    order = {"id": "W-583", "status": "paid", "total": {"amount_minor": 9000, "currency": "USD"}}
    for path, body in (("orders", order), ("activities", {"id": "r-1", "kind": "review"})):
        headers = {"authorization": f"Bearer {key}"}
        answer = await owner.http.post(f"/v1/{path}", json={"member": ana, **body}, headers=headers)
        assert answer.status_code == 201, answer.text
    page = (await owner.get(f"/console/members/{ana}")).text
    story = words(page[page.index('<ol class="timeline">') :])
    assert "Order W-583 earned 900 points $90.00 · paid" in story
    assert re.search(r"(Spring \+300 Points for orders \+600|Points for orders \+600 Spring \+300)", story)
    assert "Review Kind" in story
    assert story.count("+900") == 1
    assert 'href="/console/orders/W-583"' in page
    for code in ("order:", "activity:", "sign_up", "for an activity", "for an order"):
        assert code not in story, code
    points = words((await owner.get(f"/console/members/{ana}", kinds="points")).text)
    assert "Order W-583 earned 900 points" in points


async def test_what_was_taken_back_later_is_told_beside_what_it_was(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 10)
    await allow(shop)
    bought = await do(shop, BuyPoints(merchant=shop.merchant, buyer=email(ANA), points=50, payment="p-1"))
    shop.clock.advance(minutes=1)
    await do(shop, RefundPurchase(merchant=shop.merchant, movement_id=bought.movement_id))
    merged = await merge(shop, int(ana.removeprefix("mem_")), await shop.member("anna@example.com"))
    shop.clock.advance(minutes=1)
    await unmerge(shop, merged.merge_id)
    page = (await owner.get(f"/console/members/{ana}")).text
    story = words(page[page.index('<ol class="timeline">') :])
    for sentence in ("Bought points", "Points that were bought were paid back", "+50", "−50", "became", "was undone"):
        assert story.count(sentence) == 1, story


async def test_two_become_one_side_by_side_and_two_again(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 100)
    other = await member(shop, "ana.private@example.com", "Anna", "Lopez", 40)
    found = await owner.text(f"/console/members/{ana}/merge", q="lopez")
    assert other in found
    compared = await owner.get(f"/console/members/{ana}/merge", other=other, step="preview")
    assert "100 → 140 points" in words(compared.text)
    seen = SEEN.search(compared.text)
    assert seen is not None
    page = await owner.does(f"/console/members/{ana}/merge", step="do", seen=seen[1], other=other)
    assert "Undo" in words(page.text)
    assert (await owner.get(f"/console/members/{other}")).headers["location"] == f"/console/members/{ana}"
    merge = re.search(r"unmerge\?merge=(mrg_[0-9]+)", page.text)
    assert merge is not None
    await owner.does(f"/console/members/{ana}/unmerge", merge=merge[1])
    assert await shop.balance(ANA) == (100, 0)
    assert "Anna Lopez" in await owner.text(f"/console/members/{other}")
    assert "same member" in words((await owner.get(f"/console/members/{ana}/merge", other=ana, step="preview")).text)


async def test_profile_identities_and_status_change_after_their_preview(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López")
    path = f"/console/members/{ana}"
    text, _ = await previewed(owner, f"{path}/edit", first_name="Anna", last_name="López", tags="vip")
    assert "First name: Ana → Anna" in text
    assert "Ana López" in await owner.text(path)
    assert "Anna López" in await done(owner, f"{path}/edit", first_name="Anna", last_name="López", tags="vip")
    await done(owner, f"{path}/identities", kind="phone", value="+49 30 901820", way="add")
    assert "+4930901820" in await owner.text(path, tab="identities")
    await done(owner, f"{path}/identities", kind="phone", value="+4930901820", way="remove")
    assert "+4930901820" not in await owner.text(path, tab="identities")
    last, _ = await previewed(owner, f"{path}/identities", kind="email", value=ANA, way="remove")
    assert "all that finds this member" in last
    assert "Suspended" in await done(owner, f"{path}/status", status="suspended")
    assert "Active" in await done(owner, f"{path}/status", status="active")


async def test_whoever_is_erased_has_been_named_once_more(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 100)
    path = f"/console/members/{ana}/erase"
    assert "100 points expire at once" in await owner.text(path)
    wrong = await owner.post(path, step="do", typed="Ana")
    assert wrong.status_code == 400
    exported = await owner.get(f"/console/members/{ana}/export")
    assert exported.headers["content-disposition"] == f'attachment; filename="{ana}.json"'
    assert exported.json()["known"]["identity"][0]["value"] == ANA
    page = await owner.does(path, step="do", typed=ana)
    assert f"Erased {ana}" in words(page.text)
    assert "López" not in await owner.text(f"/console/members/{ana}")


async def test_every_part_of_a_member_is_shown(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 250)
    rule = await shop.rule(name="Mug")
    await redeem(shop, ANA, rule.rule_id)
    parts = {"lots": "lot_", "redemptions": "Mug", "orders": "No orders yet", "household": "In no household",
             "referral": "Nobody yet", "identities": ANA, "decisions": "Nothing was refused"}  # fmt: skip
    for tab, text in parts.items():
        assert text in await owner.text(f"/console/members/{ana}", tab=tab), tab
    assert "Earned" not in await owner.text(f"/console/members/{ana}", kinds="redemption")


async def test_a_long_story_goes_on_page_by_page(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López")
    for number in range(40):
        shop.clock.advance(minutes=1)
        await shop.give(ANA, number + 1)
    page = await owner.get(f"/console/members/{ana}")
    assert "+40" in words(page.text)
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    older = words((await owner.http.get(following[1].replace("&amp;", "&"))).text)
    assert "+1 " in older + " "
    assert "+40" not in older


async def test_a_list_is_a_file_for_those_who_may(hire: Hire, owner: Person, shop: Shop):
    await member(shop, ANA, "=Ana", "López", 120)
    file = await owner.get("/console/members.csv")
    assert "'=Ana" in file.text
    assert ",120," in file.text
    support = await hire("support")
    assert (await support.get("/console/members.csv")).status_code == 403
    assert "members.csv" not in (await support.get("/console/members")).text


async def test_support_serves_but_neither_erases_nor_exports(hire: Hire, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López", 250)
    support, reader = await hire("support"), await hire("read_only")
    page = (await support.get(f"/console/members/{ana}")).text
    assert "/redeem" in page
    assert "/erase" not in page
    assert (await support.get(f"/console/members/{ana}/erase")).status_code == 403
    assert (await support.get(f"/console/members/{ana}/export")).status_code == 403
    assert "/redeem" not in (await reader.get(f"/console/members/{ana}")).text
    assert (await reader.post(f"/console/members/{ana}/adjust", way="goodwill", points="1")).status_code == 403
    assert (await reader.get("/console/members/new")).status_code == 403


async def test_another_shops_members_are_nowhere(hire: Hire, owner: Person, shop: Shop, street: Any):
    other = await street.shop()
    theirs = await member(other, ANA, "Ana", "López", 250)
    assert (await owner.get(f"/console/members/{theirs}")).status_code == 404
    for action in ("adjust", "redeem", "edit", "tier", "erase", "merge", "export", "status"):
        assert (await owner.get(f"/console/members/{theirs}/{action}", status="active")).status_code == 404, action
    assert theirs not in (await owner.get("/console/members", q=ANA)).text


async def test_identities_of_any_kind_lead_to_the_member(owner: Person, shop: Shop):
    ana = await member(shop, ANA, "Ana", "López")
    more = (*email(ANA), Identity("card", "4711"))
    await upsert_member(shop.engine.database, shop.merchant.merchant_id, more, ProfileChange(), shop.clock())
    assert ana in (await owner.get("/console/members", q="4711")).text
