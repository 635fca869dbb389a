"""How an ask comes to its answer: the one place that knows of keys, retries and patience. Without I/O.

`exchange` is a generator. It yields what is to be done, a request to send or a pause to make, and is told what came of
it: a reply, or that the connection was lost. A client of any kind drives it in a loop of a few lines.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec

from guerdon.client.ask import Ask
from guerdon.client.problems import Failure, Problem, Told, Unreachable, Unreadable, problem_of

Answer = TypeVar("Answer")

LINES = "application/x-ndjson"
NOT_NOW = (429, 502, 503, 504)
"""A proxy says some of these in the name of a server that it does not reach."""


@dataclass(frozen=True)
class Patience:
    """How long to go on. Pauses double from the first to the longest, and each is a random part of itself, so that
    those who failed together do not come back together.
    """

    tries_max: int = 8
    first_s: float = 0.1
    longest_s: float = 10.0
    told_max_s: float = 60.0
    """So long a pause as the server asks for is made; a longer one is the caller's to make."""

    def pause_s(self, tries: int, told_s: float | None, chance: float) -> float:
        """How long to wait after so many tries; never less than was told. `chance` is from 0 to 1."""
        own_s = min(self.longest_s, self.first_s * 2.0 ** (tries - 1)) * (0.5 + chance / 2)
        return own_s if told_s is None else told_s + own_s * chance


@dataclass(frozen=True)
class Sent:
    """A request to send."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes | None


@dataclass(frozen=True)
class Pause:
    """So long nothing is to be done."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """What came back; headers by lower-case name."""

    status: int
    headers: dict[str, str]
    content: bytes


@dataclass(frozen=True)
class Lost:
    """No whole reply came, and nobody knows whether the request arrived."""

    why: str


Step = Sent | Pause
Steps = Generator[Step, Reply | Lost | None, Answer]
"""To a pause, None is the answer."""


def exchange(
    ask: Ask[Answer], patience: Patience, chance: Callable[[], float], now: Callable[[], datetime]
) -> Steps[Answer]:  # fmt: skip
    """The answer of an ask, in steps. Raises a Failure that knows the key of the ask."""
    sent = _sent(ask)
    tries = 0
    while True:
        reply = yield sent
        assert reply is not None, "a request is answered or lost"
        tries += 1
        if isinstance(reply, Reply) and reply.status < 300:
            return _answer(ask, reply)
        failure = failure_of(ask, reply, tries)
        told_s = told_pause_s(reply, now) if isinstance(reply, Reply) else None
        if not patient(failure, reply) or tries >= patience.tries_max or (told_s or 0) > patience.told_max_s:
            raise failure
        yield Pause(patience.pause_s(tries, told_s, chance()))


def _sent(ask: Ask[Any]) -> Sent:
    headers = {"accept": "application/json", **ask.headers}
    if ask.key is not None:
        headers["idempotency-key"] = ask.key
    content = None
    if ask.lines is not None:
        headers |= {"content-type": LINES, "accept": LINES}
        content = b"\n".join(map(msgspec.json.encode, ask.lines))
    elif ask.body is not None:
        headers["content-type"] = "application/json"
        content = msgspec.json.encode(ask.body)
    return Sent(ask.method, ask.target, headers, content)


def _answer(ask: Ask[Answer], reply: Reply) -> Answer:
    content = reply.content or b"null"
    if ask.lines is not None:
        content = b"[" + b",".join(reply.content.splitlines()) + b"]"
    try:
        return msgspec.json.decode(content, type=ask.answer)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _keyed(ask, Unreadable(f"{ask.method} {ask.path} answered what is no {ask.answer}: {error}")) from None


def failure_of(ask: Ask[Any], reply: Reply | Lost, tries: int) -> Failure:
    """What a reply that is no answer, or none, is raised as after so many tries."""
    if isinstance(reply, Lost):
        return _keyed(ask, Unreachable(f"{ask.method} {ask.path} was tried {tries} times: {reply.why}"))
    try:
        return _keyed(ask, problem_of(msgspec.json.decode(reply.content, type=Told)))
    except (msgspec.DecodeError, UnicodeError):
        if reply.status in NOT_NOW:
            told = Told(reply.status, "not_now", f"{ask.method} {ask.path} is answered with {reply.status}", retry=True)
            return _keyed(ask, problem_of(told))
        return _keyed(ask, Unreadable(f"{ask.method} {ask.path} answered {reply.status} without a problem"))


def _keyed(ask: Ask[Any], failure: Failure) -> Failure:
    failure.key = ask.key
    return failure


def patient(failure: Failure, reply: Reply | Lost) -> bool:
    """Whether asking again can help. It is safe, since an ask that writes has its key."""
    if isinstance(reply, Lost) or reply.status in NOT_NOW:
        return True
    return isinstance(failure, Problem) and failure.told.retry


def told_pause_s(reply: Reply, now: Callable[[], datetime]) -> float | None:
    """How long the server asks to wait: seconds, or until a date as others write it."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now()).total_seconds())
