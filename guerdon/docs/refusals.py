"""Every refusal of the interfaces, read from the one tree in guerdon/errors: what a code means, and what would work."""

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from guerdon import errors
from guerdon.errors.base import Refusal

FACT = re.compile(r"\{(\w+)[^}]*\}")


class Explained(NamedTuple):
    """A code: its HTTP status, its sentence with `<names>` where facts stand, and whether to ask again."""

    code: str
    status: int
    sentence: str
    facts: tuple[str, ...]
    retry: bool


@cache
def explained() -> dict[str, Explained]:
    """All of them by code, in alphabetical order."""
    return {one.code: one for one in sorted(map(_explain, kinds()))}


def kinds() -> Iterator[type[Refusal]]:
    """Every class of refusals, in the order of the tree."""
    for module in iter_modules(errors.__path__):
        import_module(f"{errors.__name__}.{module.name}")
    return (kind for kind in _below(Refusal) if kind.__module__.startswith(errors.__name__))


def code_of(kind: type[Refusal]) -> str:
    """The code of a class of refusals."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _explain(kind: type[Refusal]) -> Explained:
    sentence = FACT.sub(r"<\1>", " ".join((kind.__doc__ or "").split()))
    return Explained(code_of(kind), kind.status, sentence, tuple(field.name for field in fields(kind)), kind.retry)
