"""Points given or taken by hand, for one of five reasons (the storefront contract's page on adjusting).

An adjustment of more points than the merchant's policy lets one person decide is only proposed: nothing is booked until
an operator other than the proposer approves it. What was proposed is kept, whatever becomes of it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.activities import AdjustmentNotFound, ProposalEnded, SecondPersonNeeded
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Cause, Life, Member
from guerdon.tiers.progress import record
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW
from guerdon.trail.noted import Subject, note

PROPOSAL_DAYS = 30
"""How long a proposal waits for a second person."""


class Change(Struct, frozen=True, kw_only=True):
    """What is to be booked: see AdjustPoints."""

    points: int
    counted: bool = False
    taken_as: Literal["redeemed", "expired"] = "redeemed"
    below_zero: bool = False
    title: str | None = None
    visible: bool = True
    expires_at: datetime | None = None


class ProposalState(StrEnum):
    """proposed → approved or refused. One that nobody decided in time is expired, which only its date tells."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class Proposal(Struct, frozen=True):
    """An adjustment that waits for a second person, or did. `entry` numbers what was booked for it."""

    adjustment_id: int
    member_id: int
    state: ProposalState
    change: Change
    note: str | None
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    """Why it was refused or approved, in the words of who did."""
    entry: int | None = None


class Adjustment(Struct, frozen=True):
    """What was booked: the member, the entry, and the balances after it; or the proposal, with `entry` 0."""

    member_id: int
    account_id: int
    entry: int
    points: int
    available: int
    held: int
    at: datetime
    proposal_id: int | None = None
    """Where a second person decides, or has decided."""


class AdjustPoints(Struct, frozen=True, kw_only=True):
    """Give (`points` above zero) or take points.

    With `counted`, they count as earned: a reward given, or one taken back that was wrongly earned, which may leave a
    debt where `below_zero` allows it. Without, earlier points are given back, or points are taken as `taken_as` says:
    redeemed on the member's behalf, or expired now; never more than there are.
    """

    answers: ClassVar[type] = Adjustment

    merchant: Merchant
    who: tuple[Identity, ...]
    points: int
    counted: bool = False
    taken_as: Literal["redeemed", "expired"] = "redeemed"
    below_zero: bool = False
    title: str | None = None
    visible: bool = True
    expires_at: datetime | None = None
    note: str | None = None
    """Why, for the second person; members never see it."""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member and their tier; a number where it will be proposed."""
        if self._needs_approval():
            return Needs(identities=self.who, numbers=(("adjustment_sequence", 1),))
        if self.counted:
            return Needs(identities=self.who, rows=(TIER_ROW,), numbers=(TIER_NUMBERS,))
        return Needs(identities=self.who)

    def decide(self, book: Book) -> Adjustment:
        """Refuses with NotEnoughPoints or BalanceTooLarge."""
        member = book.member(self.who)
        change = Change(
            points=self.points, counted=self.counted, taken_as=self.taken_as, below_zero=self.below_zero,
            title=self.title, visible=self.visible, expires_at=self.expires_at,
        )  # fmt: skip
        if self._needs_approval():
            return self._propose(book, member, change)
        return _booked(book, self.merchant, member, change)

    def _needs_approval(self) -> bool:
        above = self.merchant.policies.approval_above
        return above is not None and abs(self.points) > above

    def _propose(self, book: Book, member: Member, change: Change) -> Adjustment:
        number = book.number("adjustment_sequence")
        proposal = Proposal(
            number, member.member_id, ProposalState.PROPOSED, change, self.note, book.actor, book.now,
            book.now + timedelta(days=PROPOSAL_DAYS),
        )  # fmt: skip
        book.page(Proposal).put(number, proposal)
        note(
            book, "adjustment.proposed", Subject("adjustment", str(number)), member=f"mem_{member.member_id}",
            points=self.points,
        )  # fmt: skip
        book.tell("adjustment.proposed", member.member_id, {"adjustment_id": number, "points": self.points})
        account = book.accounts[member.account_id]
        return Adjustment(
            member.member_id, member.account_id, 0, self.points, account.available, account.held, book.now, number
        )


class DecideAdjustment(Struct, frozen=True, kw_only=True):
    """An operator approves or refuses what another proposed. `who` is the proposal's member, by our own number."""

    answers: ClassVar[type] = Proposal

    merchant: Merchant
    who: tuple[Identity, ...]
    adjustment_id: int
    approve: bool
    decision: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member and their tier, and the proposal."""
        return Needs(identities=self.who, rows=(("adjustment", self.adjustment_id), TIER_ROW), numbers=(TIER_NUMBERS,))

    def decide(self, book: Book) -> Proposal:
        """The same decision again answers the same. Refuses the proposer, and what was decided otherwise or too late.

        Approving may be refused as the adjustment itself would be now; the proposal goes on waiting then.
        """
        proposals = book.page(Proposal)
        proposal = proposals.get(self.adjustment_id)
        if proposal is None:
            raise AdjustmentNotFound(self.adjustment_id)
        wanted = ProposalState.APPROVED if self.approve else ProposalState.REFUSED
        if proposal.state is wanted:
            return proposal
        if proposal.state is not ProposalState.PROPOSED:
            raise ProposalEnded(self.adjustment_id, proposal.state)
        if proposal.expires_at <= book.now:
            raise ProposalEnded(self.adjustment_id, "expired")
        if self.approve and book.actor == proposal.proposer:
            raise SecondPersonNeeded(self.adjustment_id)
        decided = replace(
            proposal, state=wanted, decided_by=book.actor, decided_at=book.now, decision=self.decision
        )  # fmt: skip
        if self.approve:
            booked = _booked(book, self.merchant, book.member(self.who), proposal.change, number=proposal.adjustment_id)
            decided = replace(decided, entry=booked.entry)
        proposals.put(proposal.adjustment_id, decided)
        note(
            book, f"adjustment.{wanted}", Subject("adjustment", str(proposal.adjustment_id)),
            member=f"mem_{proposal.member_id}", points=proposal.change.points, decision=self.decision,
        )  # fmt: skip
        book.tell(f"adjustment.{wanted}", proposal.member_id, {"adjustment_id": proposal.adjustment_id})
        return decided


def _booked(book: Book, merchant: Merchant, member: Member, change: Change, number: int | None = None) -> Adjustment:
    """Move the points, whoever decided it. What counts as earned counts towards tiers."""
    subject = f"member:{member.member_id}" if number is None else f"adjustment:{number}"
    cause = Cause("adjustment", subject, change.title, change.visible)
    account_id, points = member.account_id, abs(change.points)
    if change.points > 0:
        life = Life(change.expires_at) if change.expires_at else merchant.life(book.now)
        entry = book.earn(account_id, points, cause, life=life, counted=change.counted)
    elif change.counted:
        entry = book.claw_back(account_id, points, cause, below_zero=change.below_zero)
    elif change.taken_as == "redeemed":
        entry = book.spend(account_id, points, cause)
    else:
        entry = book.expire(account_id, points, cause)
    if change.counted:
        record(book, merchant, member, book.now, earned=change.points)
    account = book.accounts[account_id]
    told = {"points": change.points, "available": account.available, "title": change.title}
    book.tell("points.adjusted", member.member_id, told)
    return Adjustment(
        member.member_id, account_id, entry.number, change.points, account.available, account.held, book.now, number
    )
