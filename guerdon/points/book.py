"""The book: accounts, lots and holds in memory, and the only verbs that move points. Pure: no I/O, no clock.

A batch of commands is decided on one book. Every value in it is frozen; a verb replaces values and writes an entry.
Each replacement goes through a journal, so that what one refused command did is undone exactly, and nothing else.
It cannot overspend: `spend` and `hold` compare with `available` on an account that the desk holds locked, and take the
points from lots one by one; both sides are asserted to agree after each verb.
"""

from bisect import insort
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from guerdon.errors import BalanceTooLarge, IdentityConflict, MemberNotFound, NotEnoughPoints
from guerdon.points.command import Identity
from guerdon.points.page import Page
from guerdon.points.values import POINTS_MAX, Account, Cause, Entry, Event, Hold, Lot, Member, Part, spending_order

V = TypeVar("V")


class MoreLotsNeeded(Exception):
    """The loaded lots do not pay for a spend, and there are more: the desk loads them and decides again."""

    def __init__(self, account_id: int) -> None:
        super().__init__(account_id)
        self.account_id = account_id


class Book:
    """What a batch of commands of one merchant sees and changes."""

    def __init__(self, merchant_id: int, now: datetime, number: Callable[[str], int]) -> None:
        self.merchant_id = merchant_id
        self.now = now
        self.number = number
        """Takes the next number of a sequence; the command said how many it needs."""
        self._journal: list[Callable[[], object]] = []
        self.members: dict[Identity, Member] = {}
        self.accounts: Page[int, Account] = Page(self._journal)
        self.lots: Page[tuple[int, int], Lot] = Page(self._journal)
        self.holds: Page[tuple[int, int], Hold] = Page(self._journal)
        self.entries: Page[tuple[int, int], Entry] = Page(self._journal)
        self.events: list[Event] = []
        self._pages: dict[type, Page[Any, Any]] = {}
        self._actor = ""
        self._command_id = UUID(int=0)

    def page(self, kind: type[V]) -> "Page[Any, V]":
        """The page of another package's rows: usage, redemptions, coupons and so on."""
        if kind not in self._pages:
            self._pages[kind] = Page(self._journal)
        return self._pages[kind]

    @contextmanager
    def attempt(self, actor: str, command_id: UUID) -> Generator[None]:
        """Everything inside happens, or, if it raises, nothing of it."""
        self._actor, self._command_id = actor, command_id
        self._journal.clear()
        try:
            yield
        except BaseException:
            while self._journal:
                self._journal.pop()()
            raise

    # Looking up

    def member(self, identities: tuple[Identity, ...]) -> Member:
        """The one member that all these identities find (behaviour 22).

        An identity that finds nobody is passed over as long as another finds somebody: shops send what they have.
        """
        found: Member | None = None
        found_by = identities[0]
        for identity in identities:
            member = self.members.get(identity)
            if member is None:
                continue
            if found is not None and member.member_id != found.member_id:
                raise IdentityConflict(found_by.kind, identity.kind)
            found, found_by = member, identity
        if found is None:
            raise MemberNotFound(found_by.kind, found_by.value)
        return found

    def spendable(self, account_id: int) -> int:
        """Available points that have not reached their expiry, whether or not a job has noticed."""
        account = self.accounts[account_id]
        return account.available - self._due(account)

    # The verbs

    def earn(
        self, account_id: int, points: int, cause: Cause, *, expires_at: datetime | None = None, counted: bool = True
    ) -> Entry:
        """issued → available, as a new lot. A debt is paid from it first (behaviour 1)."""
        account = self.accounts[account_id]
        if account.available + account.held + points > POINTS_MAX:
            raise BalanceTooLarge(POINTS_MAX)
        kept = points - min(points, max(0, -account.available))
        lot = Lot(account_id, account.entries + 1, points, kept, 0, cause.occurred_at or self.now, expires_at)
        self.lots.put((account_id, lot.number), lot)
        parts = (Part(lot.number, kept),) if kept else ()
        live = self._with_lot(account, lot) if kept else account.live
        return self._post(account, "issued", "available", points, parts, live, cause, counted=counted)

    def spend(self, account_id: int, points: int, cause: Cause) -> Entry:
        """available → redeemed, from the soonest expiring lots; never below zero."""
        return self._take(account_id, points, "redeemed", cause)

    def hold(self, account_id: int, points: int, cause: Cause, *, expires_at: datetime | None) -> Hold:
        """available → held: two coupons never rest on the same points (behaviour 12)."""
        entry = self._take(account_id, points, "held", cause)
        hold = Hold(account_id, entry.number, "open", expires_at)
        self.holds.put((account_id, hold.number), hold)
        return hold

    def capture(self, hold: Hold, cause: Cause) -> Entry:
        """held → redeemed: what was promised is paid."""
        assert hold.state == "open", hold
        taken = self.entries[hold.account_id, hold.number]
        for part in taken.parts:
            lot = self.lots[hold.account_id, part.lot]
            self.lots.put((lot.account_id, lot.number), replace(lot, held=lot.held - part.points))
        account = self.accounts[hold.account_id]
        entry = self._post(account, "held", "redeemed", taken.points, taken.parts, account.live, cause)
        return self._end_hold(hold, "captured", entry)

    def release(self, hold: Hold, cause: Cause) -> Entry:
        """held → available, to the lots it came from, with their expiry (behaviour 2)."""
        assert hold.state == "open", hold
        taken = self.entries[hold.account_id, hold.number]
        for part in taken.parts:
            lot = self.lots[hold.account_id, part.lot]
            self.lots.put((lot.account_id, lot.number), replace(lot, held=lot.held - part.points))
        entry = self._put_back(taken, "held", cause)
        return self._end_hold(hold, "released", entry)

    def give_back(self, taken: Entry, cause: Cause) -> Entry:
        """redeemed → available, to the lots that were taken (behaviour 2, 15)."""
        assert taken.target == "redeemed", taken
        return self._put_back(taken, "redeemed", cause)

    def expire(self, account_id: int, points: int, cause: Cause) -> Entry:
        """available → expired, ahead of their date, by an operator's word; never below zero."""
        return self._take(account_id, points, "expired", cause)

    def claw_back(self, account_id: int, points: int, cause: Cause, *, below_zero: bool, counted: bool = True) -> Entry:
        """available → reversed: what should not have been earned. May leave a debt where `below_zero` allows it."""
        account = self._expire_due(account_id)
        if points > account.available and not below_zero:
            raise _short(points, account.available)
        from_lots = min(points, max(0, account.available))
        parts, live = self._consume(account, from_lots, held=False)
        return self._post(account, "available", "reversed", points, parts, live, cause, counted=counted)

    def tell(self, topic: str, member_id: int | None, payload: dict[str, Any]) -> None:
        """Write an event into the commit."""
        self.events.append(Event(topic, member_id, payload))
        self._journal.append(self.events.pop)

    # What the verbs share

    def _take(self, account_id: int, points: int, target: str, cause: Cause) -> Entry:
        account = self._expire_due(account_id)
        if points > account.available:
            raise _short(points, max(0, account.available))
        parts, live = self._consume(account, points, held=target == "held")
        return self._post(account, "available", target, points, parts, live, cause)

    def _consume(self, account: Account, points: int, *, held: bool) -> tuple[tuple[Part, ...], tuple[int, ...]]:
        """Take points off the live lots, soonest expiry first; what is left of those lots stays live."""
        parts: list[Part] = []
        left, used = points, 0
        rest: tuple[int, ...] = ()
        while left:
            if used == len(account.live):
                assert not account.complete, f"lots of account {account.account_id} do not pay for its balance"
                raise MoreLotsNeeded(account.account_id)
            lot = self.lots[account.account_id, account.live[used]]
            used += 1
            taken = min(left, lot.available)
            left -= taken
            lot = replace(lot, available=lot.available - taken, held=lot.held + taken if held else lot.held)
            self.lots.put((lot.account_id, lot.number), lot)
            parts.append(Part(lot.number, taken))
            rest = (lot.number,) if lot.available else ()
        return tuple(parts), rest + account.live[used:]

    def _put_back(self, taken: Entry, source: str, cause: Cause) -> Entry:
        """Points return to their lots; a debt takes its share first, from the soonest expiring."""
        account = self.accounts[taken.account_id]
        debt = min(taken.points, max(0, -account.available))
        parts: list[Part] = []
        updated = account
        for part in taken.parts:
            paid = min(part.points, debt)
            debt -= paid
            if part.points == paid:
                continue
            lot = self.lots[taken.account_id, part.lot]
            lot = replace(lot, available=lot.available + part.points - paid)
            self.lots.put((lot.account_id, lot.number), lot)
            parts.append(Part(lot.number, part.points - paid))
            updated = replace(updated, live=self._with_lot(updated, lot))
        return self._post(account, source, "available", taken.points, tuple(parts), updated.live, cause)

    def _expire_due(self, account_id: int) -> Account:
        """Book the expiry of lots whose time is over, so that no balance depends on when a job ran."""
        account = self.accounts[account_id]
        due = self._due(account)
        if not due:
            return account
        parts, live = self._consume(account, due, held=False)
        self._post(account, "available", "expired", due, parts, live, Cause("expiry", ""))
        return self.accounts[account_id]

    def _due(self, account: Account) -> int:
        """How many available points have reached their expiry."""
        due = 0
        for lot in self._live(account):
            if lot.expires_at is None or lot.expires_at > self.now:
                return due
            due += lot.available
        if not account.complete:
            raise MoreLotsNeeded(account.account_id)
        return due

    def _end_hold(self, hold: Hold, state: str, entry: Entry) -> Entry:
        self.holds.put((hold.account_id, hold.number), replace(hold, state=state, ended_by=entry.number))
        return entry

    def _post(
        self,
        account: Account,
        source: str,
        target: str,
        points: int,
        parts: tuple[Part, ...],
        live: tuple[int, ...],
        cause: Cause,
        *,
        counted: bool = False,
    ) -> Entry:
        """Write one entry and the balances it leaves."""
        assert points > 0, points
        number = account.entries + 1
        source_after, target_after = getattr(account, source) - points, getattr(account, target) + points
        earned = account.earned
        if counted:
            earned += points if source == "issued" else -points
        balances: dict[str, Any] = {source: source_after, target: target_after}
        updated = replace(account, **balances, entries=number, earned=earned, live=live)
        self._check(updated)
        self.accounts.put(account.account_id, updated)
        entry = Entry(
            account.account_id, number, source, target, points, source_after, target_after, parts, counted, cause,
            self._actor, self._command_id,
        )  # fmt: skip
        self.entries.put((account.account_id, number), entry)
        return entry

    def _live(self, account: Account) -> Iterator[Lot]:
        return (self.lots[account.account_id, number] for number in account.live)

    def _with_lot(self, account: Account, lot: Lot) -> tuple[int, ...]:
        """The live lots with this one in its place, or without it if its place is beyond what was loaded."""
        others = [other for other in self._live(account) if other.number != lot.number]
        beyond = not others or spending_order(lot) > spending_order(others[-1])
        if account.complete or not beyond:
            insort(others, lot, key=spending_order)
        return tuple(other.number for other in others)

    def _check(self, account: Account) -> None:
        """The invariants of an account, asserted after each verb."""
        total = (
            account.issued + account.pending + account.available + account.held
            + account.redeemed + account.expired + account.reversed
        )  # fmt: skip
        assert total == 0, account
        assert account.held >= 0, account
        assert account.redeemed >= 0, account
        in_lots = sum(lot.available for lot in self._live(account))
        if account.complete:
            assert in_lots == max(0, account.available), account
        else:
            assert in_lots <= max(0, account.available), account


def _short(points: int, available: int) -> NotEnoughPoints:
    return NotEnoughPoints(points, available, points - available)
