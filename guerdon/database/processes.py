"""What the operating system knows of other processes: who is alive, since when, and who serves a cluster."""

import os
import subprocess
import sys
from pathlib import Path

PROC = Path("/proc")


def started(process_id: int) -> str | None:
    """A mark of when a process began, or None when there is no such process, or a dead one nobody has buried yet.

    Process ids are used again; a process id together with this mark is not.
    """
    if sys.platform != "linux":
        return _ps("-o", "lstart=", "-p", str(process_id)).strip() or None
    try:
        about = (PROC / str(process_id) / "stat").read_text()
    except OSError:
        return None
    # The second field is the program's name and may hold spaces and parentheses; the start is the 22nd.
    state, *fields = about.rpartition(")")[2].split()
    if state in "ZX":
        return None
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {fields[18]}"


def serving(cluster_name: str) -> set[int]:
    """The processes of the PostgreSQL that runs under this cluster name: the postmaster and all of its children.

    PostgreSQL shows the name in every one of their command lines, which anyone may read. Their working folder would
    say the same, but inside a container not even root may look at another user's.
    """
    return {process_id for process_id, line in _command_lines() if _is_postgres(line) and cluster_name in line}


def _is_postgres(line: str) -> bool:
    program = line.split(maxsplit=1)[0] if line.strip() else ""
    return Path(program.rstrip(":")).name == "postgres"


def _command_lines() -> list[tuple[int, str]]:
    if sys.platform != "linux":
        rows = (row.split(maxsplit=1) for row in _ps("-axww", "-o", "pid=,command=").splitlines())
        return [(int(row[0]), row[1]) for row in rows if len(row) == 2]
    lines: list[tuple[int, str]] = []
    for name in os.listdir(PROC):  # noqa: PTH208  # names alone are wanted, of perhaps thousands of processes
        if name.isdigit():
            try:
                lines.append((int(name), (PROC / name / "cmdline").read_text(errors="replace").replace("\0", " ")))
            except OSError:
                continue
    return lines


def _ps(*arguments: str) -> str:
    return subprocess.run(["/bin/ps", *arguments], capture_output=True, text=True).stdout
