"""The ledger: accounts, lots and holds in memory, and the steps that the verbs of the book are made of. Pure.

Every value is frozen; a step replaces values and writes an entry. Each replacement goes through a journal, so that what
one refused command did is undone exactly, and nothing else. Both sides of an account, its balances and its lots, are
asserted to agree after each entry.
"""

from bisect import insort
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from guerdon.errors.books import BalanceTooLarge, NotEnoughPoints
from guerdon.points.command import Identity
from guerdon.points.page import Page
from guerdon.points.values import (
    FOR_EVER,
    POINTS_MAX,
    Account,
    Cause,
    Entry,
    Event,
    Grace,
    Hold,
    Holder,
    Life,
    Lot,
    Member,
    Part,
    Pending,
    spending_order,
)

V = TypeVar("V")

HEIR = "heir"
"""The reason of what moves between an account and its heir; the subject names the other of the two."""


class MoreLotsNeeded(Exception):
    """The loaded lots do not tell what must be known, and there are more: the desk loads them and decides again."""

    def __init__(self, *account_ids: int) -> None:
        super().__init__(*account_ids)
        self.account_ids = account_ids


class Ledger:
    """What a batch of commands of one merchant sees and changes."""

    def __init__(self, merchant_id: int, now: datetime, number: Callable[[str], int], *, locked: bool = True) -> None:
        self.merchant_id = merchant_id
        self.locked = locked
        """Whether what is loaded is under locks, or is checked as it is saved."""
        self.now = now
        self.number = number
        """Takes the next number of a sequence; the command said how many it needs."""
        self._journal: list[Callable[[], object]] = []
        self.members: dict[Identity, Member] = {}
        self._identities: dict[int, list[Identity]] = {}
        self._known = 0
        """So many of `members` are in `_identities`, by member."""
        self.accounts: Page[int, Account] = Page(self._journal)
        self.lots: Page[tuple[int, int], Lot] = Page(self._journal)
        self.holds: Page[tuple[int, int], Hold] = Page(self._journal)
        self.pendings: Page[tuple[int, int], Pending] = Page(self._journal)
        self.entries: Page[tuple[int, int], Entry] = Page(self._journal)
        self.holders: Page[int, Holder] = Page(self._journal)
        self.events: list[Event] = []
        self._pages: dict[type, Page[Any, Any]] = {}
        self._actor = ""
        self._command_id = UUID(int=0)

    def page(self, kind: type[V]) -> "Page[Any, V]":
        """The page of another package's rows: usage, redemptions, coupons and so on."""
        page = self._pages.get(kind)
        return self._pages.setdefault(kind, Page(self._journal)) if page is None else page

    def written(self) -> set[type]:
        """The kinds of those rows that there may be something to save of."""
        return {kind for kind, page in self._pages.items() if page.written}

    @property
    def actor(self) -> str:
        """Who asked for the command that is being decided."""
        return self._actor

    @property
    def command_id(self) -> UUID:
        """The id of that command, which leads back to its request."""
        return self._command_id

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

    def spendable(self, account_id: int) -> int:
        """Available points that have not reached their expiry, whether or not a job has noticed."""
        account = self.accounts[account_id]
        return account.available - sum(lot.available for lot in self._due(account))

    def _check_room(self, account_id: int, points: int) -> None:
        account = self.accounts[account_id]
        if account.pending + account.available + account.held + points > POINTS_MAX:
            raise BalanceTooLarge(POINTS_MAX)

    def _receive(
        self, account_id: int, source: str, points: int, cause: Cause, earned_at: datetime, life: Life,
        *, counted: bool = False,
    ) -> Entry:  # fmt: skip
        """Points become available as a lot of their own; a debt takes its share of it first."""
        account = self._with_life(self.accounts[account_id], life)
        kept = points - min(points, max(0, -account.available))
        rolling = life.idle_days is not None
        lot = Lot(account_id, account.entries + 1, points, kept, 0, earned_at, life.expires_at, rolling)
        self.lots.put((account_id, lot.number), lot)
        parts = (Part(lot.number, kept),) if kept else ()
        live = self._with_lot(account, lot) if kept else account.live
        entry = self._post(account, source, "available", points, parts, live, cause, counted=counted)
        self._pass_on(account_id)
        return entry

    def _take(
        self, account_id: int, points: int, target: str, cause: Cause, *, lots: tuple[int, ...] = ()
    ) -> Entry:  # fmt: skip
        account = self._expire_due(account_id)
        if points > account.available:
            raise short(points, max(0, account.available))
        parts, live = self._consume(account, points, self._order(account, lots), held=target == "held")
        return self._post(account, "available", target, points, parts, live, cause)

    def _move(
        self, giver_id: int, taker_id: int, points: int, cause: Cause, *, taken: Cause | None = None,
        lots: tuple[int, ...] = (),
    ) -> Entry:  # fmt: skip
        given = self._take(giver_id, points, "moved", cause, lots=lots)
        self._receive_parts(giver_id, given.parts, taker_id, taken or cause)
        return given

    def _receive_parts(self, of_account: int, parts: tuple[Part, ...], taker_id: int, cause: Cause) -> None:
        """Points of those lots of an account become lots of another, with the same age and life."""
        for part in parts:
            lot = self.lots[of_account, part.lot]
            life = Life(lot.expires_at)
            if lot.rolling:
                account = self.accounts[of_account]
                # An account that does not lapse any more has lapsed: so has its lot.
                life = Life(None, account.idle_days, account.lapses_at) if account.lapses_at else Life(self.now)
            self._receive(taker_id, "moved", part.points, cause, lot.earned_at, life)

    def _move_debt(self, giver_id: int, taker_id: int, cause: Cause, *, paid: Cause | None = None) -> None:
        debt = -self.accounts[giver_id].available
        if debt > 0:
            self._expire_due(taker_id)
            self._lose(taker_id, "moved", debt, paid or cause)
            self._receive(giver_id, "moved", debt, cause, self.now, FOR_EVER)

    def _lose(
        self, account_id: int, target: str, points: int, cause: Cause, *, counted: bool = False,
        lots: tuple[int, ...] = (),
    ) -> Entry:  # fmt: skip
        """Points leave whether or not they are there: what no lot pays for is a debt."""
        account = self.accounts[account_id]
        from_lots = min(points, max(0, account.available))
        parts, live = self._consume(account, from_lots, self._order(account, lots), held=False)
        return self._post(account, "available", target, points, parts, live, cause, counted=counted)

    def _order(self, account: Account, lots: tuple[int, ...]) -> tuple[int, ...]:
        """These lots as far as there is something in them, then the live ones in spending order."""
        first = tuple(number for number in lots if self.lots[account.account_id, number].available)
        return (*first, *(number for number in account.live if number not in first)) if first else account.live

    def _consume(
        self, account: Account, points: int, order: tuple[int, ...], *, held: bool
    ) -> tuple[tuple[Part, ...], tuple[int, ...]]:
        """Take points off lots in this order, of which the live ones are a part; what is left of those stays live."""
        parts: list[Part] = []
        left, used = points, 0
        while left:
            if used == len(order):
                assert not account.complete, f"lots of account {account.account_id} do not pay for its balance"
                raise MoreLotsNeeded(account.account_id)
            lot = self.lots[account.account_id, order[used]]
            used += 1
            taken = min(left, lot.available)
            left -= taken
            lot = replace(lot, available=lot.available - taken, held=lot.held + taken if held else lot.held)
            self.lots.put((lot.account_id, lot.number), lot)
            parts.append(Part(lot.number, taken))
        emptied = {part.lot for part in parts if not self.lots[account.account_id, part.lot].available}
        return tuple(parts), tuple(number for number in account.live if number not in emptied)

    def _put_back(
        self, taken: Entry, source: str, cause: Cause, *, points: int | None = None, after: int = 0,
        grace: Grace | None = None,
    ) -> Entry:  # fmt: skip
        """Points return to their lots; a debt takes its share first, from the soonest expiring.

        What is over in a lot is booked before: what comes back to it does not bring it to life again.
        """
        account = self._expire_due(taken.account_id)
        points = taken.points - after if points is None else points
        debt = min(points, max(0, -account.available))
        parts: list[Part] = []
        for part in _window(taken.parts, after, points):
            paid = min(part.points, debt)
            debt -= paid
            if part.points == paid:
                continue
            lot = self._revived(account, self.lots[taken.account_id, part.lot], grace)
            lot = replace(lot, available=lot.available + part.points - paid)
            self.lots.put((lot.account_id, lot.number), lot)
            parts.append(Part(lot.number, part.points - paid))
            account = replace(account, live=self._with_lot(account, lot))
        entry = self._post(account, source, "available", points, tuple(parts), account.live, cause)
        self._pass_on(taken.account_id)
        return entry

    def _revived(self, account: Account, lot: Lot, grace: Grace | None) -> Lot:
        """A lot to which points come back; one whose time was over by then ends with the grace, or without one now.

        A rolling lot whose account does not lapse any more has missed the day on which it did.
        """
        since, until = grace or (self.now, self.now)
        if lot.rolling:
            over = account.lapses_at is None or account.lapses_at < since
        else:
            over = lot.expires_at is not None and lot.expires_at < since
        return replace(lot, expires_at=until, rolling=False) if over else lot

    def _pass_on(self, account_id: int) -> None:
        """What an account with an heir has, or owes, is the heir's."""
        account = self.accounts[account_id]
        if account.heir is None:
            return
        left, came = Cause(HEIR, f"account:{account.heir}"), Cause(HEIR, f"account:{account_id}")
        if (points := self.spendable(account_id)) > 0:
            self._move(account_id, account.heir, points, left, taken=came)
        else:
            self._move_debt(account_id, account.heir, left, paid=came)

    def _expire_due(self, account_id: int, members: tuple[int, ...] = ()) -> Account:
        """Book the expiry of lots whose time is over, so that no balance depends on when a job ran.

        Each entry happened when its lots' time was over. An account that has lapsed does so once.
        """
        account = self.accounts[account_id]
        ends: dict[datetime, list[Lot]] = {}
        for lot in self._due(account):
            ends.setdefault(lot.expires_at or account.lapses_at or self.now, []).append(lot)
        for at in sorted(ends):
            account = self.accounts[account_id]
            points = sum(lot.available for lot in ends[at])
            parts, live = self._consume(account, points, tuple(lot.number for lot in ends[at]), held=False)
            self._post(account, "available", "expired", points, parts, live, Cause("expiry", "", occurred_at=at))
            self._tell_of_expiry(account_id, points, at, members)
        account = self.accounts[account_id]
        if account.lapses_at is not None and account.lapses_at <= self.now:
            account = replace(account, idle_days=None, lapses_at=None)
            self.accounts.put(account_id, account)
        return account

    def _tell_of_expiry(self, account_id: int, points: int, at: datetime, members: tuple[int, ...]) -> None:
        """To the members named, else to whoever of the batch holds the account, else of the account alone."""
        payload = {"points": points, "expired_at": at, "account_id": account_id}
        holders = members or tuple({one.member_id for one in self.members.values() if one.account_id == account_id})
        for member_id in holders or (None,):
            self.tell("points.expired", member_id, payload)

    def _identities_of(self, member_id: int) -> list[Identity]:
        """By what this member was found."""
        if self._known != len(self.members):
            self._identities.clear()
            for identity, member in self.members.items():
                self._identities.setdefault(member.member_id, []).append(identity)
            self._known = len(self.members)
        return self._identities.get(member_id, [])

    def tell(self, topic: str, member_id: int | None, payload: dict[str, Any]) -> None:
        """Write an event into the commit."""
        self.events.append(Event(topic, member_id, payload))
        self._journal.append(self.events.pop)

    def _due(self, account: Account) -> list[Lot]:
        """The live lots that have reached their expiry. Those with a date come first in spending order."""
        due: list[Lot] = []
        lapsed = account.lapses_at is not None and account.lapses_at <= self.now
        for lot in self._live(account):
            if (lot.expires_at is not None and lot.expires_at <= self.now) or (lapsed and lot.rolling):
                due.append(lot)
            elif not lapsed:
                return due
        if not account.complete:
            raise MoreLotsNeeded(account.account_id)
        return due

    def _unhold(self, hold: Hold) -> Entry:
        """The entry whose points a hold kept, which its lots do not hold any more."""
        assert hold.state == "open", hold
        taken = self.entries[hold.account_id, hold.number]
        for part in taken.parts:
            lot = self.lots[hold.account_id, part.lot]
            self.lots.put((lot.account_id, lot.number), replace(lot, held=lot.held - part.points))
        return taken

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

    def _with_life(self, account: Account, life: Life) -> Account:
        """Rolling lots end together: an account goes by the longest time that one of them was promised."""
        if life.idle_days is None or life.lapses_at is None:
            return account
        days, lapses_at = account.idle_days or 0, account.lapses_at or life.lapses_at
        return replace(account, idle_days=max(days, life.idle_days), lapses_at=max(lapses_at, life.lapses_at))

    def _check(self, account: Account) -> None:
        """The invariants of an account, asserted after each verb."""
        total = (
            account.issued + account.pending + account.available + account.held
            + account.redeemed + account.expired + account.reversed + account.moved
        )  # fmt: skip
        assert total == 0, account
        assert account.pending >= 0, account
        assert account.held >= 0, account
        assert account.redeemed >= 0, account
        in_lots = sum(lot.available for lot in self._live(account))
        if account.complete:
            assert in_lots == max(0, account.available), account
        else:
            assert in_lots <= max(0, account.available), account


def _window(parts: tuple[Part, ...], after: int, points: int) -> Iterator[Part]:
    """So many points of those parts, after the first `after`."""
    for part in parts:
        skipped = min(part.points, after)
        after -= skipped
        taken = min(part.points - skipped, points)
        points -= taken
        if taken:
            yield Part(part.lot, taken)


def short(points: int, available: int) -> NotEnoughPoints:
    """The refusal of points that are not there."""
    return NotEnoughPoints(points, available, points - available)
