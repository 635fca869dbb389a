"""Tiers are said in words, and changed as a whole with what is different shown first."""

import re
from typing import Any, cast

import pytest

from guerdon.tiers.programmes import get_programme
from tests.console.conftest import Hire, Person, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

Asked = dict[str, Any]
EDITOR = "/console/tiers/edit"
SILVER = {"name": "Silver", "entry": {"points": 500, "purchases": 3}, "multiplier": "1"}
GOLD = {"name": "Gold", "entry": {"spent": "1000,50"}, "multiplier": "1.5", "reward": 200}


def form(*tiers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A programme as a browser sends it."""
    said: dict[str, Any] = {"version": 0, "term": "calendar_year", "grace_days": 0, **more}
    for place, tier in enumerate(tiers):
        for name, value in tier.items():
            if isinstance(value, dict):
                said |= {f"tiers[{place}][{name}][{measure}]": asked for measure, asked in cast("Asked", value).items()}
            else:
                said[f"tiers[{place}][{name}]"] = value
    return said


async def test_tiers_are_set_up_and_said_in_words(owner: Person, hire: Hire):
    assert "No tiers yet" in await owner.text("/console/tiers")
    shown = words((await owner.post(EDITOR, **form(SILVER, GOLD, step="preview"))).text)
    assert "Tier 2 – Gold: 1000.50 USD spent; 1.5 times the points" in shown
    assert await get_programme(owner.shop.engine.database, owner.shop.merchant.merchant_id) is None
    await owner.does(EDITOR, **form(SILVER, GOLD, step="do"))
    text = await (await hire("read_only")).text("/console/tiers")
    assert "Entered with 500 points earned or 3 purchases" in text
    assert "Entered with $1,000.50 spent" in text
    assert "Change the tiers" not in text
    saved = await get_programme(owner.shop.engine.database, owner.shop.merchant.merchant_id)
    assert saved is not None
    assert [tier.entry.amount_spent_minor for tier in saved.programme.tiers] == [None, 100050]
    assert saved.actor == f"operator:{owner.operator_id}"


async def test_tiers_come_and_go_in_the_form(owner: Person):
    more = (await owner.post(EDITOR, **form(SILVER, step="add"))).text
    assert len(re.findall(r'name="tiers\[\d\]\[name\]"', more)) == 2
    fewer = (await owner.post(EDITOR, **form(SILVER, GOLD, step="remove-0"))).text
    assert 'value="Gold"' in fewer
    assert 'value="Silver"' not in fewer


@pytest.mark.parametrize(
    ("tiers", "why"),
    [
        ((), "at least one tier"),
        (({**SILVER, "name": " "},), "a tier needs a name"),
        (({**SILVER, "name": "z" * 101},), "at most 100 characters go here"),
        (({**SILVER, "description": "z" * 2001},), "at most 2,000 characters go here"),
        ((SILVER, SILVER), "is the name of a lower tier already"),
        (({**SILVER, "entry": {"spent": "many"}},), "is no amount"),
        (({**SILVER, "entry": {"spent": "1.001"}},), "decimals"),
        ((GOLD, {**SILVER, "entry": {"spent": "10"}}), "than"),
    ],
)
async def test_what_cannot_be_is_said_with_the_form_as_it_was(owner: Person, tiers: tuple[Any, ...], why: str):
    answer = await owner.post(EDITOR, **form(*tiers, step="do"))
    assert answer.status_code == 400
    assert why in words(answer.text)
    assert await get_programme(owner.shop.engine.database, owner.shop.merchant.merchant_id) is None


async def test_what_somebody_else_saved_meanwhile_is_not_written_over(owner: Person):
    await owner.does(EDITOR, **form(SILVER, step="do"))
    answer = await owner.post(EDITOR, **form(GOLD, step="do"))
    assert answer.status_code == 412
    assert 'value="Gold"' in answer.text
    saved = await get_programme(owner.shop.engine.database, owner.shop.merchant.merchant_id)
    assert saved is not None
    assert [tier.name for tier in saved.programme.tiers] == ["Silver"]


async def test_saving_again_what_is_saved_changes_nothing(owner: Person):
    await owner.does(EDITOR, **form(SILVER, GOLD, step="do"))
    page = (await owner.get(EDITOR)).text
    assert 'value="1000.50"' in page
    told = words((await owner.post(EDITOR, **form(SILVER, GOLD, version=1, step="preview"))).text)
    assert "Nothing is different" in told
