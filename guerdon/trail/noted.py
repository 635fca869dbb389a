"""What the audit trail keeps of a change: by whom, of what, and what is different after it. Pure.

Commands of the desk note what people will ask for later, such as a merge or an approval, and it is written in their
commit. Changes that are no commands are written by trail.py, in theirs.
"""

from collections.abc import Collection
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.book import Book
from guerdon.trail.masking import hide_of, masked

Document = dict[str, Any]

OPEN_FIELDS = frozenset({"codes", "key_id"})
"""Fields that only sound as if they held what must be hidden: `codes` of a rule say where its coupons come from."""


class Subject(NamedTuple):
    """What was changed: its kind, and its own number or name. What a merchant has one of has no id."""

    kind: str
    id: str = ""


class Noted(Struct, frozen=True, kw_only=True):
    """A line of the trail as it is written. `before` and `after` hold only what differs, with secrets masked."""

    entry_id: UUID
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    before: Document | None = None
    after: Document | None = None
    address: str | None = None
    request_id: UUID | None = None


def note(book: Book, action: str, subject: Subject, **facts: Any) -> None:
    """A command notes what it does, with the facts worth reading; it is kept if the command is."""
    entry_id = time_ordered_uuid()
    noted = Noted(
        entry_id=entry_id, actor=book.actor, action=action, subject_kind=subject.kind, subject_id=subject.id,
        after=as_kept({name: fact for name, fact in facts.items() if fact is not None}) or None,
        request_id=book.command_id,
    )  # fmt: skip
    book.page(Noted).put(entry_id, noted)


def differing(before: Any, after: Any) -> tuple[Document, Document]:
    """What of two documents differs, by field, inside of fields too. Without a `before` it is all that is said."""
    was: Document = {} if before is None else _plain(before)
    now: Document = {} if after is None else _plain(after)
    return _differing(was, now, was.keys() | now.keys())


def as_kept(document: Document) -> Document:
    """A document without secrets, and no larger than a person reads."""
    return {name: masked(value, None if name in OPEN_FIELDS else hide_of(name)) for name, value in document.items()}


def _differing(was: Document, now: Document, names: Collection[str]) -> tuple[Document, Document]:
    old: Document = {}
    new: Document = {}
    for name in sorted(names):
        left, right = was.get(name), now.get(name)
        if left == right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            left, right = cast("Document", left), cast("Document", right)
            left, right = _differing(left, right, left.keys() | right.keys())
        old[name], new[name] = left, right
    return old, new


def _plain(value: Any) -> Any:
    """As it would be read from JSON, defaults too, which some structs leave out there."""
    if isinstance(value, Struct):
        config = value.__struct_config__
        told = {} if config.tag_field is None else {config.tag_field: config.tag}
        return told | {name: _plain(inside) for name, inside in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(inside) for name, inside in cast("Document", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inside) for inside in cast("Collection[Any]", value)]
    return msgspec.to_builtins(value)
