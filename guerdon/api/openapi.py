"""The OpenAPI 3.1 document, made from the same routes and types that serve the requests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from inspect import getdoc
from typing import Any, NamedTuple, cast

import msgspec

from guerdon.api.incoming import LINES
from guerdon.api.webhooks import webhooks
from guerdon.api.wire import Route

REF = "#/components/schemas/{name}"
JSON = "application/json"
NO_BODYS = ("fields", "dry_run")
"""What a strict surface takes in the query of a write too."""
DECIMAL = {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"}
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
    "shopper": "What a page shows one customer: publishable keys, and tokens that the shop's server signs.",
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
    "publishable": {"type": "http", "scheme": "bearer", "description": "a publishable key: `gpk_…`"},
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
    _number_decimals(surfaces, schema_of, components)
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


def _number_decimals(surfaces: Sequence[Surface], schema_of: dict[Any, Any], components: dict[str, Any]) -> None:
    """Say of decimals how they are sent: as numbers, and as texts too where we are told of them."""
    asked = [schema_of[kind] for surface in surfaces for route in surface.routes for kind in (route.params, route.lines)
             if kind is not None]  # fmt: skip
    taken = _named_in(asked, components)
    for name, schema in components.items():
        for found in _parts(schema):
            if found.get("format") == "decimal":
                found.pop("format")
                found |= DECIMAL if name in taken else {"type": "number"}


def _named_in(schemas: Iterable[Any], components: dict[str, Any]) -> set[str]:
    """The components that these lead to."""
    found: set[str] = set()
    ahead = list(schemas)
    while ahead:
        for part in _parts(ahead.pop()):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name in components and name not in found:
                found.add(name)
                ahead.append(components[name])
    return found


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and everything in it that may be one."""
    if isinstance(schema, dict):
        known = cast("dict[str, Any]", schema)
        yield known
        for one in known.values():
            yield from _parts(one)
    elif isinstance(schema, list):
        for one in cast("list[Any]", schema):
            yield from _parts(one)


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
    params = components[schema_of[route.params]["$ref"].rpartition("/")[2]]
    fields = params["properties"]
    asked = route.method == "GET" or bool(route.files)
    in_query = [name for name in fields if asked or (surface.strict and name in NO_BODYS)]
    needed = {*in_path, *(params["required"] if route.files else ())}
    parameters = [
        {"name": name, "in": "path" if name in in_path else "query", "required": name in needed, "schema": schema}
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
    elif route.files:
        file = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(route.files, file)}
    elif route.method != "GET":
        body = schema_of[route.params]
        if surface.strict:
            body = _without(params, {*in_path, *in_query})
        elif in_path:  # a body may say it too, but the path is what counts
            body = {**params, "required": [name for name in params["required"] if name not in in_path]}
        forms = {} if surface.strict else {"application/x-www-form-urlencoded": {"schema": body}}
        content = {**_content(body, "")["content"], **forms}
        operation["requestBody"] = {"required": surface.strict and bool(body["required"]), "content": content}
    if route.keyed:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
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
