"""Rules that come with a programme: added as an administrator would, in the transaction of their chunk."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from guerdon.bulk.rows import RuleRow
from guerdon.database.pool import Connection, inside
from guerdon.earning import rules as earning
from guerdon.earning.rule import EarningRule
from guerdon.rewards import rules as rewards


async def write(
    connection: Connection, merchant_id: int, rows: Sequence[RuleRow], *, actor: str, now: datetime
) -> list[int]:
    """Add the rules of a chunk; returns their ids."""
    within = inside(connection)
    added: list[int] = []
    for row in rows:
        if isinstance(row.terms, EarningRule):
            added.append((await earning.add_rule(within, merchant_id, row.terms, actor=actor, now=now)).rule_id)
        else:
            added.append((await rewards.add_rule(within, merchant_id, row.terms, actor=actor, now=now)).rule_id)
    return added


async def disable(
    connection: Connection, merchant_id: int, kind: str, rule_ids: Sequence[int], *, actor: str, now: datetime
) -> None:
    """Switch off rules of an import that is undone: what was bought or earned under them keeps its terms."""
    within = inside(connection)
    for rule_id in rule_ids:
        if kind == "earning-rules":
            await earning.set_active(within, merchant_id, rule_id, active=False, actor=actor, now=now)
            continue
        terms = (await rewards.get_rule(within, merchant_id, rule_id)).terms
        if terms.active:
            terms = replace(terms, active=False)
            await rewards.change_rule(within, merchant_id, rule_id, terms, actor=actor, user_id=None, now=now)
