"""What the demo reads beside its requests: the books' own words on balances, on why an order earned, on themselves."""

from rich.progress import Progress

from guerdon.cli.demo.history import SQL
from guerdon.cli.demo.programme import MERCHANT_ID
from guerdon.cli.verify import Verdict, prove
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.members.members import find_member
from guerdon.orders.order import subject_of
from guerdon.points.command import Identity
from guerdon.points.history import Balances, get_balances


class Books:
    """The books of the demo's merchant, to look at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self, email: str) -> Balances:
        """What the customer with an email has."""
        member = await find_member(self._database, MERCHANT_ID, (Identity("email", email),))
        return await get_balances(self._database, MERCHANT_ID, member.member_id, machine_clock())

    async def reasons(self, order_id: str) -> list[str]:
        """Why an order earned what it did: a sentence for each rule."""
        rows = await self._database.fetch(SQL.explain_awards, MERCHANT_ID, subject_of(order_id))
        return [f"{row[0]}: {row[1]}" for row in rows]

    async def prove(self) -> Verdict:
        """What `guerdon verify` finds."""
        return await prove(self._database, MERCHANT_ID, Progress(disable=True))
