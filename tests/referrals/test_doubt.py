"""What is not believed of a referral: each reason, its edge, and that it is written down."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.errors.base import BadField
from guerdon.errors.referrals import NoReferralProgramme, SharesCap
from guerdon.merchants.referral import ReferralProgramme
from guerdon.referrals.referral import Referral, alias_of
from guerdon.referrals.share import Share
from tests.referrals.friends import ANA, BEN, CAT, buy, code, join, referring, tell
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATELY = timedelta(days=30, seconds=-1)


def programme(**terms: Any) -> ReferralProgramme:
    return ReferralProgramme(referrer_points=100, **terms)


def said(referral: Referral | None) -> tuple[str, str | None]:
    assert referral is not None
    return referral.state, referral.reason


async def ordered(shop: Shop, address: str, ip: str, agent: str, *, ago: timedelta) -> None:
    """An order that was reported so long ago, from a device."""
    await report(shop, address, "before")
    await shop.engine.database.execute(
        "UPDATE shop_order SET document = $2, placed_at = $3 WHERE merchant_id = $1", shop.merchant.merchant_id,
        f'{{"ip_address": "{ip}", "user_agent": "{agent}"}}', shop.clock() - ago,
    )  # fmt: skip


async def test_nobody_refers_themselves(street: Street):
    shop = await referring(street, programme())
    assert said(await buy(shop, ANA, await code(shop))) == ("refused", "self")
    assert said(await buy(shop, ANA, await code(shop), order_id="again")) == ("refused", "self")
    assert await shop.balance(ANA) == (0, 0)


async def test_nobody_refers_another_address_of_their_own_mailbox(street: Street):
    shop = await referring(street, programme())
    assert said(await join(shop, "ana+2@example.com", await code(shop))) == ("refused", "same_mailbox")
    assert said(await buy(shop, "ana+2@example.com")) == ("refused", "same_mailbox")
    assert await shop.balance(ANA) == (0, 0)


async def test_nobody_refers_their_household(street: Street):
    shop = await referring(street, programme())
    await shop.member(BEN)
    await shop.engine.database.execute(
        """
        UPDATE member_account SET account_id = (SELECT min(account_id) FROM member_account WHERE merchant_id = $1)
         WHERE merchant_id = $1
        """,
        shop.merchant.merchant_id,
    )
    assert said(await buy(shop, BEN, await code(shop))) == ("refused", "household")
    assert await shop.balance(ANA) == (0, 0)


async def test_who_was_a_customer_before_is_no_friend(street: Street):
    shop = await referring(street, programme())
    await shop.member(BEN)
    assert said(await buy(shop, BEN, await code(shop), first=False)) == ("refused", "not_new")
    assert await shop.balance(ANA) == (0, 0)


@pytest.mark.parametrize(
    ("ip", "agent", "ago", "outcome"),
    [
        ("192.0.2.1", "Firefox", LATELY, ("refused", "same_device")),
        ("192.0.2.1", "Safari", LATELY, ("completed", None)),
        ("192.0.2.2", "Firefox", LATELY, ("completed", None)),
        (None, "Firefox", LATELY, ("completed", None)),
        ("192.0.2.1", "Firefox", timedelta(days=30), ("completed", None)),
    ],
)
async def test_a_friend_does_not_order_from_the_referrers_device(
    street: Street, ip: str | None, agent: str, ago: timedelta, outcome: tuple[str, str | None]
):
    shop = await referring(street, programme(same_device_days=30))
    await ordered(shop, ANA, "192.0.2.1", "Firefox", ago=ago)
    await join(shop, BEN, await code(shop))
    assert said(await buy(shop, BEN, ip=ip, agent=agent)) == outcome


async def test_one_friend_under_two_addresses_is_one(street: Street):
    shop = await referring(street, programme())
    await join(shop, "ben@gmail.com", await code(shop))
    await join(shop, "b.e.n@gmail.com", await code(shop))
    assert said(await buy(shop, "ben@gmail.com")) == ("completed", None)
    assert said(await buy(shop, "b.e.n@gmail.com")) == ("refused", "known_friend")
    assert await shop.balance(ANA) == (100, 0)


@pytest.mark.parametrize(
    ("terms", "pause", "reason"),
    [
        ({"completions_max_per_day": 2}, timedelta(minutes=1), "too_many_a_day"),
        ({"completions_max_per_month": 2}, timedelta(days=1), "too_many_a_month"),
        ({"completions_max_per_address": 2}, timedelta(days=1), "too_many_from_address"),
    ],
)
async def test_no_more_are_completed_than_the_programme_believes(
    street: Street, terms: dict[str, int], pause: timedelta, reason: str
):
    shop = await referring(street, programme(**terms))
    for number in range(3):
        await join(shop, f"friend{number}@example.com", await code(shop))
    outcomes: list[tuple[str, str | None]] = []
    for number in range(3):
        outcomes.append(said(await buy(shop, f"friend{number}@example.com", ip="192.0.2.1", agent=f"{number}")))
        shop.clock.now += pause
    assert outcomes == [("completed", None), ("completed", None), ("refused", reason)]
    assert await shop.balance(ANA) == (200, 0)


@pytest.mark.parametrize("terms", [{"completions_max_per_day": 2}, {"completions_max_per_month": 2}])
async def test_after_a_while_others_are_believed_again(street: Street, terms: dict[str, int]):
    shop = await referring(street, programme(**terms))
    for number in range(3):
        await join(shop, f"friend{number}@example.com", await code(shop))
    await buy(shop, "friend0@example.com")
    await buy(shop, "friend1@example.com")
    shop.clock.advance(days=1 if "completions_max_per_day" in terms else 30)
    assert said(await buy(shop, "friend2@example.com")) == ("completed", None)


async def test_many_friends_at_once_stay_within_the_day(street: Street):
    shop = await referring(street, programme(completions_max_per_day=3))
    friends = [f"friend{number}@example.com" for number in range(12)]
    for friend in friends:
        await join(shop, friend, await code(shop))
    found = await asyncio.gather(*(buy(shop, friend) for friend in friends))
    assert sorted(said(one) for one in found) == [("completed", None)] * 3 + [("refused", "too_many_a_day")] * 9
    assert await shop.balance(ANA) == (300, 0)
    assert await contradictions(shop) == []


# Sharing


async def test_each_friend_is_told_once_and_oneself_never(street: Street):
    shop = await referring(street, programme())
    first = await tell(shop, BEN, "BEN+1@example.com", ANA, CAT)
    assert first.emails == (BEN, CAT)
    assert (await tell(shop, CAT, "dan@example.com")).emails == ("dan@example.com",)
    events = await shop.engine.database.fetch(
        "SELECT payload FROM event WHERE merchant_id = $1 AND topic = 'referral.shared' ORDER BY recorded_at, event_id",
        shop.merchant.merchant_id,
    )
    assert len(events) == 2
    assert f'"referral_link": "{await code(shop)}"' in events[0][0]


async def test_a_member_tells_only_so_many_a_day(street: Street):
    shop = await referring(street, programme(shares_max_per_day=2))
    with pytest.raises(SharesCap):
        await tell(shop, BEN, CAT, "dan@example.com")
    await tell(shop, BEN)
    with pytest.raises(SharesCap) as refused:
        await tell(shop, CAT, "dan@example.com")
    assert (refused.value.left, refused.value.asked) == (1, 2)
    shop.clock.advance(days=1)
    await tell(shop, CAT, "dan@example.com")


async def test_without_a_programme_nobody_is_told(shop: Shop):
    await shop.member(ANA)
    with pytest.raises(NoReferralProgramme):
        await do(shop, Share(merchant=shop.merchant, who=email(ANA), code="K7", emails=(BEN,)))


# Pure


@pytest.mark.parametrize(
    ("address", "alias"),
    [
        ("Ana@Example.com", "ana@example.com"),
        ("ana+shop@example.com", "ana@example.com"),
        ("a.n.a+x@gmail.com", "ana@gmail.com"),
        ("a.n.a@example.com", "a.n.a@example.com"),
        ("+x@example.com", "+x@example.com"),
    ],
)
async def test_addresses_of_one_mailbox_are_one(address: str, alias: str):
    assert alias_of(address) == alias


@given(st.emails())
async def test_the_form_of_a_mailbox_is_stable(address: str):
    assert alias_of(alias_of(address)) == alias_of(address)


@pytest.mark.parametrize(
    "terms",
    [
        {"referrer_points": -1}, {"friend_points": 2**53 + 1}, {"minimum_order_minor": -5}, {"pending": "fulfilled"},
        {"link": "https://acme.example"}, {"completions_max_per_day": 0}, {"referrer_coupon_rule": 0},
    ],
)  # fmt: skip
async def test_a_programme_of_nonsense_is_refused(terms: dict[str, Any]):
    with pytest.raises(BadField):
        ReferralProgramme(**terms)
