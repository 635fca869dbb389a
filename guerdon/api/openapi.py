"""The OpenAPI 3.1 document, made from the same routes and types that serve the requests."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from inspect import getdoc
from typing import Any, NamedTuple

import msgspec

from guerdon.api.webhooks import webhooks
from guerdon.api.wire import LINES, Route

REF = "#/components/schemas/{name}"
JSON = "application/json"
NO_BODYS = ("fields", "dry_run")
"""What a strict surface takes in the query of a write too."""
PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Surface(NamedTuple):
    """A contract's routes, as the document shows them: its tag, its way to sign in, and its refusals.

    A `strict` one takes each field in one place: what is no body's own is in the query.
    """

    tag: str
    routes: Sequence[Route[Any]]
    security: dict[str, list[str]]
    refusal: type
    strict: bool = False


TAGS = {
    "api": "The native API: secret keys as bearers, problems as answers, dry runs, and a key against repeats.",
    "storefront": "An incumbent's contract, as clients of storefronts speak it.",
    "portal": "The contract of an admin portal: operators with name and password keep the rules.",
    "webhooks": "What endpoints are posted when something happens, signed as Standard Webhooks has it.",
}

SECURITY_SCHEMES = {
    "guid": {"type": "apiKey", "in": "header", "name": "x-guid"},
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "customer_token": {
        "type": "apiKey",
        "in": "header",
        "name": "x-customer-token",
        "description": "a JWT by which the merchant's server says who the customer is; with publishable keys",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "a secret key: `gk_…`, `gk_test_…` in test mode"},
    "operator": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "base64 of username:password, with or without `Basic` before it",
    },
}


HEADERS = {
    name: {"description": description, "schema": {"type": "integer"}}
    for name, description in {
        "ratelimit-limit": "How many requests a second this key may make",
        "ratelimit-remaining": "How many of them are left",
        "ratelimit-reset": "In how many seconds all are there again",
        "x-ratelimit-limit-minute": "How many requests a minute that makes",
        "x-ratelimit-remaining-minute": "How many of those are left",
    }.items()
}
"""What every answer tells; callers without a limit are told one that nobody reaches."""


def document(surfaces: Sequence[Surface]) -> dict[str, Any]:
    """The whole document."""
    kinds = {kind for surface in surfaces for kind in _kinds(surface)}
    schemas, components = msgspec.json.schema_components(sorted(kinds, key=repr), ref_template=REF)
    schema_of = dict(zip(sorted(kinds, key=repr), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    named: set[str] = set()
    for surface in surfaces:
        for route in surface.routes:
            path = PATH_PARAMETER.sub(r"{\1}", route.path)
            operation = _operation(surface, route, schema_of, components)
            # A handler with several paths is as many operations, and each has a name of its own.
            if operation["operationId"] in named:
                operation["operationId"] += re.sub(r"\W+", "_", f"_at{path}")
            named.add(operation["operationId"])
            paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Guerdon", "version": version("guerdon")},
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "webhooks": webhooks(),
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES, "headers": HEADERS},
    }


def _kinds(surface: Surface) -> Iterator[Any]:
    yield surface.refusal
    for route in surface.routes:
        yield route.params
        yield route.answer
        if route.lines is not None:
            yield route.lines


def _operation(
    surface: Surface, route: Route[Any], schema_of: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    in_path = PATH_PARAMETER.findall(route.path)
    fields = components[route.params.__name__]["properties"]
    in_query = [name for name in fields if route.method == "GET" or (surface.strict and name in NO_BODYS)]
    parameters = [
        {"name": name, "in": "path" if name in in_path else "query", "required": name in in_path, "schema": schema}
        for name, schema in fields.items()
        if name in in_path or name in in_query
    ]
    operation: dict[str, Any] = {
        "operationId": _operation_id(surface, route),
        "tags": [surface.tag],
        "summary": route.summary,
        "description": getdoc(route.handle) or "",
        "security": _security(surface, route),
        "parameters": parameters,
        "responses": {
            "200": _content(schema_of[route.answer], "Done", route.media),
            **({"201": _content(schema_of[route.answer], "Made")} if route.creates else {}),
            "429": _refusal(surface, schema_of, "Too often: ask again after Retry-After"),
            "4XX": _refusal(surface, schema_of, "Refused: what was wrong, and what would work"),
            "503": _refusal(surface, schema_of, "Not now: ask again after Retry-After, with the same key"),
        },
    }
    if route.lines is not None:
        told = operation["responses"]["200"]["content"].pop(JSON)
        operation["responses"]["200"]["content"] = {LINES: told}
        lines = {"type": "string", "description": "Lines of JSON, each as " + schema_of[route.lines]["$ref"]}
        operation["requestBody"] = {"required": True, "content": {LINES: {"schema": lines}}}
    elif route.method != "GET":
        body = schema_of[route.params]
        if surface.strict:
            body = _without(components[route.params.__name__], {*in_path, *in_query})
        forms = {} if surface.strict else {"application/x-www-form-urlencoded": {"schema": body}}
        operation["requestBody"] = {"content": {**_content(body, "")["content"], **forms}}
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


def _operation_id(surface: Surface, route: Route[Any]) -> str:
    """What clients call it: `redemptions.cancel`, where there is a module for each noun."""
    name = route.handle.__name__
    return f"{route.handle.__module__.rpartition('.')[2]}.{name}" if surface.strict else name


def _without(schema: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """An object without some of its properties."""
    kept = {name: one for name, one in schema["properties"].items() if name not in names}
    return {**schema, "properties": kept, "required": [name for name in schema["required"] if name not in names]}


def _refusal(surface: Surface, schema_of: dict[Any, Any], description: str) -> dict[str, Any]:
    return _content(schema_of[surface.refusal], description, "application/problem+json" if surface.strict else JSON)


def _security(surface: Surface, route: Route[Any]) -> list[dict[str, list[str]]]:
    """What opens a route: the surface's own way, or for customers that and a token."""
    own = {**surface.security, "customer_token": []}
    return [surface.security, own] if route.public else [surface.security]


def _content(schema: Any, description: str, kind: str = JSON) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS},
        "content": {kind: {"schema": schema}},
    }
