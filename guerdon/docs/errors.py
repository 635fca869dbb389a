"""The pages of refusals, for people and for programs: what a code means, whether asking again helps, what would work.

Everything is read from the classes in guerdon/errors: there is no second list that could say something else.
"""

from collections.abc import Sequence
from functools import cache
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec
from litestar import Response, get

from guerdon.access.roles import Role
from guerdon.activities.adjust import ProposalState
from guerdon.activities.report import ActivityState
from guerdon.api.v1.who import KINDS
from guerdon.docs.page import HEADERS, AnyRequest, page
from guerdon.docs.refusals import Explained, code_of, explained, kinds
from guerdon.errors.base import Refusal
from guerdon.moving.movement import Kind
from guerdon.points.store import MEMBER
from guerdon.rewards.redemption import State

JSON = "application/json"

ADVICE = {
    400: "Mend the request: `errors` names the field in `pointer`. The same request is refused again.",
    401: "Look at the credentials that are sent, and whether the key was revoked.",
    403: "Use credentials that may do this, or ask the merchant for them.",
    404: "Look at the id: it may be of another merchant, or of something that is gone.",
    405: "The header `Allow` names the methods that are served here.",
    409: "Read the thing again as it is now, then decide whether the change is still wanted.",
    412: "Read the thing again, and repeat the change with its new `ETag` in `If-Match`.",
    413: "Send less at once, in several requests.",
    422: "The request was understood. Tell the person what `detail` says, or change what it names.",
    423: "Wait until the other is ready, or take over from them.",
    429: "Wait as long as `Retry-After` says; `RateLimit` tells what is left.",
    500: "Ask again with the same `Idempotency-Key`. If it stays so, look for the `request_id` in the log.",
    503: "Wait as long as `Retry-After` says, and ask again with the same `Idempotency-Key`.",
}
"""What to do, by status, where the sentence itself says no more."""

TYPES = {"int": "integer", "str": "text", "bool": "true or false", "Decimal": "decimal", "date": "date",
         "datetime": "time", "UUID": "UUID", "tuple": "list", "list": "list", "dict": "object",
         "NoneType": "null"}  # fmt: skip


VALUES: dict[tuple[str, str], Sequence[str]] = {
    ("activity_decided", "state"): [state for state in ActivityState if state is not ActivityState.WAITING],
    ("identity_conflict", "first_kind"): KINDS,
    ("identity_conflict", "second_kind"): KINDS,
    ("identity_taken", "kind"): KINDS,
    ("last_identity", "kind"): KINDS,
    ("member_not_found", "kind"): (*KINDS, MEMBER),
    ("movement_not_found", "kind"): list(Kind),
    ("moves_too_few", "kind"): list(Kind),
    ("moves_too_many", "kind"): list(Kind),
    ("permission_missing", "role"): get_args(Role),
    ("proposal_ended", "state"): (ProposalState.APPROVED, ProposalState.REFUSED, "expired"),
    ("redemption_over", "state"): list(State),
    ("stranger", "kind"): KINDS,
}
"""What facts are that are one of a few words, as the domain has them."""


class RefusalPage(msgspec.Struct, frozen=True):
    """A code as programs read about it. `facts` are the types of what `facts` of a problem holds, by name."""

    code: str
    title: str
    status: int
    retry: bool
    retry_after_s: int | None
    sentence: str
    facts: dict[str, str]
    values: dict[str, list[str]]
    """What a fact may be, by its name, where it is one of a few words."""
    what_to_do: str
    url: str


@cache
def pages() -> dict[str, RefusalPage]:
    """One page for each code, in alphabetical order."""
    made = [_page(kind, explained()[code_of(kind)]) for kind in kinds()]
    return {one.code: one for one in sorted(made, key=lambda one: one.code)}


def error_pages() -> list[Any]:
    """The handlers of /docs/errors: HTML, or JSON where `Accept` prefers it."""

    @get("/docs/errors", sync_to_thread=False)
    def every_refusal(request: AnyRequest) -> Response[Any]:
        if wants_json(request.headers.get("accept", "")):
            return _json({"data": list(pages().values())})
        return page("errors.html", refusals=explained().values())

    @get("/docs/errors/{code:str}", sync_to_thread=False)
    def refusal(request: AnyRequest) -> Response[Any]:
        code: str = request.path_params["code"]
        one = pages().get(code)
        as_json = wants_json(request.headers.get("accept", ""))
        if one is None:
            return (
                _json({"error": f"There is no code {code!r}"}, 404)
                if as_json
                else page("nothing.html", status=404, path=request.url.path)
            )
        return _json(one) if as_json else page("error.html", refusal=one)

    return [every_refusal, refusal]


def wants_json(accept: str) -> bool:
    """Whether JSON is named before HTML: a browser names HTML, and a program that says nothing gets what people do."""
    kinds_named = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    for kind in kinds_named:
        if kind in (JSON, "application/problem+json"):
            return True
        if kind == "text/html":
            return False
    return False


def _page(kind: type[Refusal], said: Explained) -> RefusalPage:
    hints = get_type_hints(kind)
    return RefusalPage(
        code=said.code,
        title=said.code.replace("_", " ").capitalize(),
        status=said.status,
        retry=said.retry,
        retry_after_s=kind.retry_after_s,
        sentence=said.sentence,
        facts={name: _type(hints[name]) for name in said.facts},
        values={name: sorted(map(str, VALUES[said.code, name])) for name in said.facts if (said.code, name) in VALUES},
        what_to_do=ADVICE[said.status],
        url=f"/docs/errors/{said.code}",
    )


def _type(hint: Any) -> str:
    """A type in words."""
    if isinstance(hint, UnionType):
        return " or ".join(_type(one) for one in get_args(hint))
    name = getattr(hint, "__origin__", hint).__name__
    return TYPES.get(name, "text")


def _json(content: Any, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(content), status_code=status, media_type=JSON, headers=HEADERS)
