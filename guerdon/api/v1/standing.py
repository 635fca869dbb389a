"""Where a member stands among the tiers, as the native API shows it."""

from datetime import date, datetime

import msgspec

from guerdon.api.v1.money import Money
from guerdon.merchants.merchant import Merchant
from guerdon.tiers.members import Progress
from guerdon.tiers.programme import Sums
from guerdon.tiers.standing import Assigned


class Done(msgspec.Struct, frozen=True):
    """What counts towards tiers."""

    points: int
    spent: Money
    orders: int
    referrals: int


class Ahead(msgspec.Struct, frozen=True):
    """The next tier, and what is missing to it."""

    level: int
    name: str | None
    missing: Done


class TierStanding(msgspec.Struct, frozen=True):
    """A member's tier; level 0 is none.

    `until` is the last day of its period and `kept_until` that of the days of grace; both null without end. `counted`
    lifts now; `counted_to_keep` is what the next review looks at, with what is `missing_to_keep` the tier.
    """

    level: int
    name: str | None
    entered_at: datetime | None
    until: date | None
    kept_until: date | None
    assigned: Assigned
    counted: Done
    counted_to_keep: Done
    missing_to_keep: Done
    next: Ahead | None


def standing_shown(progress: Progress, merchant: Merchant) -> TierStanding:
    """How far a member has come."""
    higher = None
    if progress.next_level is not None:
        higher = Ahead(progress.next_level, progress.next_name, done_shown(progress.missing, merchant))
    return TierStanding(
        progress.level, progress.name, progress.entered_at, progress.until, progress.kept_until, progress.assigned,
        done_shown(progress.counted, merchant), done_shown(progress.counted_to_keep, merchant),
        done_shown(progress.missing_to_keep, merchant), higher,
    )  # fmt: skip


def done_shown(sums: Sums, merchant: Merchant) -> Done:
    """What counts, as clients see it."""
    return Done(sums.points, Money(sums.spent_minor, merchant.currency), sums.orders, sums.referrals)
