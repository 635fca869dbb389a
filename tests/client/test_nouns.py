"""Each noun of the client against a server: what it asks is served, and what is answered is read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guerdon.client import (
    AsyncGuerdon,
    Guerdon,
    Money,
    NotFound,
    Refused,
    activities,
    bulk,
    campaigns,
    earning_rules,
    events,
    exports,
    households,
    imports,
    members,
    merges,
    orders,
    purchases,
    referrals,
    tiers,
    transfers,
    webhook_endpoints,
    writing,
)
from guerdon.client.problems import Unauthenticated
from guerdon.events.log import relay
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
TOTAL = Money(9000, "USD")


@pytest_asyncio.fixture(loop_scope="session")
async def guerdon(shop: Shop, street_app: Any) -> AsyncIterator[AsyncGuerdon]:
    """A client with the key of the shop."""
    async with AsyncGuerdon("http://shop", shop.api_key, transport=httpx.ASGITransport(street_app)) as opened:
        yield opened


async def test_what_earns_is_set_tried_and_told(shop: Shop, guerdon: AsyncGuerdon):
    spend = {"kind": "per_amount", "points": 1, "each_minor": 100}
    rule = await guerdon.ask(earning_rules.create(name="A point a dollar", earns=spend))
    assert (await guerdon.ask(earning_rules.preview(total=TOTAL))).earned[0].points == 90
    changed = await guerdon.ask(earning_rules.change(rule.id, pending="14 days").matching(rule.version))
    assert [one.version async for one in guerdon.each(earning_rules.versions(rule.id))] == [2, 1]
    assert (await guerdon.ask(earning_rules.disable(rule.id))).active is False
    assert await guerdon.ask(earning_rules.activate(rule.id)) == await guerdon.ask(earning_rules.fetch(rule.id))
    assert (changed.pending, changed.version) == ("14 days", 2)
    flat = {"kind": "flat", "points": 50}
    await guerdon.ask(earning_rules.create(name="Review", trigger="review", earns=flat))
    assert [one.trigger async for one in guerdon.each(earning_rules.find(trigger="review"))] == ["review"]

    ana = await shop.member(ANA)
    told = await guerdon.ask(activities.create(member=f"mem_{ana}", kind="review", id="r-1"))
    assert (told.points, told.earned[0].points) == (50, 50)
    assert await guerdon.ask(activities.fetch("r-1")) == told
    assert [one.id async for one in guerdon.each(activities.find(member=f"mem_{ana}"))] == ["r-1"]
    found = [one async for one in guerdon.each(campaigns.find(member=f"mem_{ana}"))]
    assert {one.kind: one.status and one.status.times for one in found} == {"order": 0, "review": 1}

    await guerdon.ask(orders.create(id="A-1", member=f"mem_{ana}", total=TOTAL))
    assert [one.points_left async for one in guerdon.each(members.pending(f"mem_{ana}"))] == [90]
    back = await guerdon.ask(orders.take_back("A-1", total=Money(4500, "USD"), return_id="R-1", metadata={"a": "1"}))
    noted = await guerdon.ask(orders.change_return("R-1", metadata={"b": "2"}))
    assert (back.metadata, noted.metadata) == ({"a": "1"}, {"a": "1", "b": "2"})
    assert await guerdon.ask(orders.fetch_return("R-1")) == noted
    assert (await guerdon.ask(orders.fetch("A-1"))).returns == [noted]


async def test_members_rise(shop: Shop, guerdon: AsyncGuerdon):
    said: list[tiers.TierSaid] = [{"name": "Silver", "entry": {"points_earned": 100}, "metadata": {"colour": "grey"}}]
    programme = await guerdon.ask(tiers.replace(term="lifetime", tiers=said))
    assert (programme.version, programme.tiers[0].metadata) == (1, {"colour": "grey"})
    assert await guerdon.ask(tiers.programme()) == programme
    assert (await guerdon.ask(tiers.find())).data == programme.tiers
    member = f"mem_{await shop.member(ANA)}"
    assigned = await guerdon.ask(tiers.assign(member, level=1, reason="Moved over"))
    standing = await guerdon.ask(tiers.fetch(member))
    assert (assigned.name, standing.tier.level, standing.tier.next) == ("Silver", 1, None)
    assert [one.reason async for one in guerdon.each(tiers.history(member))] == ["Moved over"]


async def test_members_share_part_and_become_one(shop: Shop, guerdon: AsyncGuerdon):
    ana, ben = f"mem_{await shop.member(ANA, 100)}", f"mem_{await shop.member(BEN, 50)}"
    home = await guerdon.ask(households.create(owner=ana, name="Stone"))
    await guerdon.ask(households.add(home.id, member=ben, may_spend=False))
    both = await guerdon.ask(households.change_member(home.id, ben, may_spend=True))
    assert [(one.member, one.may_spend) for one in both.members] == [(ana, True), (ben, True)]
    noted = await guerdon.ask(households.change(home.id, metadata={"card": "7"}))
    assert (noted.metadata, await guerdon.ask(households.fetch(home.id))) == ({"card": "7"}, noted)
    for which in (households.find(), households.find(member=ben), households.find(dissolved=False)):
        assert [one async for one in guerdon.each(which)] == [noted]
    await guerdon.ask(households.remove(home.id, ben, share=50))
    assert (await guerdon.ask(households.dissolve(home.id))).dissolved_at is not None
    assert [one.id async for one in guerdon.each(households.find(dissolved=False))] == []

    merged = await guerdon.ask(merges.create(ben, into=ana))
    assert [one async for one in guerdon.each(merges.find(ana))] == [merged]
    assert (await guerdon.ask(merges.undo(ben))).state == "undone"


async def test_points_are_bought_and_what_is_beside_them_is_changed(shop: Shop, guerdon: AsyncGuerdon):
    rule = {"transfers": {"enabled": True}, "purchases": {"enabled": True}, "price": {"points": 100, "amount": 100}}
    await guerdon.ask(writing("PUT", "/v1/transfer_rule", dict[str, Any], rule))
    ana, ben = f"mem_{await shop.member(ANA)}", f"mem_{await shop.member(BEN)}"
    bought = await guerdon.ask(purchases.create(buyer=ana, points=100, payment="pay-1"))
    assert bought.price == Money(100, "USD")
    noted = await guerdon.ask(purchases.change(bought.id, metadata={"till": "4"}))
    assert (noted.metadata, await guerdon.ask(purchases.fetch(bought.id))) == ({"till": "4"}, noted)
    assert [one.id async for one in guerdon.each(purchases.find(member=ana))] == [bought.id]
    moved = await guerdon.ask(transfers.create(sender=ana, receiver=ben, points=10))
    noted = await guerdon.ask(transfers.change(moved.id, metadata={"till": "4"}))
    assert (noted.metadata, await guerdon.ask(transfers.fetch(moved.id))) == ({"till": "4"}, noted)
    with pytest.raises(NotFound):
        await guerdon.ask(purchases.change("pur_999999", metadata={"till": "4"}))


async def test_friends_are_brought(shop: Shop, guerdon: AsyncGuerdon):
    rule = ReferralProgramme(referrer_points=100, link="https://acme.example/?ref={code}")
    await set_policies(shop.engine.database, shop.merchant.merchant_id, Policies(referrals=rule))
    ana = f"mem_{await shop.member(ANA)}"
    assert (await guerdon.ask(referrals.share(ana, emails=[BEN]))).emails == [BEN]
    assert (await guerdon.ask(referrals.of(ana))).shares == 1
    [one] = [one async for one in guerdon.each(referrals.find(member=ana))]
    assert await guerdon.ask(referrals.fetch(one.id)) == one
    noted = await guerdon.ask(referrals.change(one.id, metadata={"list": "spring"}))
    assert (noted.id, noted.metadata) == (one.id, {"list": "spring"})


async def test_addresses_are_told_and_files_brought_in(shop: Shop, guerdon: AsyncGuerdon):
    made = await guerdon.ask(webhook_endpoints.create(url="https://shop.example/hooks", topics=["points.*"]))
    assert isinstance(made.secret, str)
    changed = await guerdon.ask(webhook_endpoints.change(made.id, metadata={"team": "crm"}))
    assert (changed.metadata, changed.topics) == ({"team": "crm"}, ["points.*"])
    assert [one.id async for one in guerdon.each(webhook_endpoints.find())] == [made.id]
    assert (await guerdon.ask(webhook_endpoints.rotate(made.id))).secret not in (made.secret, None)
    assert (await guerdon.ask(webhook_endpoints.disable(made.id))).state == "disabled"
    assert (await guerdon.ask(webhook_endpoints.enable(made.id))).state == "enabled"
    assert (await guerdon.ask(webhook_endpoints.replay(made.id, first=10**9))).messages == 0
    assert [one async for one in guerdon.each(webhook_endpoints.deliveries(made.id))] == []
    with pytest.raises(NotFound):
        await guerdon.ask(webhook_endpoints.delivery("del_1_1_0"))
    assert (await guerdon.ask(webhook_endpoints.fetch(made.id))).state == "enabled"
    assert (await guerdon.ask(webhook_endpoints.remove(made.id))).removed

    report = await guerdon.ask(imports.create(kind="members", content=f"email,balance\n{ANA},120\n"))
    assert (report.members, report.booked) == (1, 120)
    assert [one.id async for one in guerdon.each(imports.find())] == [report.import_id]
    assert (await guerdon.ask(imports.fetch(report.import_id or ""))).rows_done == 1
    exported = [line async for line in guerdon.flow(exports.each("members"))]
    assert [(line["email"], line["balance"]) for line in exported] == [(ANA, 120)]
    assert (await guerdon.ask(imports.undo(report.import_id or ""))).erased == 1
    assert [line async for line in guerdon.flow(exports.each("lots"))] == []


async def test_many_are_written_at_once_and_again_only_once(shop: Shop, guerdon: AsyncGuerdon):
    rule = await shop.rule()
    people: list[bulk.MemberLine] = [{"email": ANA}, {"email": "nobody"}]
    [ask] = bulk.add_members(people)
    added, refused = await guerdon.ask(ask)
    assert (added.status, added.read().email, refused.refused) == (201, ANA, True)
    await guerdon.ask(members.adjust(added.read().id, points=250, reason="reward"))
    wanted: list[bulk.RedemptionLine] = [{"member": f"email:{ANA}", "rule": f"rule_{rule.rule_id}"}] * 3
    [ask] = bulk.redeem(wanted)
    done = await guerdon.ask(ask)
    assert [line.status for line in done] == [201, 201, 422]
    assert [line.body for line in await guerdon.ask(ask)][:2] == [line.body for line in done][:2]
    assert (await shop.balance(ANA))[0] == 50
    with pytest.raises(Refused, match="not_enough_points"):
        done[2].read()
    lines: list[bulk.OrderLine] = [{"id": f"A-{n}", "member": f"email:{ANA}", "total": TOTAL} for n in range(1001)]
    assert [len(ask.lines or ()) for ask in bulk.report_orders(lines)] == [1000, 1]
    assert (await guerdon.ask(next(bulk.report_orders(lines[:2]))))[1].read().id == "A-1"


async def test_events_are_watched_from_where_one_was(shop: Shop, port: int):
    await shop.member(ANA, 10)
    await relay(shop.engine.database, shop.merchant.merchant_id)
    seen: list[str] = []
    async with AsyncGuerdon(f"http://127.0.0.1:{port}", shop.api_key) as guerdon:
        async for event in guerdon.flow(events.watch(after=0)):
            seen.append(event.type)
            if len(seen) == 2:
                break
    assert seen == ["member.created", "points.adjusted"]
    async with AsyncGuerdon(f"http://127.0.0.1:{port}", "gk_1_no") as stranger:
        with pytest.raises(Unauthenticated):
            await anext(stranger.flow(events.watch()))


async def test_a_client_that_waits_reads_flows_too(shop: Shop, port: int):
    await shop.member(ANA, 120)

    def read() -> list[dict[str, Any]]:
        with Guerdon(f"http://127.0.0.1:{port}", shop.api_key) as guerdon:
            return list(guerdon.flow(exports.each("members")))

    assert [line["balance"] for line in await asyncio.to_thread(read)] == [120]
