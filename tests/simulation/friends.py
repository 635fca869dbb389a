"""The auditor's own reckoning of referrals: a member brings a friend, whose first large order rewards them both.

A friend is brought once, by whoever's code they named, else by whoever told them first. What is refused stays so.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from tests.simulation.awards import Award, Awards
from tests.simulation.ledger import Ledger
from tests.simulation.people import Member, PersonOf
from tests.simulation.ranks import Ranks
from tests.simulation.script import Share, Terms

Side = Literal["referrer", "friend"]


@dataclass(slots=True, eq=False)
class Referral:
    """Who brought whom, and how far it came; `mailbox` is whose it is that was told, or who came."""

    number: int
    referrer: Member
    mailbox: int | None
    shared_on: date | None = None
    friend: Member | None = None
    state: Literal["shared", "signed up", "completed", "reversed", "refused"] = "shared"
    order: int | None = None
    completed_at: datetime | None = None
    awards: dict[Side, Award] = field(default_factory=dict[Side, Award])
    """What was given to either, which is worth as much as the terms say while the order stands."""

    def completion(self) -> datetime:
        """When it was completed first."""
        assert self.completed_at is not None, "nobody asks before"
        return self.completed_at

    def who(self, side: Side) -> Member:
        """One of the two, as who they are by now."""
        member = self.referrer if side == "referrer" else self.friend
        assert member is not None, "a referral that is completed has a friend"
        return member.person()


class Friends:
    """All referrals, the oldest first."""

    def __init__(self, terms: Terms, ledger: Ledger, ranks: Ranks, awards: Awards, person: PersonOf) -> None:
        self._terms, self._ledger, self._ranks, self._awards, self._person = terms, ledger, ranks, awards, person
        self._referrals: list[Referral] = []
        self._brought: dict[Member, list[Referral]] = defaultdict(list)
        self._worth: dict[Side, int] = {"referrer": terms.referrer_points, "friend": terms.friend_points}

    @property
    def rewarded(self) -> int:
        """How many of them are completed, and stand."""
        return sum(one.state == "completed" for one in self._referrals)

    def share(self, what: Share) -> bool:
        """A member tells a mailbox once, and so many mailboxes a day. Their own is told nothing."""
        referrer = self._person(what.member)
        own = [one for one in self._referrals if one.referrer.person() is referrer and one.shared_on]
        if any(one.mailbox == what.friend for one in own):
            return True
        if sum(one.shared_on == self._ledger.today for one in own) >= self._terms.shares_max_per_day:
            return False
        referral = self._new(referrer, what.friend)
        referral.shared_on = self._ledger.today
        if any(one.number == what.friend for one in referrer.everybody()):
            referral.state = "refused"
        return True

    def join(self, friend: Member, referrer: int | None) -> None:
        """Somebody new, perhaps with a code."""
        self._attach(friend, None if referrer is None else self._person(referrer))

    def forget(self, person: Member) -> None:
        """Whoever leaves for good leaves no addresses of friends who have not come yet."""
        for referral in self._referrals:
            if referral.state == "shared" and referral.referrer.person() is person:
                referral.mailbox = None

    def bought(self, order: int, friend: Member, amount: int, *, first: bool) -> None:
        """An order counts as a purchase, of so much in the base currency."""
        referral = self._of(friend) or (self._attach(friend, None) if first else None)
        if referral is None:
            return
        if referral.state == "reversed" and referral.order == order:
            self._reward(referral)
        elif referral.state == "signed up" and amount >= self._terms.referral_minimum:
            referral.order = order
            if self._doubted(referral):
                referral.state = "refused"
            else:
                referral.completed_at = self._ledger.now
                self._reward(referral)

    def not_bought(self, order: int, friend: Member) -> None:
        """It came to nothing: within days of its completion, so does the referral."""
        referral, now = self._of(friend), self._ledger.now
        if referral is None or referral.order != order or referral.state != "completed":
            return
        if now > referral.completion() + timedelta(days=self._terms.referral_reversal_days):
            return
        referral.state = "reversed"
        for side in referral.awards:
            self._stand(referral, side, 0)

    def _new(self, referrer: Member, mailbox: int) -> Referral:
        referral = Referral(len(self._referrals) + 1, referrer, mailbox)
        self._referrals.append(referral)
        return referral

    def _of(self, friend: Member) -> Referral | None:
        """The first that was believed, else the first."""
        found = [referral for one in friend.everybody() for referral in self._brought[one]]
        return min(found, key=lambda one: (one.state == "refused", one.number), default=None)

    def _attach(self, friend: Member, referrer: Member | None) -> Referral | None:
        mailboxes = {one.number for one in friend.everybody()}
        told = [one for one in self._referrals if one.state == "shared" and one.mailbox in mailboxes]
        if referrer is not None:
            own = [one for one in told if one.referrer.person() is referrer]
            referral = own[0] if own else self._new(referrer, friend.number)
        elif told:
            referral = told[0]
        else:
            return None
        by = referral.referrer.person()
        alike = by is friend or (by.home is not None and by.home is friend.home)
        referral.friend, referral.state = friend, "refused" if alike else "signed up"
        self._brought[friend].append(referral)
        return referral

    def _doubted(self, referral: Referral) -> bool:
        """Too many of one member's in a day."""
        today = [
            one
            for one in self._referrals
            if one.state == "completed" and one.completion().date() == self._ledger.today
            and one.referrer.person() is referral.referrer.person()
        ]  # fmt: skip
        return len(today) >= self._terms.completions_max_per_day

    def _reward(self, referral: Referral) -> None:
        """Both get what the programme promises; or once more, where the order that was nothing stands after all."""
        referral.state = "completed"
        if not referral.awards:
            days = self._terms.referral_pending_days
            sides: tuple[Side, ...] = ("referrer", "friend")
            for side in sides:
                if not referral.who(side).gone:
                    referral.awards[side] = Award(referral.who(side).purse, self._ledger.now, days)
        for side in referral.awards:
            self._stand(referral, side, self._worth[side])
        self._count(referral.who("referrer"), referral, 0)

    def _stand(self, referral: Referral, side: Side, points: int) -> None:
        award, person = referral.awards[side], referral.who(side)
        more = points - award.points
        self._awards.stand(award, points, f"referral {referral.number}")
        self._count(person, referral, more)

    def _count(self, person: Member, referral: Referral, points: int) -> None:
        """What was earned, or not after all, when it was completed."""
        self._ranks.count(person.rank, person.purse, referral.completion().date(), points)
