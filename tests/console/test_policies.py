"""Policies are explained where they are set, with what a change would do before it is saved."""

import pytest
from babel import Locale

from guerdon.console.policies import GROUPS, Group, written
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import get_merchant
from tests.console.conftest import Hire, Person, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = "/console/settings/policies"
US = Locale.parse("en_US")
ELSEWHERE = {"referrals"}
"""Policies with a page of their own."""


async def policies_of(person: Person) -> Policies:
    return (await get_merchant(person.shop.engine.database, person.shop.merchant.merchant_id)).policies


async def test_every_policy_is_somewhere():
    told = {field.name for group in GROUPS for field in group.fields}
    assert told | ELSEWHERE == set(Policies.__struct_fields__)


async def test_all_policies_are_said_in_words(hire: Hire):
    text = await (await hire("read_only")).text(PLACE)
    for words_of_it in (
        "Points live for ever",
        "A merge can be undone for 30 days",
        "above no limit",
        "even below zero",
    ):
        assert words_of_it in text
    assert "Change" not in text


async def test_a_change_is_shown_and_then_made(owner: Person):
    form = {"policy[expiry]": "12 months", "policy[grace_days]": "3", "policy[remind_expiring_days]": "14, 3"}
    shown = words((await owner.post(f"{PLACE}/expiry", **form, step="preview")).text)
    assert "Points live for ever 12 months" in shown
    assert "Points earned today live until 10 Mar 2027." in shown
    assert (await policies_of(owner)).expiry == "never"
    page = await owner.does(f"{PLACE}/expiry", **form, step="do")
    assert "Expiry: saved" in words(page.text)
    after = await policies_of(owner)
    assert (after.expiry, after.grace_days, after.remind_expiring_days) == ("12 months", 3, (14, 3))
    assert after.remind_rewards is False


async def test_every_group_can_be_saved_as_it_is(owner: Person):
    for group in GROUPS:
        page = (await owner.get(f"{PLACE}/{group.key}")).text
        assert all(f'name="policy[{field.name}]"' in page for field in group.fields)
        told = words((await owner.post(f"{PLACE}/{group.key}", **as_shown(group, Policies()))).text)
        assert "Nothing is different from what is saved." in told, group.key


def as_shown(group: Group, policies: Policies) -> dict[str, str]:
    return {f"policy[{field.name}]": written(field, getattr(policies, field.name), US) for field in group.fields}


@pytest.mark.parametrize(
    ("group", "field", "value", "why"),
    [
        ("expiry", "expiry", "sometimes", "no expiry policy"),
        ("expiry", "grace_days", "three", "no whole number"),
        ("redeeming", "opt_in", "nobody", "choose one of those that are there"),
        ("records", "delivery_days", "0", "not a number of days"),
    ],
)
async def test_what_is_amiss_is_said_beside_it(owner: Person, group: str, field: str, value: str, why: str):
    form = {**as_shown(next(one for one in GROUPS if one.key == group), Policies()), f"policy[{field}]": value}
    answer = await owner.post(f"{PLACE}/{group}", **form, step="do")
    assert answer.status_code == 400
    assert why in words(answer.text)
    assert await policies_of(owner) == Policies()


async def test_there_are_no_other_groups(owner: Person):
    assert (await owner.get(f"{PLACE}/nonsense")).status_code == 404
