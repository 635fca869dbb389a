"""The document that was published last, against what is served now: what clients were made for goes on."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from guerdon.api.openapi import document
from guerdon.app import SURFACES
from guerdon.cli.openapi import command
from guerdon.docs.examples import illustrated
from guerdon.events.topics import TOPICS
from tests.api.breaking import breaking

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"

THING: Any = {"$ref": "#/components/schemas/Thing"}
WANTED: Any = {"$ref": "#/components/schemas/Wanted"}
JSON = "application/json"
SMALL: Any = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "things.create",
                "parameters": [{"in": "query", "name": "dry_run", "required": False, "schema": {"type": "boolean"}}],
                "requestBody": {"content": {JSON: {"schema": WANTED}}},
                "responses": {"200": {"content": {JSON: {"schema": THING}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "Wanted": {
                "type": "object",
                "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": ["integer", "null"]}},
                "required": ["kind"],
            },
            "Thing": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "parts": {"type": "array", "items": THING}},
                "required": ["id"],
            },
        }
    },
}
OPERATION, SCHEMAS = "paths /things post", "components schemas"
NEEDED: Any = {"in": "query", "name": "shop", "required": True, "schema": {}}
GONE = object()


def _after(place: str, value: Any) -> Any:
    """The small document with another value at a place, or without it."""
    after = deepcopy(SMALL)
    *way, last = place.split()
    inside = after
    for name in way:
        inside = inside[name]
    if value is GONE:
        del inside[last]
    else:
        inside[last] = value
    return after


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("paths /things", GONE, ["POST /things is gone"]),
        (f"{OPERATION} operationId", "things.make", ["POST /things is called things.make, and was things.create"]),
        (f"{OPERATION} parameters", [], ["POST /things takes no dry_run in its query"]),
        (f"{OPERATION} requestBody", GONE, ["POST /things takes no body any more"]),
        (f"{OPERATION} requestBody content", {"text/csv": {}}, [f"POST /things body is no {JSON} any more"]),
        (f"{OPERATION} responses", {}, ["POST /things answers 200 no more"]),
        (f"{SCHEMAS} Wanted required", ["kind", "size"], ["POST /things body: size is needed"]),
        (f"{SCHEMAS} Wanted properties kind enum", ["a"], ["POST /things body.kind takes no b"]),
        (f"{SCHEMAS} Wanted properties size type", "integer", ["POST /things body.size takes null no more"]),
        (f"{SCHEMAS} Thing properties parts", GONE, ["POST /things 200: parts is gone"]),
        (f"{SCHEMAS} Thing required", [], ["POST /things 200: id may be missing"]),
        (f"{SCHEMAS} Thing properties id type", "integer", ["POST /things 200.id may now be integer"]),
        (f"{SCHEMAS} Thing properties made_at", {"type": "string"}, []),
        (f"{SCHEMAS} Wanted properties colour", {"type": "string"}, []),
        (f"{SCHEMAS} Wanted properties kind enum", ["a", "b", "c"], []),
        ("paths /others", {"get": {}}, []),
    ],
)
def test_what_breaks_clients_is_told_and_what_does_not_is_not(place: str, value: Any, said: list[str]):
    assert breaking(SMALL, _after(place, value)) == said


def test_a_parameter_that_is_needed_breaks_clients():
    after = deepcopy(SMALL)
    after["paths"]["/things"]["post"]["parameters"].append(NEEDED)
    assert breaking(SMALL, after) == ["POST /things needs shop"]


def test_clients_of_the_published_document_go_on():
    """Where a break is meant, `make docs` writes the document anew, and CHANGELOG.md says what breaks."""
    served = json.loads(json.dumps(document(SURFACES)))
    assert breaking(json.loads(PUBLISHED.read_text()), served) == []


def test_every_topic_is_a_webhook_that_says_what_its_events_say():
    told = document(SURFACES)["webhooks"]
    assert list(told) == list(TOPICS)
    expired = told["points.expired"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert expired["type"] == {"const": "points.expired"}
    assert expired["data"]["required"] == ["points", "expired_at", "account_id", "member_id", "sequence"]


def test_every_tag_is_described():
    described = document(SURFACES)
    used = {tag for methods in described["paths"].values() for one in methods.values() for tag in one["tags"]}
    assert used <= {tag["name"] for tag in described["tags"] if tag["description"]}


def test_the_command_prints_what_a_server_answers():
    printed = CliRunner().invoke(command, [])
    assert printed.exit_code == 0
    assert json.loads(printed.output) == json.loads(json.dumps(illustrated(document(SURFACES))))
    assert len(printed.output.splitlines()) > len(document(SURFACES)["paths"])
