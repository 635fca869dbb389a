"""The list of a merchant's redemption rules: filtered, sorted, in pages.

A merchant has rules by the dozen, so they are read at once and chosen from in memory. `sortBy` takes a field of the
entity; rules alike in it follow one another by id. A page after the last one is empty, and no mistake.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.portal.choices import Named, read_category, read_status, read_tier
from guerdon.api.portal.contract import MerchantNamed, PortalCaller
from guerdon.api.portal.entity import RuleShown, show_rule
from guerdon.api.portal.message import Message
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rules import Rule, list_rules
from guerdon.tiers.programmes import get_tiers

PAGE_SIZE_MAX = 200
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
ORDERS = ("ASC", "DESC")


class ListSent(MerchantNamed, kw_only=True, rename="camel"):
    """What to list. The body may be left out, and each of these too."""

    redemption_rule_status: Named | None = None
    redemption_category: Named | None = None
    loyalty_tier_level: Named | None = None
    created_user_id: int | None = None
    search_text: str | None = None
    """Found in the description or the name, in any case."""
    sort_by: str | None = None
    sort_order: str | None = None
    page_number: int | None = None
    page_size: int | None = None


class ListShown(Struct, rename="camel"):
    """One page. `totalRecords` and `totalPages` count all that the filters let through."""

    records: list[RuleShown]
    total_records: int
    page_number: int
    page_size: int
    total_pages: int
    message: Message | None = None


async def loyalty_redemption_rules(engine: Engine, caller: PortalCaller, sent: ListSent, _: Incoming) -> ListShown:
    """The merchant's rules, those of other surfaces among them."""
    fits, key, descending = _filter(sent), *_sort(sent)
    number = _within(1 if sent.page_number is None else sent.page_number, "pageNumber", most=POINTS_MAX)
    size = _within(25 if sent.page_size is None else sent.page_size, "pageSize", most=PAGE_SIZE_MAX)

    rules = sorted(
        (rule for rule in await list_rules(engine.database, caller.merchant_id) if fits(rule)),
        key=key,
        reverse=descending,
    )
    page = rules[(number - 1) * size : number * size]
    programme = await get_tiers(engine.database, caller.merchant_id)
    return ListShown(
        records=[show_rule(caller.merchant_id, rule, programme) for rule in page],
        total_records=len(rules),
        page_number=number,
        page_size=size,
        total_pages=-(-len(rules) // size),
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
    text = (sent.search_text or "").strip().casefold()

    def fits(rule: Rule) -> bool:
        terms = rule.terms
        return all(getattr(terms, name) == value for name, value in asked.items()) and (
            text in terms.description.casefold() or text in terms.name.casefold()
        )

    return fits


def _sort(sent: ListSent) -> tuple[Callable[[Rule], Any], bool]:
    """By what, and whether from the end."""
    by, order = sent.sort_by or "id", (sent.sort_order or "ASC").upper()
    if by not in SORTS:
        raise BadField("sortBy", f"{by[:40]!r} is none of {', '.join(SORTS)}")
    if order not in ORDERS:
        raise BadField("sortOrder", f"{order[:40]!r} is neither ASC nor DESC")
    return SORTS[by], order == "DESC"


def _within(value: int, field: str, *, most: int) -> int:
    if not 1 <= value <= most:
        raise BadField(field, f"{value} is not a whole number from 1 to {most}")
    return value
