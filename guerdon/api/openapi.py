"""The OpenAPI 3.1 document, made from the same routes and types that serve the requests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from importlib.metadata import version
from inspect import getdoc
from typing import Any, NamedTuple, cast

import msgspec

from guerdon.api.incoming import LINES
from guerdon.api.leniency import FORMS, asked, encoding, in_form, taken
from guerdon.api.webhooks import webhooks
from guerdon.api.wire import Route

REF = "#/components/schemas/{name}"
JSON, TEXT, PROBLEM = "application/json", "text/plain", "application/problem+json"
NO_BODYS = ("fields", "dry_run")
"""What a strict surface takes in the query of a write too."""
DECIMAL = {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"}
ACCOUNTS = {"merchant_id", "store_id"}
"""Parameters in paths that say for whom a request is, as `x-guid` does elsewhere."""
PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Surface(NamedTuple):
    """A contract's routes, as the document shows them: its tag, its way to sign in, and its refusals.

    A `strict` one takes each field in one place: what is no body's own is in the query. `older` are further ways to
    sign in.
    """

    tag: str
    routes: Sequence[Route[Any]]
    security: dict[str, list[str]]
    refusal: type
    strict: bool = False
    older: Sequence[dict[str, list[str]]] = ()


TAGS = {
    "api": "The native API: secret keys as bearers, problems as answers, dry runs, and a key against repeats.",
    "storefront": "An incumbent's contract, as clients of storefronts speak it. What a body says may be in JSON, in a "
    "form or in the query; of what is said twice the query counts. Fields that there are not are looked past.",
    "portal": "The contract of an admin portal: operators with name and password keep the rules.",
    "shopper": "What a page shows one customer: publishable keys, and tokens that the shop's server signs.",
    "webhooks": "What endpoints are posted when something happens, signed as Standard Webhooks has it.",
}

SECURITY_SCHEMES = {
    "guid": {"type": "apiKey", "in": "header", "name": "x-guid"},
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "account": {
        "type": "apiKey",
        "in": "header",
        "name": "x-merchant-id",
        "description": "the merchant by number or GUID; the older name of `x-guid`",
    },
    "store_token": {
        "type": "apiKey",
        "in": "header",
        "name": "x-yotpo-token",
        "description": "a key, as clients of the third version send it",
    },
    "customer_token": {
        "type": "apiKey",
        "in": "header",
        "name": "x-customer-token",
        "description": "a JWT by which the merchant's server says who the customer is; with publishable keys",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "a secret key: `gk_…`, `gk_test_…` in test mode"},
    "publishable": {"type": "http", "scheme": "bearer", "description": "a publishable key: `gpk_…`"},
    "basic": {"type": "http", "scheme": "basic", "description": "the name and the password of an operator"},
    "operator": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "base64 of username:password, with or without `Basic` before it",
    },
}


LIMITS = {
    "ratelimit-limit": "How many requests a second this key may make",
    "ratelimit-remaining": "How many of them are left",
    "ratelimit-reset": "In how many seconds all are there again",
    "x-ratelimit-limit-minute": "How many requests a minute that makes",
    "x-ratelimit-remaining-minute": "How many of those are left",
}
"""What every answer tells; callers without a limit are told one that nobody reaches."""
REQUEST_ID, ERROR_CODE, RETRY_AFTER, REPLAYED = "x-request-id", "x-error-code", "retry-after", "idempotent-replayed"
HEADERS: dict[str, dict[str, Any]] = {
    **{name: {"description": about, "required": True, "schema": {"type": "integer"}} for name, about in LIMITS.items()},
    REQUEST_ID: {
        "description": "The number of the request, by which its history finds it",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    ERROR_CODE: {
        "description": "The stable name of the refusal",
        "required": True,
        "schema": {"type": "string", "pattern": "^[a-z_]+$"},
    },
    RETRY_AFTER: {
        "description": "After how many seconds it is worth asking again",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    REPLAYED: {
        "description": "There where the answer is one that the Idempotency-Key was given before",
        "schema": {"const": "true"},
    },
}


def document(surfaces: Sequence[Surface]) -> dict[str, Any]:
    """The whole document."""
    kinds = {kind for surface in surfaces for kind in _kinds(surface)}
    schemas, components = msgspec.json.schema_components(sorted(kinds, key=repr), ref_template=REF)
    schema_of = dict(zip(sorted(kinds, key=repr), schemas, strict=True))
    _number_decimals(surfaces, schema_of, components)
    _loosen(surfaces, schema_of, components)
    for part in _parts(components):
        # Python's own word for the end of a text is none of ECMA 262, which JSON Schema speaks.
        if isinstance(pattern := part.get("pattern"), str) and pattern.endswith(r"\Z"):
            part["pattern"] = pattern.removesuffix(r"\Z") + "$"
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
    routes = [route for surface in surfaces for route in surface.routes]
    sent = _named_in(
        [schema_of[kind] for route in routes for kind in (route.params, route.lines) if kind is not None], components
    )  # fmt: skip
    for name, schema in components.items():
        for found in _parts(schema):
            if found.get("format") == "decimal":
                found.pop("format")
                found |= DECIMAL if name in sent else {"type": "number"}


def _loosen(surfaces: Sequence[Surface], schema_of: dict[Any, Any], components: dict[str, Any]) -> None:
    """Say of what lenient surfaces are sent that it may be text. What others say too is said apart for them."""
    sent = {route.params for surface in surfaces if not surface.strict for route in surface.routes}
    theirs = _named_in((schema_of[kind] for kind in sent), components)
    others = _named_in((schema for kind, schema in schema_of.items() if kind not in sent), components)
    name_of = {name: f"{name}Sent" if name in others else name for name in theirs}
    for name, loose in [(name_of[name], taken(components[name])) for name in sorted(theirs)]:
        components[name] = deepcopy(loose)
        for part in _parts(components[name]):
            if "$ref" in part:
                part["$ref"] = REF.format(name=name_of[part["$ref"].rpartition("/")[2]])


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
    reads = route.method == "GET" or bool(route.files)
    in_query = [name for name in params["properties"] if reads or (surface.strict and name in NO_BODYS)]
    operation: dict[str, Any] = {
        "operationId": _operation_id(surface, route),
        "tags": [surface.tag],
        "summary": route.summary,
        "description": getdoc(route.handle) or "",
        "security": _security(surface, route),
        "parameters": _parameters(surface, route, params, in_path, in_query),
        "responses": _responses(surface, route, schema_of),
    }
    if route.lines is not None:
        lines = {"type": "string", "description": "Lines of JSON, each as " + schema_of[route.lines]["$ref"]}
        operation["requestBody"] = {"required": True, "content": {LINES: {"schema": lines}}}
    elif route.files:
        file = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(route.files, file)}
    elif route.method != "GET":
        told = _without(params, {*in_path, *in_query})
        body = told if surface.strict or in_path else schema_of[route.params]
        content = {JSON: {"schema": body}} if surface.strict else _any_way(body, components)
        operation["requestBody"] = {"required": bool(told["required"]), "content": content}
    return operation


def _parameters(
    surface: Surface, route: Route[Any], params: dict[str, Any], in_path: Sequence[str], in_query: Sequence[str]
) -> list[dict[str, Any]]:
    needed = {*in_path, *(params["required"] if route.files else ())}
    found: list[dict[str, Any]] = []
    for name, schema in params["properties"].items():
        if name in in_path or name in in_query:
            place = "path" if name in in_path else "query"
            said = schema if surface.strict else asked(schema, needed=name in needed)
            found.append({"name": name, "in": place, "required": name in needed, "schema": said})
    if route.keyed:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return found


def _responses(surface: Surface, route: Route[Any], schema_of: dict[Any, Any]) -> dict[str, Any]:
    answer, keyed = schema_of[route.answer], (REPLAYED,) if route.keyed else ()
    kinds = (LINES,) if route.lines is not None else (route.media,) if surface.strict else (route.media, TEXT)
    no, refused = schema_of[surface.refusal], (PROBLEM,) if surface.strict else (JSON, TEXT)
    return {
        "200": _answer(answer, "Done", kinds, *keyed),
        **({"201": _answer(answer, "Made", kinds, *keyed)} if route.creates else {}),
        "429": _answer(no, "Too often: ask again after Retry-After", refused, ERROR_CODE, RETRY_AFTER),
        "4XX": _answer(no, "Refused: what was wrong, and what would work", refused, ERROR_CODE),
        "500": _answer(no, "A fault of ours: the request id helps to find it", refused, ERROR_CODE),
        "503": _answer(
            no, "Not now: ask again after Retry-After, with the same key", refused, ERROR_CODE, RETRY_AFTER
        ),
    }  # fmt: skip


def _any_way(body: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The ways in which a lenient surface is sent a body."""
    form = in_form(body, components)
    told = form
    if "$ref" in body:
        name = body["$ref"].rpartition("/")[2] + "Form"
        components[name], told = form, {"$ref": REF.format(name=name)}
    return {JSON: {"schema": body}, **{kind: {"schema": told, "encoding": encoding(form)} for kind in FORMS}}


