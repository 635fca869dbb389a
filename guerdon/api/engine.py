"""What every surface works with: the desk, the database, and who may ask."""

from dataclasses import dataclass, replace
from datetime import datetime

from guerdon.access.keys import Keys
from guerdon.access.limits import Limits
from guerdon.access.operators import Operators
from guerdon.access.sessions import Sessions
from guerdon.access.sign_on import SignOn
from guerdon.api.requests import RequestLog
from guerdon.callbacks.settle import Callbacks
from guerdon.database.pool import Database
from guerdon.kit.clock import Clock
from guerdon.merchants.clocks import Clocks
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
    sign_on: SignOn | None
    """Single sign-on, where the installation has a provider."""
    sessions: Sessions
    requests: RequestLog
    limits: Limits
    callbacks: Callbacks
    clock: Clock
    clocks: Clocks

    def at(self, now: datetime) -> "Engine":
        """The same parts for a merchant for whom it is that time."""
        return replace(self, clock=lambda: now)
