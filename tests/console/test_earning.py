"""Earning rules are sentences that people fill in, look at, try on a basket, and save."""

import re
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount
from guerdon.earning.rule import Cap, EarningRule, Goods, Hours, Period, Stacking, Weekday, Who
from guerdon.earning.rules import add_rule, get_rule, list_rules
from tests.console.conftest import Hire, Person, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW = "/console/earning/new"
POINTS: dict[str, Any] = {
    "kind": "per_amount", "points": "2", "each_minor": "1.00", "each_whole": "true", "name": "Points for orders",
    "active": "true", "shown": "true", "with": "",
}  # fmt: skip


async def only_rule(person: Person) -> Any:
    (rule,) = await list_rules(person.shop.engine.database, person.shop.merchant.merchant_id)
    return rule


async def test_a_rule_is_made_in_a_sentence(owner: Person, hire: Hire):
    assert "No earning rules yet" in await owner.text("/console/earning")
    form = {
        **POINTS,
        "with": "goods_collections,cap_month",
        "goods_collections": "Shoes, Hats",
        "cap_month_points": "500",
    }
    looked = words((await owner.post(NEW, **form, step="check")).text)
    told = "2 points for each $1.00 spent, on collection ‘Hats’ or ‘Shoes’, at most 500 points a month."
    assert told in looked
    page = await owner.does(NEW, **form, step="save")
    assert told in words(page.text)
    rule = await only_rule(owner)
    assert rule.terms.earns == PerAmount(points=2, each_minor=100)
    assert rule.terms.caps == (Cap(per=Period.MONTH, points=500),)
    assert rule.actor == f"operator:{owner.operator_id}"
    assert "Add an earning rule" not in await (await hire("read_only")).text("/console/earning")


async def test_clauses_come_and_go_by_buttons(owner: Person):
    added = (await owner.post(NEW, **POINTS, add="first_order")).text
    assert 'name="with" value="first_order"' in added
    gone = (await owner.post(NEW, **{**POINTS, "with": "first_order"}, drop="first_order")).text
    assert 'name="with" value=""' in gone


async def test_the_kind_changes_the_sentence(owner: Person):
    flat = words((await owner.post(NEW, **{**POINTS, "kind": "flat", "trigger": "sign_up", "points": "50"})).text)
    assert "50 points for signing up." in flat
    other = {**POINTS, "kind": "flat", "trigger": "other", "activity": "store_visit", "points": "5"}
    assert "5 points for ‘store visit’." in words((await owner.post(NEW, **other)).text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"points": "many"}, "is not a whole number"),
        ({"each_minor": "0.001"}, "is no amount of USD"),
        ({"name": ""}, "name"),
        ({"with": "hours", "hours_start": "9", "hours_end": "17:00"}, "is not a time of the day"),
        ({"with": "expiry", "expiry": "soon"}, "no expiry policy"),
        ({"kind": "multiplier", "factor": "0.5"}, "is not above 1"),
    ],
)
async def test_what_is_amiss_is_said_and_nothing_is_saved(owner: Person, change: dict[str, str], why: str):
    answer = await owner.post(NEW, **{**POINTS, **change}, step="save")
    assert answer.status_code == 422
    assert why in words(answer.text)
    assert await list_rules(owner.shop.engine.database, owner.shop.merchant.merchant_id) == []


async def test_a_draft_is_tried_on_a_basket_and_not_kept(owner: Person):
    basket = {"try_kind": "order", "try_lines": "2 x SKU-1 @ 19.90 in Shoes\n1 x SKU-2 @ 5", "try_channel": "online"}
    tried = words((await owner.post(NEW, **POINTS, **basket, step="try")).text)
    assert "88 points" in tried
    assert await list_rules(owner.shop.engine.database, owner.shop.merchant.merchant_id) == []
    wrong = words((await owner.post(NEW, **POINTS, **{**basket, "try_lines": "two shoes"}, step="try")).text)
    assert "is no line such as" in wrong


async def test_a_basket_shows_which_rules_fire_and_why_others_do_not(owner: Person):
    await owner.does(NEW, **POINTS, step="save")
    first = {**POINTS, "name": "Big orders", "with": "amount_min_minor", "amount_min_minor": "100"}
    await owner.does(NEW, **first, step="save")
    told = await owner.text("/console/earning/try", try_total="30")
    assert "60 points" in told
    assert "Big orders: " in told
    assert "Why others give nothing" in told


