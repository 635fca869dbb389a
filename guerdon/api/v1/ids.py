"""Ids as clients see them: a short word for the kind, and what we know the thing by.

Clients keep them as they are. The word tells people which thing they look at, and tells us when an id was put in the
wrong place.
"""

import re
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from guerdon.errors.base import BadField

NUMBERED = (
    "acc",
    "adj",
    "bat",
    "cmp",
    "del",
    "earn",
    "exp",
    "hh",
    "key",
    "mem",
    "mrc",
    "mrg",
    "opr",
    "pur",
    "red",
    "ref",
    "rule",
    "trf",
    "whe",
)
"""What we number. Order, return, activity and coupon are known by the shop's own ids; members also by identities."""

DIGITS_MAX = 18


def like(kind: str, *numbers: int) -> Meta:
    """What the document says of such ids. Who sends another is told so by `numbers` below, in words."""
    pattern = rf"^{kind}(_[0-9]{{1,{DIGITS_MAX}}}){{{len(numbers)}}}$"
    return Meta(examples=[shown(kind, *numbers)], extra_json_schema={"pattern": pattern})


def like_unique(kind: str, example: str) -> Meta:
    """The same of ids that are no number."""
    return Meta(examples=[f"{kind}_{example}"], extra_json_schema={"pattern": f"^{kind}_[0-9a-f]{{32}}$"})


def shown(kind: str, *numbers: int) -> str:
    """The id of something that we number: `mem_42`, or `ent_42_7` for the seventh of the 42nd."""
    return "_".join((kind, *map(str, numbers)))


def number(kind: str, text: str, field: str = "id") -> int:
    """The number in such an id; refuses with BadField."""
    return numbers(kind, text, field)[0]


def numbers(kind: str, text: str, field: str = "id", *, count: int = 1) -> tuple[int, ...]:
    """So many numbers in such an id; refuses with BadField."""
    found = re.fullmatch(rf"{kind}((?:_[0-9]{{1,{DIGITS_MAX}}}){{{count}}})", text)
    if found is None:
        like = shown(kind, *range(42, 42 + count))
        raise BadField(field, f"{text[:80]!r} is no such id; they look like {like!r}")
    return tuple(int(part) for part in found[1].split("_")[1:])


def unique(kind: str, identifier: UUID) -> str:
    """The id of something that needs no number: `evt_0199f0c2…`."""
    return f"{kind}_{identifier.hex}"


def identifier(kind: str, text: str, field: str = "id") -> UUID:
    """What is behind such an id; refuses with BadField."""
    found = re.fullmatch(rf"{kind}_([0-9a-f]{{32}})", text)
    if found is None:
        raise BadField(field, f"{text[:80]!r} is no such id; they look like '{kind}_' with 32 hexadecimal digits")
    return UUID(found[1])


AccountId = Annotated[str, like("acc", 42)]
MemberId = Annotated[str, like("mem", 42)]
RuleId = Annotated[str, like("rule", 7)]
RedemptionId = Annotated[str, like("red", 1042)]
