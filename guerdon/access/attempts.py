"""Slowing down who guesses: after a few failures in a row every further attempt has to wait, and longer each time.

Counted are the name that was given, whether or not there is one such, and the address that it came from, in the
database, so that all workers count together. The wait doubles from one second to fifteen minutes and never becomes a
lock: whoever has the right password gets in as soon as it is over. Nobody can keep a person out either by failing in
their name, since an address from which they signed in of late counts by itself.
"""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Database
from guerdon.errors.access import SignInWait
from guerdon.kit.sql import load

SQL = load(__file__, "attempts.sql")

FREE_OF_A_NAME = 5
"""So many failures in a row are a person who looks for the right one of their passwords."""
FREE_OF_AN_ADDRESS = 20
"""Behind one address there may be a whole office."""
FORGOTTEN_AFTER = timedelta(hours=24)
KNOWN_FOR = timedelta(days=30)
"""For so long an address is known as that of somebody who signed in from there."""


class Attempt(NamedTuple):
    """What is counted for one attempt: either the place alone, if it is known, or the name, and the address."""

    place: bytes
    """The name and the address together."""
    counted: bytes
    address: bytes | None


async def begin_attempt(database: Database, username: str, address: str, now: datetime, *, of: str) -> Attempt:
    """Count an attempt before it is made; refuses with SignInWait where it comes too soon. `of` tells what is tried:
    passwords are counted by themselves, and so are codes.
    """
    place = _mark("place", username, address)
    if await database.fetchval(SQL.find_place, place, now - KNOWN_FOR):
        attempt = Attempt(place, _mark("there", of, username, address), None)
        await _claim(database, attempt.counted, FREE_OF_A_NAME, now)
        return attempt
    name, from_there = _mark("name", of, username), _mark("address", of, address)
    await _claim(database, name, FREE_OF_A_NAME, now)
    try:
        await _claim(database, from_there, FREE_OF_AN_ADDRESS, now)
    except SignInWait:
        await database.execute(SQL.excuse_attempt, name)  # it was never made
        raise
    return Attempt(place, name, from_there)


async def attempt_succeeded(database: Database, attempt: Attempt, now: datetime, *, known: bool = True) -> None:
    """It went well. Others' failures at the address are not forgotten by it. The place is `known` from now on, unless
    more is asked before the person is in.
    """
    await database.execute(SQL.clear_attempts, attempt.counted, now)
    if known:
        await database.execute(SQL.clear_attempts, attempt.place, now)
    if attempt.address is not None:
        await database.execute(SQL.excuse_attempt, attempt.address)


async def forget_attempts(database: Database, now: datetime) -> None:
    """Drop what counts no more."""
    await database.execute(SQL.forget_attempts, now - KNOWN_FOR)


async def _claim(database: Database, counted: bytes, free: int, now: datetime) -> None:
    if await database.fetchval(SQL.claim_attempt, counted, now, free, now - FORGOTTEN_AFTER) is not None:
        return
    open_at: datetime | None = await database.fetchval(SQL.get_wait, counted)
    seconds = 0.0 if open_at is None else (open_at - now).total_seconds()
    raise SignInWait(max(1, int(-(-seconds // 1))))


def _mark(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
