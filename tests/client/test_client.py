"""The client beside its server."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from inspect import isfunction
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guerdon.api.v1.exports import ROUTE as EXPORTS
from guerdon.api.v1.routes import ROUTES
from guerdon.api.v1.stream import ROUTE as STREAM
from guerdon.client import (
    Ask,
    AsyncGuerdon,
    Flow,
    Listing,
    Money,
    NotFound,
    Outdated,
    Refused,
    activities,
    adjustments,
    bulk,
    campaigns,
    coupons,
    decisions,
    earning_rules,
    entries,
    events,
    exports,
    households,
    imports,
    members,
    merges,
    orders,
    purchases,
    redemption_rules,
    redemptions,
    referrals,
    tiers,
    transfers,
    webhook_endpoints,
)
from guerdon.client.ask import writing
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


@pytest_asyncio.fixture(loop_scope="session")
async def guerdon(shop: Shop, street_app: Any) -> AsyncIterator[AsyncGuerdon]:
    """A client with the key of the shop."""
    async with AsyncGuerdon("http://shop", shop.api_key, transport=httpx.ASGITransport(street_app)) as opened:
        yield opened


async def test_a_member_redeems(shop: Shop, guerdon: AsyncGuerdon):
    rule = await shop.rule()
    ana = await guerdon.ask(members.create(email=ANA, first_name="Ana", metadata={"crm": "17"}))
    given = await guerdon.ask(members.adjust(ana.id, points=250, reason="reward", title="Hello"))
    assert (given.state, given.available) == ("booked", 250)
    options = await guerdon.ask(members.options(ana.id))
    assert [(one.rule, one.redeemable) for one in options.options] == [(f"rule_{rule.rule_id}", True)]
    previewed = await guerdon.ask(redemptions.preview(member=ana.id, rule=f"rule_{rule.rule_id}"))
    assert (previewed.points, (await guerdon.ask(members.fetch(ana.id))).balances.available) == (100, 250)
    made = await guerdon.ask(redemptions.create(member=ana.id, rule=f"rule_{rule.rule_id}", capture="on_order"))
    assert (made.state, made.value.amount_minor, made.value.currency) == ("held", 500, "USD")
    assert (await guerdon.ask(redemptions.capture(made.id, order="A-1"))).state == "captured"
    noted = await guerdon.ask(redemptions.change(made.id, metadata={"till": "4"}))
    assert (noted.metadata, await guerdon.ask(redemptions.fetch(made.id))) == ({"till": "4"}, noted)
    assert (await guerdon.ask(redemptions.cancel(made.id))).state == "cancelled"
    found = await guerdon.ask(members.by(email=ANA))
    assert (found.id, found.balances.available, found.metadata) == (ana.id, 250, {"crm": "17"})
    reasons = [one.reason async for one in guerdon.each(members.entries(ana.id))]
    assert len(reasons) >= 4


async def test_lists_are_walked_to_their_end(shop: Shop, guerdon: AsyncGuerdon):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    made: list[str] = []
    for _ in range(5):
        shop.clock.advance(minutes=1)
        ask = redemptions.create(member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")
        made.insert(0, (await guerdon.ask(ask)).id)
    listing = redemptions.find(member=f"email:{ANA}", created_before=shop.clock())
    in_twos = replace(listing, query={**listing.query, "limit": 2})
    assert [one.id async for one in guerdon.each(in_twos)] == made[1:]


async def test_a_refusal_has_its_facts_and_its_decision(shop: Shop, guerdon: AsyncGuerdon):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 380)
    with pytest.raises(Refused) as refused:
        await guerdon.ask(redemptions.create(member=f"email:{ANA}", rule=f"rule_{rule.rule_id}"))
    told = refused.value
    assert (told.code, told.facts["shortfall"]) == ("not_enough_points", 120)
    assert (told.decision_id or "").startswith("dec_")
    decision = await guerdon.ask(decisions.fetch(told.decision_id or ""))
    assert (decision.code, decision.facts) == (told.code, told.facts)
    with pytest.raises(NotFound):
        await guerdon.ask(members.fetch("mem_999999"))


async def test_two_people_do_not_change_the_same_version(guerdon: AsyncGuerdon):
    rule = await guerdon.ask(redemption_rules.create(points=100, amount_minor=500, name="Five off"))
    changed = await guerdon.ask(redemption_rules.change(rule.id, points=120).matching(rule.version))
    assert (changed.version, changed.points) == (rule.version + 1, 120)
    with pytest.raises(Outdated):
        await guerdon.ask(redemption_rules.change(rule.id, points=150).matching(rule.version))
    await guerdon.ask(redemption_rules.disable(rule.id))
    assert [one.id async for one in guerdon.each(redemption_rules.find(active=True))] == []


async def test_members_give_each_other_points(shop: Shop, guerdon: AsyncGuerdon):
    await guerdon.ask(writing("PUT", "/v1/transfer_rule", dict[str, Any], {"transfers": {"enabled": True}}))
    ana = await shop.member(ANA, 100)
    await shop.member(BEN)
    moved = await guerdon.ask(transfers.create(sender=f"email:{ANA}", receiver=f"email:{BEN}", points=40))
    assert (moved.sender, moved.points) == (f"mem_{ana}", 40)
    assert [one async for one in guerdon.each(transfers.find(member=f"email:{BEN}"))] == [moved]
    assert await guerdon.ask(transfers.fetch(moved.id)) == moved


async def test_an_order_uses_a_coupon_and_comes_back(shop: Shop, guerdon: AsyncGuerdon):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    who = f"email:{ANA}"
    made = await guerdon.ask(redemptions.create(member=who, rule=f"rule_{rule.rule_id}", capture="on_order"))
    lines: list[orders.Line] = [{"id": "tea", "name": "Tea", "price_minor": 4500, "quantity": 2}]
    order = orders.create(id="A-1", member=who, total=Money(9000, "USD"), lines=lines, coupons=[made.coupon.code])
    told = await guerdon.ask(order)
    assert [(one.code, one.state) for one in told.coupons] == [(made.coupon.code, "used")]
    assert (await guerdon.ask(coupons.fetch(made.coupon.code.lower()))).order == "A-1"
    back = await guerdon.ask(orders.take_back("A-1", total=Money(4500, "USD"), items=[{"id": "tea"}]))
    assert [one.state async for one in guerdon.each(orders.returns(order="A-1"))] == ["taken"]
    assert [one.id for one in (await guerdon.ask(orders.fetch("A-1"))).returns] == [back.id]
    assert [one.id async for one in guerdon.each(orders.find(member=who))] == ["A-1"]
    assert [one.code async for one in guerdon.each(coupons.find(order="A-1"))] == [made.coupon.code]


async def test_what_has_no_function_here_is_asked_by_its_path(shop: Shop, guerdon: AsyncGuerdon):
    member = await shop.member(ANA)
    first, again = [
        await guerdon.post(f"/v1/members/mem_{member}/adjust", key="k-1", points=7, reason="goodwill") for _ in range(2)
    ]
    assert first == again
    assert (await guerdon.get("/v1/entries", member=f"email:{ANA}", limit=1))["data"][0]["points"] == 7
    assert await shop.balance(ANA) == (7, 0)


async def test_every_function_asks_what_the_server_serves():
    served = {(route.method, re.sub(r"\{[^}]*\}", "x", route.path)) for route in (*ROUTES, STREAM, EXPORTS)}
    asked = {(ask.method, ask.path) for ask in ASKS} | {("GET", some.path) for some in (*LISTINGS, *FLOWS)}
    assert asked - served == set()
    nouns = (
        members, redemptions, redemption_rules, transfers, purchases, events, orders, coupons, decisions, earning_rules,
        activities, tiers, households, referrals, webhook_endpoints, campaigns, merges, exports, imports, bulk,
        adjustments, entries,
    )  # fmt: skip
    functions = [
        one for noun in nouns for one in vars(noun).values() if getattr(one, "__module__", "") == noun.__name__
    ]
    functions = [one for one in functions if isfunction(one) and not one.__name__.startswith("_")]
    assert len(functions) == len(ASKS) + len(LISTINGS) + len(FLOWS), "one of each is above"


ASKS: list[Ask[Any]] = [
    members.create(email=ANA), members.change("x"), members.fetch("x"), members.by(email=ANA), members.suspend("x"),
    members.activate("x"), members.options("x"), members.adjust("x", points=1, reason="reward"),
    redemptions.create(member="x", rule="x"), redemptions.preview(member="x", rule="x"), redemptions.fetch("x"),
    redemptions.capture("x"), redemptions.cancel("x"), redemptions.change("x", metadata={}),
    redemption_rules.create(points=1), redemption_rules.change("x"), redemption_rules.fetch("x"),
    redemption_rules.activate("x"), redemption_rules.disable("x"),
    transfers.create(sender="x", receiver="x", points=1), transfers.fetch("x"), events.fetch("x"),
    orders.create(id="x", member="x", total=Money(1, "USD")), orders.fetch("x"),
    orders.take_back("x", total=Money(1, "USD")),
    coupons.fetch("x"), coupons.void("x"), decisions.fetch("x"), orders.fetch_return("x"),
    orders.change_return("x", metadata={}), transfers.change("x", metadata={}),
    purchases.create(buyer="x", points=1, payment="x"), purchases.fetch("x"), purchases.change("x", metadata={}),
    earning_rules.create(name="x", earns={}), earning_rules.change("x"), earning_rules.fetch("x"),
    earning_rules.activate("x"), earning_rules.disable("x"), earning_rules.preview(), activities.create(
        member="x", kind="x"
    ), activities.fetch("x"), tiers.find(), tiers.programme(), tiers.replace(term="lifetime", tiers=[]),
    tiers.fetch("x"), tiers.assign("x", level=1), households.create(owner="x"), households.fetch("x"),
    households.change("x", metadata={}), households.add("x", member="x"), households.change_member("x", "x"),
    households.remove("x", "x"), households.dissolve("x"), referrals.fetch("x"), referrals.of("x"),
    referrals.share("x", emails=[ANA]), webhook_endpoints.create(url="x"), webhook_endpoints.change("x"),
    webhook_endpoints.fetch("x"), webhook_endpoints.enable("x"), webhook_endpoints.disable("x"),
    webhook_endpoints.rotate("x"), webhook_endpoints.test("x"), webhook_endpoints.replay("x", first=1),
    webhook_endpoints.remove("x"), webhook_endpoints.delivery("x"), merges.create("x", into="x"),
    merges.undo("x"), imports.create(kind="members", content="x"), imports.fetch("x"),
    imports.undo("x"), *bulk.redeem([{"member": "x", "rule": "x"}]),
    adjustments.fetch("x"), adjustments.change("x", metadata={}), entries.fetch("x"), entries.change("x", metadata={}),
    coupons.change("x", metadata={}), referrals.change("x", metadata={}),
    *bulk.report_orders([{"id": "x", "member": "x", "total": Money(1, "USD")}]), *bulk.add_members([{}]),
]  # fmt: skip
LISTINGS: list[Listing[Any]] = [
    members.find(), members.entries("x"), redemptions.find(), redemption_rules.find(), transfers.find(), events.find(),
    orders.find(), orders.returns(), coupons.find(), decisions.find(), members.pending("x"), purchases.find(),
    earning_rules.find(), earning_rules.versions("x"), activities.find(), tiers.history("x"), households.find(),
    referrals.find(), webhook_endpoints.find(), webhook_endpoints.deliveries("x"), imports.find(),
    adjustments.find(), entries.find(), campaigns.find(), merges.find("x"),
]  # fmt: skip
FLOWS: list[Flow[Any]] = [events.watch(), replace(exports.each("members"), path="/v1/exports/x")]
