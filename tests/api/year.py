"""A year of one customer, as a shop tells it: every endpoint of the storefront contract, in an order that makes sense.

The same year is told in several ways. What is answered may differ in numbers and codes that are new each time, which
`Names` replaces by names, and in nothing else.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx

from guerdon.earning.earns import Flat, PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.rewards.codes import Pooled
from guerdon.rewards.rule import Pricing
from guerdon.tiers.programme import Programme, Term, Threshold, Tier
from guerdon.tiers.programmes import set_programme
from tests.api.conftest import opened
from tests.shop import Shop
from tests.street import Street

ANA = {"customer_email": "ana@example.com"}
BEN = {"customer_email": "ben@example.com"}

POLICIES = Policies(
    referrals=ReferralProgramme(referrer_points=100, friend_points=50, link="https://acme.example/?ref={code}"),
    earn_pending="14 days",
    expiry="365 days",
)

Answers = dict[str, Any]


def _whole(answer: Any) -> Any:
    return answer


@dataclass(frozen=True)
class Step:
    """One request. What it says, and its path, may follow from answers before."""

    name: str
    method: str
    route: str
    says: dict[str, Any] | Callable[[Answers], dict[str, Any]]
    path: Callable[[Answers], str] | None = None
    of: Callable[[Any], Any] = _whole
    """What of the answer is the contract's: where it tells of our own tables, which of them there are."""


def _used(answers: Answers) -> dict[str, Any]:
    return {**ORDER, "order_id": "1002", "coupon_code": f"{answers['delayed redemption']['code']},SHOPS-OWN"}


def _kinds(answer: Any) -> Any:
    return {**answer, "data": sorted(answer["data"])}


ORDER: dict[str, Any] = {
    **ANA,
    "customer_id": "C-7",
    "order_id": "1001",
    "total_amount_cents": 15000,
    "currency_code": "USD",
    "status": "paid",
    "created_at": "2026-03-12T09:59:53Z",
    "ip_address": "192.0.2.7",
    "user_agent": "Mozilla/5.0",
    "ignore_ip_ua": True,
    "discount_amount_cents": 500,
    "tags": "wholesale, spring",
    "channel_type": "offline",
    "clerk_employee_id": "E-3",
    "clerk_name": "Zoë",
    "store_address": "1 Main St",
    "store_city": "Springfield",
    "store_state": "IL",
    "items": [
        {"id": 7, "name": "Mug", "quantity": 2, "price_cents": 6000, "collections": "kitchen, gifts", "type": "Cup"},
        {"id": "8", "name": "Spoon & fork", "quantity": 1, "price_cents": 3000, "vendor": "Potter"},
    ],
    "customer": {"tags": "vip, newsletter", "has_account": True, "opted_in": True, "opted_in_at": "2021-06-01"},
    "billing_address": {"first_name": "Ana", "country_code": "US", "zip": 62701},
    "shipping_address": {"last_name": "Lima", "address1": "1 Main St", "phone": "555-0101"},
}

STORE = "/core/v3/stores/{store_id:str}"

WHOLE = {**ANA, "with_history": True, "with_referral_code": True}

