"""What browsers ask beside the request itself: may a page of another site send this, and may it read the answer?"""

from collections.abc import Sequence

from guerdon.access.keys import Caller
from guerdon.api.limits import Headers
from guerdon.errors.access import OriginNotAllowed

ANY = "*"
ASKED_AGAIN_S = 7200
SENT = "authorization, x-guid, x-api-key, x-merchant-id, x-customer-token, content-type, idempotency-key"
READ = (
    "ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-ratelimit-limit-minute, x-ratelimit-remaining-minute, "
    "retry-after, x-request-id, x-error-code, x-decision-id"
)


def preflight(methods: Sequence[str]) -> Headers:
    """What any page may try at a path that publishable keys open. Whether it may is up to the key, which comes then."""
    return (
        (b"access-control-allow-origin", ANY.encode()),
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", SENT.encode()),
        (b"access-control-max-age", b"%d" % ASKED_AGAIN_S),
        (b"content-length", b"0"),
    )


def readable(caller: Caller, origin: str | None) -> Headers:
    """The headers that let a page read the answer, if its key lets pages of this origin; no page, no headers.

    Refuses with OriginNotAllowed. A secret key is for no page: no page reads what is answered to it.
    """
    if origin is None or not caller.publishable:
        return ()
    if caller.origins and origin.lower() not in caller.origins:
        raise OriginNotAllowed(origin, ", ".join(caller.origins))
    return (
        (b"access-control-allow-origin", origin.encode("latin-1") if caller.origins else ANY.encode()),
        (b"access-control-expose-headers", READ.encode()),
        (b"vary", b"origin"),
    )
