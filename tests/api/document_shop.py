"""A shop with something of each kind that the storefront and the portal tell of, for tests/api/test_document.py."""

from typing import Any

import httpx

ANA, BEN, EVE = "ana@example.com", "ben@example.com", "eve@example.com"
REFERRALS = {"referrer_points": 100, "link": "https://acme.example/{code}"}
TIERS = [{"name": "Silver", "entry": {"points_earned": 100}}]
POINT_A_DOLLAR = {"kind": "per_amount", "points": 1, "each_minor": 100}
TENTH = {"reward": "percentage", "percentage_hundredths": 10_00}
ORDER = {"order_id": 1001, "total_amount_cents": 9000, "currency_code": "USD"}
SHOP: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PATCH", "/v1/merchant", {"policies": {"referrals": REFERRALS}}),
    ("PUT", "/v1/tier_programme", {"term": "calendar_year", "tiers": TIERS}),
    ("POST", "/v1/redemption_rules", {"name": "Five off", "points": 100, "amount_minor": 500}),
    (
        "POST", "/v1/redemption_rules",
        {"name": "A gift", "points": 200, "amount_minor": 900, "codes": {"source": "pool", "low_at": 1}},
    ),
    ("POST", "/v1/redemption_rules", {"name": "A tenth", "points": 50, **TENTH}),
    ("POST", "/v1/earning_rules", {"name": "A point a dollar", "earns": POINT_A_DOLLAR}),
    ("POST", "/v1/earning_rules", {"name": "Post", "trigger": "read_a_post", "earns": {"kind": "flat", "points": 5}}),
    ("POST", "/api/v2/customers", {"email": ANA, "first_name": "Ana"}),
    ("POST", "/api/v2/customers", {"email": BEN, "first_name": "Ben"}),
    ("POST", "/api/v2/customers", {"email": EVE, "first_name": "Eve"}),
    ("POST", "/api/v2/points/adjust", {"customer_email": ANA, "point_adjustment_amount": 9000}),
    ("POST", "/api/v2/redemption_codes", {"redemption_option_id": 2, "codes": "TEN-1, TEN-2"}),
    ("POST", "/api/v2/redemptions", {"customer_email": ANA, "redemption_option_id": 1}),
    ("POST", "/api/v2/orders", {"customer_email": ANA, **ORDER}),
    ("POST", "/api/v2/customer_birthdays", {"customer_email": ANA, "day": 29, "month": 2}),
)  # fmt: skip


def open_shop(http: httpx.Client, headers: dict[str, dict[str, str]]) -> None:
    """Make it, with the headers that sign in to the native API and to the storefront."""
    for method, path, said in SHOP:
        interface = "api" if path.startswith("/v1/") else "storefront"
        answer = http.request(method, path, json=said, headers=headers[interface])
        assert answer.is_success, answer.text
