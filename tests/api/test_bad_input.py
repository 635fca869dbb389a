"""Bad input on the storefront contract: a clear 4xx that names the field, and nothing written (behaviour 28)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from guerdon.api.wire import BODY_BYTES_MAX
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA = "ana@example.com"

NOT_WHOLE: list[object] = ["NaN", "Infinity", "ten", "1.5", 1.5, True, [], {}, "12 34", "0x10"]
NOT_COUNTABLE: list[object] = [2**53 + 1, 2**63, 2**64, 10**30, -(2**53) - 1, -(10**30)]
NOT_FLAGS: list[object] = ["perhaps", 2, "NaN", [], {}]
NOT_TEXT: list[object] = [{}, [], True, 1.5]
TOO_LONG = "x" * 20_000
WITH_NUL = "a\0b"


class Endpoint(NamedTuple):
    """A request that is right, and what its fields may hold. Where `at` names an object, its fields are meant."""

    method: str
    path: str
    right: dict[str, Any]
    numbers: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()


WHO = ("customer_email", "customer_id", "phone_number", "pos_account_id")

ENDPOINTS = {
    "redeem": Endpoint(
        "POST", "/api/v2/redemptions", {"customer_email": ANA, "redemption_option_id": 1},
        numbers=("redemption_option_id", "points_to_redeem"), not_negative=("redemption_option_id", "points_to_redeem"),
        flags=("delay_points_deduction",), texts=WHO, currencies=("currency",),
    ),
    "cancel": Endpoint(
        "POST", "/api/v2/redemptions/1/cancellation_completed", {"reward_text": "A-CODE"}, texts=("reward_text",),
    ),
    "options": Endpoint(
        "GET", "/api/v2/redemption_options", {}, flags=("is_offline",), texts=WHO, choices=("discount_type",),
        currencies=("currency",),
    ),
    "order": Endpoint(
        "POST", "/api/v2/orders",
        {"customer_email": ANA, "order_id": "1", "total_amount_cents": 100, "currency_code": "USD"},
        numbers=("total_amount_cents", "discount_amount_cents", "tax_amount_cents"),
        not_negative=("total_amount_cents", "discount_amount_cents", "shipping_amount_cents", "total_refunded_cents"),
        flags=("ignore_ip_ua",), texts=(*WHO, "order_id", "status", "tags", "coupon_code", "clerk_name"),
        choices=("channel_type",), times=("created_at",), currencies=("currency_code",),
    ),
    "tell": Endpoint(
        "POST", "/api/v2/customers", {"email": ANA}, flags=("has_account", "opted_in"),
        texts=("id", "email", "phone_number", "pos_account_id", "first_name", "last_name", "tags", "country_iso_code"),
        times=("platform_account_created_at", "opted_in_at"),
    ),
    "ask": Endpoint(
        "GET", "/api/v2/customers", {"customer_email": ANA}, flags=("with_history", "with_referral_code"), texts=WHO,
    ),
    "adjust": Endpoint(
        "POST", "/api/v2/points/adjust", {"customer_email": ANA, "point_adjustment_amount": 5},
        numbers=("point_adjustment_amount",), flags=("apply_adjustment_to_points_earned", "visible_to_customer"),
        texts=(*WHO, "history_title"), choices=("reason",),
    ),
}  # fmt: skip

every_endpoint = pytest.mark.parametrize("name", list(ENDPOINTS))
every_post = pytest.mark.parametrize("name", [name for name, end in ENDPOINTS.items() if end.method == "POST"])


async def ask(shop: Shop, endpoint: Endpoint, **wrong: object) -> httpx.Response:
    """The right request with something wrong: in its body, or in its query where it is a GET."""
    given = {**endpoint.right, **wrong}
    if endpoint.method == "POST":
        return await shop.http.post(endpoint.path, json=given)
    query = {field: value if isinstance(value, str) else str(value) for field, value in given.items()}
    return await shop.http.get(endpoint.path, params=query)


def wrong_values(endpoint: Endpoint) -> Iterator[tuple[str, object]]:
    """Every field with every value that it cannot hold."""
    for field in endpoint.numbers:
        yield from ((field, value) for value in [*NOT_WHOLE, *NOT_COUNTABLE])
    for field in endpoint.not_negative:
        yield field, -1
    for field in endpoint.flags:
        yield from ((field, value) for value in NOT_FLAGS)
    for field in endpoint.texts:
        yield field, TOO_LONG
        yield field, WITH_NUL
        if endpoint.method == "POST":  # in a query everything is text
            yield from ((field, value) for value in NOT_TEXT)
    for field in endpoint.choices:
        yield from ((field, value) for value in ["whatever", "FIXED", "0"])
    for field in endpoint.times:
        yield from ((field, value) for value in ["yesterday", "2019-13-01", "2019-02-30 10:00:00", "0", 1558817993])
        yield from ((field, value) for value in ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
    for field in endpoint.currencies:
        yield from ((field, value) for value in ["US", "DOLLAR", "U$D", "ＵＳＤ", "USD\n"])


async def written(shop: Shop) -> list[int]:
    """How many rows the shop has of everything that a request could write."""
    tables = ("member", "entry", "redemption", "shop_order", "event", "answer", "decision")
    counting = "SELECT count(*) FROM {} WHERE merchant_id = $1"
    return [await shop.engine.database.fetchval(counting.format(one), shop.merchant.merchant_id) for one in tables]


@every_endpoint
async def test_a_wrong_value_is_named_and_nothing_is_written(shop: Shop, name: str):
    endpoint = ENDPOINTS[name]
    await shop.rule()
    await shop.member(ANA, 100)
    before = await written(shop)

    for field, value in wrong_values(endpoint):
        answer = await ask(shop, endpoint, **{field: value})

        said = f"{field}={str(value)[:40]!r}: {answer.text[:200]}"
        assert answer.status_code == 400, said
        assert answer.json().keys() == {"error"}, said
        assert answer.json()["error"].startswith(f"{field}: "), said
        assert len(answer.content) < 500, said
    assert await written(shop) == before


@every_post
@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"null", b"7", b'"text"', b"{", b"{]", b"\xff\xfe", b'{"customer_email": "\\ud800"}', b"{'a': 1}",
        b'{"a": NaN}', b"[" * 100_000, b'{"a": ' * 100_000, b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=[
        "array", "null", "number", "text", "cut off", "mismatched", "no UTF-8", "half a surrogate pair",
        "single quotes", "NaN", "brackets", "braces", "closed brackets",
    ],
)  # fmt: skip
async def test_a_body_that_is_no_object_is_told_so(shop: Shop, name: str, body: bytes):
    endpoint = ENDPOINTS[name]

    answer = await shop.http.post(endpoint.path, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("The request cannot be read: ")
    assert len(answer.content) < 500


@every_post
async def test_a_body_over_the_limit_is_refused(shop: Shop, name: str):
    endpoint = ENDPOINTS[name]

    answer = await shop.http.post(endpoint.path, json={**endpoint.right, "note": "x" * BODY_BYTES_MAX})

    assert answer.status_code == 413
    assert answer.json() == {"error": f"The body is over {BODY_BYTES_MAX} bytes."}


@every_endpoint
@pytest.mark.parametrize("query", ["customer_email=%ff", "customer_email=%ED%A0%80", "guid=%C0%80"])
async def test_a_query_that_is_no_text_is_told_so(shop: Shop, name: str, query: str):
    endpoint = ENDPOINTS[name]

    answer = await shop.http.request(endpoint.method, f"{endpoint.path}?{query}")

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("The request cannot be read: ")


@every_endpoint
async def test_a_method_that_is_not_served_is_told_which_are(shop: Shop, name: str):
    answer = await shop.http.request("PATCH", ENDPOINTS[name].path)

    assert answer.status_code == 405
    assert ENDPOINTS[name].method in answer.headers["allow"]
    assert answer.json().keys() == {"error"}


@pytest.mark.parametrize("points", [0, -5, "0"])
async def test_nothing_is_no_number_of_points(shop: Shop, points: object):
    redeem = await ask(shop, ENDPOINTS["redeem"], points_to_redeem=points)

    assert redeem.status_code == 400
    assert redeem.json()["error"].startswith("points_to_redeem: ")


async def test_an_adjustment_of_nothing_is_refused(shop: Shop):
    answer = await ask(shop, ENDPOINTS["adjust"], point_adjustment_amount=0)

    assert answer.status_code == 400
    assert answer.json() == {
        "error": "point_adjustment_amount: 0 changes nothing: points above or below zero are needed."
    }


@pytest.mark.parametrize("option", [0, 2**31, 2**53, "99999999999"])
async def test_an_option_that_nobody_made_is_not_found(shop: Shop, option: object):
    await shop.member(ANA, 100)

    answer = await ask(shop, ENDPOINTS["redeem"], redemption_option_id=option)

    assert answer.status_code == 404
    assert answer.json() == {"error": f"There is no redemption option {option}."}


@pytest.mark.parametrize("redemption", ["0", "-1", "2147483648", "99999999999999999999999", "1.5", "one", "%00"])
async def test_a_redemption_that_cannot_be_is_not_found_or_told_why(shop: Shop, redemption: str):
    path = f"/api/v2/redemptions/{redemption}/cancellation_completed"

    answer = await shop.http.post(path, json={"reward_text": "A-CODE"})

    assert answer.status_code in (400, 404), answer.text
    assert answer.json().keys() == {"error"}


@pytest.mark.parametrize(
    ("part", "wrong", "named"),
    [
        ("items", {"id": "7"}, "items"),
        ("items", ["mug"], "items[0]"),
        ("items", [{"id": 1}, {"quantity": -1}], "items[1].quantity"),
        ("items", [{"price_cents": "cheap"}], "items[0].price_cents"),
        ("items", [{"name": WITH_NUL}], "items"),
        ("customer", "Ana", "customer"),
        ("customer", {"opted_in": "perhaps"}, "customer.opted_in"),
        ("customer", {"opted_in_at": "yesterday"}, "customer.opted_in_at"),
        ("billing_address", {"city": 5}, "billing_address.city"),
        ("shipping_address", [], "shipping_address"),
    ],
)
async def test_a_wrong_value_inside_an_order_is_named(shop: Shop, part: str, wrong: object, named: str):
    answer = await ask(shop, ENDPOINTS["order"], **{part: wrong})

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(f"{named}: ")
    assert await written(shop) == [0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tinside"])
async def test_a_key_that_cannot_be_kept_is_refused(shop: Shop, key: str):
    endpoint = ENDPOINTS["adjust"]

    answer = await shop.http.post(endpoint.path, json=endpoint.right, headers={"idempotency-key": key})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Idempotency-Key: ")
