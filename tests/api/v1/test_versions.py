"""Versions of the native API: a key keeps the one it was first used with, and old ones say when they end."""

from datetime import date
from typing import Any

import pytest

from guerdon.access.keys import Caller
from guerdon.api.v1.versions import VERSIONS, Version, chosen, version_headers
from guerdon.errors.access import VersionUnknown
from tests.api.v1.conftest import Api
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD = Version(date(2026, 1, 1), deprecated_on=date(2026, 6, 1), gone_on=date(2027, 6, 1))
NEW = Version(date(2026, 6, 1))
BOTH = (OLD, NEW)
TODAY = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("asked", "pinned", "version"),
    [(None, None, NEW), (None, OLD.day, OLD), ("2026-06-01", OLD.day, NEW), (" 2026-01-01 ", NEW.day, OLD)],
)
async def test_a_header_counts_for_more_than_the_key_and_that_for_more_than_the_newest(
    asked: str | None, pinned: date | None, version: Version
):
    assert chosen(asked, pinned, TODAY, BOTH) == version


@pytest.mark.parametrize(
    ("asked", "pinned", "today", "known"),
    [
        ("2026-02-30", None, TODAY, "2026-01-01, 2026-06-01"),
        ("", None, TODAY, "2026-01-01, 2026-06-01"),
        ("2026-01-01", None, OLD.gone_on, "2026-06-01"),
        (None, OLD.day, OLD.gone_on, "2026-06-01"),
    ],
)
async def test_what_is_not_served_is_refused_with_what_is(
    asked: str | None, pinned: date | None, today: date, known: str
):
    with pytest.raises(VersionUnknown) as refused:
        chosen(asked, pinned, today, BOTH)
    assert (refused.value.status, refused.value.known) == (400, known)


async def test_a_version_that_is_to_go_says_so():
    assert version_headers(NEW) == [(b"guerdon-version", b"2026-06-01")]
    assert version_headers(OLD) == [
        (b"guerdon-version", b"2026-01-01"),
        (b"deprecation", b"@1780272000"),
        (b"sunset", b"Tue, 01 Jun 2027 00:00:00 GMT"),
    ]


async def test_a_key_is_held_to_the_version_of_its_first_use(shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch):
    newest = VERSIONS[-1].day.isoformat()
    assert (await api.get("/v1/merchant")).headers["guerdon-version"] == newest
    row = await shop.engine.database.fetchrow(
        "SELECT api_version FROM api_key WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert row is not None
    assert row[0].isoformat() == newest
    caller: list[Caller] = []
    real = type(shop.engine.keys).pin_version

    async def pin(keys: Any, one: Caller, version: date) -> Caller:
        caller.append(one)
        return await real(keys, one, version)

    monkeypatch.setattr(type(shop.engine.keys), "pin_version", pin)
    assert (await api.get("/v1/merchant", **{"guerdon-version": newest})).status_code == 200
    assert caller == []


async def test_an_unknown_version_is_a_problem_that_lists_them(api: Api):
    refused = await api.get("/v1/merchant", **{"guerdon-version": "2020-01-01"})
    assert (refused.status_code, refused.json()["code"]) == (400, "version_unknown")
    assert refused.json()["facts"] == {"asked": "2020-01-01", "known": VERSIONS[-1].day.isoformat()}


async def test_a_limited_key_is_told_its_limit_in_structured_fields(shop: Shop, api: Api):
    secret = await api.key(limit_per_second=3)
    answer = await shop.http.get("/v1/merchant", headers={"authorization": f"Bearer {secret}"})
    assert answer.headers["ratelimit-policy"] == '"second";q=3;w=1'
    assert answer.headers["ratelimit"] == '"second";r=2;t=1'
    assert "ratelimit-policy" not in (await api.get("/v1/merchant")).headers
