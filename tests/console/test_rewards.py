"""Rewards in the console: rules as sentences, an editor that shows what it would do, and codes."""

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from guerdon.console.pages.reward_codes import codes_in
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import get_level
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule, change_rule, get_rule, list_rules
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop
from tests.street import redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
REWARDS = "/console/rewards"
FIELD = re.compile(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"[^>]*>', re.DOTALL)


def place(rule: Rule) -> str:
    """A rule's page."""
    return f"{REWARDS}/rule_{rule.rule_id}"


def form_in(page: str) -> dict[str, str]:
    """What the draft's form would send if nobody wrote in it, without its buttons."""
    draft = page[page.index('id="draft"') :]
    form: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", draft):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            form[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', draft, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        form[name] = chosen[1] if chosen else ""
    return {name: value for name, value in form.items() if name not in ("csrf", "key")}


async def opened(person: Person, path: str, **query: str) -> dict[str, str]:
    """The form of an editor."""
    answer = await person.get(path, **query)
    assert answer.status_code == 200, words(answer.text)
    return form_in(answer.text)


async def looked(person: Person, path: str, form: dict[str, str], **more: str) -> tuple[str, dict[str, str]]:
    """What a draft would do, in words, and the form with it."""
    answer = await person.post(path, **{**form, **more})
    assert answer.status_code == 200, words(answer.text)
    return words(answer.text), form_in(answer.text)


async def saved(person: Person, path: str, form: dict[str, str], **more: str) -> str:
    """Look at a draft and save it as it was shown; returns what the next page says."""
    _, form = await looked(person, path, form, **more)
    return words((await person.does(path, **form, step="save")).text)


async def stands(shop: Shop, rule: Rule) -> Rule:
    return await get_rule(shop.engine.database, shop.merchant.merchant_id, rule.rule_id)


async def test_a_programme_without_rewards_is_told_what_they_are(owner: Person):
    said = await owner.text(REWARDS)
    assert "No rewards yet" in said
    assert "Add a reward" in said


async def test_rules_are_listed_as_sentences_with_state_and_use(shop: Shop, owner: Person):
    now = shop.clock()
    fiver = await shop.rule(name="Fiver", pricing=Pricing.FIXED)
    await shop.rule(name="Spring", starts_at=now + timedelta(days=9))
    await shop.rule(name="Winter", ends_at=now - timedelta(days=9), stock=4)
    await shop.rule(name="Old", active=False)
    await shop.member(ANA, 500)
    for _ in range(3):
        await redeem(shop, ANA, fiver.rule_id)
    said = await owner.text(REWARDS)
    assert "Fiver 100 points buy $5.00 off the next purchase Active 3 no limit" in said
    assert "Scheduled 0 no limit" in said
    assert "Ended 0 4" in said
    assert "Disabled 0 no limit" in said
    for state, name in (("active", "Fiver"), ("scheduled", "Spring"), ("ended", "Winter"), ("disabled", "Old")):
        found = await owner.text(REWARDS, state=state)
        assert [one for one in ("Fiver", "Spring", "Winter", "Old") if one in found] == [name]
    assert "Winter" in await owner.text(REWARDS, q="win 4 last")
    assert "No reward is like that" in await owner.text(REWARDS, q="nothing like it")


async def test_a_rule_is_made_in_a_sentence(shop: Shop, owner: Person):
    form = await opened(owner, f"{REWARDS}/new")
    assert (form["points"], form["amount_minor"], form["reward"]) == ("500", "5.00", "amount")
    said, form = await looked(owner, f"{REWARDS}/new", form, points="10,000", amount_minor="50", category="GIFT_CARDS")
    assert "10,000 points buy $50.00 of gift card." in said
    said, form = await looked(owner, f"{REWARDS}/new", form, add="points_max_per_day")
    assert "Most points a day : a value is needed" in said
    assert "seen" not in form, "what cannot be saved has no button to do so"
    said, form = await looked(owner, f"{REWARDS}/new", form, points_max_per_day="20000", name="Gift", active="true")
    assert "10,000 points buy $50.00 of gift card, at most 20,000 points a day." in said
    assert "Saving lets members redeem it now." in said
    page = await owner.does(f"{REWARDS}/new", **form, step="save")
    assert "Added: Gift" in words(page.text)
    rule = (await list_rules(shop.engine.database, shop.merchant.merchant_id))[-1]
    terms = rule.terms
    assert (terms.points, terms.amount_minor, terms.category, terms.points_max_per_day, terms.pricing) == (
        10_000, 50_00, "GIFT_CARDS", 20_000, Pricing.FIXED,
    )  # fmt: skip
    assert (rule.actor, terms.name, terms.active) == (f"operator:{owner.operator_id}", "Gift", True)


async def test_what_is_saved_is_what_was_shown(shop: Shop, owner: Person):
    rule = await shop.rule()
    form = await opened(owner, f"{place(rule)}/edit")
    said, form = await looked(owner, f"{place(rule)}/edit", form, points="200")
    assert "Saving starts version 2 now." in said
    said, form = await looked(owner, f"{place(rule)}/edit", form, points="300", step="save")
    assert "Every 300 points buy" in said, "another draft than the one that was shown is shown first"
    assert (await stands(shop, rule)).terms.points == 100
    await owner.does(f"{place(rule)}/edit", **form, step="save")
    assert (await stands(shop, rule)).terms.points == 300


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"reward": RewardKind.PERCENTAGE, "percentage_hundredths": 1250},
        {"reward": RewardKind.FREE_PRODUCT, "product_id": "MUG", "pricing": Pricing.VARIABLE, "minimum_points": 200},
        {"reward": RewardKind.FREE_SHIPPING, "pricing": Pricing.FIXED, "transferable": True},
        {
            "tier_level": 2, "tier_exact": True, "member_tags": ("vip", "staff"), "channel": "offline",
            "minimum_cart_minor": 2550, "points_max_per_transaction": 900, "points_max_per_day": 1000, "stock": 5,
            "redemptions_max_per_member": 2, "budget_minor": 99_00, "coupon_days": 0, "coupon_prefix": "",
            "refund_expired": True, "offset_points": 50, "minimum_points": 100, "amounts_minor": {"EUR": 450},
        },
        {"codes": {"source": "pool", "low_at": 9}, "coupon_prefix": "AC"},
        {
            "codes": {
                "source": "callback", "create_url": "https://a.example/c", "cancel_url": "https://a.example/d",
                "timeout_s": 7,
            },
            "starts_at": "2026-02-28T23:00:00Z", "ends_at": "2026-05-31T16:30:00Z",
        },
    ],
)  # fmt: skip
async def test_a_sentence_says_all_of_a_rule_and_nothing_else(shop: Shop, owner: Person, terms: dict[str, Any]):
    """Whatever a rule says stands in its fields: saved as it is read, it is the same but for its name."""
    whole = {"points": 100, "amount_minor": 500, "currency": "USD", **terms}
    given = msgspec.json.decode(msgspec.json.encode(whole), type=RedemptionRule)
    rule = await shop.rule(**{name: getattr(given, name) for name in given.__struct_fields__})
    said = await saved(owner, f"{place(rule)}/edit", await opened(owner, f"{place(rule)}/edit"), name="Other")
    assert "Version 2 of Other counts from now on" in said
    assert (await stands(shop, rule)).terms == replace(rule.terms, name="Other")


