"""The OpenAPI 3.1 document, made from the same routes and types that serve the requests."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from guerdon.api.wire import Route

REF = "#/components/schemas/{name}"
PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Surface(NamedTuple):
    """A contract's routes, as the document shows them: its tag, its way to sign in, and its refusals."""

    tag: str
    routes: Sequence[Route[Any]]
    security: dict[str, list[str]]
    refusal: type


SECURITY_SCHEMES = {
    "guid": {"type": "apiKey", "in": "header", "name": "x-guid"},
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "operator": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "base64 of username:password, with or without `Basic` before it",
    },
}


def document(surfaces: Sequence[Surface]) -> dict[str, Any]:
    """The whole document."""
    kinds = {kind for surface in surfaces for kind in _kinds(surface)}
    schemas, components = msgspec.json.schema_components(sorted(kinds, key=repr), ref_template=REF)
    schema_of = dict(zip(sorted(kinds, key=repr), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for surface in surfaces:
        for route in surface.routes:
            path = PATH_PARAMETER.sub(r"{\1}", route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(surface, route, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Guerdon", "version": version("guerdon")},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def _kinds(surface: Surface) -> Iterator[Any]:
    yield surface.refusal
    for route in surface.routes:
        yield route.params
        yield route.answer


def _operation(
    surface: Surface, route: Route[Any], schema_of: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    in_path = PATH_PARAMETER.findall(route.path)
    fields = components[route.params.__name__]["properties"]
    parameters = [
        {"name": name, "in": "path" if name in in_path else "query", "required": name in in_path, "schema": schema}
        for name, schema in fields.items()
        if name in in_path or route.method == "GET"
    ]
    operation: dict[str, Any] = {
        "operationId": route.handle.__name__,
        "tags": [surface.tag],
        "summary": route.summary,
        "security": [surface.security],
        "parameters": parameters,
        "responses": {
            "200": _content(schema_of[route.answer], "Done"),
            "4XX": _content(schema_of[surface.refusal], "Refused: what was wrong, and what would work"),
            "503": _content(schema_of[surface.refusal], "Not now: ask again after Retry-After, with the same key"),
        },
    }
    if route.method != "GET":
        operation["requestBody"] = {"content": _content(schema_of[route.params], "")["content"]}
    if route.keyed:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return operation


def _content(schema: Any, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
