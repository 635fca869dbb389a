"""A page of the book: rows of one kind, which remember how the database has them."""

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Page(Generic[K, V]):
    """Rows of one kind, as they were loaded and as they stand. Changes go through the book's journal."""

    __slots__ = ("_journal", "_loaded", "_rows", "written")

    def __init__(self, journal: list[Callable[[], object]]) -> None:
        self._journal = journal
        self._loaded: dict[K, V] = {}
        self._rows: dict[K, V] = {}
        self.written = False
        """Whether there may be something to save."""

    def load(self, key: K, row: V) -> None:
        """Lay a row open as the database has it."""
        self._loaded[key] = row
        self._rows[key] = row

    def get(self, key: K) -> V | None:
        """The row as it stands, or None if there is none."""
        return self._rows.get(key)

    def __getitem__(self, key: K) -> V:
        return self._rows[key]

    def rows(self) -> list[V]:
        """Every row as it stands."""
        return list(self._rows.values())

    def put(self, key: K, row: V) -> None:
        """Write a new row or the new state of one."""
        self.written = True
        before = self._rows.get(key)
        if before is None:
            self._journal.append(lambda: self._rows.pop(key))
        else:
            self._journal.append(lambda: self._rows.__setitem__(key, before))
        self._rows[key] = row

    def loaded(self) -> list[V]:
        """Every row that the database has, as it has it."""
        return list(self._loaded.values())

    def kept(self) -> list[V]:
        """Every row that the database has, as it stands now."""
        return [self._rows[key] for key in self._loaded]

    def added(self) -> list[V]:
        """Rows that the database does not have yet."""
        loaded = self._loaded
        return [row for key, row in self._rows.items() if key not in loaded] if self.written else []

    def changed(self) -> list[V]:
        """Rows that the database has in another state."""
        loaded = self._loaded
        if not self.written:
            return []
        return [row for key, row in self._rows.items() if key in loaded and loaded[key] is not row]
