"""Where a database is and how to get in: what a supervisor hands out and every connection is made from."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database behind a unix socket; `host` is the folder that holds the socket.

    The password stays out of the repr, so that no log line or traceback can spill it.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    @property
    def dsn(self) -> str:
        """The address as one URL, which other processes take from GUERDON_DATABASE_URL (never from their arguments)."""
        place = urlencode({"host": self.host, "port": self.port})
        return f"postgresql://{quote(self.user, safe='')}:{quote(self.password, safe='')}@/{self.database}?{place}"

    def connect_arguments(self) -> dict[str, Any]:
        """The keyword arguments of `asyncpg.connect`."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": self.database,
        }