async def test_the_shoppers_card_is_beside_the_sentence(shop: Shop, owner: Person):
    rule = await shop.rule(pricing=Pricing.VARIABLE, description="Yours at last", minimum_cart_minor=2000)
    said = await owner.text(f"{place(rule)}/edit")
    card = "$5.00 Off per 100 Points Yours at last $5.00 off the next purchase with a cart of at least $20.00"
    assert f"What a shopper sees {card} for every 100 points" in said


async def test_a_draft_is_tried_on_any_member(shop: Shop, owner: Person):
    await shop.member(ANA, 380)
    rule = await shop.rule(pricing=Pricing.FIXED)
    form = await opened(owner, f"{place(rule)}/edit")
    said, form = await looked(owner, f"{place(rule)}/edit", form, points="500", try_member=ANA, step="try")
    assert "It would be refused. 120 points short not_enough_points" in said
    said, form = await looked(owner, f"{place(rule)}/edit", form, points="300", step="try")
    assert "300 points of 380 would be taken; 80 stay. The member gets $5.00." in said
    said, form = await looked(owner, f"{place(rule)}/edit", form, try_points="301", step="try")
    assert "it costs 300 points, no more and no less points_not_fixed" in said
    for who, told in (("nobody@example.com", "member_not_found"), ("mem_x", "bad_field")):
        said, _ = await looked(owner, f"{place(rule)}/edit", form, try_member=who, try_points="")
        assert told in said
    said, _ = await looked(owner, f"{place(rule)}/edit", form, try_member=ANA, try_points="some")
    assert "some is not a whole number" in said
    assert await shop.balance(ANA) == (380, 0)


