"""The catalogue of topics is true: it names every topic in the source and no other, and says what their events say."""

import ast
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

import guerdon
from guerdon.access.edit_lock import Editor, Lockable, take_lock
from guerdon.activities.adjust import AdjustPoints, DecideAdjustment
from guerdon.activities.celebrations import Celebration, set_celebration
from guerdon.activities.log import deciding_activity, reporting
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule, change_rule
from guerdon.errors.books import IdentityConflict
from guerdon.events.topics import TOPICS
from guerdon.members.members import ProfileChange, set_standing, upsert_member
from guerdon.merchants.referral import ReferralProgramme
from guerdon.moving.erase import EraseMember
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.points.command import Identity
from guerdon.referrals.parties import parties
from guerdon.rewards import rules as rewards
from guerdon.rewards.ending import RequestCancellation
from tests.moving.people import allow, dissolve, household, leave, merge, transfer, unmerge
from tests.orders.sales import earning, sell, send_back
from tests.referrals.friends import code, join, tell
from tests.shop import Shop, email
from tests.street import Street, cancel, do, redeem
from tests.tiers.doing import SILVER, did, programme, set_tiers
from tests.worker.hands import choose, earn, events, night

pytestmark = pytest.mark.asyncio(loop_scope="session")

PACKAGE = Path(guerdon.__file__).parent
TESTS = Path(__file__).parents[1]

NAME = re.compile(r"[a-z_]+\.[a-z_]+")
BEGUN = re.compile(r"[a-z_]+\.[a-z_]*")
TELLING = {"tell", "_tell", "Event"}
INSERTED = re.compile(r"INTO event .*?'([a-z_]+\.[a-z_]+)'", re.DOTALL)
REPEATS_THEM = {"topics.py", "envelope.py"}

MEMBERS = ANA, BEN, CAT, DAN, EVA = [f"{name}@example.com" for name in ("ana", "ben", "cat", "dan", "eva")]

ELSEWHERE = {
    "member.imported": "bulk",
    "pool.low": "rewards",
    "coupon.expired": "callbacks",
    "redemption.unissued": "callbacks",
    "tier.retained": "tiers",
    "return.refused": "orders",
    "webhook_endpoint.disabled": "webhooks",
}
"""Topics whose events are made to happen, and looked at, in tests of their own package."""


