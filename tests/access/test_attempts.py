"""Signing in that fails slows down, and never keeps anybody out for good."""

import asyncio
from uuid import uuid4

import pytest

from guerdon.access.attempts import FREE_OF_A_NAME, FREE_OF_AN_ADDRESS, forget_attempts
from guerdon.access.operators import Operators, create_operator
from guerdon.access.staff import disable
from guerdon.errors.access import SignInWait
from guerdon.errors.base import Unauthenticated
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "correct horse"


async def operator(shop: Shop, role: str = "owner") -> str:
    """The name of somebody new."""
    name = f"ana-{uuid4().hex}"
    await create_operator(
        shop.engine.database, shop.merchant.merchant_id, username=name, password=PASSWORD, role=role, now=shop.clock()
    )
    return name


def fresh(shop: Shop) -> Operators:
    """Another worker, who remembers nobody."""
    return Operators(shop.engine.database, shop.clock)


def place() -> str:
    """An address that nobody has asked from."""
    return f"2001:db8::{uuid4().hex[:12]}"


async def fail(shop: Shop, name: str, address: str) -> int:
    """The seconds to wait that a wrong password is told, 0 where it is told to be wrong."""
    try:
        await fresh(shop).prove(name, "wrong", address=address)
    except SignInWait as wait:
        return wait.seconds
    except Unauthenticated:
        return 0
    raise AssertionError("a wrong password was taken")


@pytest.mark.parametrize("exists", [True, False], ids=["a name there is", "a name there is not"])
async def test_the_wait_doubles_after_five_failures_and_ends_at_a_quarter_of_an_hour(shop: Shop, exists: bool):
    name, address = (await operator(shop)) if exists else uuid4().hex, place()
    for _ in range(FREE_OF_A_NAME):
        assert await fail(shop, name, address) == 0
    waits: list[int] = []
    for _ in range(13):
        wait = await fail(shop, name, address)
        assert await fail(shop, name, address) == wait, "asking again does not make it longer"
        shop.clock.advance(seconds=wait)
        assert await fail(shop, name, place()) == 0
        waits.append(wait)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_the_right_password_counts_once_the_wait_is_over_and_begins_anew(shop: Shop):
    name, address = await operator(shop), place()
    for _ in range(FREE_OF_A_NAME):
        await fail(shop, name, address)
    with pytest.raises(SignInWait) as wait:
        await fresh(shop).prove(name, PASSWORD, address=address)
    assert (wait.value.status, wait.value.wait_s) == (429, 1)

    shop.clock.advance(seconds=1)
    assert (await fresh(shop).prove(name, PASSWORD, address=address)).operator.username == name
    for _ in range(FREE_OF_A_NAME):
        assert await fail(shop, name, address) == 0


async def test_nobody_is_kept_out_by_others_who_fail_in_their_name(shop: Shop):
    name, home = await operator(shop), place()
    await fresh(shop).prove(name, PASSWORD, address=home)
    for _ in range(FREE_OF_A_NAME):
        await fail(shop, name, place())
    assert await fail(shop, name, place()) > 0

    assert (await fresh(shop).prove(name, PASSWORD, address=home)).operator.username == name


async def test_an_address_that_tries_many_names_has_to_wait_too(shop: Shop):
    address = place()
    for _ in range(FREE_OF_AN_ADDRESS):
        assert await fail(shop, uuid4().hex, address) == 0
    name = await operator(shop)
    assert await fail(shop, name, address) == 1
    assert await fail(shop, name, place()) == 0


async def test_guesses_at_the_same_moment_are_counted_before_they_are_checked(shop: Shop):
    name = await operator(shop)
    workers = [fresh(shop) for _ in range(12)]
    guesses = (worker.prove(name, f"guess {number}", address=place()) for number, worker in enumerate(workers))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, Unauthenticated) for one in outcomes) == FREE_OF_A_NAME
    assert sum(isinstance(one, SignInWait) for one in outcomes) == 12 - FREE_OF_A_NAME


async def test_many_requests_of_one_page_are_one_sign_in(shop: Shop):
    name, worker = await operator(shop), fresh(shop)
    asked = (worker.prove(name, PASSWORD, address=place()) for _ in range(3 * FREE_OF_A_NAME))
    assert {one.operator.username for one in await asyncio.gather(*asked)} == {name}


async def test_a_person_who_is_disabled_is_out_within_seconds(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    owner, name = await operator(shop), await operator(shop, "support")
    assert owner
    worker, address = fresh(shop), place()
    proven = await worker.prove(name, PASSWORD, address=address)
    monkeypatch.setattr("guerdon.access.operators.FRESH_FOR_S", 0.0)
    assert await worker.prove(name, PASSWORD, address=address) == proven, "proven once, and read again"

    of = shop.engine.database, shop.merchant.merchant_id
    await disable(*of, proven.operator.operator_id, shop.clock(), merchants=None)
    with pytest.raises(Unauthenticated):
        await worker.prove(name, PASSWORD, address=address)


async def test_what_was_counted_is_forgotten(shop: Shop):
    name = uuid4().hex
    for _ in range(FREE_OF_A_NAME + 1):
        await fail(shop, name, place())
    shop.clock.advance(days=31)
    await forget_attempts(shop.engine.database, shop.clock())
    assert await shop.engine.database.fetchval("SELECT count(*) FROM sign_in_count") == 0
