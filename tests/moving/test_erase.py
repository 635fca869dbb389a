"""A member leaves for good: the sums stay and the proofs hold, and nothing tells of the person (behaviour 24)."""

from typing import Any

import msgspec
import pytest

from guerdon.errors.books import MemberNotFound
from guerdon.errors.members import MemberBusy, MemberErased, MergeFinal
from guerdon.members.members import ProfileChange, find_member, get_member, upsert_member
from guerdon.merchants.merchant import Policies
from guerdon.moving.erase import EraseMember, Erasure
from guerdon.moving.export import collect_member
from guerdon.moving.households import members_of
from guerdon.moving.leaving import erase_member
from guerdon.moving.transfer import Transfer
from guerdon.orders.report import ReportOrder
from guerdon.points.command import Identity, Key
from tests.moving.people import ANA, BEN, CAT, allow, available, balances, household, merge, unmerge
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, redeem, redemption_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACES = ("ana@example.com", "Ana", "Stone", "14155550100", "203.0.113.7", "Main Street")
TEXT_OF_EVERYTHING = """
    SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'merchant_id'
"""


async def erase(shop: Shop, member_id: int) -> Erasure:
    """Erase, as the commands and the interfaces do."""
    return await erase_member(shop.engine.database, shop.engine.desk, shop.merchant, member_id, actor="operator:7")


async def ana_with_a_past(shop: Shop) -> int:
    """A member of whom every table that can knows something personal."""
    who = (*email(ANA), Identity("phone", "+14155550100"))
    change = ProfileChange(first_name="Ana", last_name="Stone", opted_in=True, country="US", tags=("vip",))
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    ana = await upsert_member(database, merchant_id, who, change, shop.clock())
    await shop.give(ANA, 500)
    document: dict[str, Any] = {
        "order_id": "o1", "customer_email": ANA, "ip_address": "203.0.113.7", "items": [{"id": "x"}],
        "customer": {"first_name": "Ana"}, "billing_address": {"address1": "1 Main Street"},
    }  # fmt: skip
    order = ReportOrder(
        merchant=shop.merchant, who=who, order_id="o1", total_minor=9000, currency="USD",
        document=msgspec.json.encode(document).decode(),
    )  # fmt: skip
    await shop.engine.desk.submit(order, actor="test", key=Key("order o1", b""))
    return ana


async def everything(shop: Shop) -> str:
    """All rows of the merchant in all tables, as one text."""
    database = shop.engine.database
    found: list[str] = []
    for row in await database.fetch(TEXT_OF_EVERYTHING):
        rows = await database.fetch(
            f"SELECT to_jsonb(t)::text FROM {row[0]} AS t WHERE merchant_id = $1", shop.merchant.merchant_id
        )
        found += [one[0] for one in rows]
    return "\n".join(found)


async def test_no_table_tells_of_the_person_and_the_books_prove_themselves(shop: Shop):
    ana = await ana_with_a_past(shop)
    with pytest.raises(MemberNotFound):
        await redeem(shop, "anas-other-" + ANA, 1)
    before = await everything(shop)
    assert [trace for trace in TRACES if trace not in before] == []
    entries = "SELECT count(*) FROM entry WHERE merchant_id = $1"
    count = await shop.engine.database.fetchval(entries, shop.merchant.merchant_id)

    erased = await erase(shop, ana)

    assert (erased.points, erased.actor) == (500, "operator:7")
    text = (await everything(shop)).replace("anas-other-" + ANA, "")
    assert [trace for trace in TRACES if trace in text] == []
    assert await shop.engine.database.fetchval(entries, shop.merchant.merchant_id) == count + 1
    shown = await balances(shop, ana)
    assert (shown.available, shown.earned, shown.expired) == (0, 500, 500)
    assert (await get_member(shop.engine.database, shop.merchant.merchant_id, ana)).status == "erased"
    assert await contradictions(shop) == []


async def test_a_refusal_that_named_the_person_does_not_any_more(shop: Shop):
    with pytest.raises(MemberNotFound):
        await redeem(shop, ANA, 1)
    await erase(shop, await shop.member(ANA))
    decisions = "SELECT sentence || facts::text FROM decision WHERE merchant_id = $1"
    rows = await shop.engine.database.fetch(decisions, shop.merchant.merchant_id)
    assert [row[0] for row in rows if ANA in row[0]] == []


async def test_the_policy_may_keep_the_points(street: Street):
    shop = await street.shop(policies=Policies(erased_points="keep"))
    ana = await shop.member(ANA, 100)
    await erase(shop, ana)
    assert await available(shop, ana) == 100


