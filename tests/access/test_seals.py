"""What is sealed is read with the keys of the installation alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.access.seals import SealBroken, Seals

OLD, NEW = "o" * 32, "n" * 32


@given(some.text())
def test_what_is_sealed_is_not_readable_and_opens_again(text: str):
    stored = Seals([OLD]).seal(f"secret {text}")
    assert "secret" not in stored
    assert Seals([OLD]).open(stored) == f"secret {text}"
    assert Seals([NEW, OLD]).open(stored) == f"secret {text}", "a key may be replaced"


def test_another_key_or_none_opens_nothing():
    stored = Seals([OLD]).seal("secret")
    for keys in ((), (NEW,)):
        with pytest.raises(SealBroken):
            Seals(keys).open(stored)


def test_without_a_key_it_lies_as_it_is_and_is_read_once_there_is_one():
    stored = Seals().seal("secret")
    assert "secret" in stored
    assert Seals([NEW]).open(stored) == "secret"