YEAR = (
    Step("customer", "POST", "/api/v2/customers", {
        "id": "C-7", "email": "ana@example.com", "first_name": "Ana", "last_name": "Lima",
        "phone_number": "+14155552671", "country_iso_code": "US", "has_account": True,
        "platform_account_created_at": "2019-05-25T20:59:53Z", "opted_in": True, "opted_in_at": "2021-06-01",
        "pos_account_id": "POS-7", "tags": "vip, newsletter",
    }),
    Step("birthday", "POST", "/api/v2/customer_birthdays", {**ANA, "day": 29, "month": 2, "year": 1996}),
    Step("anniversary", "POST", "/api/v2/customer_anniversary", {**ANA, "day": 5, "month": 7}),
    Step("anniversary asked for", "GET", "/api/v2/customer_anniversary", ANA),
    Step("action", "POST", "/api/v2/actions", {
        **ANA, "type": "CustomAction", "action_name": "read_a_post", "activity_id": 71, "reward_points": 30,
        "history_title": "Read three posts", "created_at": "2026-03-11T08:00:00Z", "ip_address": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
    }),
    Step("adjustment", "POST", "/api/v2/points/adjust", {
        **ANA, "point_adjustment_amount": 700, "apply_adjustment_to_points_earned": True,
        "history_title": "A good customer", "visible_to_customer": True,
    }),
    Step("order", "POST", "/api/v2/orders", ORDER),
    Step("refund", "POST", "/api/v2/refunds", {
        "id": "R-1", "order_id": 1001, "total_amount_cents": 3000, "currency": "USD",
        "items": [{"id": 8, "quantity": 1}],
    }),
    Step("refund of another platform", "POST", "/commerce-cloud/refunds", {
        "id": "R-2", "order_id": "unheard of", "total_amount_cents": 100,
    }),
    Step("options", "GET", "/api/v2/redemption_options", {"is_offline": False, "discount_type": "fixed_amount"}),
    Step("options of a customer", "GET", "/api/v2/redemption_options", {"phone_number": "+14155552671"}),
    Step("redemption", "POST", "/api/v2/redemptions", lambda answers: {
        "customer_id": "C-7", "redemption_option_id": answers["options"][0]["id"], "currency": "USD",
    }),
    Step("delayed redemption", "POST", "/api/v2/redemptions", lambda answers: {
        **ANA, "redemption_option_id": answers["options of a customer"][1]["id"], "delay_points_deduction": True,
        "points_to_redeem": 250,
    }),
    Step("order with a coupon", "POST", "/api/v2/orders", _used),
    Step(
        "cancellation", "POST", "/api/v2/redemptions/{point_redemption_id:str}/cancellation_completed",
        lambda answers: {"reward_text": answers["redemption"]["reward_text"]},
        lambda answers: f"/api/v2/redemptions/{answers['redemption']['id']}/cancellation_completed",
    ),
    Step("codes", "POST", "/api/v2/redemption_codes", lambda answers: {
        "redemption_option_id": answers["options"][1]["id"], "codes": "TEN-1, TEN-2, TEN-1",
    }),
    Step("redemption of an uploaded code", "POST", "/api/v2/redemptions", lambda answers: {
        "pos_account_id": "POS-7", "redemption_option_id": answers["options"][1]["id"],
    }),
    Step("whose a code is", "GET", "/api/v2/redemption_codes", {"code": "TEN-1"}),
    Step("campaigns", "GET", "/api/v2/campaigns", {**ANA, "with_status": True}),
    Step("tiers", "GET", "/api/v2/vip_tiers", {}),
    Step("referrer", "POST", "/api/v2/referral/referrer", {
        "email": "ana@example.com", "first_name": "Ana", "last_name": "Lima",
    }),
    Step("share", "POST", "/api/v2/referral/share", {**ANA, "emails": "ben@example.com"}),
    Step("share by an older name", "POST", "/api/v2/referral_email_shares", {**ANA, "emails": "dora@example.com"}),
    Step("share of the first version", "POST", "/api/v1/referral_email_shares", {**ANA, "emails": "eve@example.com"}),
    Step("order of a friend", "POST", "/api/v2/orders", lambda answers: {
        **BEN, "order_id": "2001", "total_amount_cents": 5000, "currency_code": "USD", "ignore_ip_ua": True,
        "coupon_code": answers["referrer"]["referral_discount_code"],
    }),
    Step("action of the first version", "POST", "/api/v1/user_actions", {
        **BEN, "action_name": "Read a Post", "activity_id": "b-1",
    }),
    Step(
        "action of the third version", "POST", "/loyalty/v3/stores/{store_id:str}/custom_actions",
        {"custom_action": {**BEN, "action_name": "read_a_post", "activity_id": "b-2", "reward_points": 5}},
        lambda answers: f"/loyalty/v3/stores/{answers['merchant']}/custom_actions",
    ),
    Step("whole customer", "GET", "/api/v2/customers", WHOLE),
    Step("customer of the first version", "GET", "/api/v1/customer_details", ANA),
    Step(
        "customer of the third version", "POST", "/loyalty/v3/stores/{store_id:str}/customers",
        {"customers": BEN, "with_referral_code": True},
        lambda answers: f"/loyalty/v3/stores/{answers['merchant']}/customers",
    ),
    Step("recent customers", "GET", "/api/v2/customers/recent", {"per_page": 1}),
    Step("more recent customers", "GET", "/api/v2/customers/recent", lambda answers: {
        "per_page": 1, "page_info": answers["recent customers"]["metadata"]["next_page_info"],
    }),
    Step("all customers", "GET", "/api/v2/customers/all", {
        "page": 1, "per_page": 2, "last_seen_at": "2026-03-10T00:00:00Z",
    }),
    Step(
        "token", "POST", f"{STORE}/access_tokens", lambda answers: {"secret": answers["key"]},
        lambda answers: f"/core/v3/stores/{answers['merchant']}/access_tokens",
    ),
    Step(
        "webhook target", "POST", f"{STORE}/webhooks/targets",
        {"webhook_target": {"url": "https://acme.example/webhooks"}},
        lambda answers: f"/core/v3/stores/{answers['merchant']}/webhooks/targets",
    ),
    Step(
        "webhook filter", "POST", f"{STORE}/webhooks/filters",
        {"webhook_filter": {"event_types": [{"event_type": "swell/points/earned"}]}},
        lambda answers: f"/core/v3/stores/{answers['merchant']}/webhooks/filters",
    ),
    Step(
        "webhook subscription", "POST", f"{STORE}/webhooks/subscriptions",
        lambda answers: {"webhook_subscription": {
            "target_id": answers["webhook target"]["webhook_target"]["id"],
            "filter_id": answers["webhook filter"]["webhook_filter"]["id"],
        }},
        lambda answers: f"/core/v3/stores/{answers['merchant']}/webhooks/subscriptions",
    ),
    Step("no anniversary", "DELETE", "/api/v2/customer_anniversary", ANA),
    Step("whether anything is known", "GET", "/api/v2/privacy/data/exists", {"email": "ben@example.com"}),
    Step("what is known", "GET", "/api/v2/privacy/data", {"email": "ben@example.com"}, of=_kinds),
    Step("erasure", "DELETE", "/api/v2/privacy/data", {"email": "ben@example.com", "all_stores": False}),
    Step(
        "erasure of the first version", "POST", "/api/v1/merchants/{merchant_id:str}/anonymize_customer",
        {"email": "ana@example.com"},
        lambda answers: f"/api/v1/merchants/{answers['merchant']}/anonymize_customer",
    ),
)  # fmt: skip


