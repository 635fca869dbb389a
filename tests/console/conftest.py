"""The console as people of a shop use it, over HTTP and without a browser."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from guerdon.access.operators import create_operator
from guerdon.access.roles import Role
from tests.api.portal_shop import street_app
from tests.shop import Shop
from tests.street import Street, street, street_dsn

__all__ = ["street", "street_app", "street_dsn"]

PASSWORD = "correct horse"
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass
class Person:
    """Somebody who works for a shop, and has signed in."""

    shop: Shop
    username: str
    operator_id: int
    http: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """A page."""
        return await self.http.get(path, params=query)

    async def text(self, path: str, **query: Any) -> str:
        """What a page says, without its tags."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, (answer.status_code, words(answer.text))
        return words(answer.text)

    async def post(self, path: str, **form: Any) -> httpx.Response:
        """A form of the console, sent; nothing is followed."""
        return await self.http.post(path, data={"csrf": self.csrf, "key": uuid4().hex, **form})

    async def does(self, path: str, **form: Any) -> httpx.Response:
        """The same, with the page that it leads to."""
        answer = await self.post(path, **form)
        assert answer.status_code == 303, (answer.status_code, words(answer.text))
        return await self.get(answer.headers["location"])


def words(page: str) -> str:
    """What a page says, without its tags."""
    said = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())


Hire = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture(loop_scope="session")
async def hire(shop: Shop, street_app: Any) -> AsyncIterator[Hire]:
    """Somebody of this role, who has signed in; of another shop where one is given."""
    async with AsyncExitStack() as open_clients:

        async def hired(role: Role = "owner", *, of: Shop | None = None) -> Person:
            username = f"{role}-{uuid4().hex[:10]}"
            place = of or shop
            operator_id = await create_operator(
                place.engine.database, place.merchant.merchant_id, username=username, password=PASSWORD, role=role,
                now=place.clock(),
            )  # fmt: skip
            transport = httpx.ASGITransport(street_app)
            http = await open_clients.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://shop")
            )  # fmt: skip
            entered = await http.post("/console/sign-in", data={"username": username, "password": PASSWORD})
            assert entered.status_code == 303, words(entered.text)
            person = Person(place, username, operator_id, http)
            found = CSRF.search((await person.get("/console/components")).text)
            assert found is not None
            person.csrf = found[1]
            return person

        yield hired


@pytest_asyncio.fixture(loop_scope="session")
async def owner(hire: Hire) -> Person:
    """The owner of the shop."""
    return await hire("owner")


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> Shop:
    """The next shop of the street."""
    return await street.shop()
