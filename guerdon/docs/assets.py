"""The files that pages load: ours, which are part of the package, and those that build.py has put beside them."""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from litestar import Response

from guerdon.docs.build import BUILT

OWN = Path(__file__).parent / "assets"
REFERENCE = "scalar.js"
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SMALL_BYTES = 1_400
"""What is smaller goes in one packet as it is."""
FOR_A_YEAR = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is sent; `packed` is the same compressed."""

    content: bytes
    packed: bytes | None
    kind: str
    version: str


def found(name: str, own: Path = OWN) -> Asset | None:
    """The file of this name, of these of ours or of what was built; None where there is none, or where it was not
    built yet.
    """
    file = _file(name, own)
    return None if file is None else _read(file, file.stat().st_mtime_ns)


def versioned(name: str) -> str:
    """Its address, which is another one when the file is."""
    asset = found(name)
    return f"/docs/assets/{name}" + ("" if asset is None else f"?v={asset.version}")


def sent(asset: Asset, headers: Mapping[str, str], *, lasting: bool) -> Response[bytes]:
    """The file, compressed for whoever takes that; `lasting` where its address is another one when the file is."""
    packed = asset.packed is not None and "gzip" in headers.get("accept-encoding", "")
    told = {
        "cache-control": FOR_A_YEAR if lasting else "no-cache",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
    }
    if packed:
        told["content-encoding"] = "gzip"
    content = asset.packed if packed and asset.packed is not None else asset.content
    return Response(content, media_type=asset.kind, headers=told)


def _file(name: str, own: Path) -> Path | None:
    if Path(name).suffix not in KINDS or Path(name).name != name:
        return None
    for folder in (own, BUILT):
        if (folder / name).is_file():
            return folder / name
    return None


@cache
def _read(file: Path, _changed: int) -> Asset:
    content = file.read_bytes()
    packed = file.with_name(f"{file.name}.gz")
    version = hashlib.blake2b(content, digest_size=6).hexdigest()
    if packed.is_file():
        return Asset(content, packed.read_bytes(), KINDS[file.suffix], version)
    smaller = gzip.compress(content, mtime=0) if len(content) > SMALL_BYTES else None
    return Asset(content, smaller, KINDS[file.suffix], version)
