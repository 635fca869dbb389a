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
class ImportStopped(Conflict):
    """Import {batch_id} was stopped: start it again, and it goes on where it was."""

    batch_id: int


@dataclass(eq=False)
class ImportInOtherState(Conflict):
    """Import {batch_id} is {state}, and this is for imports that are {needed}."""

    batch_id: int
    state: str
    needed: str


@dataclass(eq=False)
class ImportHasBadRows(Unprocessable):
    """{bad} rows of import {batch_id} are bad: mend them and send the file again, or start it with `skip_bad`."""

    batch_id: int
    bad: int


@dataclass(eq=False)
class ImportTwice(Conflict):
    """This file is import {other_id} already: undo that first."""

    batch_id: int
    other_id: int


@dataclass(eq=False)
class ExportNotFound(NotFound):
    """There is no export {export_id} of merchant {merchant_id}."""

    merchant_id: int
    export_id: int


@dataclass(eq=False)
class ExportNotReady(Conflict):
    """Export {export_id} is {state}: there is no file to fetch."""

    export_id: int
    state: str


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
