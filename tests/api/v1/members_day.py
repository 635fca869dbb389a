"""A day of a merchant's with members and their points, of which the examples tell."""

from typing import Any

from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.v1.conftest import Api
from tests.api.v1.operations import BY_NAME, Day
from tests.api.v1.test_events import Watcher, happened

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"
TEA: dict[str, Any] = {"id": "tea", "name": "Tea", "price_minor": 4500, "quantity": 2}


async def members_day(api: Api, *, strictly: bool = False) -> dict[str, dict[str, Any]]:
    """The whole day, of a merchant without anybody yet."""
    told, shop = Day(api, strictly=strictly), api.shop
    referrals = ReferralProgramme(referrer_points=100, link="https://acme.example/?ref={code}")
    policies = Policies(referrals=referrals, approval_above=5000)
    await set_policies(shop.engine.database, shop.merchant.merchant_id, policies)
    ana = (
        await told.ask(
            "members.create", email=ANA, first_name="Ana", birthday={"month": 5, "day": 17}, tags=["vip"],
            metadata={"crm": "17"},
        )
    )["id"]  # fmt: skip
    ben = (await told.ask("members.create", email=BEN))["id"]
    await told.ask("members.create", email=ANA, first_name="Ana", tags=["vip"], metadata={"crm": "17"})
    gift = await _redemption_rules(told)
    await _earning_rules(told, gift)
    await _tiers(told, ana)
    proposed = await told.ask("adjustments.adjust", id=ben, points=9000, reason="goodwill", note="Lost in the move")
    await told.ask("adjustments.fetch", id=proposed["id"])
    await told.ask("adjustments.find", state="proposed", limit=1)
    await told.ask("adjustments.change", id=proposed["id"], metadata={"ticket": "812"})
    await told.ask("adjustments.adjust", id=ana, points=1500, reason="reward", title="Welcome", metadata={"till": "4"})
    await _moves(told, ana, ben)
    await _orders(told, gift, ana)
    await _activities(told, ana)
    await _referrals(told, ana)
    await _many(told, gift)
    await _books(told, ana)
    await _people(told, ana, ben)
    await _decisions(told, api, gift)
    watcher = await Watcher(shop, "after=0&topics=redemption.*").begun()
    await happened(shop)
    told.told["stream.watch"] = {
        "request": {"after": 0, "topics": "redemption.*"},
        "response": (await watcher.events())[0][2],
    }
    await watcher.end()
    await told.ask("exports.download", kind="members")
    await told.ask("timeline.find", id=ana, limit=1)
    return told.told


async def _redemption_rules(told: Day) -> str:
    terms: dict[str, Any] = {"name": "Five off", "points": 100, "amount_minor": 500, "metadata": {"season": "spring"}}
    pooled = (await told.ask("redemption_rules.create", **terms, codes={"source": "pool", "low_at": 10}))["id"]
    await told.ask("pools.upload", id=pooled, codes=["SPRING-1", "SPRING-2"])
    await told.ask("pools.find", id=pooled, limit=10)
    await told.ask("pools.fetch", id=pooled)
    await told.ask("rule_preview.preview", terms=terms, member=f"email:{ANA}")
    rule = (await told.ask("redemption_rules.create", **terms))["id"]
    await told.ask("redemption_rules.fetch", id=rule)
    await told.ask("redemption_rules.change", id=rule, stock=1000)
    await told.ask("redemption_rules.disable", id=rule)
    await told.ask("redemption_rules.activate", id=rule)
    await told.ask("redemption_rules.find", active=True, limit=1)
    await told.ask("redemption_rules.find_versions", id=rule, limit=1)
    return rule


async def _earning_rules(told: Day, gift: str) -> None:
    spend = {"kind": "per_amount", "points": 1, "each_minor": 100}
    rule = (await told.ask("earning_rules.create", name="A point a dollar", earns=spend))["id"]
    await told.ask("earning_rules.fetch", id=rule)
    await told.ask("earning_rules.change", id=rule, pending="14 days")
    await told.ask("earning_rules.disable", id=rule)
    await told.ask("earning_rules.activate", id=rule)
    await told.ask("earning_rules.find", active=True, limit=1)
    await told.ask("earning_rules.find_versions", id=rule, limit=1)
    total = {"amount_minor": 9000, "currency": "USD"}
    await told.ask("earning_preview.preview", member=f"email:{ANA}", total=total, lines=[TEA])
    await told.ask(
        "earning_rules.create", name="Review", trigger="review", earns={"kind": "flat", "points": 50},
        caps=[{"per": "day", "times": 1}],
    )  # fmt: skip
    await told.ask("campaigns.find")
    assert gift