async def test_held_points_are_released_and_their_coupon_is_void(shop: Shop):
    rule = await shop.rule()
    ana = await shop.member(ANA, 300)
    held = await redeem(shop, ANA, rule.rule_id, 100, delayed=True)
    paid = await redeem(shop, ANA, rule.rule_id, 100)
    erased = await erase(shop, ana)
    assert (erased.released, erased.points) == (100, 200)
    assert (await redemption_of(shop, held.redemption_id))[:2] == ("cancelled", "void")
    assert (await redemption_of(shop, paid.redemption_id))[:2] == ("redeemed", "issued")
    assert await contradictions(shop) == []


async def test_a_redemption_that_begins_meanwhile_is_seen(shop: Shop):
    rule = await shop.rule()
    ana = await shop.member(ANA, 300)
    await redeem(shop, ANA, rule.rule_id, 100, delayed=True)
    with pytest.raises(MemberBusy):
        await do(shop, EraseMember(merchant=shop.merchant, member_id=ana))
    assert (await balances(shop, ana)).held == 100


async def test_whoever_was_merged_goes_too_and_stays_gone(shop: Shop):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await upsert_member(database, merchant_id, email(BEN), ProfileChange(first_name="Benedict"), shop.clock())
    merged = await merge(shop, ana, ben)
    assert (await erase(shop, ben)).points == 150, "the old number answers with the new one"
    with pytest.raises(MergeFinal):
        await unmerge(shop, merged.merge_id)
    text = await everything(shop)
    assert [trace for trace in ("Benedict", BEN, ANA) if trace in text] == []
    for address in (ANA, BEN):
        with pytest.raises(MemberNotFound):
            await find_member(database, merchant_id, email(address))
    with pytest.raises(MemberErased):
        await erase(shop, ana)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("alone", [True, False])
async def test_a_household_is_left_first(shop: Shop, alone: bool):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    home = await household(shop, ana, *(() if alone else (ben,)))
    erased = await erase(shop, ana)
    left = await members_of(shop.engine.database, shop.merchant.merchant_id, home.household_id)
    if alone:
        assert (erased.points, left) == (100, [])
    else:
        assert (erased.points, await available(shop, ben)) == (0, 150)
        assert [(one.member_id, one.role) for one in left] == [(ben, "owner")]
    assert await contradictions(shop) == []


async def test_what_others_were_answered_is_answered_again(shop: Shop):
    """Ana's card has the number of Ben's points, and her address is the end of his."""
    await allow(shop)
    who = (Identity("email", "n@example.com"), Identity("card", "150"))
    ana = await upsert_member(shop.engine.database, shop.merchant.merchant_id, who, ProfileChange(), shop.clock())
    await shop.member(BEN, 400)
    await shop.member(CAT)
    given = Transfer(
        merchant=shop.merchant, sender=email(BEN), receiver=email(CAT), points=150, note="For ben@example.com"
    )  # fmt: skip
    await shop.engine.desk.submit(given, actor="test", key=Key("given", b""))
    await erase(shop, ana)
    assert (await shop.engine.desk.submit(given, actor="test", key=Key("given", b""))).replayed
    assert await shop.balance(BEN) == (250, 0)


async def test_the_same_address_is_somebody_new(shop: Shop):
    ana = await shop.member(ANA, 100)
    await erase(shop, ana)
    assert await shop.member(ANA) != ana
    assert await shop.balance(ANA) == (0, 0)


async def test_all_that_is_known_is_told(shop: Shop):
    ana = await ana_with_a_past(shop)
    rule = await shop.rule()
    await redeem(shop, ANA, rule.rule_id, 100)
    await merge(shop, ana, await shop.member(BEN, 7))
    with pytest.raises(MemberNotFound):
        await redeem(shop, "nobody@example.com", 1)
    known = await collect_member(shop.engine.database, shop.merchant.merchant_id, ana)
    counts = {kind: len(found) for kind, found in known.items()}
    expected = {"profile": 2, "identity": 3, "account": 2, "redemption": 1, "coupon": 1, "order": 1, "merge": 1}
    assert expected.items() <= counts.items()
    assert counts["entry"] >= 4
    assert "decision" not in counts, "what was refused to nobody is not of this member"
    text = msgspec.json.encode(known).decode()
    assert [trace for trace in TRACES if trace not in text] == []
    assert "merchant_id" not in text
