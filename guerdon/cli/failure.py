"""How a command says no: one sentence on stderr, or JSON on stdout under --json, and the exit code 2."""

import json
from typing import Any, NoReturn

import click

from guerdon.database.errors import DatabaseError
from guerdon.errors.base import Refusal

EXIT_CODE = 2
AS_JSON = "guerdon.cli.as_json"
"""Where a context keeps whether a program reads the answer."""


class Unusable(Exception):
    """A setting, a file, a port or a database that the command cannot work with; the message says what would do."""


FAILURES = (Refusal, DatabaseError, Unusable)


def tell_failure(ctx: click.Context, failure: Exception) -> NoReturn:
    """Print why not, for whoever reads, and end."""
    if ctx.meta.get(AS_JSON):
        click.echo(json.dumps({"error": _facts(failure)}, default=str))
    else:
        click.echo(failure, err=True)
    ctx.exit(EXIT_CODE)


def _facts(failure: Exception) -> dict[str, Any]:
    if isinstance(failure, Refusal):
        return {"code": failure.code, "message": failure.sentence, "facts": failure.facts}
    return {"code": "database" if isinstance(failure, DatabaseError) else "unusable", "message": str(failure)}
