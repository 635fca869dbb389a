"""The messages of the script as commands of the engine, with the engine's numbers for what is told by ours."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from guerdon.activities.adjust import AdjustPoints
from guerdon.activities.log import reporting
from guerdon.api.engine import Engine
from guerdon.errors.members import HouseholdNotFound, MergeNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.moving.household import (
    AddToHousehold,
    CreateHousehold,
    DissolveHousehold,
    RemoveFromHousehold,
    SetHouseholdRole,
)
from guerdon.moving.merge import MergeMembers
from guerdon.moving.movement import Kind
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.transfer import Transfer
from guerdon.moving.unmerge import UndoMerge
from guerdon.orders.order import OrderLine
from guerdon.orders.report import ReportOrder
from guerdon.points.command import Command, Identity
from guerdon.referrals.parties import parties
from guerdon.referrals.share import Share as ShareCode
from guerdon.referrals.statistics import code_of
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem as RedeemPoints
from guerdon.tiers.assign import AssignTier
from tests.simulation.script import (
    Adjust,
    Allow,
    Assign,
    Buy,
    Cancel,
    Delivery,
    Dissolve,
    Do,
    Enter,
    Found,
    Give,
    Leave,
    Merge,
    Redeem,
    Refund,
    Sell,
    Share,
    Unmerge,
    What,
)

FILLER = "P1"


class Known:
    """What is known of the engine's names: of members, purchases, merges and households, and of redemptions with their
    codes.
    """

    def __init__(self) -> None:
        self.members: dict[int, int] = {}
        self.purchases: dict[int, int] = {}
        self.merges: dict[int, int] = {}
        self.households: dict[int, int] = {}
        self.coupons: dict[int, tuple[int, str]] = {}
        self._named: dict[str, tuple[str, ...]] = {}

    def note(self, what: What, answer: Any) -> None:
        """Remember the names of what was made."""
        match what:
            case Redeem():
                self.coupons[what.number] = answer.redemption_id, answer.code
            case Buy():
                self.purchases[what.number] = answer.movement_id
            case Merge():
                self.merges[what.number] = answer.merge_id
            case Found():
                self.households[what.household] = answer.household_id
            case _:
                pass

    def codes(self, key: str, numbers: Sequence[int]) -> tuple[str, ...]:
        """The codes of those redemptions that were made; the same message names the same ones again."""
        made = tuple(self.coupons[number][1] for number in numbers if number in self.coupons)
        return self._named.setdefault(key, made)


class Commands:
    """Of one merchant, whose redemption rules are these."""

    def __init__(self, engine: Engine, merchant: Merchant, rules: Sequence[int], known: Known) -> None:
        self._engine, self._merchant, self._rules, self._known = engine, merchant, rules, known
        self._zone = ZoneInfo(merchant.timezone)

    async def of(self, delivery: Delivery) -> Command[Any] | None:
        """The command; None where there is nothing to ask, since what it is about was refused. What cannot be said
        without that is refused as the engine would.
        """
        merchant, what = self._merchant, delivery.what
        match what:
            case Sell():
                return await self._sell(delivery, what)
            case Do():
                who, at = who_is(what.member), self.utc(what.at)
                return await reporting(self._engine.database, merchant, who, "review", str(what.number), at)
            case Share():
                code, emails = await self.code_of(what.member), (email_of(what.friend),)
                return ShareCode(merchant=merchant, who=who_is(what.member), code=code, emails=emails)
            case Merge() | Unmerge() | Assign():
                return self._of_people(what)
            case Found() | Enter() | Allow() | Leave() | Dissolve():
                return self._of_household(what)
            case Redeem() | Cancel() | Give() | Buy() | Refund() | Adjust():
                return self._of_points(what)
            case _:
                raise AssertionError(what)

    def _of_points(self, what: Redeem | Cancel | Give | Buy | Refund | Adjust) -> Command[Any] | None:
        merchant, known = self._merchant, self._known
        match what:
            case Redeem():
                return RedeemPoints(
                    merchant=merchant, who=who_is(what.member), rule_id=self._rules[what.reward], points=what.points,
                    delayed=what.delayed,
                )  # fmt: skip
            case Cancel():
                made = known.coupons.get(what.number)
                return CancelRedemption(merchant=merchant, redemption_id=made[0]) if made else None
            case Give():
                return Transfer(
                    merchant=merchant, sender=who_is(what.sender), receiver=who_is(what.receiver), points=what.points,
                    kind=Kind.GIFT if what.gift else Kind.TRANSFER,
                )  # fmt: skip
            case Buy():
                return BuyPoints(
                    merchant=merchant, buyer=who_is(what.member), receiver=who_is(what.receiver), points=what.points,
                    payment=str(what.number),
                )  # fmt: skip
            case Refund():
                bought = known.purchases.get(what.number)
                return RefundPurchase(merchant=merchant, movement_id=bought) if bought else None
            case Adjust():
                return AdjustPoints(
                    merchant=merchant, who=who_is(what.member), points=what.points, counted=what.counted,
                    taken_as=what.taken_as, below_zero=what.counted,
                )  # fmt: skip

    def _of_people(self, what: Merge | Unmerge | Assign) -> Command[Any]:
        merchant, known = self._merchant, self._known
        match what:
            case Merge():
                survivor, member = (known.members[number] for number in (what.survivor, what.member))
                return MergeMembers(merchant=merchant, survivor_id=survivor, member_id=member)
            case Unmerge():
                if what.number not in known.merges:
                    raise MergeNotFound(what.number)
                return UndoMerge(merchant=merchant, merge_id=known.merges[what.number])
            case Assign():
                return AssignTier(merchant=merchant, who=who_is(what.member), level=what.level, until=what.until)

    def _of_household(self, what: Found | Enter | Allow | Leave | Dissolve) -> Command[Any]:
        merchant, member = self._merchant, self._known.members[what.member]
        if isinstance(what, Found):
            return CreateHousehold(merchant=merchant, owner_id=member)
        if what.household not in self._known.households:
            raise HouseholdNotFound(what.household)
        home = self._known.households[what.household]
        match what:
            case Enter():
                return AddToHousehold(
                    merchant=merchant, household_id=home, member_id=member, may_spend=what.may_spend
                )  # fmt: skip
            case Allow():
                return SetHouseholdRole(
                    merchant=merchant, household_id=home, member_id=member, may_spend=what.may_spend
                )  # fmt: skip
            case Leave():
                return RemoveFromHousehold(merchant=merchant, household_id=home, member_id=member, share=what.share)
            case Dissolve():
                return DissolveHousehold(merchant=merchant, household_id=home)

    async def _sell(self, delivery: Delivery, what: Sell) -> ReportOrder:
        """The order with its lines: the special goods, and something else for the rest of the money."""
        who = who_is(what.member)
        special = OrderLine(id="P7", quantity=what.specials, price_minor=1)
        return ReportOrder(
            merchant=self._merchant, who=who, order_id=str(what.order), total_minor=what.total,
            currency=what.currency, status=what.status, codes=self._known.codes(delivery.key, what.coupons),
            placed_at=self.utc(what.placed_at), shipping_minor=what.shipping, tax_minor=what.tax,
            lines=((special,) if what.specials else ()) + (OrderLine(id=FILLER, price_minor=what.total),),
            parties=await parties(self._engine.database, self._merchant, who),
        )  # fmt: skip

    async def code_of(self, member: int) -> str:
        """What a friend names who was brought by this member."""
        database, merchant_id = self._engine.database, self._merchant.merchant_id
        return await code_of(database, merchant_id, self._known.members[member], self._engine.clock())

    def utc(self, at: datetime) -> datetime:
        """A time of the merchant's clock on the wall."""
        return at.replace(tzinfo=self._zone).astimezone(UTC)


def email_of(member: int) -> str:
    """The mailbox of a member, or of one to come."""
    return f"{member}@example.com"


def who_is(member: int) -> tuple[Identity, ...]:
    """By what a member is told of."""
    return (Identity("email", email_of(member)),)