def told_in(file: Path) -> Iterator[str]:
    """The topics that a module tells; of those that it puts together, the part that is the same."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else None
        if isinstance(node, ast.Call) and name in TELLING:
            for argument in node.args:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and BEGUN.fullmatch(part.value):
                        yield part.value


def source() -> list[Path]:
    return [file for file in sorted(PACKAGE.rglob("*.py")) if file.name not in REPEATS_THEM]


async def test_every_topic_in_the_source_is_in_the_catalogue():
    told = {topic for file in source() for topic in told_in(file)}
    told |= {topic for file in PACKAGE.rglob("*.sql") for topic in INSERTED.findall(file.read_text("utf-8"))}
    assert len(told) > 50
    assert sorted(topic for topic in told if topic not in TOPICS and not begins_one(topic)) == []


def begins_one(part: str) -> bool:
    """Whether this is what stands before a state, as in `redemption.{state}`."""
    return part.endswith(".") and any(topic.startswith(part) for topic in TOPICS)


async def test_every_topic_of_the_catalogue_is_told_somewhere():
    code = "\n".join(file.read_text("utf-8") for file in (*source(), *PACKAGE.rglob("*.sql")))
    parts = {topic for file in source() for topic in told_in(file) if topic.endswith(".")}
    untold = [
        topic
        for topic in TOPICS
        if not re.search(rf"[\"']{re.escape(topic)}[\"']", code) and not topic.startswith(tuple(parts))
    ]
    assert untold == []


async def test_names_are_nouns_with_a_verb_and_fields_are_described():
    for name, topic in TOPICS.items():
        assert NAME.fullmatch(name), name
        assert topic.says, name
        assert not topic.payload.keys() & topic.optional.keys(), name
        assert not {"member_id", "sequence"} & topic.payload.keys(), "these stand beside the payload"
        assert all({**topic.payload, **topic.optional}.values()), name


@pytest.mark.parametrize(("topic", "package"), ELSEWHERE.items())
async def test_a_topic_with_a_test_of_its_own_is_looked_at_there(topic: str, package: str):
    assert any(f'"{topic}"' in file.read_text("utf-8") for file in (TESTS / package).glob("test_*.py"))


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> AsyncIterator[Shop]:
    """A shop with a programme in which everything can happen."""
    shop = await street.shop()
    await choose(
        shop, referrals=ReferralProgramme(referrer_points=100, friend_points=50), remind_rewards=True,
        approval_above=1000, remind_expiring_days=(7,),
    )  # fmt: skip
    await allow(shop)
    await set_tiers(shop, programme(SILVER))
    yield shop


async def test_events_say_what_the_catalogue_says(shop: Shop):
    await members_come_and_change(shop)
    await points_come_and_go(shop)
    await rewards_are_redeemed(shop)
    await orders_and_friends_come(shop)
    await members_share_and_become_one(shop)
    await rules_change(shop)
    rows = await shop.engine.database.fetch(
        "SELECT topic, payload FROM event WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert {row["topic"] for row in rows} | ELSEWHERE.keys() == TOPICS.keys()
    for row in rows:
        topic, fields = TOPICS[row["topic"]], msgspec.json.decode(row["payload"]).keys()
        assert topic.payload.keys() <= fields <= topic.payload.keys() | topic.optional.keys(), (row["topic"], fields)


async def members_come_and_change(shop: Shop) -> None:
    for address in MEMBERS:
        await shop.member(address)
    database, merchant_id, now = shop.engine.database, shop.merchant.merchant_id, shop.clock()
    for word in (True, False, True):
        await upsert_member(database, merchant_id, email(ANA), ProfileChange(opted_in=word), now)
    ana = await shop.member(ANA)
    await set_celebration(database, merchant_id, ana, "birthday", Celebration(5, 4), now)
    for status in ("suspended", "active"):
        await set_standing(database, merchant_id, ana, now, status=status)


async def points_come_and_go(shop: Shop) -> None:
    await shop.give(ANA, 960)
    await earn(shop, ANA, 20, pending="1 day")
    await earn(shop, ANA, 30, expiry="7 days")
    for approve in (True, False):
        adjusted = await do(shop, AdjustPoints(merchant=shop.merchant, who=email(ANA), points=1001))
        decided = DecideAdjustment(
            merchant=shop.merchant, who=email(ANA), adjustment_id=adjusted.proposal_id, approve=approve
        )
        await shop.engine.desk.submit(decided, actor="another")
    await did(shop, ANA, earned=100)
    await shop.rule(points=100)
    await shop.rule(points=2400)
    await night(shop)
    shop.clock.advance(days=9)
    await night(shop)
    shop.clock.advance(days=365)
    await night(shop)
    shop.clock.advance(days=365)
    await night(shop)


async def rewards_are_redeemed(shop: Shop) -> None:
    await shop.give(BEN, 900)
    rule = await shop.rule()
    cancelled = await redeem(shop, BEN, rule.rule_id)
    await do(shop, RequestCancellation(merchant=shop.merchant, redemption_id=cancelled.redemption_id))
    await cancel(shop, cancelled.redemption_id)
    await redeem(shop, BEN, rule.rule_id, delayed=True)
    shop.clock.advance(days=40)
    await night(shop)
    held, at_once = [await redeem(shop, BEN, rule.rule_id, 200, delayed=delayed) for delayed in (True, False)]
    await sell(shop, 9000, "captures", who=BEN, codes=(held.code,))
    await sell(shop, 9000, "uses", who=BEN, codes=(at_once.code,))
    await send_back(shop, 500, "part", "captures")


async def orders_and_friends_come(shop: Shop) -> None:
    await earning(shop)
    await send_back(shop, 1000, "early", "late")
    for status in ("paid", "fulfilled"):
        await sell(shop, 5000, "late", who=CAT, status=status)
    await tell(shop, "zoe@example.com")
    await join(shop, DAN, await code(shop, EVA))
    for status in ("paid", "cancelled"):
        found = await parties(shop.engine.database, shop.merchant, email(DAN))
        await sell(shop, 5000, "friend's", who=DAN, status=status, parties=found)
    await join(shop, "ana+again@example.com", await code(shop))
    await reviewed(shop, approve=True)
    await reviewed(shop, approve=False)


async def reviewed(shop: Shop, *, approve: bool) -> None:
    """A review that waits for somebody's word."""
    terms = EarningRule(name="Reviews", trigger="review", earns=Flat(points=5), approval=True)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await add_rule(database, merchant_id, terms, actor="test", now=shop.clock())
    name = f"review {approve}"
    await do(shop, await reporting(database, shop.merchant, email(ANA), "review", name, shop.clock()))
    await do(shop, await deciding_activity(database, shop.merchant, name, approve=approve))


