"""What requests and answers look like: examples/*.json, by operation. tests/docs checks them against the types.

Where there is no example, a request is shown with the least that it needs.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent / "examples"


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request, what answers it, and what is worth saying about them in Markdown."""

    request: dict[str, Any] | None = None
    """The body; where there is none, the parameters."""
    response: Any = None
    note: str = ""


@cache
def examples() -> dict[str, Example]:
    """All of them by operationId."""
    found: dict[str, Example] = {}
    for file in sorted(FOLDER.glob("*.json")):
        found |= msgspec.json.decode(file.read_bytes(), type=dict[str, Example])
    return found


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
