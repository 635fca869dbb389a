"""What rules leave to their merchant of tiers: what they are called, and whether a tier's rule is for it alone."""

from guerdon.database.pool import Queries
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.sentence import Ranks
from guerdon.tiers.programmes import get_tiers


async def ranks_of(database: Queries, merchant: Merchant) -> Ranks:
    """The merchant's tiers, as sentences name them."""
    programme = await get_tiers(database, merchant.merchant_id)
    names = {} if programme is None else {level: tier.name for level, tier in enumerate(programme.tiers, start=1)}
    return Ranks(names, merchant.policies.tier_match == "exact")