async def _tiers(told: Day, ana: str) -> None:
    tiers: list[dict[str, Any]] = [
        {"name": "Silver", "entry": {"points_earned": 1000}, "points_multiplier": 2, "metadata": {"colour": "grey"}},
        {"name": "Gold", "entry": {"points_earned": 5000}, "points_reward": 100, "metadata": {"colour": "gold"}},
    ]
    await told.ask("tier_programme.replace", term="calendar_year", grace_days=30, tiers=tiers)
    await told.ask("tier_programme.fetch")
    await told.ask("tier_programme.find_tiers")
    await told.ask("tiers.assign", id=ana, level=1, reason="Moved over")
    await told.ask("tiers.fetch", id=ana)
    await told.ask("tiers.find_history", id=ana, limit=1)


async def _moves(told: Day, ana: str, ben: str) -> None:
    terms = {"enabled": True, "fee": {"flat": 5}}
    await told.ask(
        "transfer_rule.replace", transfers=terms, gifts={"enabled": True}, purchases={"enabled": True},
        price={"points": 100, "amount": 100},
    )  # fmt: skip
    await told.ask("transfer_rule.fetch")
    wanted: dict[str, Any] = {"from": f"email:{ANA}", "to": f"email:{BEN}", "points": 40, "note": "For lunch"}
    moved = (await told.ask("transfers.create", **wanted))["id"]
    await told.ask("transfers.change", id=moved, metadata={"ticket": "812"})
    await told.ask("transfers.fetch", id=moved)
    await told.ask("transfers.find", member=f"email:{BEN}", limit=1)
    bought = (await told.ask("purchases.create", buyer=f"email:{BEN}", points=100, payment="pay_71"))["id"]
    await told.ask("purchases.change", id=bought, metadata={"till": "4"})
    await told.ask("purchases.fetch", id=bought)
    await told.ask("purchases.find", limit=1)
    await told.ask("purchases.refund", id=bought, note="Paid twice")
    await told.ask("purchases.refund", id=bought, note="Bought twice")
    household = (await told.ask("households.create", owner=ana, name="Stone"))["id"]
    await told.ask("households.add", id=household, member=f"email:{BEN}", may_spend=False)
    await told.ask("households.change", id=household, member=ben, may_spend=True)
    await told.ask("households.note_beside", id=household, metadata={"card": "family"})
    await told.ask("households.fetch", id=household)
    await told.ask("households.find", dissolved=False, limit=1)
    await told.ask("households.remove", id=household, member=ben, share=50)
    await told.ask("households.dissolve", id=household)


async def _orders(told: Day, gift: str, ana: str) -> None:
    await told.ask("options.find", id=ana)
    ask: dict[str, Any] = {"member": ana, "rule": gift, "capture": "on_order"}
    made = await told.ask("redemptions.redeem", **ask)
    await told.ask("holds.find_of_member", id=ana, state="open", limit=1)
    account = told.told["holds.find_of_member"]["response"]["data"][0]["account"]
    await told.ask("holds.find_of_account", id=account, limit=1)
    order: dict[str, Any] = {
        "id": "A-1001", "member": f"email:{ANA}", "total": {"amount_minor": 9000, "currency": "USD"}, "lines": [TEA],
        "coupons": [made["coupon"]["code"]], "metadata": {"till": "4"},
    }  # fmt: skip
    await told.ask("orders.create", **order)
    await told.ask("pending.find_of_member", id=ana, limit=1)
    await told.ask("pending.find_of_account", id=account, limit=1)
    back = {"amount_minor": 4500, "currency": "USD"}
    await told.ask("returns.create", id="A-1001", return_id="R-17", total=back, items=[{"id": "tea"}])
    await told.ask("returns.change", id="R-17", metadata={"reason": "too large"})
    await told.ask("returns.fetch", id="R-17")
    await told.ask("returns.find", order="A-1001", limit=1)
    await told.ask("orders.fetch", id="A-1001")
    await told.ask("orders.find", member=f"email:{ANA}", limit=1)
    other = await told.ask("redemptions.redeem", member=ana, rule=gift)
    code = other["coupon"]["code"]
    await told.ask("coupons.fetch", code=code)
    await told.ask("coupons.find", redemption=other["id"], limit=1)
    await told.ask("coupons.change", code=code, metadata={"printed": "yes"})
    await told.ask("coupons.void", code=code)
    held = (await told.ask("redemptions.redeem", **ask))["id"]
    await told.ask("redemptions.change", id=held, metadata={"till": "4"})
    await told.ask("redemptions.capture", id=held)
    await told.ask("redemptions.cancel", id=held)
    await told.ask("redemptions.find", limit=1)
    for name in [name for name in told.told if name.startswith("redemptions.")]:
        del told.told[name]  # these are in native.json, with words of their own


