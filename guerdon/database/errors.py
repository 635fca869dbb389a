"""What can go wrong around the database itself, before any question of points.

    DatabaseError
    ├── ServerUnusable      the machine cannot run the embedded PostgreSQL as asked
    ├── ServerFailed        PostgreSQL ended while it should have started
    └── MigrationRefused    the schema and this version of Guerdon do not fit together

Their messages are for the person at the terminal: what is wrong, where, and what to do about it.
"""


class DatabaseError(Exception):
    """Something stands between Guerdon and its database."""


class ServerUnusable(DatabaseError):
    """The embedded PostgreSQL cannot be run as asked: no binaries, no user, or folders out of reach."""


class ServerFailed(DatabaseError):
    """PostgreSQL, or one of its tools, ended in failure; the message holds the last lines of its log."""


class MigrationRefused(DatabaseError):
    """The schema cannot be brought forward by this version of Guerdon."""
