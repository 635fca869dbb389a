"""A shop whose customers look at their points on a page."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from tests.api.front import ANA, Front, front, served
from tests.street import shop, street, street_dsn

__all__ = ["front", "served", "shop", "street", "street_dsn"]

PAGE = "https://shop.example"


@dataclass
class Page:
    """A page of the shop, with its key and perhaps the token of whoever looks at it."""

    front: Front
    headers: dict[str, str]

    async def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """What a page asks of the server, from another origin."""
        keyed = {"idempotency-key": key} if key else {}
        headers = {**self.headers, "origin": PAGE, **keyed}
        return await self.front.http.request(method, f"/shopper/v1/{path}", headers=headers, **more)

    async def told(self, method: str, path: str, **more: Any) -> Any:
        """The same, which must be answered."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Door:
    """The way in: pages of customers."""

    front: Front
    key: str
    secret: str

    def page(self, subject: str | None = f"email:{ANA}", **life: float) -> Page:
        """The page as this customer sees it, or as a stranger does."""
        token = {} if subject is None else {"x-customer-token": self.front.token(self.secret, subject, **life)}
        return Page(self.front, {"authorization": f"Bearer {self.key}", **token})

    def hosted(self, subject: str = f"email:{ANA}") -> Page:
        """The page of ours that a signed link leads to."""
        return Page(self.front, {"authorization": f"Bearer {self.front.token(self.secret, subject)}"})


@pytest_asyncio.fixture(loop_scope="session")
async def door(front: Front) -> Door:
    """A shop with a publishable key and a secret to sign with."""
    key = (await front.publishable())["x-api-key"]
    return Door(front, key, await front.secret())