async def _activities(told: Day, ana: str) -> None:
    await told.ask("activities.create", member=ana, kind="review", id="review-17", title="Tea")
    await told.ask("activities.fetch", id="review-17")
    await told.ask("activities.find", kind="review", limit=1)


async def _referrals(told: Day, ana: str) -> None:
    await told.ask("referrals.share", id=ana, emails=[CAT], metadata={"list": "spring"})
    await told.ask("referrals.fetch_referrer", id=ana)
    found = await told.ask("referrals.find", member=ana, limit=1)
    await told.ask("referrals.fetch", id=found["data"][0]["id"])
    await told.ask("referrals.change", id=found["data"][0]["id"], metadata={"list": "autumn"})


async def _many(told: Day, gift: str) -> None:
    await told.ask_lines(
        "bulk.add_members", {"email": "dan@example.com", "key": "crm-18"}, {"email": "eva@example.com"}
    )
    total = {"amount_minor": 2000, "currency": "USD"}
    await told.ask_lines("bulk.report_orders", {"id": "A-1002", "member": f"email:{ANA}", "total": total})
    wanted = {"member": f"email:{ANA}", "rule": gift}
    await told.ask_lines("bulk.redeem", wanted, {**wanted, "member": "email:dan@example.com"})


async def _books(told: Day, ana: str) -> None:
    listed = (await told.ask("entries.find_of_member", id=ana, limit=1))["data"][0]
    await told.ask("entries.fetch", id=listed["id"])
    await told.ask("entries.change", id=listed["id"], metadata={"ticket": "813"})
    await told.ask("entries.find", member=ana, reason="redeem", limit=1)
    await told.ask("entries.find_of_account", id=listed["account"], limit=1)
    await told.ask("lots.find_of_member", id=ana, live=True, limit=1)
    await told.ask("lots.find_of_account", id=listed["account"], live=True, limit=1)
    await told.ask("accounts.fetch", id=listed["account"])


async def _people(told: Day, ana: str, ben: str) -> None:
    await told.ask("identities.add", id=ana, kind="phone", value="+14155550100")
    await told.ask("identities.add", id=ana, kind="card", value="4711")
    await told.ask("identities.find", id=ana)
    await told.ask("identities.remove", id=ana, kind="phone", value="+14155550100")
    removing = next(name for name in BY_NAME if name.startswith("identities.remove_at"))
    await told.ask(removing, id=ana, kind="card", value="4711")
    await told.ask("members.fetch", id=ana, expand="tier")
    await told.ask("members.fetch_by", email=ANA)
    await told.ask("members.find", tag="vip", limit=1)
    await told.ask("members.change", id=ana, country="US", opted_in=True)
    await told.ask("members.suspend", id=ana)
    await told.ask("members.activate", id=ana)
    await told.ask("merges.merge", id=ben, into=ana)
    await told.ask("merges.find", id=ana)
    await told.ask("merges.unmerge", id=ben)
    await told.ask("privacy.export", id=ben)
    await told.ask("privacy.erase", id=ben)


async def _decisions(told: Day, api: Api, gift: str) -> None:
    refused = await api.post("/v1/redemptions", member="email:eva@example.com", rule=gift)
    await told.ask("decisions.fetch", id=refused.json()["decision_id"])
    await told.ask("decisions.find", code="not_enough_points", limit=1)
