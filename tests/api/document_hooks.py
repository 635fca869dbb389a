"""What schemathesis is told of our document, beside schemathesis.toml."""

import ast
import json
import os
import sys
from functools import wraps
from threading import RLock
from typing import Any

import schemathesis

from tests.api import lenient_hooks, native_hooks

UNSAID = {"fields", "cursor"}
"""A part of an answer is no whole one, and a cursor is what a page has told: no schema can say either."""

hooks: Any = schemathesis
"""Whose hooks have no types."""
KEY_ID = "GUERDON_TESTS_KEY_ID"
"""Names in the environment which key asks."""
OTHER_KEY = "key_999999999"

if sys.version_info < (3, 11, 8):
    # Until then two threads that parse at once have a SystemError between them (gh-106905), and hypothesis parses what
    # it wants to show.
    _parse, _parsing = ast.parse, RLock()

    @wraps(_parse)
    def _parse_alone(*args: Any, **more: Any) -> Any:
        with _parsing:
            return _parse(*args, **more)

    ast.parse = _parse_alone


@hooks.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """The key that asks stays as it is: revoked, or with another limit, it would find out nothing else."""
    said = case.path_parameters
    if "/api_keys/" in case.operation.path and said and said.get("id") == os.environ.get(KEY_ID):
        said["id"] = OTHER_KEY
    native_hooks.fill_in(case)
    lenient_hooks.fill_in(case)


@schemathesis.serializer("application/x-ndjson", "application/gzip")
def _text(_context: Any, value: Any) -> bytes:
    """A body of lines, or a file that is hardly one, as it is sent."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.deserializer("application/x-ndjson")
def _first(_context: Any, response: Any) -> Any:
    """The first of the lines that are answered, which the document describes."""
    return json.loads(response.content.partition(b"\n")[0] or "{}")


@hooks.hook
def before_load_schema(_context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave out what is tested elsewhere: tests/api/v1 asks for fields, and forges cursors."""
    for operation in [one for methods in raw_schema["paths"].values() for one in methods.values()]:
        operation["parameters"] = [one for one in operation["parameters"] if one["name"] not in UNSAID]
