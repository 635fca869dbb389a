"""What schemathesis is told of the storefront's and the portal's contracts, beside schemathesis.toml.

Forms are written with names in brackets, as those contracts read them. What a schema cannot say of a value (an address
that is somebody's, a day that there was) is filled in, so that requests come through to what they ask.
"""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any, cast
from urllib.parse import urlencode

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.core.parameters import ParameterLocation
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from guerdon.api.incoming import FORM
from guerdon.api.parameters import MULTIPART, parameters
from guerdon.errors.base import BadRequest
from tests.api.document_shop import ANA, BEN, EVE

JSON = "application/json"
DOCUMENT = "urn:document"
REGISTRIES: dict[int, Registry[Any]] = {}
BOUNDARY = "a-line-that-no-value-has"
LENIENT = ("/api/", "/commerce-cloud/", "/loyalty/", "/core/", "/ui/")

PEOPLE = (ANA, BEN, EVE, "nobody@example.com")
"""Three who are customers, until one is erased, and one who is not."""
DAY = "2026-03-10T12:00:00Z"
SENSIBLE: dict[str, Iterator[Any]] = {
    name: cycle(values)
    for name, values in {
        "customer_email": PEOPLE,
        "email": PEOPLE,
        "emails": ("dora@example.com, eve@example.com", "fay@example.com"),
        "phone_number": ("+14155552671", None),
        "country_iso_code": ("US", None, ""),
        "currency": ("USD", "usd", ""),
        "created_at": (DAY, "2026-03-10 12:00:00", None),
        "opted_in_at": (DAY, "2026-03-10", ""),
        "platform_account_created_at": (DAY, None),
        "last_seen_at": (DAY, ""),
        "since_updated_at": (DAY, ""),
        "since": (DAY, ""),
        "until": (DAY, ""),
        "page_info": ("",),
        "cursor": ("",),
        "action_name": ("read_a_post", "Read a Post"),
        "activity_id": ("a-1", 7, None),
        "day": (1, "28"),
        "year": (1996, "2001", None),
        "point_adjustment_amount": (500, "-20", 1),
        "points_to_redeem": (None, 100, "200"),
        "points": (None, 100),
        "reward_points": (None, 5),
        "redemption_option_id": (1, "2", 3),
        "reward_text": ("ACME-1", "none of ours"),
        "codes": ("TEN-1, TEN-2", "TEN-3"),
        "code": ("TEN-1", 7),
        "order_id": ("1001", 1001, "1002"),
        "url": ("https://shop.example/hooks",),
        "event_type": ("swell/points/earned", "swell/account/created"),
    }.items()
}
"""What fields that only look alike are to a schema mean, by their names. None leaves them out."""
CUSTOMER = ("customer_id", "customer_external_id", "pos_account_id")
"""Names of customers beside the address, which would have to agree with it."""
NEEDED = ("customer_email", "email", "redemption_option_id", "reward_text", "codes", "code", "action_name")
"""What is needed where it can be said, though a schema leaves the choice."""
WRAPPED = ("customers", "custom_action", "custom_actions")
"""Where the same is said in an object."""
STATUSES = {
    "/ui/v1/updateRedemptionRuleStatus": "redemptionRuleStatus",
    "/ui/v1/updateIssuanceRuleStatus": "issuanceRuleStatus",
}
RULES = cycle((1, "2", 999_999))
"""Rules that there are, and one that there is not."""


def fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A value as fields of a form: a name in brackets for each that it nests, and nothing for null."""
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield from fields(f"{name}[{key}]" if name else key, one)
    elif isinstance(value, list):
        for place, one in enumerate(cast("list[Any]", value)):
            yield from fields(f"{name}[{place}]", one)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


@REQUESTS_TRANSPORT.serializer(FORM)
def _form(_context: Any, value: Any) -> dict[str, Any]:
    return {"data": urlencode(list(fields("", value)), errors="replace").encode()}


@REQUESTS_TRANSPORT.serializer(MULTIPART)
def _multipart(_context: Any, value: Any) -> dict[str, Any]:
    named = ((_quoted(name), said) for name, said in fields("", value))
    part = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    text = "".join(part.format(BOUNDARY, name, said) for name, said in named) + f"--{BOUNDARY}--\r\n"
    kind = f"{MULTIPART}; boundary={BOUNDARY}"
    return {"data": text.encode("utf-8", "replace"), "headers": {"Content-Type": kind}}


def _quoted(name: str) -> str:
    """A name as a header can say it."""
    return name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})


def fill_in(case: Any) -> None:
    """Make sense of a case that its schema allows, and leave one alone that is to be refused."""
    if not case.operation.path.startswith(LENIENT) or case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        part = case.query if case.method == "GET" else case.body
        if not isinstance(part, dict):
            _claim_nothing(case)  # a write that says nothing says of nobody whom it is about
            return
        _fill_in(cast("dict[str, Any]", part))
        _complete(case, cast("dict[str, Any]", part))
    if case.media_type in (FORM, MULTIPART) and _says_otherwise(case):
        _claim_nothing(case)


def _claim_nothing(case: Any) -> None:
    """The case is sent, and whatever it is answered may be."""
    object.__setattr__(case, "_meta", None)


def _fill_in(part: dict[str, Any]) -> None:
    for name, value in list(part.items()):
        if name in CUSTOMER and "id" not in part:
            del part[name]
        elif name in SENSIBLE and not isinstance(value, dict | list):
            part[name] = next(SENSIBLE[name])
            if part[name] is None:
                del part[name]
        elif isinstance(value, dict):
            _fill_in(cast("dict[str, Any]", value))
        elif isinstance(value, list):
            for one in cast("list[Any]", value):
                if isinstance(one, dict):
                    _fill_in(cast("dict[str, Any]", one))


def _complete(case: Any, part: dict[str, Any]) -> None:
    """Say what is needed, such as one of the several names of a customer."""
    if case.method == "GET":
        names = {one.name for one in case.operation.query}
    else:
        schema = _body_schema(case.operation, JSON)
        names = set[str](_whole(case.operation.schema.raw_schema, schema).get("properties", ()))
    for inside in [part, *(part[name] for name in WRAPPED if isinstance(part.get(name), dict))]:
        for name in NEEDED:
            if name in names and inside.get(name) in (None, ""):
                inside[name] = next(SENSIBLE[name])
    if (field := STATUSES.get(case.operation.path)) is not None:
        part |= {"id": next(RULES), field: {"name": "ACTIVE"}}
    if "customer_email" in names:
        part.pop("email", None)


def _says_otherwise(case: Any) -> bool:
    """Whether the fields of a form are, as they arrive, what the schema allows where the case was drawn to be refused,
    or the other way about: all that is in a form is text, and what is empty says nothing.
    """
    try:
        read = parameters(urlencode(list(fields("", case.body)), errors="replace").encode())
    except BadRequest:  # fields that there are not may be nested more deeply than anybody reads
        return not case.meta.is_negative_at(ParameterLocation.BODY)
    whole = case.operation.schema.raw_schema
    known: Any = Draft202012Validator(_body_schema(case.operation, case.media_type), registry=_registry(whole))
    return known.is_valid(read) == case.meta.is_negative_at(ParameterLocation.BODY)


def _body_schema(operation: Any, kind: str) -> dict[str, Any]:
    """What the body of an operation is in a content type; its references lead into the whole document."""
    content = operation.definition.raw["requestBody"]["content"]
    return json.loads(json.dumps(content[kind]["schema"]).replace('"#/', f'"{DOCUMENT}#/'))


def _whole(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, or the one that it leads to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _registry(document: dict[str, Any]) -> Registry[Any]:
    if id(document) not in REGISTRIES:
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        REGISTRIES[id(document)] = Registry[Any]().with_resource(DOCUMENT, resource)
    return REGISTRIES[id(document)]
