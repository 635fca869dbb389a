"""`guerdon` for shells that call it often: one process has imported everything, and forks for each call.

A start of Python imports for longer than most commands work. `python -m tests.docs.quick FOLDER PROGRAM` listens in the
folder, and puts a `guerdon` there that hands over its arguments, its folder, its environment and its three files. Each
call is a process of its own; those that serve are started as ever, by the program.
"""

import array
import json
import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

from guerdon.cli import COMMANDS, main, module_of

CALLER = """#!{python} -IS
import array, json, os, socket, sys
if sys.argv[1:2] in (["serve"], ["worker"]):
    os.execv({program!r}, [{program!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    there.sendmsg([len(told).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    there.sendall(told)
    status = there.recv(4)
sys.exit(int.from_bytes(status, "big") if status else 1)
"""


def run(folder: Path, program: str) -> None:
    """Listen until the process is ended."""
    for name in COMMANDS:
        import_module(module_of(name))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    address = str(folder / "guerdon.socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        aside = folder / "guerdon.new"
        aside.write_text(CALLER.format(python=sys.executable, program=program, address=address), "utf-8")
        aside.chmod(0o755)
        aside.rename(folder / "guerdon")
        while True:
            caller, _ = listener.accept()
            with caller:
                if os.fork() == 0:
                    listener.close()
                    _answer(caller)


def _answer(caller: socket.socket) -> None:
    """One command, in the place and with the files of whoever calls."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, passed, _, _ = caller.recvmsg(4, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    files = array.array("i", passed[0][2])
    told = b""
    while len(told) < int.from_bytes(size, "big"):
        told += caller.recv(1 << 16)
    arguments, where, environment = json.loads(told)
    for target, file in enumerate(files):
        os.dup2(file, target)
    os.chdir(where)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        main(arguments, prog_name="guerdon")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        caller.sendall(status.to_bytes(4, "big"))
        os._exit(status)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
