"""Activities, and adjustments that a second person decides, beside the books."""

from collections.abc import Sequence

import msgspec

from guerdon.activities.adjust import Change, Proposal, ProposalState
from guerdon.activities.report import Activity, ActivityState, SignUpMark
from guerdon.database.pool import Connection, Row
from guerdon.earning.rule_shelf import load_uses, lock_budgets
from guerdon.earning.use import use_keys
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Shelf

SQL = load(__file__, "shelf.sql")


class ActivityShelf(Shelf):
    """Loads rows `("activity", id)`, `("sign_up_mark", mark)`, `("adjustment", id)` and `("earning_use", (rule, day))`.

    The last lays open what the members of the command have earned by a rule in the periods of that day, and locks the
    budgets of limited rules. What is counted there is saved by the shelf of orders, with its own.
    """

    reads = frozenset({"activity", "sign_up_mark", "adjustment", "earning_use"})
    keeps = frozenset[type]({Activity, Proposal, SignUpMark})

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open what was reported and proposed before."""
        if ids := keys_of(needs, "activity"):
            for row in await connection.fetch(SQL.load_activities, book.merchant_id, ids):
                activity = read_activity(row)
                book.page(Activity).load(activity.activity_id, activity)
        if marks := keys_of(needs, "sign_up_mark"):
            for row in await connection.fetch(SQL.load_marks, book.merchant_id, marks):
                book.page(SignUpMark).load(row[0], SignUpMark(row[0]))
        if numbers := keys_of(needs, "adjustment"):
            for row in await connection.fetch(SQL.load_proposals, book.merchant_id, numbers):
                proposal = read_proposal(row)
                book.page(Proposal).load(proposal.adjustment_id, proposal)
        await self._load_uses(connection, book, needs)
        return set()

    async def _load_uses(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> None:
        wanted = [
            (rule, day, book.members[identity].member_id)
            for need in needs
            for rule, day in keys_of([need], "earning_use")
            for identity in need.identities
            if identity in book.members
        ]
        if wanted:
            keys = [key for rule, day, member_id in wanted for key in use_keys(rule, member_id, day)]
            await load_uses(connection, book, keys)
            await lock_budgets(connection, book, [rule for rule, _, _ in wanted])

    def save(self, book: Book) -> list[Write]:
        """What was reported, proposed and decided."""
        activities, proposals = book.page(Activity), book.page(Proposal)
        return [
            Write(SQL.insert_activities, [_flat(activity) for activity in activities.added()]),
            Write(SQL.decide_activities, activities.changed()),
            Write(SQL.insert_marks, book.page(SignUpMark).added()),
            Write(SQL.insert_proposals, proposals.added()),
            Write(SQL.decide_proposals, proposals.changed()),
        ]


def read_activity(row: Row) -> Activity:
    """An activity from the columns that load_activities has."""
    values = list(row)
    values[3] = ActivityState(values[3])
    values[7:9] = [tuple(zip(values[7], values[8], strict=True))]
    values[8:10] = map(msgspec.json.decode, values[8:10])
    return Activity(*values)


def read_proposal(row: Row) -> Proposal:
    """A proposal from the columns that load_proposals has."""
    values = list(row)
    values[2] = ProposalState(values[2])
    values[3] = msgspec.json.decode(values[3], type=Change)
    return Proposal(*values)


def _flat(activity: Activity) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(activity),
        "waiting_rules": [rule_id for rule_id, _ in activity.waiting],
        "waiting_versions": [version for _, version in activity.waiting],
    }
