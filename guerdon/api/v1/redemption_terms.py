"""What a redemption rule says, in the words of the native API."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from guerdon.api.v1.ids import RuleId
from guerdon.api.v1.members import Moment, Tag
from guerdon.api.v1.moments import utc
from guerdon.api.v1.money import CurrencyCode
from guerdon.api.v1.redemptions import SALES_CHANNEL_OF, SALES_CHANNELS, SalesChannel
from guerdon.api.v1.write import Metadata, WriteAsked
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.codes import Codes
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind

Points = Annotated[int, Meta(ge=1, le=POINTS_MAX)]
Count = Annotated[int, Meta(ge=0, le=POINTS_MAX)]
Line = Annotated[str, Meta(max_length=255)]
Prose = Annotated[str, Meta(max_length=2000)]


class TermsSaid(WriteAsked, kw_only=True):
    """What a rule says. Money is in minor units of the rule's `currency`; null takes a limit away.

    An `amount` is what each `points` buy: with pricing `fixed` these points alone, with `each` as many times as is
    asked, once unless told otherwise, with `variable` as the shopper says, from `minimum_points` in whole steps.
    """

    name: Line | UnsetType = UNSET
    description: Prose | UnsetType = UNSET
    icon: Line | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    pricing: Pricing | UnsetType = UNSET
    reward: RewardKind | UnsetType = UNSET
    amount_minor: Count | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET
    amounts_minor: dict[CurrencyCode, Points] | UnsetType = UNSET
    """Amounts in other currencies that count instead of a conversion."""
    percentage_hundredths: Annotated[int, Meta(ge=0, le=100_00)] | UnsetType = UNSET
    """1250 is 12.5 percent."""
    product_id: Line | UnsetType | None = UNSET
    category: Category | UnsetType = UNSET
    tier_level: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    """The tier that it is for, and higher ones; 0 is everyone."""
    tier_exact: bool | UnsetType | None = UNSET
    """Whether for that tier alone; null leaves it to the merchant's policy."""
    member_tags: Annotated[list[Tag], Meta(max_length=100)] | UnsetType = UNSET
    channel: SalesChannel | UnsetType = UNSET
    minimum_points: Count | UnsetType | None = UNSET
    offset_points: Count | UnsetType | None = UNSET
    """Amounts of points grow from the minimum in these steps."""
    points_max_per_transaction: Points | UnsetType | None = UNSET
    points_max_per_day: Points | UnsetType | None = UNSET
    redemptions_max_per_member: Points | UnsetType | None = UNSET
    stock: Count | UnsetType | None = UNSET
    budget_minor: Count | UnsetType | None = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    minimum_cart_minor: Count | UnsetType | None = UNSET
    coupon_days: Annotated[int, Meta(ge=0, le=36_600)] | UnsetType | None = UNSET
    """How long the coupon lives; null leaves it to the merchant's policy."""
    coupon_prefix: Annotated[str, Meta(max_length=20, pattern="^[A-Za-z0-9]*\\Z")] | UnsetType | None = UNSET
    codes: Codes | UnsetType = UNSET
    """Where codes come from: `generated` by us, a `pool` of uploaded ones, or a `callback` to the merchant's URL."""
    refund_expired: bool | UnsetType = UNSET
    transferable: bool | UnsetType = UNSET
    metadata: Metadata | None = None

    def given(self) -> dict[str, Any]:
        """The terms that are said, as a rule has them."""
        said = {name: getattr(self, name, UNSET) for name in SAID}
        found = {name: value for name, value in said.items() if value is not UNSET}
        found |= {name: utc(found[name], name) for name in ("starts_at", "ends_at") if name in found}
        if self.channel is not UNSET:
            found["channel"] = SALES_CHANNELS[self.channel]
        if self.member_tags is not UNSET:
            found["member_tags"] = tuple(dict.fromkeys(self.member_tags))
        return found


class RedemptionRuleWanted(TermsSaid, kw_only=True):
    """A new rule. Without a `reward` it is an amount off; without a currency, in the merchant's own."""

    points: Points


class RedemptionRuleChanged(TermsSaid, kw_only=True):
    """What changes of a rule; what is left out stays. With `If-Match`, only if it is at the version that is named."""

    id: RuleId
    points: Points | UnsetType = UNSET


OF_THE_PORTAL = ("created_user_id", "modified_user_id")
"""The portal's own references to its users."""

SAID = tuple(name for name in RedemptionRule.__struct_fields__ if name not in OF_THE_PORTAL)
"""What rules and requests call the same."""


def shown_terms(terms: RedemptionRule) -> dict[str, Any]:
    """The fields of a rule as answers have them."""
    fields = {name: value for name, value in asdict(terms).items() if name in SAID}
    return fields | {"channel": SALES_CHANNEL_OF[terms.channel], "member_tags": list(terms.member_tags)}
