"""The auditor's own reckoning of what was given for something, which later turns out to be more or less."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.ledger import Ledger, Lot, Purse, Waiting


@dataclass(slots=True, eq=False)
class Award:
    """What one rule gave for something that happened: `points` now, as pieces that wait or are lots."""

    home: Purse
    at: datetime
    pending_days: int
    points: int = 0
    pieces: list[Waiting | Lot] = field(default_factory=list[Waiting | Lot])


class Awards:
    """Lets awards stand for more or less."""

    def __init__(self, ledger: Ledger, expiry_days: int) -> None:
        self._ledger, self._expiry_days = ledger, expiry_days

    def stand(self, award: Award, points: int, why: str) -> None:
        """The difference: more of it waits, unless some of it is there already; less of it is taken back, first from
        what waits, then from its own lots, then from others.
        """
        more = points - award.points
        award.points = points
        if more > 0:
            if award.pending_days and not any(isinstance(piece, Lot) or piece.over for piece in award.pieces):
                until = award.at.date() + timedelta(days=award.pending_days)
                award.pieces.append(self._ledger.earn_later(award.home, more, until, why))
            else:
                award.pieces.append(self._ledger.earn(award.home, more, award.at, self._expiry_days, why))
        elif more < 0:
            self._take_back(award, -more)

    def _take_back(self, award: Award, points: int) -> None:
        own: list[Lot] = []
        for piece in reversed(award.pieces):
            if isinstance(piece, Waiting) and not piece.over:
                given_up = min(points, piece.points)
                if given_up:
                    self._ledger.give_up(piece, given_up)
                    points -= given_up
            elif lot := piece if isinstance(piece, Lot) else piece.lot:
                own.append(lot)
        if points:
            self._ledger.claw_back(award.home, points, own)
