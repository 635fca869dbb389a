"""What a merchant is to be asked for a coupon: to make it, or to take it back. Pure: who asks is guerdon/callbacks.

A callback is written in the commit of what it follows from, so that a crash forgets none.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from guerdon.points.book import Book
from guerdon.rewards.codes import Called
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rule import Versioned

SETTLED_WITHIN = timedelta(seconds=10)
"""Whoever asks for a shopper who waits has so long, beside the time-out, to settle what came of it: then a job does."""


class Kind(StrEnum):
    """What is asked."""

    CREATE = "create"
    CANCEL = "cancel"


class Progress(StrEnum):
    """waiting → done, or given up."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given_up"


class Callback(Struct, frozen=True):
    """One of a kind for a redemption. `code` is the one that we propose; `given_for` is what a gift is for."""

    redemption_id: int
    kind: Kind
    rule_id: int
    code: str
    state: Progress
    next_attempt_at: datetime
    given_for: str | None = None
    outcome: str | None = None
    """Why it ended as it did: `issued`, `cancelled`, or a reason against it."""


def patience(codes: Called) -> timedelta:
    """How long a call may take with all that follows from it."""
    return timedelta(seconds=codes.timeout_s) + SETTLED_WITHIN


def ask_code(book: Book, redemption: Redemption, *, due: datetime, given_for: str | None = None) -> None:
    """Have the code of a redemption made by others."""
    _put(book, Callback(
        redemption.redemption_id, Kind.CREATE, redemption.rule_id, redemption.code, Progress.WAITING, due, given_for
    ))  # fmt: skip


def end_asking(book: Book, redemption: Redemption, outcome: str) -> None:
    """The code is there, or will not be."""
    state = Progress.DONE if outcome == "issued" else Progress.GIVEN_UP
    callback = Callback(
        redemption.redemption_id, Kind.CREATE, redemption.rule_id, redemption.code, state, book.now, outcome=outcome
    )
    _put(book, callback)


def take_back_code(book: Book, redemption: Redemption) -> None:
    """Have the merchant take back the coupon that its URL made, or may have made."""
    rule = book.page(Versioned).get(redemption.rule_id)
    if rule is not None and isinstance(rule.terms.codes, Called):
        _put(book, Callback(
            redemption.redemption_id, Kind.CANCEL, redemption.rule_id, redemption.code, Progress.WAITING, book.now
        ))  # fmt: skip


def _put(book: Book, callback: Callback) -> None:
    book.page(Callback).put((callback.redemption_id, callback.kind), callback)
