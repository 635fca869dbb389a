"""Which differences between two OpenAPI documents break clients that were made for the first of them. Pure.

What is sent may only be asked for less: no new field that must be there, no field, value or kind that is not taken any
more. What is answered may only become more: no field that is gone, or that may be missing, and no other kind.
"""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


def breaking(before: Json, after: Json) -> list[str]:
    """Each break in a sentence; none, where every client goes on as it did."""
    found: list[str] = []
    for path, method, old in operations(before):
        new = after["paths"].get(path, {}).get(method)
        where = f"{method.upper()} {path}"
        if new is None:
            found.append(f"{where} is gone")
            continue
        if new["operationId"] != old["operationId"]:
            found.append(f"{where} is called {new['operationId']}, and was {old['operationId']}")
        found += _Compared(before, after).operation(where, old, new)
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Each operation with its path and method."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


class _Compared:
    """Two documents, whose references are followed as far as they were not followed yet."""

    def __init__(self, before: Json, after: Json) -> None:
        self._before, self._after = before, after
        self._seen: set[tuple[str, str, bool]] = set()

    def operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        """What breaks in one operation."""
        yield from self._parameters(where, old, new)
        if "requestBody" in old and "requestBody" in new:
            yield from self._contents(f"{where} body", old["requestBody"], new["requestBody"], sent=True)
        elif "requestBody" in old:
            yield f"{where} takes no body any more"
        elif new.get("requestBody", {}).get("required"):
            yield f"{where} needs a body"
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{where} answers {status} no more"
            else:
                yield from self._contents(f"{where} {status}", answer, new["responses"][status], sent=False)

    def _parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        were = {(one["in"], one["name"]): one for one in old["parameters"]}
        are = {(one["in"], one["name"]): one for one in new["parameters"]}
        for place, one in were.items():
            if place not in are:
                yield f"{where} takes no {place[1]} in its {place[0]}"
                continue
            if are[place]["required"] and not one["required"]:
                yield f"{where} needs {place[1]}"
            yield from self._schemas(f"{where} {place[1]}", one["schema"], are[place]["schema"], sent=True)
        yield from (f"{where} needs {place[1]}" for place in are if place not in were and are[place]["required"])

    def _contents(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{where} is no {kind} any more"
            else:
                yield from self._schemas(where, content["schema"], new["content"][kind]["schema"], sent=sent)

    def _schemas(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[str]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if names[0] and names[1]:
            if (*names, sent) in self._seen:
                return
            self._seen.add((*names, sent))
        old, new = _resolved(self._before, old), _resolved(self._after, new)
        narrow, wide = (new, old) if sent else (old, new)
        if gone := _kinds(self._document(wide, old), wide) - _kinds(self._document(narrow, old), narrow):
            yield f"{where} {'takes' if sent else 'may now be'} {', '.join(sorted(gone))}{' no more' if sent else ''}"
        if sent and (lost := set(map(str, old.get("enum", ()))) - set(map(str, new.get("enum", ())))) and "enum" in new:
            yield f"{where} takes no {', '.join(sorted(lost))}"
        if "items" in old and "items" in new:
            yield from self._schemas(f"{where}[]", old["items"], new["items"], sent=sent)
        yield from self._properties(where, old, new, sent=sent)

    def _properties(self, where: str, old: Json, new: Json, *, sent: bool) -> Iterator[str]:
        were, are = old.get("properties", {}), new.get("properties", {})
        yield from (f"{where}: {name} is gone" for name in were if name not in are)
        needed, were_needed = set(new.get("required", ())), set(old.get("required", ()))
        if sent:
            yield from (f"{where}: {name} is needed" for name in sorted(needed - were_needed))
        else:
            yield from (f"{where}: {name} may be missing" for name in sorted((were_needed - needed) & set(are)))
        for name in were:
            if name in are:
                yield from self._schemas(f"{where}.{name}", were[name], are[name], sent=sent)

    def _document(self, schema: Json, old: Json) -> Json:
        return self._before if schema is old else self._after


def _resolved(document: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def _kinds(document: Json, schema: Json) -> set[str]:
    """The kinds of JSON that a schema admits."""
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return {kind for one in schema["anyOf"] for kind in _kinds(document, one)}
    kind: Any = schema.get("type")
    if kind is None and "enum" in schema:
        return {_kind_of(value) for value in schema["enum"]}
    if kind is None:
        return {"anything"}
    return set(cast("list[str]", kind)) if isinstance(kind, list) else {kind}


def _kind_of(value: Any) -> str:
    return "null" if value is None else "integer" if isinstance(value, int) else "string"
