"""POST /actions: what a customer did, once, and what is answered where nothing is earned."""

from typing import Any

import httpx
import pytest

from guerdon.activities.log import deciding_activity
from guerdon.earning.earns import Flat
from guerdon.earning.rule import Cap, Display, EarningRule, Period
from guerdon.earning.rules import add_rule
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA = "ana@example.com"


async def rule(shop: Shop, trigger: str = "read_a_post", points: int = 50, **terms: Any) -> int:
    given = EarningRule(name="Read a post", trigger=trigger, earns=Flat(points=points), **terms)
    merchant_id = shop.merchant.merchant_id
    stored = await add_rule(shop.engine.database, merchant_id, given, actor="test", now=shop.clock())
    return stored.rule_id


async def act(shop: Shop, *, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
    given = {"type": "CustomAction", "customer_email": ANA, "action_name": "Read a Post", **params}
    sent = {name: value for name, value in given.items() if value is not None}
    return await shop.http.post("/api/v2/actions", json=sent, headers=headers)


async def history(shop: Shop) -> list[dict[str, Any]]:
    params = {"customer_email": ANA, "with_history": "true"}
    return (await shop.http.get("/api/v2/customers", params=params)).json()["history_items"]


async def test_an_action_answers_with_what_was_taken(shop: Shop):
    member_id = await shop.member(ANA)
    await rule(shop, display=Display(title="Read a Post"))

    answer = await act(shop, activity_id="post-7", ip_address="192.0.2.1", user_agent="Firefox")

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "id": "post-7",
        "type": "CustomAction",
        "name": "Read a Post",
        "merchant_id": shop.merchant.merchant_id,
        "customer_id": member_id,
        "referral_id": None,
        "created_at": "2026-03-10T12:00:00.000Z",
        "updated_at": "2026-03-10T12:00:00.000Z",
        "status": "Approved",
        "points": 50,
        "problems": [],
    }
    (item,) = await history(shop)
    assert (item["action"], item["points"], item["status"]) == ("Read a Post", 50, "Approved")


async def test_the_shop_says_when_how_much_and_how_it_is_called(shop: Shop):
    await shop.member(ANA)
    await rule(shop)
    params: dict[str, Any] = {
        "created_at": "2026-02-01 08:00:00",
        "reward_points": "75",
        "history_title": "For the old post",
    }
    answer = (await act(shop, **params)).json()
    assert (answer["created_at"], answer["points"], answer["name"]) == (
        "2026-02-01T08:00:00.000Z", 75, "For the old post"
    )  # fmt: skip
    (item,) = await history(shop)
    assert (item["action"], item["points"], item["completed_at"]) == (
        "For the old post", 75, "2026-02-01T08:00:00.000Z"
    )  # fmt: skip


async def test_the_same_action_earns_once_under_any_key(shop: Shop):
    await shop.member(ANA)
    await rule(shop)
    first = await act(shop, activity_id=7, headers={"Idempotency-Key": "a"})
    for key in ("a", "b"):
        assert (await act(shop, activity_id=7, headers={"Idempotency-Key": key})).content == first.content
    assert (await act(shop, activity_id=7, reward_points=5)).status_code == 422
    assert (await act(shop, activity_id=8, headers={"Idempotency-Key": "a"})).status_code == 422
    assert await shop.balance(ANA) == (50, 0)


async def test_without_an_id_each_report_is_another_action(shop: Shop):
    await shop.member(ANA)
    await rule(shop)
    ids = {(await act(shop)).json()["id"] for _ in range(2)}
    assert len(ids) == 2
    assert await shop.balance(ANA) == (100, 0)


async def test_an_action_beyond_its_limit_is_declined_with_a_reason(shop: Shop):
    await shop.member(ANA)
    await rule(shop, caps=(Cap(per=Period.EVER, times=1),))
    await act(shop)
    declined = (await act(shop)).json()
    assert (declined["status"], declined["points"]) == ("Declined", 0)
    assert declined["problems"] == ["The member has earned all that the rule's cap allows."]


async def test_an_action_that_waits_is_pending_until_somebody_decides(shop: Shop):
    await shop.member(ANA)
    await rule(shop, approval=True)
    pending = (await act(shop, activity_id="r1")).json()
    assert (pending["status"], pending["points"]) == ("Pending", 0)
    for activity_id, approve in (("r1", True), ("r2", False)):
        await act(shop, activity_id=activity_id)
        command = await deciding_activity(shop.engine.database, shop.merchant, activity_id, approve=approve)
        await shop.engine.desk.submit(command, actor="operator:1")
    assert (await act(shop, activity_id="r1")).json()["status"] == "Approved"
    assert (await act(shop, activity_id="r2")).json()["status"] == "Rejected"
    assert await shop.balance(ANA) == (50, 0)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"action_name": None}, "action_name"),
        ({"action_name": "?!"}, "action_name"),
        ({"action_name": "sign_up"}, "sign_up is noticed"),
        ({"action_name": "Order"}, "order is noticed"),
        ({"action_name": "Nobody's rule"}, "nobody_s_rule"),
        ({"reward_points": 0}, "reward_points"),
        ({"reward_points": -5}, "reward_points"),
        ({"reward_points": 1.5}, "reward_points"),
        ({"reward_points": 2**53 + 1}, "reward_points"),
        ({"reward_points": "many"}, "reward_points"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"activity_id": "birthday:7:2026"}, "activity_id"),
        ({"activity_id": "x" * 256}, "activity_id"),
        ({"history_title": "a\0b"}, "history_title"),
        ({"customer_email": None}, "customer_email"),
        ({"customer_email": "nobody"}, "customer_email"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_given(shop: Shop, params: dict[str, Any], told: str):
    await shop.member(ANA)
    await rule(shop)
    answer = await act(shop, **params)
    assert answer.status_code == 400, answer.text
    assert told in answer.json()["error"]
    assert await shop.balance(ANA) == (0, 0)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"customer_email": "ben@example.com"}, 404),
        ({"created_at": "2026-03-11"}, 422),
        ({"created_at": "2020-01-01"}, 422),
    ],
)
async def test_what_cannot_be_taken_is_refused(shop: Shop, params: dict[str, Any], status: int):
    await shop.member(ANA)
    await rule(shop)
    assert (await act(shop, **params)).status_code == status
    assert await shop.balance(ANA) == (0, 0)
