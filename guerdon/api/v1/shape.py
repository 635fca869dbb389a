"""As much of an answer as was asked for."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from guerdon.api.wire import Incoming, encode
from guerdon.errors.base import BadField

_read = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def shaped(answer: Any, incoming: Incoming) -> Any:
    """The whole answer, or with `?fields=` those of its fields; of each thing, where it is a page of a list."""
    if b"fields=" not in incoming.query:
        return answer
    asked = dict(parse_qsl(incoming.query.decode())).get("fields", "")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if not names:
        return answer
    plain = _read.decode(answer if isinstance(answer, msgspec.Raw) else encode(answer))
    if "has_more" in plain:
        return {**plain, "data": [_some(one, names) for one in plain["data"]]}
    return _some(plain, names)


def _some(thing: dict[str, Any], names: list[str]) -> dict[str, Any]:
    unknown = [name for name in names if name not in thing]
    if unknown:
        raise BadField("fields", f"there is no {unknown[0][:80]!r}; there are {', '.join(thing)}")
    return {name: thing[name] for name in names}
