"""What a command is: a frozen value that says what someone wants, what must be seen to decide it, and the decision."""

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from guerdon.points.book import Book

Result_co = TypeVar("Result_co", covariant=True)


class Identity(NamedTuple):
    """One way to find a member: `email`, `phone`, `external_id`, `pos_account_id` or `card`, with its normal value."""

    kind: str
    value: str


class Needs(NamedTuple):
    """What must be in front of us to decide. Other packages load their rows by the keys named here."""

    identities: tuple[Identity, ...] = ()
    rule_id: int | None = None
    coupons: tuple[str, ...] = ()
    redemption_id: int | None = None
    order_id: str | None = None
    numbers: tuple[tuple[str, int], ...] = ()
    """Sequences to take new numbers from, and how many of each."""


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
