"""`guerdon doctor`: is this installation well, and what to do if not."""

import shutil
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import click
from msgspec import Struct

from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.errors import DatabaseError
from guerdon.database.migrate import pending
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.sql import load
from guerdon.settings import Settings

SQL = load(__file__, "doctor.sql")

VERSION_MIN = 15
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
CLOCKS_APART_S_MAX = 2
DISK_FREE_BYTES_MIN = 2 << 30
EXIT_CODE = 1
"""The command did its work, and what it found is bad."""


class Health(StrEnum):
    """How something is."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    BAD = "bad"


class Check(Struct, frozen=True):
    """What was looked at, how it is, what was seen, and what to do (empty if nothing)."""

    name: str
    health: Health
    seen: str
    advice: str = ""


@click.command("doctor")
@with_settings
@with_json
def command(settings: Settings, as_json: bool) -> None:
    """Check the settings, the database, its schema, the clocks and the disk, and say what to do.

    Changes nothing. The exit code is 1 if something is bad.

    \b
    Example:
      guerdon doctor
    """
    checks = [_check_settings(settings)]
    try:
        checks += on_database(settings, _check_database, migrated=False)
    except (DatabaseError, Unusable) as failure:
        advice = "Correct GUERDON_DATABASE_URL, or unset it to use the embedded database."
        if settings.database_url is None:
            advice = f"Look at {settings.data_dir}, and at the logs in its folder postgres/log."
        checks.append(Check("database", Health.BAD, str(failure), advice))
    if settings.database_url is None:
        checks.append(_check_disk(settings.data_dir))
    if as_json:
        show_json(checks)
    else:
        rows = [(check.name, check.health, check.seen, check.advice) for check in checks]
        show_table(("check", "is", "seen", "to do"), rows, empty="")
    if any(check.health is Health.BAD for check in checks):
        raise SystemExit(EXIT_CODE)


def _check_settings(settings: Settings) -> Check:
    where = f"embedded, in {settings.data_dir.absolute()}"
    if settings.database_url is not None:
        where = "named by GUERDON_DATABASE_URL"
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    return Check("settings", Health.WELL, f"database {where}; {workers} on {settings.host}, port {settings.port}")


async def _check_database(database: Database) -> Sequence[Check]:
    server = await database.fetchrow(SQL.get_server)
    assert server is not None, "a statement without FROM has one row"
    version, number, clock, *durability = server
    apart_s = abs((machine_clock() - clock).total_seconds())
    waiting = await pending(database)
    volatile = [name for name, value in zip(DURABLE, durability, strict=True) if value == "off"]
    return (
        _check("database", f"PostgreSQL {version}", f"Use version {VERSION_MIN} or newer.",
               well=number >= VERSION_MIN * 10_000),
        _check("schema", f"{len(waiting)} migrations are pending", "Run `guerdon migrate`.", well=not waiting),
        _check("durability", f"{', '.join(volatile) or 'nothing'} is off", "Turn it on, or a crash loses redemptions.",
               well=not volatile, otherwise=Health.DOUBTFUL),
        _check("clocks", f"{apart_s:.1f} s between this machine and the database", "Let NTP set both clocks.",
               well=apart_s <= CLOCKS_APART_S_MAX, otherwise=Health.DOUBTFUL),
    )  # fmt: skip


def _check_disk(data_dir: Path) -> Check:
    free = shutil.disk_usage(data_dir).free
    return _check(
        "disk",
        f"{free / (1 << 30):.1f} GB free for {data_dir}",
        "Make room: PostgreSQL stops when the disk is full.",
        well=free >= DISK_FREE_BYTES_MIN,
    )


def _check(name: str, seen: str, advice: str, *, well: bool, otherwise: Health = Health.BAD) -> Check:
    return Check(name, Health.WELL, seen) if well else Check(name, otherwise, seen, advice)