def _operation_id(surface: Surface, route: Route[Any]) -> str:
    """What clients call it: `redemptions.cancel`, where there is a module for each noun."""
    name = route.handle.__name__
    return f"{route.handle.__module__.rpartition('.')[2]}.{name}" if surface.strict else name


def _without(schema: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """An object without some of its properties."""
    kept = {name: one for name, one in schema["properties"].items() if name not in names}
    return {**schema, "properties": kept, "required": [name for name in schema["required"] if name not in names]}


def _security(surface: Surface, route: Route[Any]) -> list[dict[str, list[str]]]:
    """What opens a route: the surface's own way, or for customers that and a token, or an older one. A path that names
    the account leaves it to say who may.
    """
    ways = [surface.security, {**surface.security, "customer_token": []}] if route.public else [surface.security]
    if ACCOUNTS & set(PATH_PARAMETER.findall(route.path)):
        return [{name: scopes for name, scopes in way.items() if name != "guid"} for way in ways]
    return [*ways, *surface.older]


def _answer(schema: Any, description: str, kinds: Iterable[str], *headers: str) -> dict[str, Any]:
    """An answer of these kinds, all of which say the same, with what its headers tell."""
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*LIMITS, REQUEST_ID, *headers)},
        "content": {kind: {"schema": {"type": "string"} if kind == TEXT else schema} for kind in kinds},
    }