async def members_share_and_become_one(shop: Shop) -> None:
    await do(shop, BuyPoints(merchant=shop.merchant, buyer=email(EVA), points=1000, payment="INV-1"))
    once_more = await do(shop, BuyPoints(merchant=shop.merchant, buyer=email(EVA), points=50, payment="INV-2"))
    await do(shop, RefundPurchase(merchant=shop.merchant, movement_id=once_more.movement_id))
    await transfer(shop, EVA, BEN, 100)
    cat, dan, eva = [await shop.member(address) for address in (CAT, DAN, EVA)]
    home = await household(shop, cat, dan)
    await leave(shop, home.household_id, dan)
    await dissolve(shop, home.household_id)
    await unmerge(shop, (await merge(shop, cat, dan)).merge_id)
    await do(shop, EraseMember(merchant=shop.merchant, member_id=eva))


async def rules_change(shop: Shop) -> None:
    database, merchant_id, now = shop.engine.database, shop.merchant.merchant_id, shop.clock()
    spending = await shop.rule()
    earned = await earning(shop)
    for active in (True, False):
        terms = replace(spending.terms, name="Other", active=active)
        await rewards.change_rule(
            database, merchant_id, spending.rule_id, terms, actor="test", user_id=None, now=now
        )  # fmt: skip
        changed = replace(earned.terms, name="Other", active=active)
        await change_rule(database, merchant_id, earned.rule_id, changed, actor="test", now=now)
    what = Lockable(merchant_id, "earning_rule", earned.rule_id)
    for name in ("one", "other"):
        await take_lock(
            database, what, Editor(name, None), operator_id=1, username=name, now=now, take_over=True
        )  # fmt: skip


async def test_a_rule_that_is_switched_tells_so_and_one_that_is_not_does_not(shop: Shop):
    await rules_change(shop)
    told = [facts["active"] for _, facts in await events(shop, "redemption_rule.status_changed")]
    assert told == [False]
    assert [facts["active"] for _, facts in await events(shop, "earning_rule.status_changed")] == [False]


async def test_what_is_said_of_a_member_is_told_once_and_names_no_value(street: Street):
    shop = await street.shop()
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    said = ProfileChange(first_name="Ana", tags=("vip",), opted_in=True)
    for _ in range(2):
        await upsert_member(database, merchant_id, email(ANA), said, shop.clock())
    assert await events(shop, "member.updated") == []
    phone = Identity("phone", "+14155552671")
    both = (*email(ANA), phone)
    change = ProfileChange(first_name="Anna", tags=("vip",), opted_in=False)
    first, member_id = [await upsert_member(database, merchant_id, both, change, shop.clock()) for _ in range(2)]
    assert first == member_id
    told = {topic: await events(shop, topic) for topic in ("member.created", "member.updated", "member.opted_out")}
    assert told == {
        "member.created": [(member_id, {"identities": ["email"], "opted_in": True})],
        "member.updated": [(member_id, {"changed": ["opted_in", "first_name", "phone"]})],
        "member.opted_out": [(member_id, {})],
    }
    for status in ("suspended", "suspended", "active", "active"):
        await set_standing(database, merchant_id, member_id, shop.clock(), status=status)
    assert len(await events(shop, "member.suspended")) == len(await events(shop, "member.activated")) == 1


async def test_a_change_that_fails_is_not_told(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    before = await events(shop, "member.updated")
    with pytest.raises(IdentityConflict):
        await upsert_member(
            shop.engine.database, shop.merchant.merchant_id, (*email(ANA), *email(BEN)),
            ProfileChange(first_name="X"), shop.clock(),
        )  # fmt: skip
    assert ana != ben
    assert await events(shop, "member.updated") == before
