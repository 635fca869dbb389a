"""Options that many commands share, and the settings they make."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from guerdon.cli.failure import AS_JSON, Unusable
from guerdon.settings import Settings

Function = TypeVar("Function", bound=Callable[..., Any])

MERCHANT = click.option("--merchant", "merchant_id", type=int, required=True, help="The merchant's id.")


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Add --data-dir and --database-url, and hand the command its `settings`: flags first, then the environment."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the embedded database lies.  [GUERDON_DATA_DIR; .guerdon]",
    )
    @click.option(
        "--database-url",
        help="A PostgreSQL to use instead. An address with a password is better kept in the variable, where other "
        "users of the machine cannot see it.  [GUERDON_DATABASE_URL]",
    )
    @wraps(function)
    def wrapped(data_dir: Path | None, database_url: str | None, **given: Any) -> None:
        function(settings=chosen(data_dir=data_dir, database_url=database_url), **given)

    return wrapped


def with_json(function: Function) -> Function:
    """Add --json, which hands the command `as_json` and makes its failures JSON too."""
    return click.option("--json", "as_json", is_flag=True, callback=_remember, help="Answer for a program.")(function)


def chosen(**flags: Any) -> Settings:
    """The environment's settings under the flags that were given."""
    try:
        return replace(Settings.of(), **{name: value for name, value in flags.items() if value is not None})
    except ValueError as error:
        raise Unusable(str(error)) from None


def _remember(ctx: click.Context, _parameter: click.Parameter, value: bool) -> bool:
    ctx.meta[AS_JSON] = value
    return value
