"""What an occasion would earn now: the same evaluation as for real, on what was used so far, and nothing is booked."""

from collections.abc import Sequence

from guerdon.database.pool import Queries
from guerdon.earning.evaluate import Evaluation, evaluate
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import VersionedRule
from guerdon.earning.rule_shelf import find_uses
from guerdon.earning.rules import get_budgets, list_rules
from guerdon.earning.share import Limits
from guerdon.earning.use import use_keys
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.eligibility import Standing


async def dry_run(
    database: Queries, merchant: Merchant, member: Standing, occasion: Occasion, more: Sequence[VersionedRule] = ()
) -> Evaluation:
    """Evaluate every rule as it stands, also those of other occasions: each says why it gives nothing. `more` are rules
    that nobody stores, such as what a tier gives.
    """
    merchant_id = merchant.merchant_id
    rules = [rule.versioned for rule in await list_rules(database, merchant_id)]
    day = merchant.day(occasion.at)
    uses = await find_uses(
        database, merchant_id, [key for one in rules for key in use_keys(one, member.member_id, day)]
    )
    return evaluate([*rules, *more], occasion, member, merchant, Limits(uses, await get_budgets(database, merchant_id)))
