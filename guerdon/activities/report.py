"""What members do beside ordering: reported once under an id, evaluated, and given for, some of it after approval.

    report ──► done, with what each rule gave
           └─► waiting, if a rule wants approval ──► approved | rejected

An activity counts on the day on which it happened: in that day's caps, its own points' life, and its tier period. What
waited is evaluated again when it is approved, by the versions of the rules under which it was reported.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.awards.award import Terms, Why, give
from guerdon.earning.earns import CouponGift
from guerdon.earning.evaluate import Earned, Evaluation, evaluate
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import ORDER, VersionedRule
from guerdon.earning.share import Limits
from guerdon.earning.use import Budget, Use, count
from guerdon.errors.activities import (
    ActivityDecided,
    ActivityDiffers,
    ActivityInFuture,
    ActivityNotFound,
    ActivityTooOld,
    ActivityUnknown,
)
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.rewards.grant import grant
from guerdon.rewards.rule import Versioned
from guerdon.tiers.assign import enter
from guerdon.tiers.progress import record
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW
from guerdon.trail.noted import Subject, note

SIGN_UP, BIRTHDAY, ANNIVERSARY = "sign_up", "birthday", "anniversary"

NOTICED = frozenset({ORDER, SIGN_UP, BIRTHDAY, ANNIVERSARY, "referral"})
"""What Guerdon notices itself, so that nobody has to report it, or can report it twice."""

CLOCKS_DIFFER = timedelta(hours=1)
"""So far ahead a reporter's clock may be: what it reports has happened now."""


class ActivityState(StrEnum):
    """done, or waiting until an operator approves or rejects what the rules with approval give."""

    DONE = "done"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


class Activity(Struct, frozen=True):
    """What a member did, and what it came to. `points` were given so far; `waiting` are rules (id, version)."""

    activity_id: str
    member_id: int
    name: str
    state: ActivityState
    points_said: int | None
    title: str | None
    points: int
    waiting: tuple[tuple[int, int], ...]
    evaluation: Any
    """What each rule gave with its explanation, and which were passed over, why."""
    document: Any
    """What the reporter said beside, such as an ip address."""
    actor: str
    occurred_at: datetime
    created_at: datetime
    decided_by: str | None = None
    decision: str | None = None
    """Why it was approved or rejected, in the words of who did."""
    decided_at: datetime | None = None


class SignUpMark(Struct, frozen=True):
    """Somebody with this identity, of which only a digest is kept, has signed up before."""

    mark: str


class ReportActivity(Struct, frozen=True, kw_only=True):
    """A member did something at a time that may be past. `rules` are the active ones of its name.

    `points` count instead of the flat points of the rules. With `marks`, it is done once in the life of each of them.
    """

    answers: ClassVar[type] = Activity

    merchant: Merchant
    who: tuple[Identity, ...]
    name: str
    activity_id: str
    rules: tuple[VersionedRule, ...]
    at: datetime
    points: int | None = None
    title: str | None = None
    channel: str = "online"
    marks: tuple[str, ...] = ()
    document: dict[str, Any] = {}

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    @property
    def subject(self) -> str:
        """What its awards are for."""
        return f"activity:{self.activity_id}"

    def needs(self) -> Needs:
        """The member, the activity if it was reported before, and what was used of the rules on its day."""
        rows = (("activity", self.activity_id), *(("sign_up_mark", mark) for mark in self.marks))
        return _needs(self.who, self.rules, self.merchant, self.at, rows)

    def decide(self, book: Book) -> Activity:
        """The same id again answers the same (behaviour 7). Refuses unknown names, and times out of bounds."""
        member = book.member(self.who)
        activities = book.page(Activity)
        before = activities.get(self.activity_id)
        if before is not None:
            if (before.member_id, before.name, before.points_said) != (member.member_id, self.name, self.points):
                raise ActivityDiffers(self.activity_id)
            return before
        if not self.rules:
            raise ActivityUnknown(self.name)
        at = self._checked(book.now)
        marks = book.page(SignUpMark)
        is_known = any(marks.get(mark) for mark in self.marks)
        for mark in self.marks:
            if marks.get(mark) is None:
                marks.put(mark, SignUpMark(mark))
        activity = Activity(
            self.activity_id, member.member_id, self.name, ActivityState.DONE, self.points, self.title, 0, (), None,
            self.document, book.actor, at, book.now,
        )  # fmt: skip
        if is_known:
            activity = replace(activity, evaluation={"earned": [], "passed_over": [], "known": True})
        else:
            activity = self._given(book, member, activity)
        activities.put(self.activity_id, activity)
        told = {"activity_id": self.activity_id, "name": self.name, "state": activity.state, "points": activity.points}
        book.tell("activity.reported", member.member_id, told)
        return activity

    def _given(self, book: Book, member: Member, activity: Activity) -> Activity:
        """What needs nobody's word is given; the rest waits."""
        evaluation = _evaluated(book, self.merchant, member, self.rules, activity, self.channel)
        waiting = tuple((earned.rule_id, earned.version) for earned in evaluation.earned if earned.approval)
        at_once = [earned for earned in evaluation.earned if not earned.approval]
        return replace(
            activity,
            state=ActivityState.WAITING if waiting else ActivityState.DONE,
            points=_give(book, self.merchant, member, self.rules, activity, at_once),
            waiting=waiting,
            evaluation=_plain(evaluation),
        )

    def _checked(self, now: datetime) -> datetime:
        """When it happened, if it may be reported now."""
        if self.at > now + CLOCKS_DIFFER:
            raise ActivityInFuture(self.at)
        days = self.merchant.policies.backdate_days
        if days is not None and self.at < now - timedelta(days=days):
            raise ActivityTooOld(self.at, days)
        return min(self.at, now)


