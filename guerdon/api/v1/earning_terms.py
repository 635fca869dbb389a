"""What an earning rule says, in the words and with the ids of the native API."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from guerdon.api.v1.channels import SoldIn, channel_of, channel_shown
from guerdon.api.v1.ids import RuleId, like, number, shown
from guerdon.api.v1.members import Moment, Tag
from guerdon.api.v1.moments import utc
from guerdon.api.v1.write import Metadata, WriteAsked
from guerdon.earning.earns import CouponGift, Earns, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import Cap, Display, EarningRule, Goods, Hours, Rounding, Stacking, Weekday, Who
from guerdon.points.values import POINTS_MAX

EarnId = Annotated[str, like("earn", 7)]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=100)]
Ids = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=255)], ...], Meta(max_length=1000)]
Count = Annotated[int, Meta(ge=0, le=POINTS_MAX)]
Points = Annotated[int, Meta(ge=1, le=POINTS_MAX)]
Prose = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]


class MultiplierSaid(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="multiplier"
):  # fmt: skip
    """Multiplies what other rules give for the order: these, or all others where none is named."""

    factor: Decimal
    rules: Annotated[tuple[EarnId, ...], Meta(max_length=100)] = ()


class CouponSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="coupon"):
    """A coupon of this redemption rule, without its points."""

    redemption_rule: RuleId


EarnsSaid = PerAmount | Flat | PerItem | MultiplierSaid | CouponSaid | TierEntry
"""What it gives: points per amount, flat or per item, more of what others give, a coupon, or a tier."""


class WhoSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which members earn. One tier means that one and higher ones, unless `tier_exact`; several mean exactly these.

    Of tags, one that is named is enough, and one that is excluded is too many.
    """

    tiers: Annotated[tuple[Annotated[int, Meta(ge=1, le=1000)], ...], Meta(max_length=100)] = ()
    tier_exact: bool | None = None
    tags: Tags = ()
    tags_excluded: Tags = ()


class GoodsSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods of an order: a line is among them if anything named here is true of it."""

    products: Ids = ()
    collections: Ids = ()
    types: Ids = ()
    vendors: Ids = ()
    tags: Tags = ()


class EarningTermsSaid(WriteAsked, kw_only=True):
    """What a rule says. Money is in minor units of the merchant's currency; null takes a limit away."""

    description: Prose | UnsetType = UNSET
    trigger: Annotated[str, Meta(max_length=63, examples=["order", "review"])] | UnsetType = UNSET
    """`order`, or the kind of an activity."""
    active: bool | UnsetType = UNSET
    who: WhoSaid | UnsetType = UNSET
    channels: Annotated[tuple[SoldIn, ...], Meta(max_length=20)] | UnsetType = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    weekdays: tuple[Weekday, ...] | UnsetType = UNSET
    hours: Hours | UnsetType | None = UNSET
    goods: GoodsSaid | UnsetType = UNSET
    """Which goods count; all where nothing is named."""
    goods_excluded: GoodsSaid | UnsetType = UNSET
    quantity_min: Count | UnsetType | None = UNSET
    quantity_max: Count | UnsetType | None = UNSET
    amount_min_minor: Count | UnsetType | None = UNSET
    amount_max_minor: Count | UnsetType | None = UNSET
    """What the goods that count cost, both ends included."""
    order_tags: Tags | UnsetType = UNSET
    order_tags_excluded: Tags | UnsetType = UNSET
    first_order: bool | UnsetType = UNSET
    caps: Annotated[tuple[Cap, ...], Meta(max_length=5)] | UnsetType = UNSET
    """The most that one member earns by it in a period, in points, in times, or both."""
    budget_points: Points | UnsetType | None = UNSET
    """The most points that all members together earn by it."""
    times_max: Points | UnsetType | None = UNSET
    group: Name | UnsetType | None = UNSET
    """Rules of one group get on as `stacking` says: all count, the best, or that of the highest priority."""
    stacking: Stacking | UnsetType = UNSET
    priority: Annotated[int, Meta(ge=-(10**6), le=10**6)] | UnsetType = UNSET
    pending: Name | UnsetType | None = UNSET
    """What the points wait for: `none`, `14 days`, or an order status; null leaves it to the merchant's policy."""
    expiry: Name | UnsetType | None = UNSET
    """How long the points live, such as `12 months`; null leaves it to the merchant's policy."""
    rounding: Rounding | UnsetType | None = UNSET
    approval: bool | UnsetType = UNSET
    """Whether an operator approves each award first: for activities alone."""
    display: Display | UnsetType = UNSET
    metadata: Metadata | None = None

    def given(self) -> dict[str, Any]:
        """The terms that are said, as a rule has them; refuses with BadField."""
        said = {name: getattr(self, name, UNSET) for name in EarningRule.__struct_fields__}
        found = {name: value for name, value in said.items() if value is not UNSET}
        found |= {name: utc(found[name], name) for name in ("starts_at", "ends_at") if name in found}
        for name in SETS & found.keys():
            found[name] = frozenset(found[name])
        if "channels" in found:
            found["channels"] = frozenset(channel_of(channel) for channel in found["channels"])
        if "earns" in found:
            found["earns"] = _earns_of(found["earns"])
        if "who" in found:
            found["who"] = _same(found["who"], Who)
        for name in ("goods", "goods_excluded"):
            if name in found:
                found[name] = _same(found[name], Goods)
        return found


