"""What every refusal is, and those that any request can meet."""

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar
from uuid import UUID


@dataclass(eq=False)
class Refusal(Exception):
    """No."""

    status: ClassVar[int] = 422
    retry: ClassVar[bool] = False
    retry_after_s: ClassVar[int | None] = None
    recorded: ClassVar[bool] = True
    """Whether it is kept as a decision that can be looked up (behaviour 11)."""

    def __post_init__(self) -> None:
        super().__init__()
        self.also: tuple[Refusal, ...] = ()
        """Further reasons that hold at the same time, where all of them were looked at."""
        self.decision_id: UUID | None = None

    @property
    def code(self) -> str:
        """The stable name that programs compare."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def facts(self) -> dict[str, Any]:
        """The typed numbers and names behind the sentence."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def wait_s(self) -> int | None:
        """After how many seconds it is worth asking again: what Retry-After tells."""
        return self.retry_after_s

    @property
    def sentence(self) -> str:
        """What was wrong, with which value, and what would work."""
        return " ".join((self.__doc__ or "").split()).format(**self.facts)

    def __str__(self) -> str:
        return self.sentence


@dataclass(eq=False)
class BadRequest(Refusal):
    """The request cannot be read: {problem}."""

    status = 400
    problem: str


@dataclass(eq=False)
class BadField(Refusal):
    """{field}: {problem}."""

    status = 400
    field: str
    problem: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.problem = self.problem.removesuffix(".")


@dataclass(eq=False)
class Unauthenticated(Refusal):
    """{problem}."""

    status = 401
    problem: str


@dataclass(eq=False)
class NotAllowed(Refusal):
    """This is not allowed."""

    status = 403


@dataclass(eq=False)
class ScopeMissing(NotAllowed):
    """These credentials may not do this: {needed} is needed, they have {given}."""

    needed: str
    given: str


@dataclass(eq=False)
class OtherMerchant(NotAllowed):
    """merchantId {asked} is not yours: you signed in for merchant {own}."""

    asked: int
    own: int


@dataclass(eq=False)
class NotFound(Refusal):
    """There is no such thing."""

    status = 404


@dataclass(eq=False)
class MerchantNotFound(NotFound):
    """There is no merchant {merchant_id}."""

    merchant_id: int


@dataclass(eq=False)
class PageNotFound(NotFound):
    """There is nothing at {path}."""

    path: str


@dataclass(eq=False)
class MethodNotAllowed(Refusal):
    """{method} is not served here; {allowed} is."""

    status = 405
    method: str
    allowed: str


@dataclass(eq=False)
class Conflict(Refusal):
    """This is in conflict with something under way."""

    status = 409


@dataclass(eq=False)
class KeyInFlight(Conflict):
    """A request with the idempotency key {key} is being answered right now: ask again in a moment."""

    retry = True
    retry_after_s = 1
    key: str


@dataclass(eq=False)
class NameTaken(Conflict):
    """The {kind} {name} exists already: choose another."""

    kind: str
    name: str


@dataclass(eq=False)
class Outdated(Refusal):
    """It says {now} now, and If-Match asked for {asked}: read it again, and repeat the change on what it says."""

    status = 412
    asked: str
    now: str


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The body is over {bytes_max} bytes."""

    status = 413
    bytes_max: int


@dataclass(eq=False)
class Unprocessable(Refusal):
    """The request is clear, and the answer is no."""


@dataclass(eq=False)
class KeyReused(Unprocessable):
    """The idempotency key {key} was used before for another request: take a new key for a new request."""

    key: str


@dataclass(eq=False)
class Locked(Refusal):
    """Someone else is at it."""

    status = 423
    retry = True


@dataclass(eq=False)
class ServerFault(Refusal):
    """Something went wrong on our side: the request id in the headers helps us to find it."""

    status = 500
    recorded = False


@dataclass(eq=False)
class Outage(Refusal):
    """This cannot be served right now: ask again with the same idempotency key."""

    status = 503
    retry = True
    retry_after_s = 2


@dataclass(eq=False)
class Busy(Outage):
    """{waiting} requests are waiting already: ask again in a moment with the same idempotency key."""

    retry_after_s = 1
    waiting: int


@dataclass(eq=False)
class DatabaseAway(Outage):
    """The database does not answer: ask again with the same idempotency key, which makes the repeat safe."""

    retry_after_s = 5


@dataclass(eq=False)
class ShuttingDown(Outage):
    """This server is shutting down: ask again, and another answers."""
