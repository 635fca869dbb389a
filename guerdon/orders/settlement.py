"""What an order should have earned by now, and the difference booked. Pure; the only place where orders move points.

    rules of the first evaluation ─► what each gives ─► less what came back ─► awards, caps, coupons, what tiers count

What an order's awards stand for is a function of the order as it was last reported, the rule versions and the member's
standing of its first evaluation, and all its returns. So it does not depend on the order in which these came, and the
same report again books nothing (behaviour 7, 17, 19, 20).
"""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from msgspec.structs import replace

from guerdon.awards.award import WAITING_DAYS, Award, Terms, Why, activate, awards_of, give, settle
from guerdon.earning.earns import Multiplier
from guerdon.earning.evaluate import Earned, Evaluation, evaluate
from guerdon.earning.rule import EarningRule, VersionedRule
from guerdon.earning.share import Limits
from guerdon.earning.use import Budget, Use, count
from guerdon.merchants.merchant import Merchant
from guerdon.orders.eligible import occasion_of
from guerdon.orders.gifts import gifts_of, give_gift, take_back
from guerdon.orders.order import ORDER_REASON, ActiveRules, Earning, Evaluated, Order, Return, is_first, returns_of
from guerdon.orders.returned import Ratio, part_of, problem_with, returned_share
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.rewards.ending import return_points
from guerdon.rewards.redemption import Coupon, CouponState, Redemption
from guerdon.tiers.programme import NO_MULTIPLIER, Tiers, multiplier_of, nickname
from guerdon.tiers.progress import record

CAPTURE_FAILED = "capture_failed"
"""The flag of a coupon whose points were not there any more when the order came."""

ERASED = "erased"
"""The status of a member of whom nothing is left: their orders earn no more than they did."""

TIER_RULE = 0
"""The number of the rule that a tier's multiplier is; rules of merchants count from 1."""


def take_returns(book: Book, order: Order) -> Ratio:
    """Let the returns that waited for the order count, as far as they are returns of it; how much of it came back."""
    counted: list[Return] = []
    for one in returns_of(book, order.order_id):
        if one.waiting:
            refusal = problem_with(order, one)
            taken = replace(one, waiting=False, problem=refusal.code if refusal else None, updated_at=book.now)
            book.page(Return).put(one.return_id, taken)
            told = {"return_id": one.return_id, "order_id": order.order_id, "problem": taken.problem}
            book.tell("return.refused" if refusal else "return.taken", order.member_id, told)
            one = taken
        if one.problem is None:
            counted.append(one)
    return returned_share(order, counted)


def settle_order(
    book: Book, merchant: Merchant, member: Member, order: Order, before: Order | None, returned: Ratio
) -> Order:
    """Book what became of the order since `before`; returns it with what it earned and counts for."""
    order = _evaluated(book, merchant, member, order, before, returned)
    order = _stand(book, member, order, returned)
    order = _counted(merchant, order, returned)
    _settle_awards(book, merchant, order)
    if not order.cancelled:
        _settle_rewards(book, merchant, order, returned)
    _record(book, merchant, member, order, before)
    return order


# What each rule gives


def _evaluated(
    book: Book, merchant: Merchant, member: Member, order: Order, before: Order | None, returned: Ratio
) -> Order:
    """The order with what each rule gives for the whole of it. Coupons and tiers are given here, once.

    It is worked out when it begins to earn, again or for the first time, and when what rules look at has changed.
    """
    kept = before.evaluated if before else None
    if not order.earns:
        return replace(order, evaluated=kept)
    if before is None or kept is None:
        evaluated = _first_evaluated(book, member, order)
    elif member.status == ERASED:
        return replace(order, evaluated=kept)
    else:
        occasion = occasion_of(order, merchant, first=kept.first)
        if before.earns and occasion == occasion_of(before, merchant, first=kept.first):
            return replace(order, evaluated=kept)
        for earning in kept.earnings:
            _count(book, member, before, earning, _without(earning))
        evaluated = kept
    occasion = occasion_of(order, merchant, first=evaluated.first)
    rules = [book.page(VersionedRule)[version] for version in evaluated.rules]
    if evaluated.tier_factor > NO_MULTIPLIER:
        rules.append(tier_rule(evaluated.tier_factor, evaluated.tier_name or f"Tier {evaluated.tier_level}"))
    limits = Limits(book.page(Use), book.page(Budget))
    found = evaluate(rules, occasion, evaluated.standing(member), merchant, limits)
    earnings: list[Earning] = []
    for earned in found.earned:
        if earned.points:
            earnings.append(Earning(earned.rule_id, earned.version, earned.points, 0))
            _explain(book, merchant, member, order, earned)
    gifts = [earning for earning in evaluated.earnings if earning.given]
    if returned < 1:
        gifts += _given(book, merchant, member, order, found)
    for gift in gifts:
        _count(book, member, order, _without(gift), gift)
    return replace(order, evaluated=replace(evaluated, earnings=(*earnings, *gifts)))


