"""The files that shoppers' pages load: ours, part of the package, compressed when they are first asked for."""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from litestar import Response

from guerdon.docs.assets import FOR_A_YEAR, KINDS, Asset

OWN = Path(__file__).parent / "assets"
FOLDER = "/widget/v1/"
"""The number is that of the elements: their names, attributes, events and parts stay as they are below it."""

AGAIN_AFTER = "public, max-age=3600, stale-while-revalidate=86400"
"""Shops write the plain address into their pages: a new version of the file is everywhere within an hour or two."""


def found(name: str) -> Asset | None:
    """The file of this name, if there is one."""
    file = OWN / name
    if file.suffix not in KINDS or file.name != name or not file.is_file():
        return None
    return _read(file, file.stat().st_mtime_ns)


def versioned(name: str) -> str:
    """Its address, which is another one when the file is."""
    asset = found(name)
    assert asset is not None, f"a page names {name}, which is not there"
    return f"{FOLDER}{name}?v={asset.version}"


def sent(asset: Asset, headers: Mapping[str, str], *, lasting: bool) -> Response[bytes]:
    """The file, for pages of any origin: they load it as a module, which asks for that."""
    etag = f'"{asset.version}"'
    told = {
        "cache-control": FOR_A_YEAR if lasting else AGAIN_AFTER,
        "etag": etag,
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
    }
    if headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=told, media_type=asset.kind)
    if asset.packed is not None and "gzip" in headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.kind, headers={**told, "content-encoding": "gzip"})
    return Response(asset.content, media_type=asset.kind, headers=told)


@cache
def _read(file: Path, _changed: int) -> Asset:
    content = file.read_bytes()
    version = hashlib.blake2b(content, digest_size=6).hexdigest()
    return Asset(content, gzip.compress(content, mtime=0), KINDS[file.suffix], version)
