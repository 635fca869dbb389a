"""What goes between a form and the native API: what is asked, held to the same bounds as over HTTP; and its answers,
which come as the text that was answered first where a form was sent twice.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from guerdon.api.reading import bad_field

Answer = TypeVar("Answer", bound=Struct)
Asked = TypeVar("Asked", bound=Struct)


def sound(asked: Asked) -> Asked:
    """The same; refuses with BadField what the native API would not take over HTTP, such as a text that is too long.

    What is made here and not read from a request has never been looked at.
    """
    try:
        plain = msgspec.to_builtins(asked, builtin_types=(datetime, date, Decimal))
        return msgspec.convert(plain, type(asked))
    except msgspec.ValidationError as error:
        raise bad_field(error) from None


def read(answer: Answer | Raw, kind: type[Answer]) -> Answer:
    """The answer, whether it is new or told again. What is shown once is missing where it is told again."""
    return msgspec.json.decode(answer, type=kind) if isinstance(answer, Raw) else answer
