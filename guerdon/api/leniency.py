"""What lenient contracts take beside what their types say, for the document: texts for numbers, and forms. Pure.

In JSON a text may stand where a number, a switch or null is meant. In a query or a form everything is a text, an empty
one says nothing, and what is nested is named with brackets: `customer[tags]=vip`, `items[0][id]=7`.
"""

from collections.abc import Iterable
from typing import Any, cast

from guerdon.api.incoming import FORM
from guerdon.api.parameters import MULTIPART

Schema = dict[str, Any]

FORMS = (FORM, MULTIPART)
AS_TEXT = "the same as a text"
"""Describes a text that stands for something else, so that who shows the document may leave it out."""
NULL: Schema = {"type": "null"}
EMPTY: Schema = {"type": "string", "maxLength": 0, "description": "says nothing"}
SWITCHES: tuple[Schema, ...] = (
    {"enum": [0, 1], "description": AS_TEXT},
    {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[01])$", "description": AS_TEXT},
)
NO_VALUE: Schema = {"type": "string", "pattern": "^[Nn][Uu][Ll][Ll]$", "description": AS_TEXT}
FEW = 400
"""A number of so few values is said by naming them all."""
NESTED = {"style": "deepObject", "explode": True}
ABOUT_VALUE = ("default", "description", "examples", "title")
"""What is said of a value, whichever of its forms it has."""


def taken(schema: Schema) -> Schema:
    """What is taken in JSON."""
    if "properties" in schema:
        return {**schema, "properties": {name: taken(one) for name, one in schema["properties"].items()}}
    if "items" in schema:
        return {**schema, "items": taken(schema["items"])}
    choices = [taken(one) if _nests(one) else one for one in _choices(schema)]
    if any(_is_text(one) for one in choices):
        return schema
    written = any(one.get("type") == "string" for one in choices)
    texts = [text for one in choices if not (written and one == NULL) for text in _texts_for(one)]
    if "anyOf" in schema:
        return {**schema, "anyOf": [*choices, *texts]}
    return _either(schema, *texts) if texts else schema


def asked(schema: Schema, *, needed: bool) -> Schema:
    """What is taken in a query, of what is taken in JSON: where it is not `needed` an empty value, which says nothing,
    and never null.
    """
    found = _valued(schema)
    if any(_is_text(one) for one in _choices(found)):
        return {**found, "minLength": 1} if needed and "anyOf" not in found else found
    return found if needed else _either(found, EMPTY)


def in_form(schema: Schema, components: dict[str, Schema]) -> Schema:
    """The same for a form, with all that the schema leads to in its place: the `components` are for JSON."""
    if "$ref" in schema:
        return in_form(components[schema["$ref"].rpartition("/")[2]], components)
    if "properties" in schema:
        needed: list[str] = schema.get("required", [])
        properties = {
            name: _in_form(one, components, needed=name in needed) for name, one in schema["properties"].items()
        }
        return {**schema, "properties": properties}
    if "items" in schema:
        return {**schema, "items": in_form(schema["items"], components)}
    if "anyOf" in schema:
        found = _valued(schema)
        if "anyOf" not in found:
            return in_form(found, components)
        return {**found, "anyOf": [in_form(one, components) for one in found["anyOf"]]}
    return schema


def encoding(form: Schema) -> dict[str, Schema]:
    """How the nested fields of a form are written."""
    return {name: NESTED for name, one in form["properties"].items() if any(_nests(part) for part in _choices(one))}


def _in_form(schema: Schema, components: dict[str, Schema], *, needed: bool) -> Schema:
    found = in_form(schema, components)
    if any(_nests(one) for one in _choices(found)):
        if needed:
            return {**found, "minItems": 1} if "items" in found else found
        return _either(found, EMPTY)
    return asked(found, needed=needed)


def _either(schema: Schema, *others: Schema) -> Schema:
    """A value, or another; what is said of it is said of all."""
    about = {name: value for name, value in schema.items() if name in ABOUT_VALUE}
    rest = {name: value for name, value in schema.items() if name not in ABOUT_VALUE}
    return {**about, "anyOf": [*rest.get("anyOf", [rest]), *others]}


def _valued(schema: Schema) -> Schema:
    """Without null, which a text can say by its name alone."""
    if "anyOf" not in schema:
        return schema
    choices = [one for one in schema["anyOf"] if one != NULL]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _texts_for(schema: Schema) -> Iterable[Schema]:
    """The texts that stand for one kind of value."""
    match schema.get("type"):
        case "integer":
            return ({"type": "string", "pattern": _digits(schema), "description": AS_TEXT},)
        case "boolean":
            return SWITCHES
        case "null":
            return (NO_VALUE,)
        case _:
            return ()


def _digits(schema: Schema) -> str:
    """A pattern of the whole numbers from the schema's minimum to its maximum, as far as their length tells."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None and most - least <= FEW:
        return f"^({'|'.join(str(number) for number in range(least, most + 1))})$"
    sign = "-?" if least is None or least < 0 else ""
    more = len(str(most)) - 2 if most is not None else 17
    none = "0|" if least is None or least <= 0 else ""
    return f"^({none}{sign}[1-9][0-9]{{0,{more}}})$"


def _choices(schema: Schema) -> list[Schema]:
    return cast("list[Schema]", schema.get("anyOf", [schema]))


def _is_text(schema: Schema) -> bool:
    """Whether any short text is one."""
    return schema.get("type") == "string" and not schema.keys() & {"pattern", "format", "enum", "minLength"}


def _nests(schema: Schema) -> bool:
    return "properties" in schema or "items" in schema
