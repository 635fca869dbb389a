"""Answers of the native API to a form that was sent twice: they come as the text that was answered first."""

from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

Answer = TypeVar("Answer", bound=Struct)


def read(answer: Answer | Raw, kind: type[Answer]) -> Answer:
    """The answer, whether it is new or told again. What is shown once is missing where it is told again."""
    return msgspec.json.decode(answer, type=kind) if isinstance(answer, Raw) else answer
