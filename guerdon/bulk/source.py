"""A file as records: its lines told apart, its columns named, its text decoded. Nothing is known here of loyalty."""

import csv
import gzip
import hashlib
import io
import sys
import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import msgspec

from guerdon.errors.bulk import FileUnreadable

Format = Literal["csv", "ndjson"]

GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = (",", ";", "\t", "|")
BLOCK_BYTES = 1 << 20

# A field of a programme's export may be a whole document; the module's own limit is 128 KB.
csv.field_size_limit(sys.maxsize)


class Record(NamedTuple):
    """The line that a record begins on, counted from 1, and its values in the order that was asked for.

    A value is text or, from NDJSON, any JSON; None where the record has nothing. With a `problem` there are no values.
    """

    line: int
    values: Sequence[Any]
    problem: str | None = None


class Header(NamedTuple):
    """How a file is written, and the columns that it has, as it names them."""

    format: Format
    delimiter: str
    encoding: str
    columns: tuple[str, ...]


def fingerprint(path: Path) -> str:
    """The SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_header(path: Path) -> Header:
    """Look at the beginning of a file. Refuses with FileUnreadable what is neither CSV with a header nor NDJSON."""
    try:
        with _binary(path) as file:
            start = file.read(BLOCK_BYTES)
        encoding = "utf-16" if start.startswith(UTF_16) else "utf-8-sig"
        text = getincrementaldecoder(encoding)("surrogateescape").decode(start)  # a block may end within a letter
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise FileUnreadable(str(error), str(path)) from error
    if text.lstrip().startswith("{"):
        return Header("ndjson", "", encoding, ())
    first = text.partition("\n")[0]
    if not first.strip():
        raise FileUnreadable("it is empty; its first line names the columns", str(path))
    delimiter = max(DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first.rstrip("\r")], delimiter=delimiter))
    except csv.Error as error:
        raise FileUnreadable(f"its first line is no CSV ({error})", str(path)) from error
    return Header("csv", delimiter, encoding, tuple(name.strip() for name in names))


def read_records(path: Path, header: Header, places: Sequence[Sequence[str]]) -> Iterator[Record]:
    """Every record; its values are those of `places`, each the first of some column names that the record has.

    Refuses with FileUnreadable once a packed file turns out to be cut off or damaged.
    """
    try:
        yield from (_ndjson if header.format == "ndjson" else _csv)(path, header, places)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise FileUnreadable(str(error), str(path)) from error


def read_whole(path: Path, header: Header, lines: Collection[int]) -> dict[int, dict[str, str]]:
    """The records that begin on these lines as they stand in the file, by line: texts by the names of their columns.

    A line that is no record of such columns is one text, under "line".
    """
    wanted = frozenset(lines)
    with _text(path, header) as file:
        found = _whole_ndjson(file, wanted) if header.format == "ndjson" else _whole_csv(file, header, wanted)
        return {line: {_sound(name): _sound(text) for name, text in record.items()} for line, record in found}


def _whole_csv(file: IO[str], header: Header, wanted: frozenset[int]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(file, delimiter=header.delimiter)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = []
        if line in wanted:
            width = len(header.columns)
            whole = len(fields) == width
            yield line, dict(zip(header.columns, fields, strict=True)) if whole else {"line": ",".join(fields)}
        line = reader.line_num + 1


def _whole_ndjson(file: IO[str], wanted: frozenset[int]) -> Iterator[tuple[int, dict[str, str]]]:
    for line, text in enumerate(file, start=1):
        if line in wanted:
            try:
                record = msgspec.json.decode(text, type=dict[str, Any], strict=True)
            except (msgspec.DecodeError, UnicodeEncodeError):
                yield line, {"line": text.rstrip("\r\n")}
                continue
            yield line, {name: one if isinstance(one, str) else msgspec.json.encode(one).decode()
                         for name, one in record.items()}  # fmt: skip


def _sound(text: str) -> str:
    """Text that a database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _csv(path: Path, header: Header, places: Sequence[Sequence[str]]) -> Iterator[Record]:
    number = {name: index for index, name in reversed(list(enumerate(header.columns)))}
    width = len(header.columns)
    # What a file has no column for is taken from one past its last, where an empty value stands.
    take = _taker([next((number[name] for name in names if name in number), width) for names in places])
    with _text(path, header) as file:
        reader = csv.reader(file, delimiter=header.delimiter)
        next(reader)
        line = reader.line_num + 1
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(line, (), str(error))
                line = reader.line_num + 1
                continue
            if len(fields) == width:
                fields.append("")
                yield Record(line, take(fields))
            elif fields:
                yield Record(line, (), f"it has {len(fields)} fields, and the first line names {width}")
            line = reader.line_num + 1


def _taker(numbers: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Takes the fields of these numbers from a record."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    (number,) = numbers
    return lambda fields: fields[number : number + 1]


def _ndjson(path: Path, header: Header, places: Sequence[Sequence[str]]) -> Iterator[Record]:
    # Fractions as Decimal: no float is made of what may be points or money.
    decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
    with _text(path, header) as file:
        for line, text in enumerate(file, start=1):
            if not (text := text.strip()):
                continue
            try:
                found = decode(text)
            except (msgspec.DecodeError, UnicodeEncodeError) as error:
                yield Record(line, (), f"it is no JSON object: {error}")
                continue
            yield Record(line, [next((found[name] for name in names if name in found), None) for names in places])


@contextmanager
def _text(path: Path, header: Header) -> Generator[IO[str]]:
    with (
        _binary(path) as file,
        io.TextIOWrapper(file, header.encoding, errors="surrogateescape", newline="") as text,
    ):
        yield text


@contextmanager
def _binary(path: Path) -> Generator[IO[bytes]]:
    """The file's bytes, unpacked."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    with gzip.open(path) if packed else path.open("rb") as file:
        yield file  # type: ignore[misc]  # gzip's and io's readers have read() in common
