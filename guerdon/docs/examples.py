"""What requests and answers look like: examples/*.json, by operation. tests/docs checks them against the types.

Where there is no example, a request is shown with the least that it needs.
"""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

JSON, LINES, CSV = "application/json", "application/x-ndjson", "text/csv"
EVENTS, TEXT = "text/event-stream", "text/plain"

FOLDER = Path(__file__).parent / "examples"


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request, what answers it, and what is worth saying about them in Markdown."""

    request: dict[str, Any] | None = None
    """The body; where there is none, the parameters."""
    lines: list[dict[str, Any]] = []
    """The body, where that is of lines; the response is then the first that is answered."""
    file: str = ""
    """The body, where that is a file as it is; the request is then in the query."""
    response: Any = None
    note: str = ""


@cache
def examples() -> dict[str, Example]:
    """All of them by operationId."""
    found: dict[str, Example] = {}
    for file in sorted(FOLDER.glob("*.json")):
        found |= msgspec.json.decode(file.read_bytes(), type=dict[str, Example])
    return found


def illustrated(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the examples that there are; the one that was given stays as it is."""
    shown = deepcopy(document)
    for operation in [one for methods in shown["paths"].values() for one in methods.values()]:
        show(operation, examples().get(operation["operationId"], Example()))
    return shown


def show(operation: dict[str, Any], example: Example) -> None:
    """Put an example into its operation: parameters, body and answer."""
    request, lined = example.request or {}, bool(example.lines)
    body = operation.get("requestBody", {}).get("content", {})
    asked = [one["name"] for one in operation["parameters"] if one["name"] in request]
    for parameter in operation["parameters"]:
        if parameter["name"] in request and (parameter["in"] != "header"):
            parameter["example"] = request[parameter["name"]]
    said = {name: value for name, value in request.items() if name not in asked}
    for kind, content in body.items():
        if kind == LINES and lined:
            content["example"] = "\n".join(map(_text, example.lines))
        elif kind == CSV and example.file:
            content["example"] = example.file
        elif kind == JSON and example.request is not None:
            content["example"] = said
    for status, response in operation["responses"].items():
        if status in ("200", "201") and example.response is not None:
            for kind, content in response["content"].items():
                content["example"] = _told(kind, example.response)


def _told(kind: str, answer: Any) -> Any:
    """An answer as a content of this type says it."""
    if kind == EVENTS:
        return _streamed(answer)
    return _text(answer) if kind == TEXT else answer


def _streamed(event: dict[str, Any]) -> str:
    """An event as the stream tells it."""
    return f"id: {event['sequence']}\nevent: {event['type']}\ndata: {_text(event)}\n\n"


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


WORDS = {"date-time": "2026-03-10T12:00:00Z", "date": "2026-03-10", "uuid": "019a1c3e-5b1a-7c52-8e37-0d1f4a2b9c11"}
"""A text of each format."""


def least(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The smallest value that a schema of JSON describes, or an example that it has; `schemas` are those by name."""
    if "$ref" in schema:
        return least(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return least(schema["anyOf"][0], schemas)
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            return {name: least(schema["properties"][name], schemas) for name in needed}
        case "array":
            return [least(schema["items"], schemas)] * schema.get("minItems", 0)
        case "string":
            return WORDS.get(schema.get("format", ""), "text")
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case _:
            return False