async def test_the_effect_counts_members_and_what_waits(shop: Shop, owner: Person):
    rule = await shop.rule()
    for number, points in enumerate((50, 100, 1000)):
        await shop.member(f"{number}@example.com", points)
    await redeem(shop, "2@example.com", rule.rule_id, delayed=True)
    form = await opened(owner, f"{place(rule)}/edit")
    assert "Nothing is changed yet: version 1 counts." in await owner.text(f"{place(rule)}/edit")
    said, _ = await looked(owner, f"{place(rule)}/edit", form, points="900")
    assert "1 member can afford it now, of 3 whom it is for and 3 in all." in said
    assert "1 redemption that waits keeps the version that it was made under." in said
    assert "every 100 points buy $5.00 off the next purchase → every 900 points buy" in said


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"points": "-5"}, "Points : -5 is not a whole number"),
        ({"points": "0"}, "Points : 0 is too few; the least is 1"),
        ({"points": "99999999999999999"}, "is more than anybody can count"),
        ({"amount_minor": "5.005"}, "Amount : 5.005 is no amount of USD"),
        ({"amount_minor": ""}, "Amount : a value is needed"),
        ({"currency": "XYZ"}, "Currency : choose one of those that are there"),
        ({"reward": "percentage", "percentage_hundredths": "half"}, "Percent : half is no percentage"),
        ({"reward": "percentage", "percentage_hundredths": "101"}, "Percent : 101 is no percentage"),
        ({"with": "dates", "starts_at": "2026-02-30"}, "First day : 2026-02-30 is no day of the calendar"),
        ({"with": "dates", "starts_at": "2026-05-02", "ends_at": "2026-05-01"}, "is not after the start"),
        ({"with": "minimum_points,offset_points", "minimum_points": "7", "offset_points": "50"}, "no multiple of 500"),
        ({"with": "codes", "codes_source": "callback", "create_url": "x", "cancel_url": "y"}, "'x' is no address"),
        ({"name": "x" * 300}, "characters go here"),
    ],
)  # fmt: skip
async def test_what_cannot_be_saved_says_why(shop: Shop, owner: Person, typed: dict[str, str], told: str):
    form = await opened(owner, f"{REWARDS}/new")
    said, form = await looked(owner, f"{REWARDS}/new", form, **{"pricing": "each", **typed})
    assert told in said
    assert "seen" not in form
    await owner.post(f"{REWARDS}/new", **form, step="save", seen="")
    assert await list_rules(shop.engine.database, shop.merchant.merchant_id) == [], "only what was shown is saved"


async def test_amounts_are_read_as_people_write_them(shop: Shop, owner: Person):
    form = await opened(owner, f"{REWARDS}/new")
    for written, told in (("1,250.50", "$1,250.50"), ("1.250,50", "$1,250.50"), ("12,5", "$12.50"), ("7", "$7.00")):
        said, _ = await looked(owner, f"{REWARDS}/new", form, amount_minor=written)
        assert f"500 points buy {told} off the next purchase" in said


async def test_the_days_of_a_rule_are_the_merchants(street: Any, hire: Hire):
    berlin = await street.shop(timezone="Europe/Berlin")
    person = await hire("owner", of=berlin)
    form = await opened(person, f"{REWARDS}/new")
    dates = {"with": "dates", "starts_at": "2026-03-28", "ends_at": "2026-03-29"}
    said = await saved(person, f"{REWARDS}/new", form, name="Clocks", **dates)
    assert "from March 28, 2026 to March 29, 2026" in said
    (rule,) = await list_rules(berlin.engine.database, berlin.merchant.merchant_id)
    assert rule.terms.starts_at is not None
    assert rule.terms.ends_at is not None
    assert rule.terms.ends_at - rule.terms.starts_at == timedelta(hours=47), "the clocks go forward that night"
    assert (await opened(person, f"{place(rule)}/edit"))["ends_at"] == "2026-03-29"


