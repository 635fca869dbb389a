"""The words of a name, and what becomes of them where the name changes."""

from hypothesis import given
from hypothesis import strategies as st

from guerdon.members.words import LENGTH_MAX, exchanged, name_of, words_of


@given(first=st.text(max_size=60), last=st.text(max_size=60))
def test_words_are_plain_different_and_short(first: str, last: str):
    words = words_of(first, last)
    assert words == sorted(set(words))
    assert all(
        0 < len(word) <= LENGTH_MAX and " " not in word and "%" not in word and "_" not in word for word in words
    )
    assert words_of(first.swapcase().swapcase()) == words_of(first) or not first.isascii()
    if first.isascii():
        assert words_of(first.upper()) == words_of(first)


@given(st.lists(st.tuples(st.integers(1, 3), st.text(" abc", max_size=6))), st.data())
def test_an_exchange_leaves_the_words_of_the_names_after_it(before: list[tuple[int, str]], data: st.DataObject):
    old = [name_of(member_id, text) for member_id, text in dict(before).items()]
    new = [name_of(name.member_id, data.draw(st.text(" abc", max_size=6))) for name in old]
    rows = {(name.member_id, word): name.words for name in old for word in name.words.split()}
    gone, come = exchanged(old, new)
    for name in gone:
        for word in name.words.split():
            del rows[name.member_id, word]
    for name in come:
        rows |= {(name.member_id, word): name.words for word in name.words.split()}
    assert rows == {(name.member_id, word): name.words for name in new for word in name.words.split()}