def _first_evaluated(book: Book, member: Member, order: Order) -> Evaluated:
    """By what the order is evaluated, now and whenever it is again."""
    tiers = book.page(Tiers).get(book.merchant_id)
    programme = tiers.programme if tiers else None
    versions = book.page(ActiveRules)[book.merchant_id].versions
    asked = any(book.page(VersionedRule)[version].terms.first_order for version in versions)
    return Evaluated(
        versions, asked and is_first(book, order), member.status, member.opted_in,
        member.tier_level, member.tags, multiplier_of(programme, member.tier_level),
        nickname(programme, member.tier_level), (),
    )  # fmt: skip


def tier_rule(factor: Decimal, name: str) -> VersionedRule:
    """The multiplier of a member's tier, as the rule that it is."""
    return VersionedRule(TIER_RULE, 0, EarningRule(name=name, earns=Multiplier(factor=factor)))


def _given(book: Book, merchant: Merchant, member: Member, order: Order, found: Evaluation) -> list[Earning]:
    """The coupons and tiers that the order gives now, and has not given before."""
    gifts: list[Earning] = []
    for earned in gifts_of(found):
        if book.page(Award).get((order.subject, source_of(earned.rule_id))) is None:
            why = _why(book, order, earned)
            redemption_id = give_gift(book, merchant, member, earned, why)
            give(book, merchant, member, why, 0, occurred_at=order.placed_at, redemption_id=redemption_id)
            gifts.append(Earning(earned.rule_id, earned.version, 0, 0, given=True))
    return gifts


def _explain(book: Book, merchant: Merchant, member: Member, order: Order, earned: Earned) -> None:
    """The award of a rule, with why it is what it is now; its points are settled later."""
    awards = book.page(Award)
    award = awards.get((order.subject, source_of(earned.rule_id)))
    if award is not None:
        awards.put(award.key, replace(award, explanation=earned.explanation))
        return
    why = _why(book, order, earned)
    pending = earned.pending or merchant.policies.earn_pending
    if is_reached(pending, order.status, merchant):
        pending = "none"
    give(book, merchant, member, why, 0, terms=Terms(pending, earned.expiry), occurred_at=order.placed_at)


def _why(book: Book, order: Order, earned: Earned) -> Why:
    rule = book.page(VersionedRule).get((earned.rule_id, earned.version))
    title = (rule.terms.display.title if rule else None) or earned.explanation.rule
    source = source_of(earned.rule_id)
    return Why(order.subject, source, ORDER_REASON, title, earned.version or None, earned.explanation)


def source_of(rule_id: int) -> str:
    """By what the award of a rule is given."""
    return f"rule:{rule_id}" if rule_id != TIER_RULE else "tier"


def is_reached(pending: str, status: str, merchant: Merchant) -> bool:
    """Whether points that wait for an order's status need not wait any more: statuses at which orders earn follow one
    another as the policy lists them, and a later one is past the earlier ones.
    """
    if pending == "none" or WAITING_DAYS.fullmatch(pending):
        return False
    statuses = merchant.policies.earn_statuses
    return status == pending or (
        pending in statuses and status in statuses and statuses.index(status) >= statuses.index(pending)
    )


# What of it stands


def _stand(book: Book, member: Member, order: Order, returned: Ratio) -> Order:
    """How much of what each rule gave stands after returns, which is what counts towards its caps (behaviour 19)."""
    if order.evaluated is None:
        return order
    earnings: list[Earning] = []
    for earning in order.evaluated.earnings:
        stand = earning.points - part_of(earning.points, returned) if order.earns else 0
        if member.status == ERASED:
            stand = min(stand, earning.stand)
        stands = replace(earning, stand=stand)
        if earning.given and (returned == 1 or not order.earns):
            stands = take_back(book, book.page(Award)[order.subject, source_of(earning.rule_id)], earning)
        _count(book, member, order, earning, stands)
        earnings.append(stands)
    return replace(order, evaluated=replace(order.evaluated, earnings=tuple(earnings)))


def _count(book: Book, member: Member, order: Order, was: Earning, now: Earning) -> None:
    """Let the caps of the rule count what stands now, instead of what stood."""
    points, times = now.stand - was.stand, now.times - was.times
    if (points or times) and now.rule_id != TIER_RULE:
        rule = book.page(VersionedRule)[now.rule_id, now.version]
        count(book, rule, member.member_id, order.day, points, times=times)


