"""The reference: every operation is in it once, and its examples are what the types take and answer."""

from collections import Counter
from copy import deepcopy
from typing import Any, cast

import msgspec
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from guerdon.api.openapi import document
from guerdon.api.wire import Route, encode
from guerdon.app import SURFACES
from guerdon.docs.examples import EVENTS, Example, examples, illustrated, least
from guerdon.docs.reference import SIGNS_IN, readable

DOCUMENT = document(SURFACES)
READABLE = readable(DOCUMENT)


def routes() -> dict[str, Route[Any]]:
    """Every route by its operationId."""
    found = {(route.method.lower(), route.path.replace(":str", "")): route for one in SURFACES for route in one.routes}
    return {
        operation["operationId"]: found[method, path]
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }


def operations(whole: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in whole["paths"].values() for operation in methods.values()]


def test_the_document_that_was_given_stays_as_it_is():
    before = deepcopy(DOCUMENT)
    readable(DOCUMENT)
    assert before == DOCUMENT


def test_every_operation_is_under_one_noun_of_one_interface():
    listed = [tag for group in READABLE["x-tagGroups"] for tag in group["tags"]]
    assert len(listed) == len(set(listed))
    assert Counter(one["operationId"] for one in operations(READABLE)) == Counter(
        one["operationId"] for one in operations(DOCUMENT)
    )
    for operation in operations(READABLE):
        [tag] = operation["tags"]
        assert tag in listed


def test_nothing_but_a_path_asks_for_what_signs_in():
    for operation in operations(READABLE):
        names = {one["name"] for one in operation["parameters"] if one["in"] != "path"}
        assert not names & SIGNS_IN, operation["operationId"]
    assert not READABLE["components"]["schemas"]["CreateRedemption"]["properties"].keys() & SIGNS_IN


def test_every_operation_says_in_sentences_what_it_does():
    for operation in operations(DOCUMENT):
        assert operation["summary"], operation["operationId"]
        assert operation["description"].endswith("."), operation["operationId"]


def test_what_may_be_left_out_is_left_out_unless_an_example_says_it():
    parameters = {one["name"]: one for one in READABLE["paths"]["/v1/redemptions/preview"]["post"]["parameters"]}
    assert parameters["fields"]["schema"].keys().isdisjoint({"examples", "default"})
    assert "Such as `" in parameters["fields"]["schema"]["description"]
    asked = {one["name"]: one for one in READABLE["paths"]["/api/v2/customers"]["get"]["parameters"]}
    assert asked["customer_email"]["example"] == "ana@example.com"


def test_every_operation_tells_its_recent_requests():
    create = READABLE["paths"]["/api/v2/redemptions"]["post"]
    assert create["x-recent-requests"] == "POST /api/v2/redemptions"
    assert all("x-recent-requests" in operation for operation in operations(READABLE))


@pytest.mark.parametrize("interface", ["storefront", "api", "portal"])
def test_every_operation_has_an_example(interface: str):
    there = {one["operationId"] for one in operations(DOCUMENT) if one["tags"] == [interface]}
    assert there - examples().keys() == set()


def test_examples_are_in_the_document_and_fit_its_schemas():
    shown = illustrated(DOCUMENT)
    components = Resource.from_contents(shown, default_specification=DRAFT202012)
    registry = Registry[Any]().with_resource("urn:document", components)
    several = 0
    for operation in operations(shown):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media, content in [pair for one in contents for pair in one.get("content", {}).items()]:
            if "example" in content and media != EVENTS and operation["operationId"] in examples():
                schema = msgspec.json.decode(msgspec.json.encode(content["schema"]).replace(b'"#/', b'"urn:document#/'))
                validator: Any = Draft202012Validator(schema, registry=registry)
                validator.validate(content["example"])
                several += 1
    assert several > 200


@pytest.mark.parametrize(("name", "example"), examples().items(), ids=list(examples()))
def test_an_example_is_what_its_operation_takes_and_answers(name: str, example: Example):
    route = routes()[name]
    if example.request is not None:
        msgspec.convert(example.request, route.params, strict=False)
    if example.response is not None:
        answer = msgspec.json.decode(msgspec.json.encode(example.response), type=route.answer)
        told = msgspec.json.decode(encode(answer))
        assert _keys(told) == _keys(example.response)


def _keys(value: Any) -> Any:
    """The shape of a value: what an answer has today, an example has too."""
    match value:
        case dict():
            return {name: _keys(one) for name, one in cast("dict[str, Any]", value).items()}
        case list():
            return [_keys(one) for one in cast("list[Any]", value)]
        case _:
            return None


def test_every_request_that_is_shown_is_one_that_its_operation_takes():
    schemas, known = READABLE["components"]["schemas"], routes()
    shown = [one for one in operations(READABLE) if "application/json" in one.get("requestBody", {}).get("content", {})]
    assert len(shown) > 40
    for operation in shown:
        in_path = {
            one["name"]: one.get("example", least(one["schema"], schemas))
            for one in operation["parameters"] if one["in"] == "path"
        }  # fmt: skip
        body = operation["requestBody"]["content"]["application/json"]["example"]
        msgspec.convert({**in_path, **body}, known[operation["operationId"]].params, strict=False)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#/components/schemas/Named"}, {"name": "text"}),
        ({"type": "string", "examples": ["USD"]}, "USD"),
        ({"enum": ["now", "on_order"]}, "now"),
        ({"anyOf": [{"type": "integer", "minimum": 60}, {"type": "null"}]}, 60),
        ({"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 1}, ["2026-03-10"]),
        ({"type": "array", "items": {"type": "integer"}}, []),
        ({"type": "boolean"}, False),
    ],
)
def test_the_least_that_a_schema_describes(schema: dict[str, Any], value: Any):
    named = {"type": "object", "properties": {"name": {"type": "string"}, "age": {}}, "required": ["name"]}
    assert least(schema, {"Named": named}) == value


def test_examples_are_shown_with_their_operations():
    create = READABLE["paths"]["/api/v2/redemptions"]["post"]
    body = create["requestBody"]["content"]["application/json"]
    assert body["example"]["customer_email"] == "ana@example.com"
    assert "code" in create["responses"]["200"]["content"]["application/json"]["example"]
    assert "Delayed points deduction" in create["description"]