class EarningRuleWanted(EarningTermsSaid, kw_only=True):
    """A new rule. Without a `trigger` it is for orders."""

    name: Name
    earns: EarnsSaid


class EarningRuleChanged(EarningTermsSaid, kw_only=True):
    """What changes of a rule; what is left out stays. With `If-Match`, only if it is at the version that is named."""

    id: EarnId
    name: Name | UnsetType = UNSET
    earns: EarnsSaid | UnsetType = UNSET


SETS = {"weekdays", "order_tags", "order_tags_excluded"}


def shown_terms(terms: EarningRule) -> dict[str, Any]:
    """The fields of a rule as answers have them: sets in one order, ids as clients see them."""
    fields = msgspec.structs.asdict(terms)
    return fields | {
        "earns": _earns_shown(terms.earns),
        "who": _same(terms.who, WhoSaid),
        "goods": _same(terms.goods, GoodsSaid),
        "goods_excluded": _same(terms.goods_excluded, GoodsSaid),
        "channels": sorted(channel_shown(channel) for channel in terms.channels),
        "weekdays": [day for day in Weekday if day in terms.weekdays],
        "order_tags": sorted(terms.order_tags),
        "order_tags_excluded": sorted(terms.order_tags_excluded),
        "caps": list(terms.caps),
    }


def _earns_of(said: Any) -> Earns:
    match said:
        case MultiplierSaid(factor, rules):
            ids = frozenset(number("earn", rule, "earns.rules") for rule in rules)
            return Multiplier(factor=factor, rule_ids=ids)
        case CouponSaid(redemption_rule):
            return CouponGift(redemption_rule_id=number("rule", redemption_rule, "earns.redemption_rule"))
        case _:
            return said


def _earns_shown(earns: Earns) -> EarnsSaid:
    match earns:
        case Multiplier(factor=factor, rule_ids=rule_ids):
            return MultiplierSaid(factor, tuple(shown("earn", rule_id) for rule_id in sorted(rule_ids)))
        case CouponGift(redemption_rule_id=rule_id):
            return CouponSaid(shown("rule", rule_id))
        case PerAmount() | Flat() | PerItem() | TierEntry():
            return earns


def _same(value: msgspec.Struct, kind: Any) -> Any:
    """The same fields as another type has them: sets become lists in one order, lists sets."""
    return msgspec.convert(msgspec.to_builtins(value, order="deterministic"), kind)
