"""`guerdon verify`: prove that the books add up."""

from collections.abc import Callable

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from guerdon.cli.database import on_database
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json
from guerdon.database.pool import Database
from guerdon.merchants.merchants import get_merchant, list_merchants
from guerdon.reports.proofs import Part
from guerdon.reports.proofs import prove as prove_parts
from guerdon.settings import Settings

EXIT_CODE = 1
"""The command did its work, and what it found is bad."""

COUNTED = {"books": "accounts", "rewards": "redemptions", "earning": "awards", "sums": "sums by day"}
"""What each part of a proof goes through."""


class Found(msgspec.Struct, frozen=True):
    """A finding and its merchant."""

    merchant: int
    check: str
    subject: str
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """What was looked at, and everything that contradicts itself."""

    ok: bool
    merchants: int
    findings: list[Found]


@click.command("verify")
@with_settings
@with_json
@click.option("--merchant", "merchant_id", type=int, help="Look at one merchant alone.")
def command(settings: Settings, as_json: bool, merchant_id: int | None) -> None:
    """Replay all history and prove that balances, lots, holds, coupons and caps follow from it.

    Reads one snapshot and changes nothing, so it may run beside live traffic. The exit code is 1 if anything is found.

    \b
    Example:
      guerdon verify --merchant 42
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        verdict = on_database(settings, lambda database: prove(database, merchant_id, progress))
    if as_json:
        show_json(verdict)
    else:
        _tell(verdict)
    if not verdict.ok:
        raise SystemExit(EXIT_CODE)


async def prove(database: Database, merchant_id: int | None, progress: Progress) -> Verdict:
    """Audit one merchant, or all."""
    merchants = await list_merchants(database) if merchant_id is None else [await get_merchant(database, merchant_id)]
    findings: list[Found] = []
    for merchant in merchants:
        number = merchant.merchant_id
        async for part in prove_parts(database, merchant, _bars(progress, merchant.name)):
            findings += [Found(number, finding.check, finding.subject, finding.sentence) for finding in part.findings]
    return Verdict(not findings, len(merchants), findings)


def _bars(progress: Progress, name: str) -> Callable[[Part], Callable[[int, int], None]]:
    """A bar for each part."""
    return lambda part: _bar(progress, f"{name}: {COUNTED[part]}")


def _bar(progress: Progress, label: str) -> Callable[[int, int], None]:
    task = progress.add_task(label, total=None)

    def advance(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return advance


def _tell(verdict: Verdict) -> None:
    for finding in verdict.findings:
        place = f"merchant {finding.merchant}, {finding.subject}" if finding.subject else f"merchant {finding.merchant}"
        click.echo(f"{place} ({finding.check}): {finding.sentence}")
    merchants = "1 merchant" if verdict.merchants == 1 else f"{verdict.merchants} merchants"
    if verdict.ok:
        click.echo(f"The books of {merchants} add up.")
    else:
        click.echo(f"The books of {merchants} do not add up: {len(verdict.findings)} findings.")
