"""A shop to test with: a merchant with a key, an operator, members with points, and an HTTP client to everything."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from guerdon.access.keys import create_key
from guerdon.activities.adjust import AdjustPoints
from guerdon.api.engine import Engine
from guerdon.app import application, running_engine
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import create_merchant
from guerdon.points.command import Identity
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import Rule, add_rule

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@dataclass
class SettableClock:
    """A clock that moves only when a test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass, in the units of timedelta."""
        self.now += timedelta(**duration)


def email(address: str) -> tuple[Identity, ...]:
    """The identities of a member known by an email address."""
    return (Identity("email", address),)


@dataclass
class Shop:
    """A merchant and everything that talks to it."""

    engine: Engine
    clock: SettableClock
    merchant: Merchant
    api_key: str
    http: httpx.AsyncClient
    """Sends this shop's key with every request."""
    members: dict[str, int] = field(default_factory=dict[str, int])

    async def member(self, address: str, points: int = 0, *, expires_at: datetime | None = None) -> int:
        """A member with this email address and so many points; returns the member's id."""
        member_id = await upsert_member(
            self.engine.database, self.merchant.merchant_id, email(address), ProfileChange(), self.clock()
        )
        if points:
            await self.give(address, points, expires_at=expires_at)
        return member_id

    async def give(self, address: str, points: int, *, expires_at: datetime | None = None) -> None:
        """A reward of so many points, as one lot."""
        command = AdjustPoints(
            merchant=self.merchant,
            who=email(address),
            points=points,
            counted=True,
            expires_at=expires_at,
        )
        await self.engine.desk.submit(command, actor="test")

    async def rule(self, **terms: Any) -> Rule:
        """A redemption rule; 100 points buy 5.00 USD unless the terms say otherwise."""
        given: dict[str, Any] = {"points": 100, "currency": "USD", "amount_minor": 500, **terms}
        return await add_rule(
            self.engine.database,
            self.merchant.merchant_id,
            RedemptionRule(**given),
            actor="test",
            now=self.clock(),
        )

    async def balance(self, address: str) -> tuple[int, int]:
        """Available and held points, as the database has them."""
        row = await self.engine.database.fetchrow(
            """
            SELECT account.available, account.held
              FROM identity
              JOIN member_account USING (merchant_id, member_id)
              JOIN account USING (merchant_id, account_id)
             WHERE identity.merchant_id = $1 AND identity.value = $2
            """,
            self.merchant.merchant_id,
            address,
        )
        assert row is not None, address
        return row[0], row[1]


_asked: ContextVar[Engine] = ContextVar("asked")
"""The engine that the request in hand is for."""


@cache
def _everything() -> Any:
    """Every surface, as every shop has it: to make it takes longer than most tests do."""
    return application(_asked.get)


def surfaces(engine: Engine) -> Any:
    """An application with every surface, on this engine."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        before = _asked.set(engine)
        try:
            await _everything()(scope, receive, send)
        finally:
            _asked.reset(before)

    return served


@asynccontextmanager
async def open_shop(dsn: str, **merchant: Any) -> AsyncGenerator[Shop]:
    """A shop on an empty database, with a clock that stands still."""
    clock = SettableClock()
    async with running_engine(dsn, clock=clock) as engine:
        given: dict[str, Any] = {"name": "Acme", "currency_code": "USD", "timezone": "UTC", **merchant}
        created = await create_merchant(engine.database, now=clock(), **given)
        api_key = await create_key(engine.database, created.merchant_id, name="tests", now=clock())
        headers = {"x-guid": str(created.guid), "x-api-key": api_key}
        transport = httpx.ASGITransport(surfaces(engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
            yield Shop(engine, clock, created, api_key, http)
