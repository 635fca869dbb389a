"""Names with brackets, as forms and queries write objects and lists."""

from typing import Any, cast
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.api.parameters import DEPTH_MAX, multipart_parameters, nested, parameters
from guerdon.errors.base import BadRequest

Said = dict[str, Any]

NAMES = st.text("abcxyz_", min_size=1, max_size=5)
TEXTS = st.text(min_size=1, max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS,
    lambda inside: st.lists(inside, min_size=1, max_size=4) | st.dictionaries(NAMES, inside, min_size=1, max_size=4),
    max_leaves=8,
)


def flat(name: str, value: Any) -> list[tuple[str, str]]:
    """A value as a form writes it, with numbered lists."""
    if isinstance(value, str):
        return [(name, value)]
    inside = enumerate(cast("list[Any]", value)) if isinstance(value, list) else cast("Said", value).items()
    return [pair for key, one in inside for pair in flat(f"{name}[{key}]", one)]


def depth(value: Any) -> int:
    if isinstance(value, str):
        return 1
    return 1 + max(map(depth, cast("list[Any]", value) if isinstance(value, list) else cast("Said", value).values()))


@given(st.dictionaries(NAMES, VALUES.filter(lambda value: depth(value) <= DEPTH_MAX), max_size=4))
def test_what_a_form_writes_is_read(said: dict[str, Any]):
    pairs = [pair for name, value in said.items() for pair in flat(name, value)]

    assert nested(pairs) == said
    assert parameters(urlencode(pairs).encode()) == said


@given(st.lists(st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1), max_size=4))
def test_a_list_without_numbers_begins_anew_where_a_name_comes_again(rows: list[dict[str, str]]):
    rows = [{"id": "1"} | row for row in rows]

    read = nested((f"items[][{name}]", value) for row in rows for name, value in row.items())

    assert read == ({"items": rows} if rows else {})


def test_a_plain_list_is_in_its_order():
    assert parameters(b"tags[]=a&tags[]=b&tags%5B%5D=c") == {"tags": ["a", "b", "c"]}
    assert parameters(b"items[2]=c&items[10]=d&items[0]=a") == {"items": ["a", "c", "d"]}


def test_of_what_is_said_twice_the_last_counts():
    assert parameters(b"a=1&a=2") == {"a": "2"}
    assert parameters(b"a=1&a[b]=2") == {"a": {"b": "2"}}


@given(st.lists(st.tuples(st.text("a[]01", max_size=8), st.text(max_size=3))))
def test_no_name_is_too_strange(pairs: list[tuple[str, str]]):
    assert isinstance(nested(pairs), dict)


@pytest.mark.parametrize("text", [b"a" + b"[b]" * DEPTH_MAX + b"=1", b"a=%ff", b"&".join([b"a=1"] * 6000)])
def test_what_cannot_be_read_is_refused(text: bytes):
    with pytest.raises(BadRequest):
        parameters(text)


def parts(*said: tuple[str, bytes]) -> bytes:
    """A multipart body with these headers and values."""
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (a.encode(), b) for a, b in said)
    return body + b"--x--\r\n"


def test_a_multipart_form_is_read_without_its_files():
    body = parts(('name="a[b]"', b"1"), ('name="c"', "é".encode()), ('name="f"; filename="f.txt"', b"no"))

    assert multipart_parameters(body, "multipart/form-data; boundary=x") == {"a": {"b": "1"}, "c": "é"}


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"nonsense", parts(('name="a"', b"\xff")), parts(("", b"1"))])
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "multipart/form-data"])
def test_a_multipart_form_that_is_broken_is_refused(body: bytes, content_type: str):
    with pytest.raises(BadRequest):
        multipart_parameters(body, content_type)
