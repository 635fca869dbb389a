"""What comes piece by piece, and how it goes on where it was cut off. Without I/O.

A client of any kind sends `sent`, hands over each piece that it `read`s, and says how it ended: `ended`, `refused` or
`lost`. It is told how long to pause before it asks again, or None where there is no more.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from guerdon.client.ask import Ask, Flow
from guerdon.client.exchange import LINES, Lost, Patience, Pause, Reply, Sent, failure_of, patient, told_pause_s
from guerdon.client.problems import Unreachable, Unreadable

Item = TypeVar("Item")
EVENTS = "text/event-stream"


class Course(Generic[Item]):
    """One reading of a flow from its beginning to its end, over as many connections as it takes."""

    def __init__(
        self, flow: Flow[Item], patience: Patience, chance: Callable[[], float], now: Callable[[], datetime]
    ) -> None:
        self._flow, self._patience, self._chance, self._now = flow, patience, chance, now
        self._ask = Ask("GET", flow.path, flow.item, flow.query)
        self._decoder = msgspec.json.Decoder(flow.item)
        self._rest = b""
        self._last_id = ""
        self._items = 0
        self._tries = 0
        """Since something was read."""

    def sent(self) -> Sent:
        """The request to send now."""
        self._rest = b""
        headers = {"accept": EVENTS if self._flow.resumes else LINES}
        if self._last_id:
            headers["last-event-id"] = self._last_id
        return Sent("GET", self._flow.target, headers, None)

    def read(self, piece: bytes) -> Iterator[Item]:
        """What is whole by now. An event counts as seen once it was handed out."""
        self._tries = 0
        end = b"\n\n" if self._flow.resumes else b"\n"
        *whole, self._rest = (self._rest + piece).split(end)
        for one in whole:
            number, data = _event(one) if self._flow.resumes else ("", one)
            if not data:
                continue
            try:
                item = self._decoder.decode(data)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise Unreadable(f"{self._flow.path} told what is no {self._flow.item}: {error}") from None
            self._items += 1
            self._last_id = number or self._last_id
            yield item

    def ended(self) -> Pause | None:
        """The server has ended it."""
        return self._pause(None, Unreachable(f"{self._flow.path} ends at once")) if self._flow.resumes else None

    def refused(self, reply: Reply) -> Pause:
        """The server said no; raises the Failure where that lasts."""
        failure = failure_of(self._ask, reply, self._tries + 1)
        if not patient(failure, reply):
            raise failure
        return self._pause(told_pause_s(reply, self._now), failure)

    def lost(self, lost: Lost) -> Pause:
        """The connection is gone. Raises Unreachable where it stays so, or where lines break off in the middle."""
        if self._items and not self._flow.resumes:
            raise Unreachable(f"{self._flow.path} broke off after {self._items} lines: {lost.why}")
        return self._pause(None, failure_of(self._ask, lost, self._tries + 1))

    def _pause(self, told_s: float | None, failure: Exception) -> Pause:
        self._tries += 1
        if self._tries >= self._patience.tries_max or (told_s or 0) > self._patience.told_max_s:
            raise failure
        return Pause(self._patience.pause_s(self._tries, told_s, self._chance()))


def _event(text: bytes) -> tuple[str, bytes]:
    """The number and the data of an event; no data in what only shows that the stream lives."""
    number, data = "", b""
    for line in text.split(b"\n"):
        name, _, value = line.partition(b": ")
        if name == b"id":
            number = value.decode("ascii", "replace")
        elif name == b"data":
            data = value
    return number, data