async def year_begins(street: Street) -> Shop:
    """A shop with a programme: what earns, what points buy, tiers and referrals."""
    shop = await opened(street, policies=POLICIES)
    database, merchant_id, now = shop.engine.database, shop.merchant.merchant_id, shop.clock()
    for rule in (
        EarningRule(name="Shopping", trigger="order", earns=PerAmount(points=1, each_minor=100)),
        EarningRule(name="Posts", trigger="read_a_post", earns=Flat(points=20)),
        EarningRule(name="Birthday", trigger="birthday", earns=Flat(points=50)),
    ):
        await add_rule(database, merchant_id, rule, actor="test", now=now)
    await shop.rule(name="Five off", description="Five dollars for {points}", minimum_cart_minor=5000)
    await shop.rule(points=50, amount_minor=100, pricing=Pricing.VARIABLE)
    await shop.rule(name="Ten off", amount_minor=1000, codes=Pooled(low_at=1))
    tiers = Programme(
        tiers=(
            Tier(name="Silver", entry=Threshold(points_earned=500)),
            Tier(name="Gold", entry=Threshold(points_earned=5000, amount_spent_minor=100_000)),
        ),
        term=Term.CALENDAR_YEAR,
    )
    await set_programme(database, merchant_id, tiers, actor="test", now=now)
    return shop


async def told(shop: Shop, say: Callable[[Step, str, dict[str, Any]], httpx.Request]) -> Answers:
    """What is answered to each step of the year, told in one way."""
    answers: Answers = {"merchant": shop.merchant.merchant_id, "key": shop.api_key}
    for step in YEAR:
        said = step.says(answers) if callable(step.says) else step.says
        answer = await shop.http.send(say(step, step.path(answers) if step.path else step.route, said))
        assert answer.status_code == 200, f"{step.name}: {answer.text}"
        answers[step.name] = step.of(answer.json())
        shop.clock.advance(days=1)
    return answers


OWN = {"SHOPS-OWN", "TEN-1"}
CODES = re.compile(r"code|token|page_info|reward_text")
NUMBERS = re.compile(r"(^|_)id$|^(number|entry|account|member)s?$")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY = re.compile(r"\bkey:\d+")


class Names:
    """Gives what is new each time a name: the same for the same, as far as that can be told apart."""

    def __init__(self, answers: Answers) -> None:
        self._codes: dict[str, str] = {}
        for code in _codes(answers):
            self._codes.setdefault(code, f"<code {len(self._codes) + 1}>")

    def of(self, answer: Any) -> Any:
        """An answer with names in it."""
        return self._named(answer, {}, ())

    def _named(self, value: Any, ids: dict[tuple[tuple[str, ...], int], str], place: tuple[str, ...]) -> Any:
        """Numbers are told apart by where they stand: a receipt may have that of a customer."""
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            return {name: self._named(one, ids, (*place, name)) for name, one in members.items()}
        if isinstance(value, list):
            elements = cast("list[Any]", value)
            return [self._named(one, ids, place) for one in elements]
        if isinstance(value, int) and not isinstance(value, bool) and value and place and NUMBERS.search(place[-1]):
            known = sum(1 for other, _ in ids if other == place)
            return ids.setdefault((place, value), f"<{place[-1]} {known + 1}>")
        if isinstance(value, str):
            return self._text(value)
        return value

    def _text(self, text: str) -> str:
        for code, name in self._codes.items():
            text = text.replace(code, name)
        return KEY.sub("key:<n>", UUID.sub("<uuid>", text))


def _codes(value: Any, field: str = "") -> Iterator[str]:
    """Codes and tokens, wherever they stand, and not those that the year itself names. Sentences are none."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        for name, one in members.items():
            yield from _codes(one, name)
    elif isinstance(value, list):
        elements = cast("list[Any]", value)
        for one in elements:
            yield from _codes(one, field)
    elif isinstance(value, str) and CODES.search(field) and len(value) > 3 and value not in OWN and " " not in value:
        yield value
