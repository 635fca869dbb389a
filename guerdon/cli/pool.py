"""`guerdon pool`: coupon codes that a merchant uploads for a redemption rule."""

import sys

import click

from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.rewards.pools import (
    UPLOAD_MAX,
    Uploaded,
    UploadedCode,
    get_level,
    list_codes,
    upload_codes,
)
from guerdon.settings import Settings

RULE = click.argument("rule_id", metavar="RULE", type=int)


@click.group("pool")
def command() -> None:
    """Upload coupon codes for a rule, and see how many are left.

    A rule hands out uploaded codes if its terms say so: `"codes": {"source": "pool", "low_at": 100}`.
    """


@command.command("upload")
@with_settings
@with_json
@MERCHANT
@RULE
def upload(settings: Settings, as_json: bool, merchant_id: int, rule_id: int) -> None:
    """Put codes into a rule's pool: from standard input, one a line or with commas between them, as many as there are.

    The same codes again change nothing, so an upload that broke off is simply repeated.

    \b
    Example:
      guerdon pool upload --merchant 42 7 < codes.csv
    """
    codes = [code.strip() for line in sys.stdin for code in line.split(",") if code.strip()]
    if not codes:
        raise Unusable("There is no code on standard input: send one a line, or several with commas between them.")

    async def work(database: Database) -> list[Uploaded]:
        await get_merchant(database, merchant_id)
        now = machine_clock()
        return [
            await upload_codes(database, merchant_id, rule_id, codes[start : start + UPLOAD_MAX], now=now)
            for start in range(0, len(codes), UPLOAD_MAX)
        ]

    parts = on_database(settings, work)
    added, known, refused = (sum(getattr(part, name) for part in parts) for name in ("added", "known", "refused"))
    unused = parts[-1].level.unused
    if as_json:
        show_json({"added": added, "known": known, "refused": refused, "unused": unused})
        return
    click.echo(f"{added} codes were added; the pool has {unused} to give.")
    if known:
        click.echo(f"{known} were there before.")
    if refused:
        click.echo(f"{refused} were refused: they are other coupons' codes, or another pool's.")


@command.command("level")
@with_settings
@with_json
@MERCHANT
@RULE
def level(settings: Settings, as_json: bool, merchant_id: int, rule_id: int) -> None:
    """Show how many codes are left.

    \b
    Example:
      guerdon pool level --merchant 42 7
    """
    found = of_merchant(settings, merchant_id, get_level, rule_id)
    if as_json:
        show_json(found)
        return
    told = "nobody is told when they run low" if found.low_at is None else f"{found.low_at} are told as few"
    click.echo(f"{found.unused} codes are left, {found.used} were handed out; {told}.")


@command.command("codes")
@with_settings
@with_json
@MERCHANT
@RULE
@click.option("--count", "count_max", type=click.IntRange(1, 10_000), default=100, help="How many at most.  [100]")
def codes(settings: Settings, as_json: bool, merchant_id: int, rule_id: int, count_max: int) -> None:
    """List the codes of a rule's pool in the order in which they are handed out, and who has them.

    \b
    Example:
      guerdon pool codes --merchant 42 7 --count 20
    """

    async def work(database: Database) -> list[UploadedCode]:
        await get_merchant(database, merchant_id)
        await get_level(database, merchant_id, rule_id)
        return await list_codes(database, merchant_id, rule_id, count_max=count_max)

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    rows = [(one.code, one.redemption_id, f"{one.uploaded_at:%Y-%m-%d %H:%M} UTC") for one in found]
    show_table(("code", "redemption", "uploaded"), rows, empty="There is none.")
