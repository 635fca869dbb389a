"""The message that comes with every answer to a write, and with every refusal.

Clients tell messages apart by `code`. The contract's public pages show one, "38"; the others are ours, and count from
1000 so that none can be mistaken for one of the contract that we have not seen. A code never changes its meaning.

| code | says | HTTP status |
| --- | --- | --- |
| 38 | REDEMPTION_RULE_CREATION_SUCCESS | 200 |
| 1001 | REDEMPTION_RULE_UPDATE_SUCCESS | 200 |
| 1002 | REDEMPTION_RULE_STATUS_UPDATE_SUCCESS | 200 |
| 1003 | BUY_GIFT_TRANSFER_RULE_UPDATE_SUCCESS | 200 |
| 1100 | the body cannot be read | 400 |
| 1101 | one field cannot be right: `parameters` names it | 400 |
| 1102 | the body is too large | 413 |
| 1110 | nobody signed in | 401 |
| 1111 | this operator has no role for the merchant | 403 |
| 1112 | this operator's role does not let rules be changed | 403 |
| 1120 | there is no such rule | 404 |
| 1121 | the method is not served at this path | 405 |
| 1130 | the rule was changed since it was read | 409 |
| 1131 | somebody else is editing the rule | 423 |
| 1140 | the merchant does not take the currency | 422 |
| 1190 | it cannot be served right now; Retry-After says when to ask again | 503 |
| 1199 | anything else, by its HTTP status | |
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.base import (
    BadField,
    BadRequest,
    BodyTooLarge,
    Locked,
    MethodNotAllowed,
    NotAllowed,
    NotFound,
    OtherMerchant,
    Outage,
    Refusal,
    ScopeMissing,
    Unauthenticated,
    Unprocessable,
)
from guerdon.errors.rewards import VersionConflict
from guerdon.points.values import POINTS_MAX

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(Struct, frozen=True):
    """SUCCESS or ERROR."""

    name: str


class Message(Struct, frozen=True):
    """What became of a request. A success is described by its name, a refusal by a sentence for whoever reads it."""

    code: str
    type: Kind
    include_i_icon: bool
    description: str
    parameters: dict[str, Any] | None


CREATED = Message("38", Kind("SUCCESS"), False, "REDEMPTION_RULE_CREATION_SUCCESS", None)
UPDATED = replace(CREATED, code="1001", description="REDEMPTION_RULE_UPDATE_SUCCESS")
STATUS_UPDATED = replace(CREATED, code="1002", description="REDEMPTION_RULE_STATUS_UPDATE_SUCCESS")
TRANSFER_RULE_UPDATED = replace(CREATED, code="1003", description="BUY_GIFT_TRANSFER_RULE_UPDATE_SUCCESS")

OTHERWISE = "1199"
CODES: tuple[tuple[type[Refusal], str], ...] = (
    (BadRequest, "1100"),
    (BadField, "1101"),
    (BodyTooLarge, "1102"),
    (Unauthenticated, "1110"),
    (OtherMerchant, "1111"),
    (ScopeMissing, "1112"),
    (NotAllowed, "1111"),
    (NotFound, "1120"),
    (MethodNotAllowed, "1121"),
    (VersionConflict, "1130"),
    (Locked, "1131"),
    (Unprocessable, "1140"),
    (Outage, "1190"),
)
"""The first that fits counts."""


def refused(refusal: Refusal) -> Message:
    """A no: its sentence, and the facts behind it as `parameters`."""
    code = next((code for kind, code in CODES if isinstance(refusal, kind)), OTHERWISE)
    facts = {_camel(name): _shown(value) for name, value in refusal.facts.items()}
    return Message(code, Kind("ERROR"), False, refusal.sentence, facts)


def milliseconds(moment: datetime) -> int:
    """A time as this contract writes it: whole milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _shown(value: Any) -> Any:
    """Times as everywhere here, and numbers that no reader of JSON can hold as texts."""
    if isinstance(value, datetime):
        return milliseconds(value)
    return str(value) if isinstance(value, int) and abs(value) > POINTS_MAX else value
