"""What the document says that lenient contracts take is what they take."""

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import Meta

from guerdon.api.incoming import Incoming
from guerdon.api.leniency import FORM, NESTED, asked, encoding, in_form, taken
from guerdon.api.parameters import parameters
from guerdon.api.reading import read
from guerdon.errors.base import Refusal


class Line(msgspec.Struct):
    """What nests."""

    pieces: int
    name: str | None = None


class Sent(msgspec.Struct, kw_only=True):
    """One field of each kind."""

    whole: int | None = None
    natural: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    switch: bool | None = None
    choice: Literal["one", "other"] | None = None
    text: str | None = None
    either: str | int | None = None
    line: Line | None = None
    lines: list[Line] | None = None


COMPONENTS: dict[str, Any] = msgspec.json.schema_components([Sent], ref_template="#/components/schemas/{name}")[1]
LOOSE = {name: taken(schema) for name, schema in COMPONENTS.items()}
DECODER = msgspec.json.Decoder(Sent, strict=False)
VALUES: list[Any] = [
    "5", "-5", "0", "12", "13", "05", "+5", " 5", "", "x", "true", "FALSE", "1", "yes", "null", "NULL", "one", "two",
    5, 0, 1, 13, -1, 5.0, 5.5, True, False, None, [], {}, {"pieces": "3"}, {"pieces": None},
    [{"pieces": 1, "name": None}],
]  # fmt: skip


def _is_taken(body: bytes, kind: str) -> bool:
    headers = [(b"content-type", kind.encode())]
    incoming = Incoming({"method": "POST", "path": "/", "query_string": b"", "headers": headers})
    incoming.has(body)
    try:
        read(incoming, Sent, DECODER, strict=False)
    except Refusal:
        return False
    return True


def _fits(schema: dict[str, Any], value: Any) -> bool:
    whole: Any = Draft202012Validator({**schema, "components": {"schemas": LOOSE}})
    return whole.is_valid(value)


@pytest.mark.parametrize("name", Sent.__struct_fields__)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_json_is_taken_as_the_document_says(name: str, value: Any):
    assert _fits(LOOSE["Sent"], {name: value}) == _is_taken(json.dumps({name: value}).encode(), "application/json")


@pytest.mark.parametrize("name", Sent.__struct_fields__)
@pytest.mark.parametrize("value", [one for one in VALUES if isinstance(one, str)], ids=repr)
def test_a_form_is_taken_as_the_document_says(name: str, value: str):
    body = f"{name}={value}".replace("+", "%2B").encode()
    schema = in_form(LOOSE["Sent"], LOOSE)
    assert _fits(schema, {name: value}) == _is_taken(body, FORM)
    assert _fits(schema, parameters(body)) == _is_taken(body, FORM)


def test_what_nests_in_a_form_is_named_with_brackets():
    schema = in_form(LOOSE["Sent"], LOOSE)
    assert encoding(schema) == {"line": NESTED, "lines": NESTED}
    for body, goes in ((b"lines[0][pieces]=3&line[name]=&line[pieces]=1", True), (b"lines[0][name]=x", False)):
        assert _fits(schema, parameters(body)) == _is_taken(body, FORM) == goes


def test_what_is_needed_is_not_empty_in_a_query():
    assert asked({"type": "string"}, needed=True) == {"type": "string", "minLength": 1}
    assert asked({"type": "string"}, needed=False) == {"type": "string"}
