"""/openapi.json arranged for reading: by nouns, with examples, without what every operation takes to sign in. Pure."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from guerdon.api.leniency import AS_TEXT, EMPTY, FORMS
from guerdon.docs.examples import JSON, TEXT, Example, examples, least, show

Json = dict[str, Any]

SIGNS_IN = {"guid", "api_key", "merchant_id", "access_token", "customer_token"}
"""Parameters of the storefront contract by which clients may sign in too. Headers are the better way."""

ABOUT = """
Four interfaces on the same books:

- **Native**, under `/v1`: a secret key as bearer token, problems as answers, previews and dry runs. It takes what is
  written here and nothing else: in JSON a number is a number, and a field that there is not is refused.
- **Storefront**, under `/api/v2`: an incumbent's contract, as its clients speak it. `x-guid` and `x-api-key` sign in.
  It takes JSON, forms and parameters in the query alike, numbers as texts too, and looks past fields that it does not
  know. So does the portal.
- **Portal**, under `/ui/v1`: the rules of the programme, for operators with name and password.
- **Shopper**, under `/shopper/v1`: what a page shows one customer: a publishable key, and a token by your own server.

Every write takes an `Idempotency-Key`: sent again with the same key, it answers the same and does nothing twice. A key
is remembered for 30 days. What has an id of its own, as orders, returns and activities have, counts once for ever.
"""

OLDER = re.compile(r"/api/v1/|/loyalty/|/commerce-cloud/|/api/v2/referral_email_shares")

SECURITY: tuple[dict[str, list[str]], ...] = (
    {"guid": [], "api_key": []}, {"bearer": []}, {"operator": []}, {"publishable": []},
)  # fmt: skip
"""What signs in to one interface or another; each operation says which it needs."""

GROUPS = {"api": "Native", "storefront": "Storefront", "portal": "Portal", "shopper": "Shopper"}
STOREFRONT, OLD_STOREFRONT, PORTAL, SHOPPER = "Customers and points", "Older paths", "Rules", "Shopper's page"


def readable(document: Json) -> Json:
    """The document as the reference shows it. The one that was given stays as it is."""
    shown = deepcopy(document)
    shown["info"]["description"] = ABOUT.strip()
    tags: dict[str, list[str]] = {group: [] for group in GROUPS.values()}
    known = examples()
    for path, method, operation in _operations(shown):
        group, tag = GROUPS[operation["tags"][0]], _tag(path, operation)
        if tag not in tags[group]:
            tags[group].append(tag)
        operation["tags"] = [tag]
        operation["x-recent-requests"] = f"{method.upper()} {path}"
        operation["parameters"] = [
            one if one["required"] else {**one, "schema": _untold(_plain(one["schema"]))}
            for one in operation["parameters"]
            if one["in"] == "path" or one["name"] not in SIGNS_IN
        ]
        _shorten_contents(operation)
        _explain(operation, known.get(operation["operationId"], Example()), shown["components"]["schemas"])
    schemas = shown["components"]["schemas"]
    shown["components"]["schemas"] = {name: one for name, one in schemas.items() if not name.endswith("Form")}
    shown["security"] = [dict(one) for one in SECURITY]
    shown["x-tagGroups"] = [{"name": group, "tags": names} for group, names in tags.items() if names]
    shown["tags"] = [{"name": name} for names in tags.values() for name in names]
    for schema in shown["components"]["schemas"].values():
        if "properties" in schema:
            _shorten(schema)
    return shown


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _tag(path: str, operation: Json) -> str:
    """What an operation is listed under."""
    match operation["tags"][0]:
        case "api":
            return operation["operationId"].partition(".")[0].replace("_", " ").capitalize().replace("Api ", "API ")
        case "portal":
            return PORTAL
        case "shopper":
            return SHOPPER
        case _:
            return OLD_STOREFRONT if OLDER.match(path) else STOREFRONT


def _shorten_contents(operation: Json) -> None:
    """With one way of saying each thing: forms and plain text say no more than JSON does."""
    for one in (operation.get("requestBody", {}), *operation["responses"].values()):
        for kind in (*FORMS, TEXT):
            one.get("content", {}).pop(kind, None)


def _explain(operation: Json, example: Example, schemas: Json) -> None:
    if example.note:
        operation["description"] = "\n\n".join(filter(None, (operation.get("description"), example.note)))
    show(operation, example)
    content = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if content is not None and not content.get("example"):
        content["example"] = least(content["schema"], schemas)


def _shorten(schema: Json) -> None:
    """Without what signs in, and without saying of each field that is optional that it may be null too."""
    properties: Json = schema["properties"]
    if properties.keys() >= SIGNS_IN:
        properties = {name: one for name, one in properties.items() if name not in SIGNS_IN}
    schema["properties"] = {name: _plain(one) for name, one in properties.items()}


def _untold(schema: Json) -> Json:
    """A parameter that may be left out, without a value: "Try it" would send that. It is named in words."""
    such_as = [f"Such as `{value}`." for value in schema.get("examples", ())[:1]]
    said = " ".join([schema.get("description", ""), *such_as]).strip()
    kept = {name: value for name, value in schema.items() if name not in ("examples", "default")}
    return {**kept, "description": said} if said else kept


def _plain(schema: Json) -> Json:
    """A field that is null where nothing is said is a field that may be left out, and a number may always be a text."""
    unsaid = "default" in schema and schema["default"] is None
    choices: list[Json] = schema.get("anyOf", [])
    told = [
        one for one in choices
        if one != EMPTY and one.get("description") != AS_TEXT and not (unsaid and one == {"type": "null"})
    ]  # fmt: skip
    if not told or len(told) == len(choices):
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf" and not (name == "default" and unsaid)}
    return {**rest, **told[0]} if len(told) == 1 else {**rest, "anyOf": told}
