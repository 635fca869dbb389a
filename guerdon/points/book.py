"""The book: the only verbs that move points. Pure: no I/O, no clock.

A batch of commands is decided on one book. It cannot overspend: `spend` and `hold` compare with `available` on an
account that the desk holds locked, and take the points from lots one by one.
"""

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from guerdon.errors.books import IdentityConflict, MemberNotFound
from guerdon.points.command import Identity
from guerdon.points.ledger import Ledger, short
from guerdon.points.values import FOR_EVER, Account, Cause, Entry, Grace, Hold, Holder, Life, Member, Part, Pending


class Book(Ledger):
    """What a batch of commands of one merchant sees and changes."""

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

    # Whose an account is

    def open_account(self, account_id: int, unit: str) -> None:
        """A new account, empty."""
        self.accounts.put(account_id, Account(account_id, unit))

    def hand(self, member_id: int, account_id: int) -> None:
        """The member holds this account from now on. Only a command that is decided alone may say so."""
        self.holders.put(member_id, Holder(member_id, account_id))

    # The verbs: points come in

    def earn(self, account_id: int, points: int, cause: Cause, *, life: Life = FOR_EVER, counted: bool = True) -> Entry:
        """issued → available, as a new lot. A debt is paid from it first (behaviour 1)."""
        self._check_room(account_id, points)
        return self._receive(account_id, "issued", points, cause, cause.occurred_at or self.now, life, counted=counted)

    def earn_later(
        self, account_id: int, points: int, cause: Cause, *, activates_at: datetime | None, expiry: str
    ) -> Pending:
        """issued → pending, until a date or a word; `expiry` is the policy for their time after that (behaviour 18)."""
        self._check_room(account_id, points)
        account = self.accounts[account_id]
        entry = self._post(account, "issued", "pending", points, (), account.live, cause, counted=True)
        pending = Pending(account_id, entry.number, points, activates_at, expiry)
        self.pendings.put((account_id, entry.number), pending)
        return pending

    def activate(self, pending: Pending, cause: Cause, *, life: Life) -> Entry:
        """pending → available: what waited becomes a lot, as old as its activation, which may have been due before."""
        account_id, points = pending.account_id, pending.points_left
        number = self.accounts[account_id].entries + 1
        self.pendings.put((account_id, pending.number), replace(pending, points_left=0, activated_by=number))
        return self._receive(account_id, "pending", points, cause, cause.occurred_at or self.now, life)

    # The verbs: points go out

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
        taken = self._unhold(hold)
        account = self.accounts[hold.account_id]
        entry = self._post(account, "held", "redeemed", taken.points, taken.parts, account.live, cause)
        return self._end_hold(hold, "captured", entry)

    def expire(self, account_id: int, points: int, cause: Cause) -> Entry:
        """available → expired, ahead of their date, by an operator's word; never below zero."""
        return self._take(account_id, points, "expired", cause)

    def expire_due(self, account_id: int, members: tuple[int, ...] = ()) -> int:
        """Book the expiry of lots whose time is over; returns how many points they had. Every verb does so first.

        An event tells the `members` of the account.
        """
        before = self.accounts[account_id].expired
        return self._expire_due(account_id, members).expired - before

    def claw_back(
        self,
        account_id: int,
        points: int,
        cause: Cause,
        *,
        below_zero: bool,
        counted: bool = True,
        lots: tuple[int, ...] = (),
    ) -> Entry:
        """available → reversed: what should not have been earned, first from the `lots` it was earned as.

        May leave a debt where `below_zero` allows it.
        """
        account = self._expire_due(account_id)
        if points > account.available and not below_zero:
            raise short(points, account.available)
        entry = self._lose(account_id, "reversed", points, cause, counted=counted, lots=lots)
        self._pass_on(account_id)
        return entry

    def cancel_pending(self, pending: Pending, points: int, cause: Cause) -> Entry:
        """pending → reversed: what waited, or some of it, is not earned after all; the balance is not touched."""
        assert 0 < points <= pending.points_left, pending
        left = replace(pending, points_left=pending.points_left - points)
        self.pendings.put((pending.account_id, pending.number), left)
        account = self.accounts[pending.account_id]
        return self._post(account, "pending", "reversed", points, (), account.live, cause, counted=True)

    # The verbs: points come back, or go elsewhere

    def release(self, hold: Hold, cause: Cause, *, grace: Grace | None = None) -> Entry:
        """held → available, to the lots it came from, with their expiry (behaviour 2), or past it for a `grace`."""
        entry = self._put_back(self._unhold(hold), "held", cause, grace=grace)
        return self._end_hold(hold, "released", entry)

    def give_back(
        self, taken: Entry, cause: Cause, *, points: int | None = None, after: int = 0, grace: Grace | None = None
    ) -> Entry:
        """redeemed → available, to the lots that were taken (behaviour 2, 15): all of it, or so many `points` after
        those that came back before.
        """
        assert taken.target == "redeemed", taken
        return self._put_back(taken, "redeemed", cause, points=points, after=after, grace=grace)

    def move(
        self, giver_id: int, taker_id: int, points: int, cause: Cause, *, lots: tuple[int, ...] = ()
    ) -> Entry:  # fmt: skip
        """available → moved → available on another account, from these lots first: the lots keep their age and expiry.
        Never below zero.
        """
        return self._move(giver_id, taker_id, points, cause, lots=lots)

    def move_debt(self, giver_id: int, taker_id: int, cause: Cause) -> None:
        """What is owed on one account is owed on another from now on."""
        self._move_debt(giver_id, taker_id, cause)

    def take_debt_back(
        self, account_id: int, payer_id: int, parts: tuple[Part, ...], owed: int, cause: Cause
    ) -> None:  # fmt: skip
        """A debt that another account took over is the account's own again: the parts of the payer's lots that paid it
        become lots anew, and what is `owed` still is the payer's no more.
        """
        points = owed + sum(part.points for part in parts)
        if points:
            self._expire_due(account_id)
            self._lose(account_id, "moved", points, cause)
            self._receive_parts(payer_id, parts, payer_id, cause)
        if owed:
            self._receive(payer_id, "moved", owed, cause, self.now, FOR_EVER)

    def bequeath(self, account_id: int, heir: int | None) -> None:
        """Points that come back to this account from now on move on to its heir, as those there are do now; so do
        debts.
        """
        self.accounts.put(account_id, replace(self.accounts[account_id], heir=heir))
        self._pass_on(account_id)

    def postpone(self, account_id: int, lapses_at: datetime) -> None:
        """Activity puts off the end of the account's rolling lots; what is over already is booked first."""
        account = self._expire_due(account_id)
        if account.lapses_at not in (None, lapses_at):
            self.accounts.put(account_id, replace(account, lapses_at=lapses_at))

    def redate(self, account_id: int, lot_number: int, life: Life) -> None:
        """Give a lot another life, where a merchant changes the policy for points that are there already."""
        account, lot = self.accounts[account_id], self.lots[account_id, lot_number]
        lot = replace(lot, expires_at=life.expires_at, rolling=life.idle_days is not None)
        self.lots.put((account_id, lot_number), lot)
        account = self._with_life(account, life)
        live = self._with_lot(account, lot) if lot.available else account.live
        self.accounts.put(account_id, replace(account, live=live))

    def put_in_tier(self, member_id: int, tier_level: int) -> None:
        """The member is of this tier for the commands after this one too; the tiers' shelf writes it down."""
        for identity in self._identities_of(member_id):
            member = self.members[identity]
            if member.tier_level != tier_level:
                self.members[identity] = replace(member, tier_level=tier_level)
                self._journal.append(partial(self.members.__setitem__, identity, member))
