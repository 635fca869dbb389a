"""Parameters as browsers and older clients send them: in a query, a form or a multipart body, with names that nest.

Objects and lists are written as most web frameworks do: `customer[tags]=vip`, `items[0][id]=7`, `items[][id]=7`.
"""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any, cast
from urllib.parse import parse_qsl

import multipart

from guerdon.errors.base import BadRequest

FIELDS_MAX = 5_000
DEPTH_MAX = 6
MULTIPART = "multipart/form-data"

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
STEP = re.compile(r"\[([^\[\]]*)\]")
NUMBER = re.compile(r"[0-9]{1,9}")
NEXT = ""
"""The step of `items[]`: the element after the last, or the last one while what is said of it is new."""

Node = dict[str, Any]

# multipart ships no types. This name holds it where it is called.
_multipart: Any = multipart


def parameters(text: bytes, *, empty: bool = False) -> dict[str, Any]:
    """Those of a query or a form; an empty value says nothing, unless it counts. Refuses with BadRequest what cannot be
    read.
    """
    try:
        found = parse_qsl(text.decode(), errors="strict", keep_blank_values=empty, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise BadRequest(f"its parameters cannot be read ({error})") from None
    return nested(found) if b"[" in text or b"%5B" in text or b"%5b" in text else dict(found)


def multipart_parameters(body: bytes, content_type: str) -> dict[str, Any]:
    """Those of a multipart form; files are none. Refuses with BadRequest what cannot be read."""
    _, options = _multipart.parse_options_header(content_type)
    try:
        parts = _multipart.MultipartParser(
            BytesIO(body), options.get("boundary", ""), part_limit=FIELDS_MAX, strict=True
        )  # fmt: skip
        return nested((part.name, part.value) for part in parts if part.name and part.value and not part.filename)
    except (_multipart.MultipartError, UnicodeError) as error:
        raise BadRequest(f"its parts cannot be read ({error})") from None


def nested(found: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Objects and lists out of names with brackets; of what is said twice the last counts. Pure.

    Refuses with BadRequest what is nested too deeply.
    """
    whole: Node = {}
    for name, value in found:
        place = NAME.fullmatch(name)
        if place is None:
            whole[name] = value
            continue
        steps = [place[1], *STEP.findall(place[2])]
        if len(steps) > DEPTH_MAX:
            raise BadRequest("it is nested too deeply")
        _put(whole, steps, value)
    return {name: _lists(value) for name, value in whole.items()}


def _put(node: Node, steps: list[str], value: str) -> None:
    for at, step in enumerate(steps[:-1]):
        key = _next(node, steps[at + 1]) if step == NEXT else step
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    last = steps[-1]
    node[str(len(node)) if last == NEXT else last] = value


def _next(node: Node, said: str) -> str:
    last: Any = node.get(str(len(node) - 1))
    fits = isinstance(last, dict) and said != NEXT and said not in last
    return str(len(node) - 1 if fits else len(node))


def _lists(value: Any) -> Any:
    """The same, with a list where every name is a number."""
    if not isinstance(value, dict):
        return value
    node = cast("Node", value)
    if all(NUMBER.fullmatch(name) for name in node):
        return [_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _lists(one) for name, one in node.items()}
