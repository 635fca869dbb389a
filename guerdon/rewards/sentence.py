"""A redemption rule in words, complete and exact: whoever reads them knows what it does, and what has changed in it.

"10,000 points buy $50.00 of gift card, for tier Gold and up, at most 20,000 points a day, from 1 March 2026 to 31 May
2026, online, while 500 last". Every term that counts is in some part; those of wording.py are a shopper's.
Pure.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from guerdon.kit.sentence import (
    ENGLISH,
    Count,
    Money,
    Monies,
    Names,
    Part,
    Plain,
    Share,
    Since,
    Until,
    sentence,
)
from guerdon.rewards.codes import Called, Pooled
from guerdon.rewards.rule import Category, Channel, Pricing, RedemptionRule, RewardKind

ABOUT_RULE = frozenset({"state", "name", "description", "icon"})
"""Topics beside the sentence: whether the rule counts, and how it is shown."""


class Ranks(NamedTuple):
    """What rules leave to their merchant: the names of tiers by level, and whether a tier's rule is for it alone."""

    names: Mapping[int, str] = {}
    alone: bool = False


NO_RANKS = Ranks()

HEADS = {
    Pricing.FIXED: ("%(points)s point buys %(worth)s", "%(points)s points buy %(worth)s"),
    Pricing.EACH: ("every point buys %(worth)s", "every %(points)s points buy %(worth)s"),
    Pricing.VARIABLE: (
        "every point buys %(worth)s, as many as the member likes",
        "every %(points)s points buy %(worth)s, as many as the member likes",
    ),
}

AMOUNTS = {
    Category.DEFAULT: "%(money)s off the next purchase",
    Category.PAY_BALANCE: "%(money)s off the balance",
    Category.GIFT_CARDS: "%(money)s of gift card",
    Category.DONATE_TO_CHARITY: "%(money)s for charity",
}

SHARES = {
    Category.DEFAULT: "%(share)s off the next purchase",
    Category.PAY_BALANCE: "%(share)s off the balance",
    Category.GIFT_CARDS: "%(share)s off a gift card",
    Category.DONATE_TO_CHARITY: "%(share)s of the purchase for charity",
}

GOODS = {
    Category.PAY_BALANCE: "towards the balance",
    Category.GIFT_CARDS: "as a gift card",
    Category.DONATE_TO_CHARITY: "for charity",
}
"""What free goods are put to, where that is not a purchase."""

CHANNELS = {Channel.ONLINE: "online", Channel.OFFLINE: "in store"}


def rule_parts(rule: RedemptionRule, ranks: Ranks = NO_RANKS) -> list[Part]:
    """All that a rule says, part by part."""
    return [*_what(rule), *_who(rule, ranks), *_limits(rule), *_when(rule), *_coupon(rule), *_beside(rule)]


def rule_sentence(rule: RedemptionRule, ranks: Ranks = NO_RANKS, reader: Plain = ENGLISH) -> str:
    """What a rule does in plain English, whatever it is called and whether it counts."""
    return sentence([part for part in rule_parts(rule, ranks) if part.topic not in ABOUT_RULE], reader)


def _what(rule: RedemptionRule) -> Iterator[Part]:
    one, many = HEADS[rule.pricing]
    yield Part("buys", many, {"points": Count(rule.points), "worth": worth_part(rule)}, one, rule.points)
    if rule.reward in (RewardKind.FREE_SHIPPING, RewardKind.FREE_PRODUCT) and rule.category in GOODS:
        yield Part("category", GOODS[rule.category])
    if rule.pricing is not Pricing.FIXED and rule.minimum_points:
        yield Part("minimum", "at least %(points)s points", {"points": Count(rule.minimum_points)},
                   "at least %(points)s point", rule.minimum_points)  # fmt: skip
    if rule.pricing is not Pricing.FIXED and rule.offset_points:
        yield Part("offset", "in steps of %(points)s points", {"points": Count(rule.offset_points)},
                   "in steps of %(points)s point", rule.offset_points)  # fmt: skip


def worth_part(rule: RedemptionRule) -> Part:
    """What the points of a rule buy once: "$50.00 of gift card", "free shipping"."""
    match rule.reward:
        case RewardKind.AMOUNT:
            others = {code: minor for code, minor in rule.amounts_minor.items() if code != rule.currency}
            amounts = (Money(rule.amount_minor, rule.currency), *(Money(others[code], code) for code in sorted(others)))
            if rule.currency in rule.amounts_minor:
                amounts = (Money(rule.amounts_minor[rule.currency], rule.currency), *amounts)
            return Part("worth", AMOUNTS[rule.category], {"money": Monies(tuple(dict.fromkeys(amounts)))})
        case RewardKind.PERCENTAGE:
            return Part("worth", SHARES[rule.category], {"share": Share(rule.percentage_hundredths)})
        case RewardKind.FREE_SHIPPING:
            return Part("worth", "free shipping")
        case RewardKind.FREE_PRODUCT:
            return Part("worth", "the product %(product)s for free", {"product": Names((rule.product_id or "",))})


