"""Whom PostgreSQL runs as: it refuses to run as root, so root lends it to a user who owns the cluster."""

import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from guerdon.database import launch
from guerdon.database.errors import ServerUnusable

DEFAULT_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A system user with its groups, as the kernel will check them."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> "ServerUser":
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(groups))

    def command(self, program: Path, *arguments: str) -> list[str]:
        """The command line that becomes `program` under this user and ends when we do (see `launch`)."""
        start = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())]
        groups = ",".join(str(group) for group in self.groups)
        return [*start, str(self.uid), str(self.gid), groups, str(program), *arguments]

    def can_enter(self, folder: Path) -> bool:
        """Whether every folder down to this one, symbolic links followed, lets the user pass."""
        real = folder.resolve()
        return all(self._may(place, stat.S_IXOTH) for place in (real, *real.parents))

    def can_read(self, file: Path) -> bool:
        return self.can_enter(file.parent) and self._may(file, stat.S_IROTH)

    def give(self, path: Path) -> None:
        """Make the user the owner of something we just created."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def _may(self, path: Path, others_bit: int) -> bool:
        about = path.stat()
        if about.st_uid == self.uid:
            return bool(about.st_mode & (others_bit << 6))
        if about.st_gid in self.groups:
            return bool(about.st_mode & (others_bit << 3))
        return bool(about.st_mode & others_bit)


def choose(name: str | None, *, owner_uid: int | None) -> ServerUser:
    """The user to run PostgreSQL as.

    Anyone but root runs it as themselves. Root runs it as `name`, else as the owner of the cluster that is already
    there (a user `postgres` that appears later must not lock us out of our own data), else as `postgres` or `nobody`.
    """
    if os.geteuid() != 0:
        myself = pwd.getpwuid(os.geteuid())
        if name not in (None, myself.pw_name):
            raise ServerUnusable(f"Only root can run PostgreSQL as the user {name!r}: leave GUERDON_DATABASE_USER out.")
        return ServerUser.of(myself)
    entry = _named(name) if name is not None else _owner(owner_uid) or _default()
    if entry.pw_uid == 0:
        raise ServerUnusable("PostgreSQL refuses to run as root: name another user in GUERDON_DATABASE_USER.")
    if owner_uid not in (None, entry.pw_uid):
        raise ServerUnusable(f"The database belongs to the user id {owner_uid}, so {entry.pw_name!r} cannot run it.")
    return ServerUser.of(entry)


def _named(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ServerUnusable(f"GUERDON_DATABASE_USER names the user {name!r}, who does not exist here.") from None


def _owner(uid: int | None) -> pwd.struct_passwd | None:
    if uid is None:
        return None
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise ServerUnusable(f"The database belongs to the user id {uid}, which has no name here.") from None


def _default() -> pwd.struct_passwd:
    for name in DEFAULT_NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerUnusable("PostgreSQL refuses to run as root: name another user in GUERDON_DATABASE_USER.")
