"""What is counted for members, where two become one and are two again. Pure.

What redemptions and earnings count for is worked out anew from what they are, so that whatever happened between a merge
and its way back, each member's caps stand where their own redemptions and awards have them.
"""

from collections.abc import Callable, Collection
from datetime import date

from msgspec import Struct
from msgspec.structs import asdict, replace

from guerdon.earning.rule import VersionedRule
from guerdon.earning.use import Use, UseKey, use_keys
from guerdon.moving.movement import YearUse
from guerdon.points.book import Book
from guerdon.rewards.redemption import Usage
from guerdon.tiers.progress import DayProgress


class Redeemed(Struct, frozen=True):
    """A redemption, and whether it counts towards the caps of its rule."""

    redemption_id: int
    member_id: int
    rule_id: int
    points: int
    day: date
    counts: bool


class Given(Struct, frozen=True):
    """An award of an earning rule, as it counts towards the caps of that version."""

    key: str
    rule_id: int
    rule_version: int
    day: date
    points: int
    times: int


class DayDone(Struct, frozen=True):
    """What a member did on a day that counts towards tiers."""

    member_id: int
    day: date
    points: int
    spent_minor: int
    orders: int
    referrals: int


def count_redeemed(book: Book, owner_of: Callable[[Redeemed], int]) -> None:
    """Count the redemptions that are laid open for whom they are of from now on."""
    rows: dict[tuple[int, int], list[Redeemed]] = {}
    for row in book.page(Redeemed).rows():
        rows.setdefault((row.member_id, row.rule_id), [])
        rows.setdefault((owner_of(row), row.rule_id), []).append(row)
    days = {row.rule_id: row.day for row in book.page(Redeemed).rows()}
    for (member_id, rule_id), own in rows.items():
        counted = [row for row in own if row.counts]
        day = max((row.day for row in counted), default=days[rule_id])
        usage = Usage(
            member_id, rule_id, len(counted), sum(row.points for row in counted), day,
            sum(row.points for row in counted if row.day == day),
        )  # fmt: skip
        book.page(Usage).put((member_id, rule_id), usage)


def add_uses(book: Book, survivor_id: int, member_id: int) -> None:
    """What either has earned by a rule counts for both: nobody is welcomed twice."""
    uses = book.page(Use)
    for use in uses.rows():
        if use.member_id == member_id:
            _add(book, UseKey(survivor_id, use.rule_id, use.period, use.starts_on), use.points, use.times)
            uses.put(UseKey(member_id, use.rule_id, use.period, use.starts_on), replace(use, points=0, times=0))


def give_uses_back(book: Book, survivor_id: int, member_id: int, awards: Collection[str]) -> None:
    """What the awards count for that are the merged member's own again."""
    for given in book.page(Given).rows():
        if given.key not in awards:
            continue
        rule = book.page(VersionedRule)[given.rule_id, given.rule_version]
        for key in use_keys(rule, member_id, given.day):
            _add(book, key, given.points, given.times)
            _add(book, key._replace(member_id=survivor_id), -given.points, -given.times)


def add_progress(book: Book, survivor_id: int, member_id: int) -> tuple[DayDone, ...]:
    """Both have done it; returns what came from the merged member."""
    done = tuple(one for one in book.page(DayDone).rows() if one.member_id == member_id)
    for one in done:
        _progress(book, survivor_id, one, 1)
        _progress(book, member_id, one, -1)
    return done


def take_progress_back(book: Book, survivor_id: int, member_id: int, done: tuple[DayDone, ...]) -> None:
    """The way back."""
    for one in done:
        _progress(book, survivor_id, one, -1)
        _progress(book, member_id, one, 1)


def add_years(book: Book, survivor_id: int, member_id: int) -> tuple[YearUse, ...]:
    """The limits of a year are those of one person; returns what came from the merged member."""
    years = book.page(YearUse)
    brought = tuple(use for use in years.rows() if use.member_id == member_id)
    for use in brought:
        own = years.get((survivor_id, use.year)) or YearUse(survivor_id, use.year)
        years.put((survivor_id, use.year), own.plus(**_amounts(use, 1)))
        years.put((member_id, use.year), YearUse(member_id, use.year))
    return brought


def take_years_back(book: Book, survivor_id: int, member_id: int, brought: tuple[YearUse, ...]) -> None:
    """The way back."""
    years = book.page(YearUse)
    for use in brought:
        years.put((survivor_id, use.year), years[survivor_id, use.year].plus(**_amounts(use, -1)))
        years.put((member_id, use.year), use)


def _add(book: Book, key: UseKey, points: int, times: int) -> None:
    before = book.page(Use).get(key) or Use(*key, 0, 0)
    after = Use(*key, max(0, before.points + points), max(0, before.times + times))
    book.page(Use).put(key, after)


def _progress(book: Book, member_id: int, done: DayDone, sign: int) -> None:
    amounts = (done.points, done.spent_minor, done.orders, done.referrals)
    days = book.page(DayProgress)
    assert days.get((member_id, done.day)) is None, done
    days.put((member_id, done.day), DayProgress(member_id, done.day, *(sign * amount for amount in amounts)))


def _amounts(use: YearUse, sign: int) -> dict[str, int]:
    return {name: sign * value for name, value in asdict(use).items() if name not in ("member_id", "year")}
