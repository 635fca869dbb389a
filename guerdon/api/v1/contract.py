"""How callers of the native API sign in, and how they are told no: as problems, RFC 9457."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from guerdon.access.keys import Caller, merchant_of_secret
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission, policy_headers
from guerdon.api.v1.shape import shaped
from guerdon.api.v1.versions import HEADER, chosen, version_headers
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.access import NotForBrowsers, RateLimited
from guerdon.errors.base import BadField, Refusal, Unauthenticated

UNSIGNED = "Credentials are missing: send the header `Authorization: Bearer gk_…` with a secret key"
PAGES = "/docs/errors/"
"""Where each code has a page that explains it."""


class Wrong(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that stood against the request; `pointer` leads to the field."""

    code: str
    detail: str
    pointer: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why not, and what would work. `facts` are the numbers and names in `detail`, such as `shortfall`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    retry: bool
    facts: dict[str, Any]
    errors: list[Wrong]
    request_id: str
    decision_id: str | UnsetType = UNSET


class ApiContract:
    """A secret key as a bearer; a refusal is a problem."""

    refusal_type = b"application/problem+json"
    noted = True

    async def authenticate(self, engine: Engine, incoming: Incoming, _params: Any) -> Caller:
        """The key names its merchant, and is held to a version of the interface from its first use on."""
        scheme, _, secret = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated(UNSIGNED)
        caller = await engine.keys.caller(merchant_of_secret(secret.strip()), secret.strip())
        version = chosen(incoming.headers.get(HEADER), caller.api_version, engine.clock().date())
        incoming.told += version_headers(version)
        return caller if caller.api_version is not None else await engine.keys.pin_version(caller, version.day)

    async def admit(self, engine: Engine, caller: Caller, _incoming: Incoming) -> Admission:
        """The key's limit."""
        if caller.limit_per_second is None:
            return UNLIMITED
        room = await engine.limits.ask(
            caller.merchant.merchant_id, caller.key_id, caller.limit_per_second, engine.clock()
        )
        return Admission(policy_headers(room), None if room.admitted else RateLimited(room.limit))

    def allow(self, _engine: Engine, caller: Caller, route: Route[Any], incoming: Incoming, _params: Any) -> None:
        """The scopes of the key decide; one that may lie in a page's source opens nothing here. A key against repeats
        that is none is refused, though nothing is kept under it, as on a dry run.
        """
        if caller.publishable:
            raise NotForBrowsers
        caller.require(route.scope)
        if route.keyed:
            incoming.key_text()

    def merchant_id(self, caller: Caller) -> int:
        """The merchant of the key."""
        return caller.merchant.merchant_id

    def actor(self, caller: Caller) -> str:
        """The key."""
        return caller.actor

    def written(self, answer: Any, incoming: Incoming) -> bytes:
        """The answer, or as much of it as was asked for."""
        return encode(shaped(answer, incoming))

    def refused(self, refusal: Refusal, incoming: Incoming) -> Problem:
        """The first reason is the problem; `errors` has all of them."""
        title = type(refusal).__name__
        return Problem(
            type=PAGES + refusal.code,
            title="".join(f" {letter.lower()}" if letter.isupper() else letter for letter in title)
            .strip()
            .capitalize(),
            status=refusal.status,
            code=refusal.code,
            detail=refusal.sentence,
            retry=refusal.retry,
            facts=refusal.facts,
            errors=[_wrong(one) for one in (refusal, *refusal.also)],
            request_id=f"req_{incoming.request_id.hex}",
            decision_id=UNSET if refusal.decision_id is None else f"dec_{refusal.decision_id.hex}",
        )


def _wrong(refusal: Refusal) -> Wrong:
    pointer = None
    if isinstance(refusal, BadField):
        pointer = "/" + refusal.field.replace("[", "/").replace("]", "").replace(".", "/").replace("//", "/")
    return Wrong(refusal.code, refusal.sentence, pointer)
