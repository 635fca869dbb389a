"""Does what a guide says: its commands in one shell, its servers beside them, its files; and compares the answers.

A fenced block says by its name what it is:

    ```sh           commands, run in the order of the guide, in one shell
    ```sh again     the same, until the answer below it is there
    ```sh serve     a server, which replaces the one before it
    ```json         a part of what the commands above it answered; `…` is any text
    ```text         texts that they answered, line by line, in this order
    ```python x.py  a file
"""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx

from guerdon.docs.build import ROOT
from guerdon.docs.guides import ADDRESS, Guide

BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
ANSWERS = ("json", "text")
ANY = "…"
TRIES, PAUSE_S, GRACE_S = 400, 0.25, 120


class Block(NamedTuple):
    """A fenced block, and the answer that follows it, if one does."""

    kind: str
    text: str
    answer: "Block | None" = None


def blocks(guide: Guide) -> list[Block]:
    """What a guide has in fences, with answers at the commands that they are of."""
    found: list[Block] = []
    for match in BLOCK.finditer(guide.markdown):
        block = Block(match["kind"], match["text"])
        if block.kind in ANSWERS:
            kinds = [one.kind for one in found[-1:]]
            assert kinds in (["sh"], ["sh again"]), f"{guide.name} answers nothing: {block.text}"
            found[-1] = found[-1]._replace(answer=block)
        else:
            found.append(block)
    return found


class Desk:
    """A folder, a server and a shell, in which guides are followed one after another."""

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str]) -> None:
        self._folder, self._port = folder, port
        scripts = Path(sysconfig.get_path("scripts"))
        quick = folder / ".quick"
        quick.mkdir()
        self._environment = {
            **environment, "GUERDON_PORT": str(port), "PATH": f"{quick}:{scripts}:{os.environ['PATH']}",
        }  # fmt: skip
        self._server: subprocess.Popen[bytes] | None = None
        # Run where the tests are, so that it finds itself.
        self._commands = subprocess.Popen[bytes](
            [sys.executable, "-m", "tests.docs.quick", quick, scripts / "guerdon"], cwd=ROOT, start_new_session=True
        )
        _wait("commands can be called", lambda: (quick / "guerdon").exists())

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self._port}"

    def follow(self, guide: Guide) -> None:
        """Everything that a guide says; fails with the command and what came of it."""
        with self._started(["bash"], stdin=subprocess.PIPE) as shell:
            try:
                for number, block in enumerate(blocks(guide)):
                    self._do(shell, f"{guide.name}-{number}", block)
            finally:
                _end(shell)

    def close(self) -> None:
        """End the server, and what answers commands."""
        self._end_server()
        _end(self._commands)

    def _end_server(self) -> None:
        if self._server is not None:
            _end(self._server)

    def _do(self, shell: subprocess.Popen[bytes], name: str, block: Block) -> None:
        kind, _, file = block.kind.partition(" ")
        match block.kind:
            case "sh" | "sh again":
                self._run(shell, name, block)
            case "sh serve":
                self._serve(block.text)
            case _:
                assert kind in ("python", "csv"), f"nobody knows what to do with {block.kind!r}"
                (self._folder / file).write_text(self._here(block.text), "utf-8")

    def _run(self, shell: subprocess.Popen[bytes], name: str, block: Block) -> None:
        """One block of commands, which must succeed and answer what the guide says."""
        wrong = "it never ended"
        for _ in range(TRIES if block.kind == "sh again" else 1):
            told, failed = self._told(shell, name, block.text)
            wrong = failed or difference(block.answer, told)
            if not wrong:
                return
            time.sleep(PAUSE_S)
        raise AssertionError(f"{name}: {wrong}\n{block.text}")

    def _told(self, shell: subprocess.Popen[bytes], name: str, commands: str) -> tuple[str, str]:
        """What the commands say, and what was wrong with how they ended."""
        answer, errors, done = (self._folder / f".{name}.{end}" for end in ("out", "err", "done"))
        done.unlink(missing_ok=True)
        assert shell.stdin is not None
        text = f"{{\n{self._here(commands)}\n}} > {answer} 2> {errors}; echo $? > {done}.new; mv {done}.new {done}\n"
        shell.stdin.write(text.encode())
        shell.stdin.flush()
        until = time.monotonic() + GRACE_S
        while not done.exists():
            assert shell.poll() is None, f"{name}: the shell ended"
            if time.monotonic() > until:
                return "", "it never ended"
            time.sleep(0.01)
        said = errors.read_text("utf-8")
        status = done.read_text("utf-8").strip()
        return answer.read_text("utf-8"), "" if status == "0" else f"it ended with {status}: {said}"

    def _serve(self, command: str) -> None:
        self._end_server()
        self._server = server = self._started(["bash", "-c", f"exec env {command}"])
        _wait(f"it answers: {command}", lambda: self._answers(server))

    def _answers(self, server: subprocess.Popen[bytes]) -> bool:
        assert server.poll() is None, "the server ended"
        try:
            return httpx.get(f"{self.url}/ready", timeout=GRACE_S).status_code == 200
        except httpx.TransportError:
            return False

    def _started(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        """A process in a session of its own, so that all of it can be ended."""
        return subprocess.Popen[bytes](
            command, cwd=self._folder, env=self._environment, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **more,
        )  # fmt: skip

    def _here(self, text: str) -> str:
        return text.replace(ADDRESS, self.url)


def difference(answer: Block | None, told: str) -> str:
    """What a guide says of an answer and is not so; an empty text if it is. Pure."""
    if answer is None:
        return ""
    if answer.kind == "json":
        held = _last_json(told)
        if held is None:
            return f"this is no JSON: {told!r}"
        return "" if within(json.loads(answer.text), held) else f"the guide says {answer.text}but it is {told}"
    place = 0
    for line in answer.text.splitlines():
        place = told.find(line, place)
        if place < 0:
            return f"the guide says {line!r}, but it is {told!r}"
    return ""


def within(said: Any, held: Any) -> bool:
    """Whether one value has all that another says; of lists the first elements. Pure."""
    if said == ANY:
        return isinstance(held, str) and held != ""
    if type(said) is not type(held):
        return False
    match said:
        case dict():
            named = cast("dict[str, Any]", said).items()
            return all(name in held and within(one, held[name]) for name, one in named)
        case list():
            several = cast("list[Any]", said)
            return len(held) >= len(several) and all(map(within, several, held))
        case _:
            return bool(said == held)


def _wait(what: str, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + GRACE_S
    while not condition():
        assert time.monotonic() < until, f"still not so: {what}"
        time.sleep(0.05)


def _last_json(told: str) -> Any:
    """The whole of it, or its last line, where commands before said something else."""
    for text in (told, told.strip().rpartition("\n")[2]):
        try:
            return json.loads(text)
        except ValueError:
            continue
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """A process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(GRACE_S)
