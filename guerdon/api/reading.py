"""What a request says: JSON, form, query and path as one typed struct, or by which field it is refused."""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from guerdon.api.incoming import FORM, LINES, Incoming, encode
from guerdon.api.parameters import MULTIPART, multipart_parameters, parameters
from guerdon.errors.base import BadField, BadRequest, Refusal
from guerdon.kit.money import LARGEST

Params = TypeVar("Params", bound=msgspec.Struct)

AT = re.compile(r"(?P<problem>.*?) - at (?:`key` in )?`\$\.?(?P<field>.*)`", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<inside>.*)`)?", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<inside>.*)`)?")
NUL_MARKS = (b"\\u0000", b"\0", b"%00")
"""One of these is in a request that holds a NUL character, and in hardly any other."""


def _number(text: str) -> float:
    """A number as it is meant: 5.0 is 5."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= LARGEST else value


_to_dict = msgspec.json.Decoder(dict[str, Any], float_hook=_number)


def read(
    incoming: Incoming, kind: type[Params], decoder: msgspec.json.Decoder[Params], *, strict: bool
) -> Params:  # fmt: skip
    """JSON ∪ form ∪ query ∪ path, later ones win, as one struct; texts where numbers are meant are taken, but not in
    the JSON of a strict surface.
    """
    body = b"" if incoming.content_type == LINES else incoming.body  # lines are the handler's to read
    suspect = any(mark in body or mark in incoming.query for mark in NUL_MARKS)
    plain = body and not incoming.query and not incoming.path_params and not suspect
    try:
        if plain and incoming.content_type not in (FORM, MULTIPART):
            found = _directly(body, decoder, strict=strict)
            if found is not None:
                return found
        merged = _body(incoming, body)
        if strict and body and not incoming.form and incoming.content_type != MULTIPART:
            msgspec.convert(merged | incoming.path_params, kind)
        asked = parameters(incoming.query, empty=strict)
        if strict:
            _refuse_numbers(asked, kind)
        merged |= asked | incoming.path_params
        if suspect:
            _refuse_nul(merged)
        return msgspec.convert(merged, kind, strict=False)
    except msgspec.ValidationError as error:
        raise bad_field(error) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadRequest(f"its body is no JSON object ({error})") from None
    except RecursionError:
        raise BadRequest("it is nested too deeply") from None


def _directly(body: bytes, decoder: msgspec.json.Decoder[Params], *, strict: bool) -> Params | None:
    """JSON as it is; None where it has to be read number by number, since it may say 5.0 and mean 5."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        if strict and b"." in body:
            return None
        raise


def _body(incoming: Incoming, body: bytes) -> dict[str, Any]:
    """What a body of any type says."""
    if incoming.form:
        return parameters(body)
    if not body:
        return {}
    if incoming.content_type == MULTIPART:
        return multipart_parameters(body, incoming.headers["content-type"])
    return _to_dict.decode(body)


@cache
def _moments(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields that are times."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(
        field.encode_name for field in info.fields
        if any(
            isinstance(one, msgspec.inspect.DateTimeType)
            for one in (field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,))
        )
    )  # fmt: skip


def _refuse_numbers(asked: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Refuse a number where a time is meant: nobody can tell which seconds it counts."""
    for name in asked.keys() & _moments(kind):
        if "-" not in str(asked[name])[1:]:
            raise BadField(name, f"{str(asked[name])[:40]!r} is no time; they look like '2026-03-10T12:00:00Z'")


def read_line(line: bytes, decoder: msgspec.json.Decoder[Params]) -> Params:
    """One line of a body of lines; refuses with BadField or BadRequest."""
    try:
        if any(mark in line for mark in NUL_MARKS[:2]):
            _refuse_nul(_to_dict.decode(line))
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise bad_field(error) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadRequest(f"the line is no JSON object ({error})") from None
    except RecursionError:
        raise BadRequest("the line is nested too deeply") from None


def _refuse_nul(merged: dict[str, Any]) -> None:
    for field, value in merged.items():
        if "\0" in field or b"\\u0000" in encode(value):
            raise BadField(field.replace("\0", "�"), "it holds a NUL character, which no text may have")


def bad_field(error: msgspec.ValidationError) -> Refusal:
    """What msgspec found, as the refusal that names the field."""
    if missing := MISSING.fullmatch(str(error)):
        return BadField(".".join(filter(None, missing.group("inside", "field"))), "a value is needed")
    if unknown := UNKNOWN.fullmatch(str(error)):
        return BadField(".".join(filter(None, unknown.group("inside", "field"))), "there is no such field")
    found = AT.fullmatch(str(error))
    if found is None:
        return BadRequest(str(error).replace("`", "'"))
    return BadField(found["field"], found["problem"].replace("`", "'"))
