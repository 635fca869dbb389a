"""`guerdon openapi`: the document of every interface, for those who make clients of it."""

from collections.abc import Iterator
from typing import Any, cast

import click
import msgspec

from guerdon.api.openapi import document
from guerdon.app import SURFACES
from guerdon.docs.examples import illustrated

DEPTH = 3
"""Down to here each thing has its own line: an operation, a schema."""


@click.command("openapi")
def command() -> None:
    """Print the OpenAPI 3.1 document that a server answers with at /openapi.json, a line for each operation.

    \b
    Example:
      guerdon openapi > openapi.json
    """
    click.echo("".join(_lines(illustrated(document(SURFACES)), DEPTH)))


def _lines(value: Any, depth: int) -> Iterator[str]:
    things = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    if not depth or not things:
        yield msgspec.json.encode(value, order="deterministic").decode()
        return
    for number, (name, inside) in enumerate(sorted(things.items())):
        yield ("{" if number == 0 else ",") + "\n" + msgspec.json.encode(name).decode() + ": "
        yield from _lines(inside, depth - 1)
    yield "\n}"
