"""The list of a merchant's issuance rules: its earning rules, those of other surfaces among them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct

from guerdon.access.edit_lock import locks_of
from guerdon.api.engine import Engine
from guerdon.api.portal.channels import channel_id
from guerdon.api.portal.choices import FLAT, MULTIPLIER, StatusNamed, TierNamed, TypeNamed, read_status, read_tier
from guerdon.api.portal.contract import PortalCaller
from guerdon.api.portal.issuance import surroundings
from guerdon.api.portal.issuance_earns import say_earns
from guerdon.api.portal.issuance_entity import IssuanceShown, show_issuance
from guerdon.api.portal.issuance_terms import product_of, tier_of
from guerdon.api.portal.message import Message
from guerdon.api.portal.notes import NOTHING, Note, notes_of
from guerdon.api.portal.paging import PageAsked, page_of, says
from guerdon.api.wire import Incoming
from guerdon.earning.earns import Flat, PerAmount
from guerdon.earning.rules import StoredRule, list_rules
from guerdon.errors.base import BadField
from guerdon.kit.money import Currency, currency

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Where a rule without a first or a last day stands."""


class Listed(NamedTuple):
    """A rule and what the portal says of it."""

    rule: StoredRule
    note: Note


TYPES: dict[type, int] = {Flat: 1, PerAmount: 2}
LAST_TYPE = 3
"""The order of types: FLAT, MULTIPLIER, and what has no type."""

SORTS: dict[str, Callable[[Listed], Any]] = {
    "id": lambda one: one.rule.rule_id,
    "createdDateTime": lambda one: one.rule.created_at,
    "lastUpdatedDateTime": lambda one: one.rule.updated_at,
    "issuanceRuleStatus": lambda one: not one.rule.terms.active,
    "loyaltyTierLevel": lambda one: tier_of(one.rule.terms.who),
    "pointsType": lambda one: TYPES.get(type(one.rule.terms.earns), LAST_TYPE),
    "ruleValidFromDateTime": lambda one: one.rule.terms.starts_at or FIRST,
    "ruleValidToDateTime": lambda one: one.rule.terms.ends_at or LAST,
    "offerDescription": lambda one: one.rule.terms.description.casefold(),
}


class IssuanceListSent(PageAsked, kw_only=True, rename="camel"):
    """What to list."""

    sort_by: Annotated[str, Meta(extra_json_schema={"enum": ["", *SORTS]})] | None = None
    issuance_rule_status: StatusNamed | None = None
    loyalty_tier_level: TierNamed | None = None
    points_type: TypeNamed | None = None
    channel_id: int | None = None
    product_id: str | int | None = None
    created_user_id: int | None = None


class IssuanceListShown(Struct, rename="camel"):
    """One page. `totalRecords` and `totalPages` count all that the filters let through."""

    records: list[IssuanceShown]
    total_records: int
    page_number: int
    page_size: int
    total_pages: int
    message: Message | None = None


async def loyalty_issuance_rules(
    engine: Engine, caller: PortalCaller, sent: IssuanceListSent, _: Incoming
) -> IssuanceListShown:
    """The merchant's rules, with who edits them."""
    merchant_id = caller.merchant_id
    beside = await surroundings(engine, merchant_id)
    fits = _filter(sent, currency(beside.merchant.currency))
    notes = await notes_of(engine.database, merchant_id)
    rules = [Listed(rule, notes.get(rule.rule_id, NOTHING)) for rule in await list_rules(engine.database, merchant_id)]
    page = page_of((one for one in rules if fits(one)), sent, SORTS)
    locks = await locks_of(engine.database, merchant_id, "earning_rule", engine.clock())
    return IssuanceListShown(
        records=[show_issuance(rule, note, beside, lock=locks.get(rule.rule_id)) for rule, note in page.rules],
        total_records=page.total,
        page_number=page.number,
        page_size=page.size,
        total_pages=page.pages,
    )


def _filter(sent: IssuanceListSent, money: Currency) -> Callable[[Listed], bool]:
    """What lets a rule through: all that is asked for at once."""
    asked: list[Callable[[Listed], bool]] = []
    if sent.issuance_rule_status is not None:
        active = read_status(sent.issuance_rule_status, "issuanceRuleStatus")
        asked.append(lambda one: one.rule.terms.active == active)
    if sent.loyalty_tier_level is not None:
        level = read_tier(sent.loyalty_tier_level)
        asked.append(lambda one: tier_of(one.rule.terms.who) == level)
    if (kind := sent.points_type) is not None:
        if kind.name not in (FLAT, MULTIPLIER):
            raise BadField("pointsType.name", f"{kind.name[:40]!r} is neither {FLAT} nor {MULTIPLIER}")
        asked.append(lambda one: say_earns(one.rule.terms.earns, money).kind == kind.name)
    if sent.channel_id is not None:
        asked.append(lambda one: channel_id(one.rule.terms.channels) == sent.channel_id)
    if sent.product_id not in (None, ""):
        asked.append(lambda one: product_of(one.rule.terms.goods) == str(sent.product_id).strip())
    if sent.created_user_id is not None:
        asked.append(lambda one: one.note.created_user_id == sent.created_user_id)

    def fits(one: Listed) -> bool:
        terms = one.rule.terms
        return all(holds(one) for holds in asked) and says(sent, terms.description, terms.name)

    return fits
