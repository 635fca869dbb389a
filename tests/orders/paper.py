"""Orders and returns on a book of paper: commands are decided one after the other, and no database is asked."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from guerdon.awards.award import Award, awards_of
from guerdon.earning.rule import VersionedRule
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import ActiveRules, OrderLine, ReturnedItem
from guerdon.orders.report import Reported, ReportOrder
from guerdon.orders.returns import ReportReturn, SettleReturns
from guerdon.points.book import Book
from guerdon.points.command import Command, Identity
from guerdon.points.values import Account, Cause, Member
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State, Usage
from guerdon.tiers.programme import NOTHING
from guerdon.tiers.standing import Counted
from tests.shop import START

ACCOUNT = 1
WHO = (Identity("email", "ana@example.com"),)
RULE = 1


class Paper:
    """A member's account, with the rules that orders are evaluated by."""

    def __init__(self, merchant: Merchant, rules: Sequence[VersionedRule], *, points: int = 0) -> None:
        self.merchant = merchant
        numbers = count(1)
        self.book = book = Book(1, START, lambda _: next(numbers))
        book.accounts.load(ACCOUNT, Account(ACCOUNT, "points"))
        book.members[WHO[0]] = Member(1, ACCOUNT, "active", None, 0, ())
        book.page(ActiveRules).load(1, ActiveRules(tuple((rule.rule_id, rule.version) for rule in rules)))
        for rule in rules:
            book.page(VersionedRule).load((rule.rule_id, rule.version), rule)
        book.page(Counted).load(1, Counted(1, NOTHING, NOTHING))
        for number in range(points and 3):
            lot = points // 3 if number else points - 2 * (points // 3)
            if lot:
                with book.attempt("test", UUID(int=0)):
                    book.earn(ACCOUNT, lot, Cause("gift", ""))

    def do(self, command: Command[Any]) -> Any:
        """Decide a command; time passes."""
        self.book.now += timedelta(minutes=1)
        with self.book.attempt("test", UUID(int=0)):
            return command.decide(self.book)

    def redeem(self, points: int, value_minor: int) -> str:
        """The code of a coupon worth so much, which was paid at once."""
        book, number = self.book, len(self.book.page(Redemption).rows()) + 1
        with book.attempt("test", UUID(int=0)):
            entry = book.spend(ACCOUNT, points, Cause("redemption", f"redemption:{number}")).number
        code, day = f"C{number}", START.date()
        redemption = Redemption(
            number, 1, ACCOUNT, entry, RULE, 1, State.REDEEMED, False, points, value_minor, self.merchant.currency, 0,
            "any", day, code, "", None, START, START,
        )  # fmt: skip
        book.page(Redemption).load(number, redemption)
        book.page(Coupon).load(code, Coupon(code, number, CouponState.ISSUED))
        before = book.page(Usage).get((1, RULE)) or Usage(1, RULE, 0, 0, day, 0)
        used = Usage(1, RULE, before.redemptions + 1, before.points + points, day, before.day_points + points)
        book.page(Usage).load((1, RULE), used)
        return code

    def sell(
        self, total_minor: int, *, status: str = "paid", lines: tuple[OrderLine, ...] = (),
        codes: Iterable[str] = (), **more: Any,
    ) -> Reported:  # fmt: skip
        """Report the order."""
        return self.do(
            ReportOrder(
                merchant=self.merchant, who=WHO, order_id="1", total_minor=total_minor, currency=self.merchant.currency,
                status=status, lines=lines, codes=tuple(codes), placed_at=START, **more,
            )
        )  # fmt: skip

    def send_back(self, return_id: str, total_minor: int, items: tuple[ReturnedItem, ...] = ()) -> None:
        """Report a return, and look again whether its order is there, as everybody does."""
        taken = self.do(
            ReportReturn(
                merchant=self.merchant, who=WHO, return_id=return_id, order_id="1", total_minor=total_minor, items=items
            )
        )
        if taken.waits:
            self.do(SettleReturns(merchant=self.merchant, who=WHO, order_id="1"))

    @property
    def points(self) -> int:
        """What is there, pending or not."""
        account = self.book.accounts[ACCOUNT]
        return account.available + account.pending

    def awards(self) -> dict[str, int]:
        """What the order's awards stand for."""
        return {award.source: award.points for award in awards_of(self.book, "order:1")}

    def total_of_awards(self) -> int:
        """The points of all of them."""
        found: list[Award] = awards_of(self.book, "order:1")
        return sum(award.points for award in found)