def _who(rule: RedemptionRule, ranks: Ranks) -> Iterator[Part]:
    if rule.tier_level:
        yield tier_part(rule.tier_level, rule.tier_exact, ranks)
    if rule.member_tags:
        yield Part("tags", "for members tagged %(tags)s", {"tags": Names(rule.member_tags)})
    if rule.minimum_cart_minor:
        cart = Money(rule.minimum_cart_minor, rule.currency)
        yield Part("cart", "with a cart of at least %(money)s", {"money": cart})


def tier_part(level: int, exact: bool | None, ranks: Ranks) -> Part:
    """For which tiers it is. What the rule says itself is said with more weight than what it leaves to the policy."""
    texts = {
        None: "for tier %(tier)s alone" if ranks.alone else "for tier %(tier)s and up",
        True: "for tier %(tier)s and no other",
        False: "for tier %(tier)s and every higher one",
    }
    return Part("tier", texts[exact], {"tier": ranks.names.get(level, str(level))})


def _limits(rule: RedemptionRule) -> Iterator[Part]:
    at_a_time, a_day = rule.points_max_per_transaction, rule.points_max_per_day
    if at_a_time is not None:
        yield Part("points_max_per_transaction", "at most %(points)s points at a time", {"points": Count(at_a_time)},
                   "at most %(points)s point at a time", at_a_time)  # fmt: skip
    if a_day is not None:
        yield Part("points_max_per_day", "at most %(points)s points a day", {"points": Count(a_day)},
                   "at most %(points)s point a day", a_day)  # fmt: skip
    if (times := rule.redemptions_max_per_member) is not None:
        yield Part("redemptions_max_per_member", "at most %(times)s times a member", {"times": Count(times)},
                   "once a member", times)  # fmt: skip
    if rule.budget_minor is not None:
        budget = Money(rule.budget_minor, rule.currency)
        yield Part("budget", "at most %(money)s for all members together", {"money": budget})


def _when(rule: RedemptionRule) -> Iterator[Part]:
    start, end = rule.starts_at, rule.ends_at
    if start is not None and end is not None:
        yield Part("dates", "from %(start)s to %(end)s", {"start": Since(start), "end": Until(end)})
    elif start is not None:
        yield Part("dates", "from %(start)s on", {"start": Since(start)})
    elif end is not None:
        yield Part("dates", "until %(end)s", {"end": Until(end)})
    if rule.channel in CHANNELS:
        yield Part("channel", CHANNELS[rule.channel])
    if rule.stock is not None:
        yield Part("stock", "while %(left)s last", {"left": Count(rule.stock)}, "while %(left)s lasts", rule.stock)


def _coupon(rule: RedemptionRule) -> Iterator[Part]:
    if rule.coupon_days == 0:
        yield Part("coupon_days", "with a coupon for that day")
    elif rule.coupon_days is not None:
        yield Part("coupon_days", "with a coupon for %(days)s days", {"days": Count(rule.coupon_days)},
                   "with a coupon for that day and the next", rule.coupon_days)  # fmt: skip
    if rule.coupon_prefix:
        yield Part("prefix", "with codes that begin with %(prefix)s", {"prefix": Names((rule.coupon_prefix,))})
    elif rule.coupon_prefix is not None:
        yield Part("prefix", "with codes without a prefix")
    match rule.codes:
        case Pooled(low_at=None):
            yield Part("codes", "with uploaded codes")
        case Pooled(low_at=low_at):
            yield Part("codes", "with uploaded codes, and word when %(low)s are left", {"low": Count(low_at or 0)},
                       "with uploaded codes, and word when %(low)s is left", low_at or 0)  # fmt: skip
        case Called(create_url=create, cancel_url=cancel, timeout_s=timeout_s):
            yield Part(
                "codes", "with codes that %(create)s makes within %(seconds)s seconds and %(cancel)s takes back",
                {"create": create, "cancel": cancel, "seconds": Count(timeout_s)},
                "with codes that %(create)s makes within %(seconds)s second and %(cancel)s takes back", timeout_s,
            )  # fmt: skip
        case _:
            pass
    if rule.refund_expired:
        yield Part("refund_expired", "with the points back where the coupon expires unused")
    if rule.transferable:
        yield Part("transferable", "for whoever has the coupon")


def _beside(rule: RedemptionRule) -> Iterator[Part]:
    if not rule.active:
        yield Part("state", "switched off")
    if rule.name:
        yield Part("name", "called %(name)s", {"name": Names((rule.name,))})
    if rule.description:
        yield Part("description", "described as %(text)s", {"text": Names((rule.description,))})
    if rule.icon is not None:
        yield Part("icon", "with the icon %(icon)s", {"icon": Names((rule.icon,))})