class DecideActivity(Struct, frozen=True, kw_only=True):
    """An operator's word on what waits. `rules` are those that it waits for, in the versions of its report."""

    answers: ClassVar[type] = Activity

    merchant: Merchant
    who: tuple[Identity, ...]
    activity: Activity
    """As it was read before; what it waits for never changes."""
    rules: tuple[VersionedRule, ...]
    approve: bool
    decision: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, the activity, and what was used of its rules on its day."""
        rows = (("activity", self.activity.activity_id),)
        return _needs(self.who, self.rules, self.merchant, self.activity.occurred_at, rows)

    def decide(self, book: Book) -> Activity:
        """The same decision again answers the same; another one is refused. Caps count as they stand now."""
        activities = book.page(Activity)
        activity = activities.get(self.activity.activity_id)
        if activity is None:
            raise ActivityNotFound(self.activity.activity_id)
        wanted = ActivityState.APPROVED if self.approve else ActivityState.REJECTED
        if activity.state is wanted:
            return activity
        if activity.state is not ActivityState.WAITING:
            raise ActivityDecided(activity.activity_id, activity.state)
        decided = replace(
            activity, state=wanted, decided_by=book.actor, decision=self.decision, decided_at=book.now
        )  # fmt: skip
        if self.approve:
            member = book.member(self.who)
            channel: str = activity.document.get("channel", "online")
            evaluation = _evaluated(book, self.merchant, member, self.rules, activity, channel)
            given = _give(book, self.merchant, member, self.rules, activity, evaluation.earned)
            said = {**activity.evaluation, "approved": _plain(evaluation)}
            decided = replace(decided, points=activity.points + given, evaluation=said)
        activities.put(activity.activity_id, decided)
        told = {"activity_id": activity.activity_id, "name": activity.name, "points": decided.points}
        note(
            book, f"activity.{wanted}", Subject("activity", activity.activity_id),
            member=f"mem_{activity.member_id}", points=decided.points, decision=self.decision,
        )  # fmt: skip
        book.tell(f"activity.{wanted}", activity.member_id, told)
        return decided


def _plain(evaluation: Evaluation) -> Any:
    """As it will be read back."""
    return msgspec.json.decode(msgspec.json.encode(evaluation))


def _needs(
    who: tuple[Identity, ...], rules: Sequence[VersionedRule], merchant: Merchant, at: datetime,
    rows: tuple[tuple[str, Any], ...],
) -> Needs:  # fmt: skip
    coupons = [rule.terms.earns.redemption_rule_id for rule in rules if isinstance(rule.terms.earns, CouponGift)]
    day = merchant.day(at)
    return Needs(
        identities=who,
        rows=(
            *rows,
            TIER_ROW,
            *(("earning_use", (rule, day)) for rule in rules),
            *(("rule", rule_id) for rule_id in coupons),
        ),
        numbers=(("redemption_sequence", len(coupons)), TIER_NUMBERS),
    )


def _evaluated(
    book: Book, merchant: Merchant, member: Member, rules: Iterable[VersionedRule], activity: Activity, channel: str
) -> Evaluation:
    occasion = Occasion(
        at=activity.occurred_at, currency=merchant.currency, kind=activity.name, points=activity.points_said,
        channel=channel,
    )  # fmt: skip
    return evaluate(rules, occasion, member, merchant, Limits(book.page(Use), book.page(Budget)))


def _give(
    book: Book, merchant: Merchant, member: Member, rules: Iterable[VersionedRule], activity: Activity,
    earned: Sequence[Earned],
) -> int:  # fmt: skip
    """Give each award, and let it count; returns the points of all."""
    by_id = {rule.rule_id: rule for rule in rules}
    day = merchant.day(activity.occurred_at)
    for one in earned:
        rule = by_id[one.rule_id]
        title = activity.title or rule.terms.display.title or rule.terms.name
        why = Why(
            f"activity:{activity.activity_id}", f"rule:{one.rule_id}", "activity", title, one.version,
            msgspec.to_builtins(one.explanation),
        )  # fmt: skip
        redemption_id: int | None = None
        if one.coupon_rule_id is not None:
            coupon_rule = book.page(Versioned)[one.coupon_rule_id]
            redemption_id = grant(book, merchant, member, coupon_rule, why.subject).redemption_id
        if one.tier_level is not None:
            enter(book, merchant, member, one.tier_level, why)
        # Nothing tells of an activity later, as an order's status does: it waits for days or not at all.
        terms = Terms(one.pending or "none", one.expiry)
        give(
            book, merchant, member, why, one.points, terms=terms, occurred_at=activity.occurred_at,
            redemption_id=redemption_id,
        )  # fmt: skip
        count(book, rule, member.member_id, day, one.points)
    points = sum(one.points for one in earned)
    if points:
        record(book, merchant, member, activity.occurred_at, earned=points)
    return points
