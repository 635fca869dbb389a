"""Who may redeem, and when: each reason against it, all reasons together, and their order, which is a promise."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from guerdon.errors import rewards as errors
from guerdon.errors.base import Refusal
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.points.values import Member
from guerdon.rewards.eligibility import Moment, caps_against, funds_against, reasons_against, stock_against
from guerdon.rewards.price import Price
from guerdon.rewards.redemption import ALPHABET, CODE_LETTERS, Stock, Usage, new_code
from guerdon.rewards.rule import Channel, RedemptionRule, Versioned
from tests.shop import START

TODAY = START.date()


def rule(**terms: Any) -> RedemptionRule:
    given_terms: dict[str, Any] = {"points": 100, "currency": "USD", "amount_minor": 500, **terms}
    return RedemptionRule(**given_terms)


def merchant(**policies: Any) -> Merchant:
    return Merchant(1, UUID(int=1), "Acme", "USD", "UTC", Policies(**policies), {})


def member(status: str = "active", opted_in: bool | None = None, tier: int = 0, tags: tuple[str, ...] = ()) -> Member:
    return Member(1, 1, status, opted_in, tier, tags)


def reasons(
    terms: RedemptionRule, who: Member, *, channel: Channel = Channel.ANY, cart: int | None = None, **policies: Any
) -> list[str]:
    """The codes of the reasons, in their order."""
    moment = Moment(START, TODAY, channel, cart)
    return [refusal.code for refusal in reasons_against(Versioned(5, 1, terms), merchant(**policies), who, moment)]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, []),
        ({"active": False}, ["rule_disabled"]),
        ({"starts_at": START}, []),
        ({"starts_at": START + HOUR}, ["rule_not_started"]),
        ({"ends_at": START + HOUR}, []),
        ({"ends_at": START}, ["rule_ended"]),
    ],
)
def test_the_rule_is_active_and_within_its_dates(terms: dict[str, Any], expected: list[str]):
    assert reasons(rule(**terms), member()) == expected


def test_a_suspended_member_redeems_nothing():
    assert reasons(rule(), member("suspended")) == ["member_suspended"]


@pytest.mark.parametrize(
    ("policy", "opted_in", "expected"),
    [
        ("everyone", None, []),
        ("everyone", True, []),
        ("everyone", False, ["not_opted_in"]),
        ("opted_in", None, ["not_opted_in"]),
        ("opted_in", True, []),
        ("opted_in", False, ["not_opted_in"]),
    ],
)
def test_members_take_part_as_the_policy_asks(policy: str, opted_in: bool | None, expected: list[str]):
    assert reasons(rule(), member(opted_in=opted_in), opt_in=policy) == expected


@pytest.mark.parametrize(
    ("needed", "level", "exact", "policy", "expected"),
    [
        (0, 0, None, "at_least", []),
        (0, 3, True, "exact", []),
        (2, 1, None, "at_least", ["tier_too_low"]),
        (2, 2, None, "at_least", []),
        (2, 3, None, "at_least", []),
        (2, 3, None, "exact", ["tier_differs"]),
        (2, 1, None, "exact", ["tier_differs"]),
        (2, 3, True, "at_least", ["tier_differs"]),
        (2, 3, False, "exact", []),
    ],
)
def test_a_rule_of_a_tier(needed: int, level: int, exact: bool | None, policy: str, expected: list[str]):
    assert reasons(rule(tier_level=needed, tier_exact=exact), member(tier=level), tier_match=policy) == expected


@pytest.mark.parametrize(("tags", "expected"), [((), ["tag_missing"]), (("vip",), []), (("new",), ["tag_missing"])])
def test_one_of_the_tags_is_enough(tags: tuple[str, ...], expected: list[str]):
    assert reasons(rule(member_tags=("vip", "staff")), member(tags=tags)) == expected


@pytest.mark.parametrize(
    ("wanted", "used", "expected"),
    [
        (Channel.ANY, Channel.ONLINE, []),
        (Channel.ONLINE, Channel.ONLINE, []),
        (Channel.ONLINE, Channel.ANY, []),
        (Channel.ONLINE, Channel.OFFLINE, ["channel_differs"]),
        (Channel.OFFLINE, Channel.ONLINE, ["channel_differs"]),
    ],
)
def test_a_rule_of_a_channel(wanted: Channel, used: Channel, expected: list[str]):
    assert reasons(rule(channel=wanted), member(), channel=used) == expected


@pytest.mark.parametrize(("cart", "expected"), [(None, []), (4999, ["cart_too_small"]), (5000, [])])
def test_a_minimum_cart_counts_where_a_cart_is_named(cart: int | None, expected: list[str]):
    assert reasons(rule(minimum_cart_minor=5000), member(), cart=cart) == expected


def test_all_reasons_are_told_in_their_order():
    terms = rule(
        active=False, starts_at=START + HOUR, tier_level=2, member_tags=("vip",), channel=Channel.ONLINE,
        minimum_cart_minor=5000,
    )  # fmt: skip
    assert reasons(terms, member("suspended", opted_in=False), channel=Channel.OFFLINE, cart=1) == [
        "rule_disabled", "rule_not_started", "member_suspended", "not_opted_in", "tier_too_low", "tag_missing",
        "channel_differs", "cart_too_small",
    ]  # fmt: skip


def cost(points: int, budget_minor: int = 0) -> Price:
    return Price(points, budget_minor, "USD", budget_minor)


def used(redemptions: int = 1, day_points: int = 0, day: date = TODAY) -> Usage:
    return Usage(1, 5, redemptions, 1000, day, day_points)


@pytest.mark.parametrize(
    ("terms", "points", "usage", "expected"),
    [
        ({"points_max_per_transaction": 300}, 300, None, []),
        ({"points_max_per_transaction": 300}, 400, None, [errors.TransactionCap(400, 300)]),
        ({"points_max_per_day": 300}, 300, None, []),
        ({"points_max_per_day": 300}, 100, used(day_points=200), []),
        ({"points_max_per_day": 300}, 200, used(day_points=200), [errors.DayCap(200, 300, 100)]),
        ({"points_max_per_day": 300}, 200, used(day_points=900), [errors.DayCap(200, 300, 0)]),
        ({"points_max_per_day": 300}, 300, used(day_points=300, day=TODAY - timedelta(days=1)), []),
        ({"redemptions_max_per_member": 2}, 100, used(1), []),
        ({"redemptions_max_per_member": 2}, 100, used(2), [errors.MemberCap(2)]),
        (
            {"points_max_per_transaction": 50, "points_max_per_day": 50, "redemptions_max_per_member": 1},
            100,
            used(1, 40),
            [errors.TransactionCap(100, 50), errors.DayCap(100, 50, 10), errors.MemberCap(1)],
        ),
    ],
)
def test_caps(terms: dict[str, Any], points: int, usage: Usage | None, expected: list[Refusal]):
    found = list(caps_against(rule(**terms), cost(points), usage, TODAY))
    assert [(refusal.code, refusal.facts) for refusal in found] == [
        (refusal.code, refusal.facts) for refusal in expected
    ]


@pytest.mark.parametrize(("available", "shortfall"), [(100, None), (99, 1), (0, 100), (-50, 100)])
def test_funds(available: int, shortfall: int | None):
    found = [refusal.facts for refusal in funds_against(cost(100), available)]
    if shortfall is None:
        assert found == []
    else:
        assert found == [{"points": 100, "available": max(0, available), "shortfall": shortfall}]


@pytest.mark.parametrize(
    ("terms", "stock", "expected"),
    [
        ({"stock": 1}, None, []),
        ({"stock": 0}, None, ["stock_gone"]),
        ({"stock": 2}, Stock(5, 1, 500), []),
        ({"stock": 2}, Stock(5, 2, 1000), ["stock_gone"]),
        ({"budget_minor": 1000}, Stock(5, 1, 500), []),
        ({"budget_minor": 999}, Stock(5, 1, 500), ["budget_gone"]),
        ({"stock": 1, "budget_minor": 1}, Stock(5, 1, 500), ["stock_gone", "budget_gone"]),
    ],
)
def test_what_all_members_share(terms: dict[str, Any], stock: Stock | None, expected: list[str]):
    assert [refusal.code for refusal in stock_against(rule(**terms), cost(100, 500), stock)] == expected


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-28T22:59:59+00:00", 28),
        ("2026-03-28T23:00:00+00:00", 29),
        ("2026-03-29T21:59:59+00:00", 29),
        ("2026-03-29T22:00:00+00:00", 30),
        ("2026-10-24T21:59:59+00:00", 24),
        ("2026-10-24T22:00:00+00:00", 25),
        ("2026-10-25T22:59:59+00:00", 25),
        ("2026-10-25T23:00:00+00:00", 26),
    ],
)
def test_a_day_has_23_or_25_hours_where_clocks_change(now: str, day: int):
    berlin = Merchant(1, UUID(int=1), "Acme", "EUR", "Europe/Berlin", Policies(), {})
    assert berlin.day(datetime.fromisoformat(now)).day == day


@pytest.mark.parametrize(
    ("now", "days_later", "end"),
    [
        ("2026-03-28T12:00:00+00:00", 0, "2026-03-28T23:00:00+00:00"),
        ("2026-03-28T12:00:00+00:00", 1, "2026-03-29T22:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", 1, "2026-10-25T23:00:00+00:00"),
    ],
)
def test_a_coupon_lives_through_the_whole_of_its_last_day(now: str, days_later: int, end: str):
    berlin = Merchant(1, UUID(int=1), "Acme", "EUR", "Europe/Berlin", Policies(), {})
    found = berlin.end_of_day(datetime.fromisoformat(now), days_later=days_later)
    assert found == datetime.fromisoformat(end)


def test_codes_are_random_and_hold_no_letters_that_look_alike():
    codes = [new_code("") for _ in range(5000)]
    assert len(set(codes)) == 5000
    assert {len(code) for code in codes} == {CODE_LETTERS}
    assert set("".join(codes)) == set(ALPHABET)
    assert not set("01OIL") & set(ALPHABET)
    assert len(ALPHABET) ** CODE_LETTERS > 2**60


def test_a_code_has_its_prefix_in_upper_case():
    prefix, _, letters = new_code("Acme").partition("-")
    assert (prefix, len(letters)) == ("ACME", CODE_LETTERS)
