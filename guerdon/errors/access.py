"""Why a key, or the customer in front of a page that holds one, is told no."""

from dataclasses import dataclass

from guerdon.errors.base import NotAllowed, NotFound, Refusal, Unauthenticated


@dataclass(eq=False)
class RateLimited(Refusal):
    """This key may ask {limit} times a second, and has: wait a second, then ask again."""

    status = 429
    retry = True
    retry_after_s = 1
    recorded = False
    limit: int


@dataclass(eq=False)
class CustomerTokenMissing(Unauthenticated):
    """{problem}."""


@dataclass(eq=False)
class CustomerTokenInvalid(Unauthenticated):
    """The customer token is not valid: {problem}."""


@dataclass(eq=False)
class NotForBrowsers(NotAllowed):
    """A publishable key may not do this: ask from your own server, with a secret key."""


@dataclass(eq=False)
class OtherCustomer(NotAllowed):
    """{field} names another customer than the token does: leave it out, or sign a token for that customer."""

    field: str


@dataclass(eq=False)
class OriginNotAllowed(NotAllowed):
    """Pages of {origin} may not use this key: those of {allowed} may."""

    origin: str
    allowed: str


@dataclass(eq=False)
class RequestNotFound(NotFound):
    """There is no request {request_id} in the history, which goes back some days only."""

    request_id: str


@dataclass(eq=False)
class ApiKeyNotFound(NotFound):
    """There is no API key {key_id}."""

    key_id: int


@dataclass(eq=False)
class VersionUnknown(Refusal):
    """{asked} is no version that is served: {known} can be named in the header Guerdon-Version."""

    status = 400
    asked: str
    known: str
