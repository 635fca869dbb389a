"""What a member shows at the till: known again, for minutes, by who made it alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.access.member_codes import LIFE, is_member_code, member_code, read_member_code
from guerdon.errors.access import MemberCodeInvalid
from tests.shop import START

NUMBERS = st.integers(min_value=1, max_value=2**63 - 1)


@given(merchant_id=NUMBERS, member_id=NUMBERS, later=st.floats(min_value=0, max_value=LIFE.total_seconds() - 1))
def test_a_code_names_its_member_while_it_lasts(merchant_id: int, member_id: int, later: float):
    code, ends = member_code("secret", merchant_id=merchant_id, member_id=member_id, now=START)
    now = START + timedelta(seconds=later)
    assert ends == START + LIFE
    assert is_member_code(f" {code.lower()}\n")
    assert read_member_code(code, ["newer", "secret"], merchant_id=merchant_id, now=now) == member_id


@given(place=st.integers(min_value=0, max_value=43), digit=st.sampled_from("0123456789ABCDEF"))
def test_a_changed_code_names_nobody(place: int, digit: str):
    code, _ = member_code("secret", merchant_id=1, member_id=7, now=START)
    changed = code[:place] + digit + code[place + 1 :]
    if changed != code:
        with pytest.raises(MemberCodeInvalid):
            read_member_code(changed, ["secret"], merchant_id=1, now=START)


@pytest.mark.parametrize(
    ("merchant_id", "secrets", "later", "problem"),
    [
        (2, ["secret"], timedelta(), "not made by this programme"),
        (1, ["other"], timedelta(), "not made by this programme"),
        (1, [], timedelta(), "not made by this programme"),
        (1, ["secret"], LIFE, "has ended"),
    ],
)
def test_who_else_shows_it_or_when_is_refused(merchant_id: int, secrets: list[str], later: timedelta, problem: str):
    code, _ = member_code("secret", merchant_id=1, member_id=7, now=START)
    with pytest.raises(MemberCodeInvalid, match=problem):
        read_member_code(code, secrets, merchant_id=merchant_id, now=START + later)


@pytest.mark.parametrize("text", ["", "ana@example.com", "GK", "0" * 43, "G" * 44])
def test_anything_else_is_no_code(text: str):
    assert not is_member_code(text)
    with pytest.raises(MemberCodeInvalid, match="it is not one"):
        read_member_code(text, ["secret"], merchant_id=1, now=START)
