"""What lists of entries, lots and holds have in common: of which accounts they are, and how they name things."""

from collections.abc import Sequence

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import number, shown
from guerdon.points.family import find_holdings
from guerdon.points.search import get_account
from guerdon.points.values import Part

SUBJECTS = {
    "account": "acc", "adjustment": "adj", "household": "hh", "member": "mem", "merge": "mrg", "movement": "trf",
    "redemption": "red", "referral": "ref",
}  # fmt: skip
"""Which ids the numbers of what entries are about have. Orders, returns and activities have ids of the shop's own."""


class PartAnswer(msgspec.Struct, frozen=True):
    """So many points of one lot."""

    lot: str
    points: int


async def one_account(engine: Engine, caller: Caller, account: str, field: str = "id") -> tuple[int, ...]:
    """That one, if it is the merchant's; refuses with AccountNotFound."""
    account_id = number("acc", account, field)
    return ((await get_account(engine.database, caller.merchant.merchant_id, account_id)).account_id,)


async def accounts_of(engine: Engine, caller: Caller, member_id: int) -> tuple[int, ...]:
    """The account that the member holds, and those bequeathed to it."""
    holdings = await find_holdings(engine.database, caller.merchant.merchant_id, [member_id])
    return holdings[member_id].accounts


def parts_shown(account_id: int, parts: Sequence[Part]) -> list[PartAnswer]:
    """The lots that points were taken from, or went to."""
    return [PartAnswer(shown("lot", account_id, part.lot), part.points) for part in parts]


def subject_shown(subject: str, reason: str) -> str:
    """What is ours by its id; what is the shop's stays as it is."""
    kind, _, known_as = subject.partition(":")
    if kind not in SUBJECTS or not known_as.isdecimal():
        return subject
    bought = kind == "movement" and reason in ("purchase", "reversal")
    return shown("pur" if bought else SUBJECTS[kind], int(known_as))
