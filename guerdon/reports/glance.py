"""Reads what a programme comes to in a period, all of it as of one moment."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.merchants.merchant import Merchant
from guerdon.points.totals import Cohort, Expiring
from guerdon.reports.period import By, Period
from guerdon.reports.points import Numbers, PointsReport, Reasoned
from guerdon.reports.summary import Funnel, Glance, RewardUse, funnel, standings, ultimate_rate, used
from guerdon.reports.tally import Counted, counted
from guerdon.reports.worth import Worth, worth_of_points
from guerdon.rewards.rules import Rule, list_rules


class Refused(Struct, frozen=True):
    """So many refusals of one code, by what was asked for (the name of a command, such as `Redeem`)."""

    code: str
    command: str
    refusals: int


class RedemptionsReport(Struct, frozen=True):
    """What redemptions came to in a period: by reward, what became of them, and what was refused."""

    rewards: list[RewardUse]
    funnel: Funnel
    refused: list[Refused]


class MembersReport(Struct, frozen=True):
    """Members: who joined and who was active in each slice of a period, and in which months those who joined together
    were. `counts` says of when it is.
    """

    period: Period
    active: int
    active_by: list[tuple[date, int]]
    joined_by: list[tuple[date, int]]
    cohorts: list[Cohort]
    counts: Counted


class ExpiryReport(Struct, frozen=True):
    """What expires in which month as things stand, and what it is worth."""

    at: datetime
    months: list[Expiring]
    worth: Worth


class Overview(Struct, frozen=True):
    """The reports on one period together: for a page that shows something of each."""

    glance: Glance
    points: PointsReport
    reasons: list[Reasoned]
    redemptions: RedemptionsReport
    members: MembersReport


async def glance(
    database: Database, merchant: Merchant, now: datetime, period: Period, *, compared: bool = True
) -> Glance:
    """A period in figures, beside the one before."""
    rules = await list_rules(database, merchant.merchant_id)
    counts = await counted(database, merchant, now)
    async with Numbers.of(database, merchant, now) as numbers:
        worth = await worth_of_points(numbers, rules, now)
        return await _glance(numbers, counts, period, "month", worth, compared=compared)


async def points_report(
    database: Database, merchant: Merchant, now: datetime, period: Period, by: By
) -> tuple[PointsReport, list[Reasoned], Worth]:  # fmt: skip
    """Points over time, by reason, and what those outstanding are worth."""
    rules = await list_rules(database, merchant.merchant_id)
    async with Numbers.of(database, merchant, now) as numbers:
        return (
            await numbers.points(period, by), await numbers.reasons(period), await worth_of_points(numbers, rules, now),
        )  # fmt: skip


async def redemptions_report(
    database: Database, merchant: Merchant, now: datetime, period: Period
) -> RedemptionsReport:  # fmt: skip
    """What became of redemptions, and why others were refused."""
    rules = await list_rules(database, merchant.merchant_id)
    async with Numbers.of(database, merchant, now) as numbers:
        return await _redemptions(numbers, rules, period)


async def members_report(
    database: Database, merchant: Merchant, now: datetime, period: Period, by: By, *, cohorts_since: date
) -> MembersReport:
    """Who joined, who was active, and who stayed."""
    counts = await counted(database, merchant, now)
    async with Numbers.of(database, merchant, now) as numbers:
        return await _members(numbers, counts, period, by, cohorts_since)


async def overview(
    database: Database, merchant: Merchant, now: datetime, period: Period, by: By, *, compared: bool,
    cohorts_since: date,
) -> Overview:  # fmt: skip
    """What the four reports say of a period, of which all is read once."""
    rules = await list_rules(database, merchant.merchant_id)
    counts = await counted(database, merchant, now)
    async with Numbers.of(database, merchant, now) as numbers:
        worth = await worth_of_points(numbers, rules, now)
        return Overview(
            await _glance(numbers, counts, period, by, worth, compared=compared),
            await numbers.points(period, by),
            await numbers.reasons(period),
            await _redemptions(numbers, rules, period),
            await _members(numbers, counts, period, by, cohorts_since),
        )


async def expiry_report(database: Database, merchant: Merchant, now: datetime) -> ExpiryReport:
    """What expires when."""
    rules = await list_rules(database, merchant.merchant_id)
    counts = await counted(database, merchant, now)
    async with Numbers.of(database, merchant, now) as numbers:
        return ExpiryReport(counts.at, counts.expiring, await worth_of_points(numbers, rules, now))


async def _glance(
    numbers: Numbers, counts: Counted, period: Period, by: By, worth: Worth, *, compared: bool
) -> Glance:  # fmt: skip
    now, before = await standings(numbers, counts, period, by, compared=compared)
    return Glance(now=now, before=before, worth=worth, ultimate_rate=await ultimate_rate(numbers, period, by))


async def _redemptions(numbers: Numbers, rules: Sequence[Rule], period: Period) -> RedemptionsReport:
    rewarded = await numbers.rewards(period)
    refused = await numbers.refused(*period.moments(numbers.merchant.timezone))
    return RedemptionsReport(
        used(rewarded, {rule.rule_id: rule for rule in rules}), funnel(rewarded), [Refused(*row) for row in refused]
    )


async def _members(
    numbers: Numbers, counts: Counted, period: Period, by: By, cohorts_since: date
) -> MembersReport:  # fmt: skip
    return MembersReport(
        period=period,
        active=await numbers.active(period),
        active_by=await numbers.active_by(period, by),
        joined_by=[(part.since, counts.joined_between(*part)) for part in period.cut(by)],
        cohorts=await numbers.cohorts(cohorts_since),
        counts=counts,
    )
