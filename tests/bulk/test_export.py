"""What goes out comes in again, the same."""

import csv
import io
import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guerdon.bulk.export import KINDS, Format, export
from tests.bulk.files import bring, written
from tests.shop import Shop
from tests.street import Street, contradictions, redeem, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = itertools.count()

LETTERS = st.characters(exclude_categories=("Cs", "Cc"))
TEXT = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda text: text == text.strip() != "" and not text.startswith("[")
)


def moments(first: str, last: str) -> st.SearchStrategy[datetime]:
    """Moments between two days."""
    return st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last), timezones=st.just(UTC))


MOMENT = moments("2000-01-01", "2026-03-01")
MEMBER = st.fixed_dictionaries(
    {"external_id": TEXT, "balance": st.integers(0, 10**9)},
    optional={
        "first_name": TEXT, "last_name": TEXT, "country": st.sampled_from(["US", "DE"]),
        "tags": st.lists(TEXT, min_size=1, max_size=3, unique=True), "status": st.sampled_from(["active", "suspended"]),
        "tier_level": st.integers(0, 9), "opted_in": st.booleans(), "joined_at": MOMENT, "opted_in_at": MOMENT,
        "birthday": st.dates().map(lambda day: f"{day:%m-%d}"), "used": st.integers(0, 10**9),
        "expires_at": moments("2026-06-01", "2040-01-01"),
        "has_account": st.booleans(),
    },
)  # fmt: skip


async def exported(shop: Shop, kind: str, form: Format) -> str:
    output = io.StringIO(newline="")
    await export(shop.engine.database, shop.merchant.merchant_id, kind, output, format=form, now=shop.clock(),
                 on_progress=lambda _: None)  # fmt: skip
    return output.getvalue()


def kept(folder: Path, text: str) -> Path:
    path = folder / f"file{next(FILES)}"
    path.write_bytes(text.encode())
    return path


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=st.lists(MEMBER, min_size=1, max_size=6, unique_by=lambda one: one["external_id"]),
       form=st.sampled_from(["csv", "ndjson"]))  # fmt: skip
async def test_what_is_exported_is_imported_the_same(
    street: Street, tmp_path: Path, members: list[dict[str, Any]], form: Format
):
    first, second = await street.shop(), await street.shop()
    lines = [msgspec.json.encode(one).decode() for one in members]
    brought = await bring(first, "members", written(tmp_path, f"m{next(FILES)}.ndjson", *lines))
    assert brought.bad == []
    profiles, lots = await exported(first, "members", form), await exported(first, "lots", form)
    assert (await bring(second, "members", kept(tmp_path, profiles), points=False)).bad == []
    if sum(one["balance"] for one in members):
        assert (await bring(second, "lots", kept(tmp_path, lots))).agrees
    assert await exported(second, "lots", form) == lots
    assert _without_earned(await exported(second, "members", form), form) == _without_earned(profiles, form)
    assert await contradictions(second) == []


def _without_earned(text: str, form: Format) -> list[Any]:
    """Lots tell what is left, not what was earned before."""
    if form == "ndjson":
        rows: list[dict[str, Any]] = [msgspec.json.decode(line) for line in text.splitlines() if line]
    else:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return sorted(({**row, "earned": None} for row in rows), key=lambda row: row["external_id"])


async def test_every_kind_can_be_exported(shop: Shop, tmp_path: Path):
    rule = await shop.rule(name="Five")
    await shop.member("ana@example.com", 250)
    redemption = await redeem(shop, "ana@example.com", rule.rule_id)
    await report(shop, "ana@example.com", "O-1", redemption.code)
    for kind in KINDS:
        for form in ("csv", "ndjson"):
            text = await exported(shop, kind, form)
            assert kind == "earning-rules" or "ana@example.com" in text or '"Five' in text, (kind, form, text)
    assert f"{redemption.code},used,ana@example.com" in await exported(shop, "codes", "csv")


async def test_rules_and_codes_go_in_again(shop: Shop, street: Street, tmp_path: Path):
    rule = await shop.rule(name="Five")
    await shop.member("ana@example.com", 250)
    await redeem(shop, "ana@example.com", rule.rule_id)
    other = await street.shop()
    await other.member("ana@example.com")
    for kind in ("redemption-rules", "codes"):
        text = await exported(shop, kind, "csv")
        assert (await bring(other, kind, kept(tmp_path, text))).bad == []
        assert await exported(other, kind, "csv") == text


async def test_texts_are_not_altered_for_spreadsheets(shop: Shop, tmp_path: Path):
    lines = ("external_id,first_name", '=1+1,"=HYPERLINK(""x"")"')
    await bring(shop, "members", written(tmp_path, "m.csv", *lines))
    assert '=1+1,,,"=HYPERLINK(""x"")"' in await exported(shop, "members", "csv")
