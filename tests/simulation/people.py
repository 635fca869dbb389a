"""The auditor's own people: who has become whom, and back again, and who shares a purse with whom (behaviour 23).

What belongs to somebody is asked of everybody whom they are: so it comes and goes with who somebody is. Only what is
added up by day, and where they stand, is given back as it was.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.simulation.ledger import Ledger, Mark, Purse
from tests.simulation.ranks import Rank, Ranks
from tests.simulation.script import Allow, Dissolve, Enter, Found, Leave, Merge, Terms, Unmerge


@dataclass(slots=True, eq=False)
class Member:
    """A number; `became` another, is `gone` for good, or lives in a `home`. `others` became this one."""

    number: int
    own: Purse
    rank: Rank
    birthday: tuple[int, int] | None
    became: "Member | None" = None
    others: "list[Member]" = field(default_factory=lambda: list[Member]())
    gone: bool = False
    home: "Home | None" = None
    may_spend: bool = True
    times: dict[tuple[str, int, int], int] = field(default_factory=lambda: defaultdict[tuple[str, int, int], int](int))

    @property
    def purse(self) -> Purse:
        """Where their points are."""
        return self.home.purse if self.home else self.own

    def person(self) -> "Member":
        """Whom they became, or themselves."""
        return self.became.person() if self.became else self

    def everybody(self) -> "list[Member]":
        """Themselves and all who became them."""
        return [self, *(one for other in self.others for one in other.everybody())]

    def done(self, key: tuple[str, int, int]) -> int:
        """How often the person did what is limited."""
        return sum(one.times[key] for one in self.everybody())


@dataclass(slots=True, eq=False)
class Home:
    """A household: who lives there in the order of their coming, who of them owns it, and what they share."""

    purse: Purse
    members: list[Member] = field(default_factory=list[Member])
    owners: list[Member] = field(default_factory=list[Member])
    followers: dict[Member, list[Purse]] = field(default_factory=dict[Member, list[Purse]])
    """Whose heir the purse of each was when they came."""


@dataclass(slots=True, eq=False)
class Merger:
    """What undoing a merge needs: what came by it, and where the survivor stood before and after."""

    member: Member
    survivor: Member
    last_day: date
    followers: list[Purse]
    mark: Mark
    birthday: bool
    earned: dict[date, int]
    before: Rank
    after: Rank
    gifts: dict[int, date]
    """Those that the survivor got by what both had earned: they are not taken back."""
    undone: bool = False


class People:
    """Everybody by number, with households and mergers by theirs."""

    def __init__(self, terms: Terms, ledger: Ledger, ranks: Ranks) -> None:
        self._terms, self._ledger, self._ranks = terms, ledger, ranks
        self._homes: dict[int, Home] = {}
        self._mergers: dict[int, Merger] = {}
        self.members: dict[int, Member] = {}

    def person(self, number: int) -> Member:
        """Who somebody is by now."""
        return self.members[number].person()

    def purses(self) -> list[Purse]:
        """All that there are."""
        return [*(member.own for member in self.members.values()), *(home.purse for home in self._homes.values())]

    # Mergers

    def merge(self, what: Merge) -> bool:
        """Two are one: the higher standing counts, and what both have earned may lift them at once."""
        survivor, member = self.members[what.survivor], self.members[what.member]
        if survivor is member or any(one.became or one.gone or one.home for one in (survivor, member)):
            return False
        ledger, followers, before = self._ledger, list(member.own.followers), survivor.rank.copy()
        mark = ledger.mark(survivor.own)
        for follower in followers:
            ledger.bequeath(follower, survivor.own)
        ledger.bequeath(member.own, survivor.own)
        filled = survivor.birthday is None and member.birthday is not None
        if filled:
            survivor.birthday, member.birthday = member.birthday, None
        member.became = survivor
        survivor.others.append(member)
        survivor.rank.join(member.rank)
        joined = survivor.rank.copy()
        self._ranks.judge(survivor.rank, survivor.own)
        after = survivor.rank.copy()
        gifts = {level: day for level, day in after.gifts.items() if joined.gifts.get(level) != day}
        last_day = ledger.today + timedelta(days=self._terms.merge_undo_days)
        self._mergers[what.number] = Merger(
            member, survivor, last_day, followers, mark, filled, dict(member.rank.earned), before, after, gifts
        )
        return True

    def unmerge(self, what: Unmerge) -> bool:
        """One is two again. What came by the merger and is there goes back; what happened since is the survivor's."""
        merger = self._mergers.get(what.number)
        if merger is None:
            return False
        if merger.undone:
            return True
        member, survivor, ledger = merger.member, merger.survivor, self._ledger
        if ledger.today > merger.last_day or survivor.became or survivor.gone or survivor.home:
            return False
        merger.undone, member.became = True, None
        survivor.others.remove(member)
        ledger.reclaim(member.own, merger.followers, survivor.own, merger.mark)
        if merger.birthday:
            survivor.birthday, member.birthday = None, survivor.birthday
        rank = survivor.rank
        for day, points in merger.earned.items():
            rank.earned[day] -= points
        if rank.stands() == merger.after.stands():
            rank.stand_as(merger.before)
            rank.gifts = merger.before.gifts | merger.gifts
        return True

    # Households

    def found(self, what: Found) -> bool:
        """A household of one, with all that they have."""
        owner = self.members[what.member]
        if owner.became or owner.gone or owner.home:
            return False
        self._homes[what.household] = home = Home(Purse())
        home.owners.append(owner)
        self._come(home, owner, may_spend=True)
        return True

    def enter(self, what: Enter) -> bool:
        """Another one lives there, and shares what they have."""
        home, member = self._homes.get(what.household), self.members[what.member]
        if home is None or not home.members or member.became or member.gone or member.home:
            return False
        self._come(home, member, may_spend=what.may_spend)
        return True

    def allow(self, what: Allow) -> bool:
        """Owners may always spend."""
        home, member = self._homes.get(what.household), self.members[what.member]
        if home is None or member.home is not home:
            return False
        member.may_spend = what.may_spend or member in home.owners
        return True

    def leave(self, what: Leave) -> bool:
        """With a share, if it is there. The last one dissolves the household; the last owner stays."""
        home, member = self._homes.get(what.household), self.members[what.member]
        if home is None or member.home is not home:
            return False
        if home.members == [member]:
            self._dissolve(home, 0)
        elif home.owners == [member]:
            return False
        else:
            self._ledger.expire(home.purse)
            share = self._share(home) if what.share is None else what.share
            if share > max(0, home.purse.available()):
                return False
            self._go(home, member, share)
        return True

    def dissolve(self, what: Dissolve) -> bool:
        """The rest, and what comes later, is the first owner's."""
        home = self._homes.get(what.household)
        if home is None or not home.members:
            return False
        self._dissolve(home, self._share(home))
        return True

    def take_out(self, member: Member) -> None:
        """Who leaves for good leaves what they share; if they alone own it, whoever came first owns it next."""
        home = member.home
        if home is None:
            return
        others = [one for one in home.members if one is not member]
        if not others:
            self._dissolve(home, self._share(home))
            return
        if home.owners == [member]:
            home.owners.append(others[0])
            others[0].may_spend = True
        self._go(home, member, 0)

    def _share(self, home: Home) -> int:
        self._ledger.expire(home.purse)
        equal = max(0, home.purse.available()) // len(home.members)
        return equal if self._terms.household_share == "equal" else 0

    def _come(self, home: Home, member: Member, *, may_spend: bool) -> None:
        home.followers[member] = list(member.own.followers)
        for purse in (*home.followers[member], member.own):
            self._ledger.bequeath(purse, home.purse)
        member.home, member.may_spend = home, may_spend
        home.members.append(member)

    def _go(self, home: Home, member: Member, share: int) -> None:
        self._ledger.bequeath(member.own, None)
        for follower in home.followers[member]:
            self._ledger.bequeath(follower, member.own)
        member.home, member.may_spend = None, True
        home.members.remove(member)
        if member in home.owners:
            home.owners.remove(member)
        if share:
            self._ledger.move(home.purse, member.own, share, "share")

    def _dissolve(self, home: Home, share: int) -> None:
        owner = next(one for one in home.members if one in home.owners)
        for member in list(home.members):
            if member is not owner:
                self._go(home, member, share)
        self._go(home, owner, 0)
        self._ledger.bequeath(home.purse, owner.own)


PersonOf = Callable[[int], Member]
"""Who somebody is by now."""
