"""SQL lives in `.sql` files beside the code that runs it, as named statements, each with a sentence saying why.

A file reads like this, and whatever strays from it fails where it is loaded, that is, when the program starts:

    -- What the file is for, such as the order of its locks (optional).

    -- name: lock_accounts
    -- Locks come first, in id order, so that two batches never wait for each other in a circle.
    SELECT account_id FROM account WHERE … ORDER BY account_id FOR UPDATE;

The module beside it says `SQL = load(__file__, "store.sql")` and then uses `SQL.lock_accounts`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NAME_LINE = re.compile(r"--\s*name:\s*(?P<name>.*?)\s*$")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


class MalformedStatements(Exception):
    """A file of statements does not follow its form; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement: `why` is the comment under its name, `text` the SQL itself."""

    name: str
    why: str
    text: str
    file: Path
    line: int


class Statements(Mapping[str, str]):
    """The statements of one file, by name: `statements.lock_accounts` or `statements["lock_accounts"]`."""

    def __init__(self, file: Path, statements: Mapping[str, Statement]) -> None:
        self._file, self._statements = file, statements
        # Found without asking: a redemption names dozens of statements, most of which have nothing to write.
        self.__dict__.update({name: statement.text for name, statement in statements.items()})

    def __getattr__(self, name: str) -> str:
        try:
            return self[name]
        except KeyError as missing:
            raise AttributeError(*missing.args) from None

    def __getitem__(self, name: str) -> str:
        try:
            return self._statements[name].text
        except KeyError:
            known = ", ".join(self._statements)
            raise KeyError(f"{self._file} has no statement named {name!r}; it has {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    def statements(self) -> tuple[Statement, ...]:
        return tuple(self._statements.values())


def load(beside: str | Path, file_name: str) -> Statements:
    """The statements of a file in the folder of the module `beside` (its `__file__`), or in the folder `beside`."""
    place = Path(beside)
    file = (place if place.is_dir() else place.parent) / file_name
    statements: dict[str, Statement] = {}
    for statement in _parse(file):
        if statement.name in statements:
            raise MalformedStatements(f"{file}:{statement.line}: a statement {statement.name!r} exists already")
        statements[statement.name] = statement
    if not statements:
        raise MalformedStatements(f"{file}: no statement; each begins with a line `-- name: verb_noun`")
    return Statements(file, statements)


def all_statement_files(package: str | Path) -> list[Statements]:
    """Every file of statements under a package's folder, so that one test can look at all statements there are.

    Migrations are plain SQL, not statements, and are left out.
    """
    files = sorted(Path(package).rglob("*.sql"))
    return [load(file, file.name) for file in files if file.parent.name != "migrations"]


def _parse(file: Path) -> Iterator[Statement]:
    lines = file.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if NAME_LINE.match(line)]
    head = lines[: starts[0]] if starts else lines
    for number, line in enumerate(head, start=1):
        if line.strip() and not line.startswith("--"):
            raise MalformedStatements(f"{file}:{number}: only comments may stand before the first `-- name:`")
    ends = [*starts, len(lines)][1:]
    for start, end in zip(starts, ends, strict=True):
        yield _statement(file, start + 1, lines[start:end])


def _statement(file: Path, line: int, block: list[str]) -> Statement:
    match = NAME_LINE.match(block[0])
    assert match is not None, "a block begins where its name is"
    name = match["name"]
    if not NAME.fullmatch(name):
        raise MalformedStatements(f"{file}:{line}: {name!r} is not a name of the form verb_noun")
    body = 1
    while body < len(block) and block[body].startswith("--"):
        body += 1
    why = " ".join(text.removeprefix("--").strip() for text in block[1:body]).strip()
    text = "\n".join(block[body:]).strip()
    if not why:
        raise MalformedStatements(f"{file}:{line}: {name} has no sentence under its name saying why it is there")
    if not text:
        raise MalformedStatements(f"{file}:{line}: {name} has no SQL")
    return Statement(name, why, text, file, line)
