"""Adjustments of more points than one person decides: proposed by one, decided by another."""

import pytest
from msgspec.structs import replace

from guerdon.merchants.merchants import set_policies
from tests.console.conftest import Hire, Person, words
from tests.console.test_members import ANA, done, member, previewed
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def limit(shop: Shop) -> None:
    """Above 100 points a second person decides, for whoever signs in from now on."""
    policies = replace(shop.merchant.policies, approval_above=100)
    await set_policies(shop.engine.database, shop.merchant.merchant_id, policies)


async def proposed(shop: Shop, by: Person, points: int) -> str:
    """A proposal; returns its member's id."""
    ana = await member(shop, ANA, "Ana", "López", 1000)
    text, _ = await previewed(by, f"/console/members/{ana}/adjust", way="redeem", points=str(points), note="fair")
    assert "waits for somebody else" in text
    page = await done(by, f"/console/members/{ana}/adjust", way="redeem", points=str(points), note="fair")
    assert "somebody else decides it" in page
    assert await shop.balance(ANA) == (1000, 0)
    return ana


async def waiting(person: Person) -> str:
    page = (await person.get("/console/approvals")).text
    return page.partition('class="row-link" href="')[2].partition('"')[0]


async def test_another_approves_what_one_proposed(hire: Hire, shop: Shop):
    await limit(shop)
    support, owner = await hire("support"), await hire("owner")
    ana = await proposed(shop, support, 500)
    place = await waiting(owner)
    story = (await owner.get(f"/console/members/{ana}")).text
    assert f'<a href="{place}" class="opens-drawer">−500 points proposed</a>' in story
    text = await owner.text(place)
    assert "1,000 → 500 points" in text
    assert "takes 500 from the lot that never expires" in text
    assert "1 approval waits" in text
    assert "Approved and booked" in words((await owner.does(place, way="approve", because="agreed")).text)
    assert await shop.balance(ANA) == (500, 0)
    assert "agreed" in await owner.text(place)


async def test_nobody_approves_their_own_and_a_refusal_books_nothing(hire: Hire, shop: Shop):
    await limit(shop)
    owner = await hire("owner")
    await proposed(shop, owner, 500)
    place = await waiting(owner)
    assert "You proposed this" in await owner.text(place)
    own = await owner.post(place, way="approve")
    assert own.status_code in (403, 409, 422)
    assert await shop.balance(ANA) == (1000, 0)
    support = await hire("support")
    assert (await support.post(place, way="approve")).status_code == 403
    finance = await hire("finance")
    assert "nothing was booked" in words((await finance.does(place, way="refuse", because="paid back")).text)
    assert await shop.balance(ANA) == (1000, 0)
    assert "paid back" in await finance.text(place)


async def test_an_empty_list_says_what_will_wait_here(owner: Person):
    assert "Nothing waits" in await owner.text("/console/approvals")
    assert "None of this kind" in await owner.text("/console/approvals", state="refused")
