"""`/shopper/v1/card`: a code that says at the till who stands there, and ends within minutes."""

from datetime import datetime
from typing import Literal

import msgspec
import segno

from guerdon.access.member_codes import member_code
from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.v1.lists import Asked
from guerdon.api.wire import Incoming

QUIET = 4
"""So many modules of nothing belong around a QR code (ISO/IEC 18004)."""


class CardAsked(Asked, kw_only=True):
    """A new code."""


class Drawing(msgspec.Struct, frozen=True):
    """A QR code to draw as SVG: a square of `size` units, with the dark of it as the data of a path."""

    size: int
    path: str


class CardAnswer(msgspec.Struct, frozen=True):
    """What the till scans."""

    object: Literal["card"]
    code: str
    ends_at: datetime
    qr: Drawing


async def fetch(engine: Engine, shopper: Shopper, _params: CardAsked, _incoming: Incoming) -> CardAnswer:
    """A code of the member, which holds their number, and no address."""
    caller, member = shopper.caller, await shopper.member(engine)
    code, ends_at = member_code(
        caller.token_secrets[0], merchant_id=caller.merchant.merchant_id, member_id=member.member_id, now=engine.clock()
    )
    return CardAnswer("card", code, ends_at, drawn(code))


def drawn(text: str) -> Drawing:
    """The QR code of a text."""
    rows = segno.make_qr(text, error="m").matrix
    runs: list[str] = []
    for y, row in enumerate(rows, start=QUIET):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start + QUIET} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return Drawing(len(rows) + 2 * QUIET, "".join(runs))
