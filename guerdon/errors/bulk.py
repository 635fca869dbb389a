"""What imports and exports refuse."""

from dataclasses import dataclass

from guerdon.errors.base import BadRequest, Conflict, NotFound, Unprocessable


@dataclass(eq=False)
class FileUnreadable(BadRequest):
    """{file} cannot be read: {problem}."""

    file: str


@dataclass(eq=False)
class ImportNotFound(NotFound):
    """There is no import {batch_id} of merchant {merchant_id}; `guerdon import list` shows those there are."""

    merchant_id: int
    batch_id: int


@dataclass(eq=False)
class ImportDiffers(Conflict):
    """{file} is import {batch_id} already, which began with other options: go on with {options}, or undo it first."""

    file: str
    batch_id: int
    options: str


@dataclass(eq=False)
class ImportUndone(Conflict):
    """Import {batch_id} is being undone: run `guerdon import undo {batch_id}` to its end."""

    batch_id: int


@dataclass(eq=False)
class ImportBusy(Conflict):
    """Another process is at chunk {chunk} of import {batch_id}: wait for its end."""

    batch_id: int
    chunk: int


@dataclass(eq=False)
class ImportUnproven(Unprocessable):
    """This was not written: {accounts} accounts, such as {account_id}, do not add up; run `guerdon verify`."""

    accounts: int
    account_id: int


@dataclass(eq=False)
class PointsSpent(Unprocessable):
    """{members} members have used {points} points of import {batch_id}: --force takes back the rest."""

    batch_id: int
    members: int
    points: int