def _without(earning: Earning) -> Earning:
    """As if it had given nothing, which counts for nothing."""
    return replace(earning, stand=0, given=False)


def _settle_awards(book: Book, merchant: Merchant, order: Order) -> None:
    """Each award is settled to what stands, which is nothing where the rule does not give any more."""
    earnings = order.evaluated.earnings if order.evaluated else ()
    stand = {source_of(earning.rule_id): earning.stand for earning in earnings}
    for award in awards_of(book, order.subject):
        settled = settle(book, merchant, award, stand.get(award.source, 0))
        if order.earns and is_reached(award.pending, order.status, merchant):
            activate(book, merchant, settled)


# What else follows


def _settle_rewards(book: Book, merchant: Merchant, order: Order, returned: Ratio) -> None:
    """Points that the order's coupons cost come back with the goods that they paid for, as the policy says."""
    if not returned:
        return
    for code, share in rewards_back(book, merchant, order, returned).items():
        coupon = book.page(Coupon)[code]
        if coupon.state is CouponState.USED:
            redemption = book.page(Redemption)[coupon.redemption_id]
            back = part_of(redemption.points, share)
            return_points(book, redemption, back, grace=merchant.grace(book.now))


def rewards_back(book: Book, merchant: Merchant, order: Order, returned: Ratio) -> dict[str, Ratio]:
    """How much of what each coupon paid for is back, by code, of those that paid, or did until their points went back.

    What a coupon paid for comes back before the goods that the next one paid for.
    """
    shares: dict[str, Ratio] = {}
    worth_back = returned * (order.total_minor or order.rewards_minor)
    for code in order.codes:
        coupon = book.page(Coupon).get(code)
        if coupon is None or coupon.order_id != order.order_id or f"{CAPTURE_FAILED}:{code}" in order.flags:
            continue
        if coupon.state in (CouponState.USED, CouponState.VOID):
            worth_minor = worth_of(merchant, book.page(Redemption)[coupon.redemption_id], order.currency)
            shares[code] = _share_back(merchant.policies.returned_rewards, returned, worth_back, worth_minor)
            worth_back = max(0, worth_back - worth_minor)
    return shares


def _share_back(
    policy: Literal["reward_first", "proportional", "when_full"], returned: Ratio, worth_back: Ratio, worth_minor: int
) -> Ratio:
    """How much of a reward is back where so much of the order is, of which this reward's worth is a part."""
    if returned == 1:
        return 1
    match policy:
        case "proportional":
            return returned
        case "reward_first" if worth_minor:
            return min(1, Fraction(worth_back) / worth_minor)
        case _:
            return 0


def worth_of(merchant: Merchant, redemption: Redemption, currency: str) -> int:
    """What a coupon takes off an order in this currency; nothing where its own is not taken any more."""
    if merchant.accepts(redemption.currency) and merchant.accepts(currency):
        return merchant.converted(redemption.value_minor, redemption.currency, currency)
    return 0


def _counted(merchant: Merchant, order: Order, returned: Ratio) -> Order:
    """Whether the order counts as a purchase, and how much of it as spent."""
    bought = order.earns and returned < 1
    kept_minor = order.total_minor - part_of(order.total_minor, returned)
    spent_minor = 0
    if bought and merchant.accepts(order.currency):
        spent_minor = merchant.converted(kept_minor, order.currency, merchant.currency)
    return replace(order, bought=bought, spent_minor=spent_minor)


def _record(book: Book, merchant: Merchant, member: Member, order: Order, before: Order | None) -> None:
    """Let tiers count the difference, each part in the time to which it belongs."""
    was, now = _counts_for(before), _counts_for(order)
    if before is not None and before.day != order.day:
        record(book, merchant, member, before.placed_at, earned=-was[0], spent_minor=-was[1], orders=-was[2])
        was = _counts_for(None)
    earned, spent_minor, orders = (new - old for new, old in zip(now, was, strict=True))
    record(book, merchant, member, order.placed_at, earned=earned, spent_minor=spent_minor, orders=orders)


def _counts_for(order: Order | None) -> tuple[int, int, int]:
    """Points that stand, money spent, and purchases."""
    if order is None:
        return 0, 0, 0
    return points_of(order), order.spent_minor, int(order.bought)


def points_of(order: Order) -> int:
    """How many points the order has earned by now, pending ones included."""
    return sum(earning.stand for earning in order.evaluated.earnings) if order.evaluated else 0
