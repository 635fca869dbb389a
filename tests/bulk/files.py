"""Files to import, and imports of them into a shop."""

from pathlib import Path
from typing import Any

from guerdon.bulk import run as bulk
from guerdon.bulk.rows import Options, Reading
from guerdon.bulk.run import Report
from guerdon.bulk.undo import Undone, undo
from tests.shop import Shop


def nothing(*_: object) -> None:
    """Nobody watches."""


def reading_of(shop: Shop, kind: str, **more: Any) -> Reading:
    """How a shop reads a file of this kind."""
    return Reading(kind, shop.merchant.timezone, shop.clock(), **more)


async def bring(shop: Shop, kind: str, path: Path, *, options: Options | None = None, **more: Any) -> Report:
    """Import a file."""
    return await bulk.run(
        shop.engine.database, shop.merchant, path, reading_of(shop, kind, **more), options or Options(),
        actor="test", clock=shop.clock, on_progress=nothing,
    )  # fmt: skip


async def look(shop: Shop, kind: str, path: Path, **more: Any) -> Report:
    """Run an import dry."""
    reading = reading_of(shop, kind, **more)
    return await bulk.dry_run(shop.engine.database, shop.merchant, path, reading, Options(), nothing)


async def take_back(shop: Shop, batch_id: int | None, *, force: bool = False) -> Undone:
    """Undo an import."""
    assert batch_id is not None, "nothing was imported"
    return await undo(
        shop.engine.database, shop.merchant.merchant_id, batch_id,
        force=force, actor="test", clock=shop.clock, on_progress=nothing,
    )  # fmt: skip


def written(folder: Path, name: str, *lines: str) -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path
