"""What the portal contract says of an issuance rule that the engine has no use for: kept beside the rule, echoed."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from guerdon.api.portal.channels import Payments
from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "notes.sql")


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The caller's references to people, and facts of payments, which orders do not tell."""

    created_user_id: int | None = None
    modified_user_id: int | None = None
    minimum_amount_required: bool = False
    card_network: str | None = None
    payments: Payments = Payments()


NOTHING = Note()


async def keep_note(database: Queries, merchant_id: int, rule_id: int, note: Note) -> None:
    """Keep it in the place of what was said before."""
    await database.execute(SQL.keep_note, merchant_id, rule_id, msgspec.json.encode(note).decode())


async def notes_of(database: Queries, merchant_id: int, rule_ids: Sequence[int] | None = None) -> dict[int, Note]:
    """What was said of these rules, by their ids, or of all of the merchant's; nothing of those of other surfaces."""
    rows = await database.fetch(SQL.get_notes, merchant_id, rule_ids)
    return {row["rule_id"]: msgspec.json.decode(row["document"], type=Note) for row in rows}
