"""What commands print: JSON for programs, tables for people, and how far long work has come."""

import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table


def show_json(value: Any) -> None:
    """One line of JSON; whatever the books are made of can be in it."""
    click.echo(msgspec.json.encode(value))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """A table, or what to say when there is nothing in it."""
    if not rows:
        click.echo(empty)
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)


def tell_wait(sentence: str) -> None:
    """Say what is waited for, about once a second, to a person who watches."""
    if sys.stderr.isatty():
        click.echo(f"{sentence[0].upper()}{sentence[1:]}.", err=True)
