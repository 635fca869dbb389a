"""What can go wrong, as exceptions of one tree.

Failure
├── Unreachable              no answer came, however often it was tried
├── Unreadable               what came is no answer of this API
└── Problem                  the server said no, and why
    ├── BadInput             400, 405, 413: the request is wrong, `errors` says where
    ├── Unauthenticated      401
    ├── NotAllowed           403
    ├── NotFound             404
    ├── Conflict             409: something is under way, or exists already
    ├── Outdated             412: somebody else has changed it since
    ├── Refused              422: the request is clear, and the answer is no
    ├── Locked               423
    ├── TooOften             429
    └── Outage               5xx
"""

from typing import Any

import msgspec


class Wrong(msgspec.Struct, frozen=True):
    """One thing that stood against a request; `pointer` leads to the field."""

    code: str
    detail: str
    pointer: str | None = None


class Told(msgspec.Struct, frozen=True):
    """A problem as the server told it: problem+json of RFC 9457."""

    status: int
    code: str
    detail: str
    type: str = ""
    title: str = ""
    retry: bool = False
    facts: dict[str, Any] = {}
    errors: list[Wrong] = []
    request_id: str | None = None
    decision_id: str | None = None


class Failure(Exception):
    """A request that came to nothing. `key` is the one under which it can be asked again, where it writes."""

    key: str | None = None


class Unreachable(Failure):
    """No answer came. What was asked may have been done or not: the same ask, or one under its `key`, finds out."""


class Unreadable(Failure):
    """What answered is no server of this API, or is newer than this client understands."""


class Problem(Failure):
    """The server said no. Compare `code`; `facts` are the numbers and names behind `detail`."""

    def __init__(self, told: Told) -> None:
        super().__init__(f"{told.detail} ({told.code})")
        self.told = told
        self.status = told.status
        self.code = told.code
        self.detail = told.detail
        self.facts = told.facts
        self.errors = told.errors
        self.request_id = told.request_id
        self.decision_id = told.decision_id
        """A refusal can be looked up by it."""


class BadInput(Problem):
    """The request itself is wrong."""


class Unauthenticated(Problem):
    """The key is missing, unknown or revoked."""


class NotAllowed(Problem):
    """The key may not do this."""


class NotFound(Problem):
    """There is no such thing."""


class Conflict(Problem):
    """Something is under way, or exists already."""


class Outdated(Problem):
    """Somebody else has changed it since: read it again."""


class Refused(Problem):
    """The request is clear, and the answer is no."""


class Locked(Problem):
    """Somebody else is at it."""


class TooOften(Problem):
    """The limit of the key is reached, and stayed so for as long as the client had patience."""


class Outage(Problem):
    """The server cannot serve this now, and could not for as long as the client had patience."""


KINDS: dict[int, type[Problem]] = {
    401: Unauthenticated, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: Outdated, 422: Refused, 423: Locked,
    429: TooOften,
}  # fmt: skip


def problem_of(told: Told) -> Problem:
    """The exception for what was told."""
    return KINDS.get(told.status, Outage if told.status >= 500 else BadInput)(told)