EVERYTHING = EarningRule(
    name="All of it", description="In every clause", active=False,
    earns=PerAmount(points=3, each_minor=250, each_minor_in={"EUR": 200}, each_whole=False),
    who=Who(tiers=frozenset({1, 2}), tags=frozenset({"vip"}), tags_excluded=frozenset({"staff"})),
    channels=frozenset({"online", "offline"}), weekdays=frozenset({Weekday.MONDAY, Weekday.FRIDAY}),
    hours=Hours("09:00", "17:30"), goods=Goods(types=frozenset({"shoe"})),
    goods_excluded=Goods(vendors=frozenset({"Acme"})), quantity_min=2, quantity_max=9, amount_min_minor=100,
    amount_max_minor=99900, order_tags=frozenset({"gift"}), order_tags_excluded=frozenset({"test"}), first_order=True,
    caps=(Cap(per=Period.DAY, points=50, times=2), Cap(per=Period.EVER, times=9)), budget_points=10_000, times_max=500,
    group="spring", stacking=Stacking.BEST, priority=-3, pending="14 days", expiry="12 months",
)  # fmt: skip


@pytest.mark.parametrize(
    "terms",
    [
        EVERYTHING,
        EarningRule(name="Reviews", trigger="review", earns=Flat(points=5), approval=True),
        EarningRule(name="Visits", trigger="store_visit", earns=Flat(points=5)),
        EarningRule(name="Double", earns=Multiplier(factor=Decimal("2.5"))),
    ],
)
async def test_saving_a_rule_as_it_is_shown_changes_nothing(owner: Person, terms: EarningRule):
    merchant_id, database = owner.shop.merchant.merchant_id, owner.shop.engine.database
    rule = await add_rule(database, merchant_id, terms, actor="test", now=owner.shop.clock())
    place = f"/console/earning/earn_{rule.rule_id}/edit"
    page = (await owner.get(place)).text
    form = fields_of(page)
    told = words((await owner.post(place, **form, step="check")).text)
    assert "Nothing is changed yet" in told, told[told.find("What this will do") :][:700]
    await owner.does(place, **{**form, "name": "Another name"}, step="save")
    after = await get_rule(database, merchant_id, rule.rule_id)
    assert after.terms == replace(terms, name="Another name")


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form of a page."""
    draft = page.split('id="draft"')[1].split("</form>")[0]
    form: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", draft):
        name, value = (re.search(rf'\b{what}="([^"]*)"', tag) for what in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag) and name[1] not in ("csrf", "key"):
            form[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', draft, re.DOTALL):
        values = re.findall(r'value="([^"]*)"( selected)?', options)
        form[name] = next((value for value, chosen in values if chosen), values[0][0] if values else "")
    return form


async def test_versions_are_told_with_what_changed(owner: Person):
    await owner.does(NEW, **POINTS, step="save")
    rule = await only_rule(owner)
    place = f"/console/earning/earn_{rule.rule_id}"
    form = {**POINTS, "points": "3", "version": "1"}
    looked = words((await owner.post(f"{place}/edit", **form, step="check")).text)
    assert "2 points for each $1.00 spent → 3 points for each $1.00 spent" in looked
    story = words((await owner.does(f"{place}/edit", **form, step="save")).text)
    assert "Version 2" in story
    late = await owner.post(f"{place}/edit", **{**form, "points": "9"}, step="save")
    assert late.status_code == 422
    assert (await only_rule(owner)).terms.earns.points == 3


async def test_a_rule_is_switched_with_its_effect_shown_first(owner: Person):
    await owner.does(NEW, **POINTS, step="save")
    rule = await only_rule(owner)
    place = f"/console/earning/earn_{rule.rule_id}"
    assert "Nobody earns by it from then on" in words((await owner.post(f"{place}/disable")).text)
    assert (await only_rule(owner)).terms.active
    page = await owner.does(f"{place}/disable", step="do")
    assert "Disabled: nobody earns by it Undo" in words(page.text)
    assert not (await only_rule(owner)).terms.active
    assert "Copy of Points for orders" in (await owner.get(NEW, like=f"earn_{rule.rule_id}")).text


async def test_campaigns_are_shown_as_shoppers_see_them(owner: Person):
    assert "No campaigns now" in await owner.text("/console/campaigns")
    await owner.does(NEW, **{**POINTS, "title": "Shop and earn"}, step="save")
    assert "Shop and earn 2 Points per $1.00" in await owner.text("/console/campaigns")


async def test_a_coupon_names_its_reward(owner: Person):
    reward = await owner.shop.rule(name="$5 off")
    form = {**POINTS, "kind": "coupon", "trigger": "birthday", "redemption_rule": f"rule_{reward.rule_id}"}
    assert "the reward ‘$5 off’ for a birthday." in words((await owner.post(NEW, **form)).text)
    await owner.does(NEW, **form, step="save")
    assert (await only_rule(owner)).terms.earns == CouponGift(redemption_rule_id=reward.rule_id)