async def test_both_changes_are_shown_where_two_change_at_once(shop: Shop, owner: Person, hire: Hire):
    rule = await shop.rule(stock=9)
    form = await opened(owner, f"{place(rule)}/edit")
    await owner.post(f"{place(rule)}/edit", step="leave")
    ben = await hire("manager")
    await saved(ben, f"{place(rule)}/edit", await opened(ben, f"{place(rule)}/edit"), points="250", drop="stock")
    said, form = await looked(owner, f"{place(rule)}/edit", form, amount_minor="7", step="save")
    assert f"{ben.username} saved another version meanwhile" in said
    theirs, _, mine = said.partition("What you changed")
    assert "every 100 points buy $5.00 off the next purchase → every 250 points buy $5.00" in theirs
    assert "while 9 last (no longer)" in theirs
    assert "every 100 points buy $5.00 off the next purchase → every 100 points buy $7.00" in mine
    assert (form["points"], form["amount_minor"], form["with"], form["version"]) == ("250", "7.00", "", "2")
    await owner.does(f"{place(rule)}/edit", **form, step="save")
    stood = await stands(shop, rule)
    assert (stood.version, stood.terms.points, stood.terms.amount_minor, stood.terms.stock) == (3, 250, 700, None)


async def test_others_see_who_is_at_it_and_may_take_over(shop: Shop, owner: Person, hire: Hire):
    rule = await shop.rule()
    form = await opened(owner, f"{place(rule)}/edit")
    ben = await hire("manager")
    page = await ben.get(f"{place(rule)}/edit")
    assert f"{owner.username} has been editing this since 10 Mar 2026 12:00" in words(page.text)
    assert f"{owner.username} has been editing it" in await ben.text(place(rule))
    assert f"{owner.username} is editing it" in await ben.text(REWARDS)
    theirs = form_in(page.text)
    said, locked = await looked(ben, f"{place(rule)}/edit", theirs, points="300", step="save")
    assert "seen" not in locked, "there is no button to save"
    assert (await stands(shop, rule)).version == 1
    said, theirs = await looked(ben, f"{place(rule)}/edit", theirs, points="300", step="take_over")
    assert "has been editing this since" not in said
    said, _ = await looked(owner, f"{place(rule)}/edit", form, points="400")
    assert f"{ben.username} has been editing this since" in said
    await ben.does(f"{place(rule)}/edit", **theirs, step="save")
    assert (await stands(shop, rule)).terms.points == 300
    assert "has been editing" not in await owner.text(place(rule)), "saving lets others in"


async def test_leaving_lets_others_in(shop: Shop, owner: Person, hire: Hire):
    rule = await shop.rule()
    await opened(owner, f"{place(rule)}/edit")
    ben = await hire("manager")
    assert (await ben.post(f"{place(rule)}/edit", step="leave")).status_code == 303
    assert "has been editing" in await ben.text(place(rule)), "nobody leaves for another"
    assert "has been editing" not in words((await owner.does(f"{place(rule)}/edit", step="leave")).text)
    assert "has been editing" not in await ben.text(f"{place(rule)}/edit")


async def test_a_clone_is_another_rule_switched_off(shop: Shop, owner: Person):
    rule = await shop.rule(name="Fiver", stock=3)
    form = await opened(owner, f"{REWARDS}/new", like=f"rule_{rule.rule_id}")
    assert (form["name"], form["stock"], form.get("active")) == ("Copy of Fiver", "3", None)
    assert "Added: Copy of Fiver" in await saved(owner, f"{REWARDS}/new", form)
    first, second = await list_rules(shop.engine.database, shop.merchant.merchant_id)
    assert second.terms == replace(first.terms, name="Copy of Fiver", active=False)


async def test_switching_shows_its_effect_and_is_undone(shop: Shop, owner: Person):
    rule = await shop.rule(name="Fiver")
    await shop.member(ANA, 100)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    asked = words((await owner.post(f"{place(rule)}/disable", step="preview")).text)
    assert "Nobody can redeem Fiver from then on." in asked
    assert "1 redemption that waits keeps its points and its coupon." in asked
    assert (await stands(shop, rule)).terms.active
    done = await owner.does(f"{place(rule)}/disable", step="do")
    assert "Disabled: nobody can redeem it" in words(done.text)
    assert not (await stands(shop, rule)).terms.active
    await owner.does(f"{place(rule)}/activate?step=do")
    assert (await stands(shop, rule)).terms.active


