"""What a command is: a frozen value that says what someone wants, what must be seen to decide it, and the decision."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from guerdon.points.book import Book

Result_co = TypeVar("Result_co", covariant=True)


class Identity(NamedTuple):
    """One way to find a member: `email`, `phone`, `external_id`, `pos_account_id` or `card`, with its normal value.

    The kind `member` is our own number of a member; that of a merged one finds whom it became.
    """

    kind: str
    value: str


class Needs(NamedTuple):
    """What must be in front of us to decide. Other packages load their rows by the keys named here."""

    identities: tuple[Identity, ...] = ()
    accounts: tuple[int, ...] = ()
    rows: tuple[tuple[str, Any], ...] = ()
    """Rows by their kind and key: entries whose points may move again, as `("entry", (account_id, number))`, and those
    that other packages keep, such as `("coupon", "K7ZR2")`."""
    numbers: tuple[tuple[str, int], ...] = ()
    """Sequences to take new numbers from, and how many of each."""
    alone: bool = False
    """Whether it changes who holds which account, so that no other command of its batch could be decided beside it."""


def keys_of(needs: Sequence[Needs], kind: str) -> list[Any]:
    """The keys of all rows of one kind that commands need."""
    return [key for need in needs for of, key in need.rows if of == kind]


class Key(NamedTuple):
    """A client's idempotency key, and what tells another request under the same key from the same one."""

    text: str
    fingerprint: bytes


@runtime_checkable
class Command(Protocol[Result_co]):
    """The shape of every command. `answers` is the type that `decide` returns, to read a stored answer back."""

    answers: ClassVar[type[Any]]

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        ...

    def needs(self) -> Needs:
        """What `decide` will look at."""
        ...

    def decide(self, book: "Book") -> Result_co:
        """Change the book and answer, or raise a Refusal; no I/O."""
        ...
