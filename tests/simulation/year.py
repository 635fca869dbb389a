"""A year, tick by tick: the engine and the auditor hear the same, and what they disagree about ends it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from guerdon.orders.audit import audit_earning
from guerdon.points.audit import Finding, audit_books
from guerdon.rewards.audit import audit_rewards
from tests.simulation.auditor import Auditor
from tests.simulation.draw import FIRST_DAY, Draw, draw_terms
from tests.simulation.ledger import Sums
from tests.simulation.play import Player
from tests.simulation.script import Delivery, Night, Terms, Tick, members_of

OnDay = Callable[[date], None]

SHOWN_MAX = 5
"""So many differences are told in full."""

SUMS = """
      WITH family AS (
           SELECT coalesce(heir, account_id) AS account_id, sum(available)::bigint, sum(held)::bigint,
                  sum(pending)::bigint, sum(earned)::bigint, sum(redeemed)::bigint, sum(expired)::bigint,
                  sum(reversed)::bigint
             FROM account
            WHERE merchant_id = $1
            GROUP BY coalesce(heir, account_id)
           )
    SELECT member.member_id, family.*, member.tier_level
      FROM member
      JOIN member_account USING (merchant_id, member_id)
      JOIN family USING (account_id)
     WHERE member.merchant_id = $1
"""
"""What each member has, with the accounts whose heir theirs is."""

ENTRIES = """
    SELECT entry.recorded_at, entry.source, entry.target, entry.points, entry.reason, entry.subject, entry.account_id
      FROM member_account
      JOIN account
        ON account.merchant_id = $1 AND coalesce(account.heir, account.account_id) = member_account.account_id
      JOIN entry
        ON entry.merchant_id = $1 AND entry.account_id = account.account_id
     WHERE member_account.merchant_id = $1 AND member_account.member_id = $2
     ORDER BY entry.recorded_at, entry.account_id, entry.number
"""


@dataclass
class Year:
    """What happened, and whether everybody agrees. `compared` are members at the end of a night."""

    messages: Counter[str] = field(default_factory=Counter[str])
    done: Counter[str] = field(default_factory=Counter[str])
    """The messages that were not refused, by their kind."""
    friends: int = 0
    """For how many friends their members are rewarded in the end."""
    faults: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    nights: int = 0
    days_missed: int = 0
    compared: int = 0
    totals: Counter[str] = field(default_factory=Counter[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    differences: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        """Whether the books prove themselves, and equal the auditor's."""
        return not self.findings and not self.differences


async def play_year(
    dsn: str, *, seed: int, members: int, days: int, believed: Terms | None = None, on_day: OnDay = lambda _: None
) -> Year:
    """Play the script of a seed on an empty database, until its end or a day on which the two differ.

    `believed` are the terms that the auditor goes by, where they are not those of the seed.
    """
    terms = draw_terms(seed, days)
    auditor, player, year = Auditor(believed or terms), Player(dsn, terms, seed), Year()
    year.faults, year.refusals = player.faults, player.refusals
    worked = FIRST_DAY
    async with player.playing(datetime.combine(FIRST_DAY, time(0, 1))):
        for item in Draw(seed, members, days, terms).ticks():
            if isinstance(item, Tick):
                expected, found = auditor.tick(item), await player.tick(item)
                year.messages.update(type(delivery.what).__name__ for delivery in item.deliveries)
                for delivery, *outcomes in zip(item.deliveries, expected, found, strict=True):
                    year.done[type(delivery.what).__name__] += outcomes[1]
                    if outcomes[0] != outcomes[1]:
                        year.differences.append(await _outcome(auditor, player, item, delivery, *outcomes))
            else:
                await _night(auditor, player, year, item)
                year.days_missed += max(0, (item.at.date() - worked).days - 1)
                worked = item.at.date()
            on_day(item.at.date())
            if year.differences:
                break
        year.findings, year.friends = await _prove(player), auditor.friends
        year.totals = auditor.totals()
    return year


async def _night(auditor: Auditor, player: Player, year: Year, night: Night) -> None:
    """Work the night, and compare every member."""
    auditor.night(night)
    await player.night(night)
    found = await _sums(auditor, player)
    year.nights += 1
    for number in auditor.people:
        year.compared += 1
        if found[number] != auditor.sums(number):
            year.differences.append(await _difference(auditor, player, night, number, found[number]))


async def _sums(auditor: Auditor, player: Player) -> dict[int, Sums]:
    """What everybody has in the engine's books."""
    rows = await player.database.fetch(SUMS, player.merchant.merchant_id)
    by_id = {row[0]: Sums(*row[2:]) for row in rows}
    return {number: by_id[player.known.members[number]] for number in auditor.people}


async def _difference(auditor: Auditor, player: Player, night: Night, number: int, found: Sums) -> str:
    expected = auditor.sums(number)
    unlike = ", ".join(
        f"{name} {theirs} and not {ours}"
        for name, theirs, ours in zip(Sums._fields, found, expected, strict=True)
        if theirs != ours
    )
    return f"After the night of {night.at:%d %B %Y}, member {number} has {unlike}.\n" + await _ledgers(
        auditor, player, number
    )


async def _outcome(
    auditor: Auditor, player: Player, tick: Tick, delivery: Delivery, expected: bool, found: bool
) -> str:  # fmt: skip
    words = {True: "done", False: "refused"}
    sentence = f"At {tick.at:%H:%M on %d %B %Y} {delivery} was {words[found]}, and should be {words[expected]}.\n"
    return sentence + await _ledgers(auditor, player, auditor.person(members_of(delivery.what)[0]))


async def _ledgers(auditor: Auditor, player: Player, number: int) -> str:
    """Both ledgers of a member, side by side as far as they can be."""
    rows = await player.database.fetch(ENTRIES, player.merchant.merchant_id, player.known.members[number])
    engine = [
        f"{at.astimezone(player.zone):%Y-%m-%d %H:%M}  {account:>6}  {source:>9} → {target:<9} {points:>6}  {why} {of}"
        for at, source, target, points, why, of, account in rows
    ]
    return "\n".join(["The engine:", *engine, "The auditor:", *auditor.lines(number)])


async def _prove(player: Player) -> list[Finding]:
    """What the proofs of the books find, which know nothing of the script."""
    database, merchant_id = player.database, player.merchant.merchant_id
    return [
        *await audit_books(database, merchant_id),
        *await audit_rewards(database, merchant_id),
        *await audit_earning(database, merchant_id, clock=player.clock),
    ]
