"""The child's side of starting PostgreSQL: step down to the server's user, die with the parent, become the program.

Run as a script, by path, in an isolated interpreter: it may import nothing but the standard library, and everything
before it steps down, since the server's user may not be allowed to read our Python at all.

    python -I -S launch.py PARENT_PID UID GID GROUPS PROGRAM ARGUMENT...

A separate little program, not a `preexec_fn`: that would run between fork and exec of a process that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent_pid: int, uid: int, gid: int, groups: list[int], command: list[str]) -> None:
    """Never returns: the process becomes `command`, under the same pid."""
    libc = ctypes.CDLL(None)
    if os.geteuid() == 0:
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it. SIGINT is PostgreSQL's fast, clean shutdown.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        # A parent that died before the line above sends no signal any more.
        if os.getppid() != parent_pid:
            sys.exit("the process that wanted PostgreSQL is gone")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606  # the supervisor names the program, by its full path


if __name__ == "__main__":
    _, parent_argument, uid_argument, gid_argument, groups_argument, *rest = sys.argv
    main(
        int(parent_argument),
        int(uid_argument),
        int(gid_argument),
        [int(group) for group in groups_argument.split(",")],
        rest,
    )
