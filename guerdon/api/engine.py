"""What every surface works with: the desk, the database, and who may ask."""

from dataclasses import dataclass

from guerdon.access.keys import Keys
from guerdon.access.operators import Operators
from guerdon.api.requests import RequestLog
from guerdon.database.pool import Database
from guerdon.kit.clock import Clock
from guerdon.merchants.merchants import Merchants
from guerdon.points.desk import Desk


@dataclass(frozen=True, slots=True)
class Engine:
    """One worker's parts, put together in app.py."""

    database: Database
    desk: Desk
    merchants: Merchants
    keys: Keys
    operators: Operators
    requests: RequestLog
    clock: Clock
