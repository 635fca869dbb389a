"""The list of a merchant's redemption rules, those of other surfaces among them."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct

from guerdon.access.edit_lock import locks_of
from guerdon.api.engine import Engine
from guerdon.api.portal.choices import CategoryNamed, StatusNamed, TierNamed, read_category, read_status, read_tier
from guerdon.api.portal.contract import PortalCaller
from guerdon.api.portal.entity import RuleShown, show_rule
from guerdon.api.portal.message import Message
from guerdon.api.portal.paging import PageAsked, page_of, says
from guerdon.api.wire import Incoming
from guerdon.rewards.rules import Rule, list_rules
from guerdon.tiers.programmes import get_tiers

SORTS: dict[str, Callable[[Rule], Any]] = {
    "id": lambda rule: rule.rule_id,
    "createdDateTime": lambda rule: rule.created_at,
    "lastUpdatedDateTime": lambda rule: rule.updated_at,
    "numberOfPoints": lambda rule: rule.terms.points,
    "redemptionCategory": lambda rule: rule.terms.category,
    "redemptionRuleStatus": lambda rule: not rule.terms.active,
    "loyaltyTierLevel": lambda rule: rule.terms.tier_level,
    "description": lambda rule: rule.terms.description.casefold(),
}


class ListSent(PageAsked, kw_only=True, rename="camel"):
    """What to list."""

    sort_by: Annotated[str, Meta(extra_json_schema={"enum": ["", *SORTS]})] | None = None
    redemption_rule_status: StatusNamed | None = None
    redemption_category: CategoryNamed | None = None
    loyalty_tier_level: TierNamed | None = None
    created_user_id: int | None = None


class ListShown(Struct, rename="camel"):
    """One page. `totalRecords` and `totalPages` count all that the filters let through."""

    records: list[RuleShown]
    total_records: int
    page_number: int
    page_size: int
    total_pages: int
    message: Message | None = None


async def loyalty_redemption_rules(engine: Engine, caller: PortalCaller, sent: ListSent, _: Incoming) -> ListShown:
    """The merchant's rules, with who edits them."""
    fits, merchant_id = _filter(sent), caller.merchant_id
    rules = await list_rules(engine.database, merchant_id)
    page = page_of((rule for rule in rules if fits(rule)), sent, SORTS)
    locks = await locks_of(engine.database, merchant_id, "redemption_rule", engine.clock())
    programme = await get_tiers(engine.database, merchant_id)
    return ListShown(
        records=[show_rule(merchant_id, rule, programme, lock=locks.get(rule.rule_id)) for rule in page.rules],
        total_records=page.total,
        page_number=page.number,
        page_size=page.size,
        total_pages=page.pages,
    )


def _filter(sent: ListSent) -> Callable[[Rule], bool]:
    """What lets a rule through: all that is asked for at once."""
    asked: dict[str, Any] = {}
    if sent.redemption_rule_status is not None:
        asked["active"] = read_status(sent.redemption_rule_status)
    if sent.redemption_category is not None:
        asked["category"] = read_category(sent.redemption_category)
    if sent.loyalty_tier_level is not None:
        asked["tier_level"] = read_tier(sent.loyalty_tier_level)
    if sent.created_user_id is not None:
        asked["created_user_id"] = sent.created_user_id

    def fits(rule: Rule) -> bool:
        terms = rule.terms
        return all(getattr(terms, name) == value for name, value in asked.items()) and says(
            sent, terms.description, terms.name
        )

    return fits