async def test_a_version_says_who_changed_what_and_when(shop: Shop, owner: Person):
    rule = await shop.rule()
    shop.clock.advance(hours=1)
    await saved(owner, f"{place(rule)}/edit", await opened(owner, f"{place(rule)}/edit"), points="120")
    said = await owner.text(place(rule))
    told = "every 100 points buy $5.00 off the next purchase → every 120 points buy $5.00 off the next purchase"
    assert f"Version 2 10 Mar 2026 13:00 by {owner.username} {told}" in said


async def test_codes_are_shown_then_uploaded(shop: Shop, owner: Person):
    rule = await shop.rule(codes=Pooled(low_at=4))
    upload = f"{place(rule)}/codes"
    assert "No codes yet" in await owner.text(upload)
    said = words((await owner.post(upload, codes="A-1, A-2\nA-3\r\nA-1", step="preview")).text)
    assert "3 codes are added." in said
    merchant_id = shop.merchant.merchant_id
    assert (await get_level(shop.engine.database, merchant_id, rule.rule_id)).unused == 0
    said = words((await owner.does(upload, codes="A-1\nA-2\nA-3", step="do")).text)
    assert "Left 3 Handed out 0" in said
    assert "Events tell when these are left: 4, 2, 1, 0." in said
    assert "Low" in said
    assert "A-3 10 Mar 2026 12:00 still in the pool" in said
    await shop.member(ANA, 100)
    made = await redeem(shop, ANA, rule.rule_id)
    assert f"A-1 10 Mar 2026 12:00 red_{made.redemption_id}" in await owner.text(upload)
    again = words((await owner.post(upload, codes="A-3 A-4", step="preview")).text)
    assert "1 code is added. 1 was there already." in again


@pytest.mark.parametrize(
    ("codes", "told"), [("", "1 to 10000 codes go at a time, and these are 0"), ("né", "is no code")]
)
async def test_codes_that_are_none_are_refused(shop: Shop, owner: Person, codes: str, told: str):
    rule = await shop.rule(codes=Pooled())
    answer = await owner.post(f"{place(rule)}/codes", codes=codes, step="do")
    assert (answer.status_code, told in words(answer.text)) == (400, True)


async def test_codes_are_told_apart_by_lines_spaces_and_commas():
    assert codes_in(" a,b\r\n\nc  a\tD ") == ["a", "b", "c", "D"]


@pytest.mark.parametrize("role", ["support", "finance", "developer", "read_only"])
async def test_who_may_not_change_rules_is_not_offered_it(shop: Shop, hire: Hire, role: Any):
    rule = await shop.rule(codes=Pooled())
    person = await hire(role)
    for page in (REWARDS, place(rule), f"{place(rule)}/codes"):
        said = await person.text(page)
        assert not [word for word in ("Add a reward", "Edit", "Clone", "Disable ", "Upload codes") if word in said]


async def test_rules_of_others_are_not_there(street: Any, shop: Shop, owner: Person):
    other = await (await street.shop()).rule(codes=Pooled())
    for page in (place(other), f"{place(other)}/edit", f"{place(other)}/codes"):
        assert (await owner.get(page)).status_code == 404, page
    assert (await owner.get(f"{REWARDS}/new", like=f"rule_{other.rule_id}")).status_code == 404
    for page in ("edit", "codes", "activate", "disable"):
        assert (await owner.post(f"{place(other)}/{page}", step="do", codes="X", version="1")).status_code == 404, page
    assert (await owner.get(f"{REWARDS}/rule_x")).status_code == 400


async def test_a_rule_that_another_surface_changed_is_not_overwritten(shop: Shop, owner: Person):
    rule = await shop.rule()
    _, form = await looked(owner, f"{place(rule)}/edit", await opened(owner, f"{place(rule)}/edit"), points="300")
    await owner.post(f"{place(rule)}/edit", step="leave")
    await change_rule(
        shop.engine.database, shop.merchant.merchant_id, rule.rule_id, replace(rule.terms, coupon_days=7),
        actor="key:1", user_id=None, now=shop.clock(),
    )  # fmt: skip
    answer = await owner.post(f"{place(rule)}/edit", **form, step="save")
    assert "saved another version meanwhile" in words(answer.text)
    stood = await stands(shop, rule)
    assert (stood.version, stood.terms.points, stood.terms.coupon_days) == (2, 100, 7)
