"""Codes: the second thing that a person signs in with, of an authenticator app (TOTP, RFC 6238) or from a list.

    begin_codes ──► the app scans a picture ──► start_codes with a first code ──► asked for from now on

A code of the app is good for its half minute and the ones beside it, as clocks differ, and opens once. Ten recovery
codes open once each, for whoever has lost the telephone; only hashes of them are kept.
"""

import base64
import hashlib
import hmac
import io
import secrets
from datetime import datetime
from typing import NamedTuple

import segno
from pyotp import random_base32
from pyotp.totp import TOTP

from guerdon.access.seals import SealBroken, Seals
from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.access import CodesOff, CodesOn, CodeWrong
from guerdon.errors.base import Unauthenticated
from guerdon.kit.sql import load
from guerdon.trail.changes import note_everywhere

SQL = load(__file__, "codes.sql")

STEP_S = 30
STEPS_BESIDE = 1
"""So many steps may the person's clock be before or behind ours."""
RECOVERY_CODES = 10
WRONG = "This code is not right, or was used before: wait for the next one, and check that your telephone has the time"


class Enrolment(NamedTuple):
    """What an authenticator app needs: the secret to type, the address of it, and this as a picture (SVG)."""

    secret: str
    uri: str
    picture: str


class Codes(NamedTuple):
    """Since when codes are asked for, None where they are not, and how many recovery codes are left."""

    since: datetime | None
    recovery_left: int


async def codes_of(database: Queries, operator_id: int) -> Codes:
    """Whether a person signs in with codes."""
    row = await _row(database, SQL.get_codes, operator_id)
    return Codes(row["totp_since"], len(row["recovery_codes"]))


async def begin_codes(database: Database, seals: Seals, operator_id: int, *, name: str) -> Enrolment:
    """A new secret, which counts once a code of it was shown; `name` is whose programme it is for. Refuses with
    CodesOn.
    """
    row = await _row(database, SQL.get_codes, operator_id)
    secret = random_base32()
    if not await database.fetchval(SQL.offer_secret, operator_id, seals.seal(secret)):
        raise CodesOn
    return _enrolment(secret, row["username"], name)


async def offered_codes(database: Queries, seals: Seals, operator_id: int, *, name: str) -> Enrolment | None:
    """The secret that was begun with and counts not yet, shown again; None where there is none, or where it counts."""
    row = await _row(database, SQL.get_codes, operator_id)
    if row["totp_secret"] is None or row["totp_since"] is not None:
        return None
    try:
        return _enrolment(seals.open(row["totp_secret"]), row["username"], name)
    except SealBroken:
        return None


async def start_codes(database: Database, seals: Seals, operator_id: int, code: str, now: datetime) -> tuple[str, ...]:
    """Ask for codes from now on, of which this is the first; returns the recovery codes, which nobody can show again.

    Refuses with CodesOn, CodesOff where none was begun, or CodeWrong.
    """
    async with database.transaction() as connection:
        row = await _row(connection, SQL.lock_codes, operator_id)
        if row["totp_since"] is not None:
            raise CodesOn
        if row["totp_secret"] is None:
            raise CodesOff
        step = _step_of(seals, row, code, now)
        if step is None:
            raise CodeWrong(WRONG)
        fresh = _recovery_codes()
        await connection.execute(SQL.start_codes, operator_id, now, step, [_hashed(one) for one in fresh])
        await note_everywhere(connection, operator_id, "operator.codes_started", now=now)
    return fresh


async def check_code(database: Database, seals: Seals, operator_id: int, code: str, now: datetime) -> None:
    """A code of the app, or a recovery code, either of which opens once; refuses with CodeWrong or CodesOff."""
    async with database.transaction() as connection:
        row = await _row(connection, SQL.lock_codes, operator_id)
        if row["totp_since"] is None:
            raise CodesOff
        recovery = _hashed(code)
        if recovery in row["recovery_codes"]:
            await connection.execute(SQL.use_recovery_code, operator_id, recovery)
            left = len(row["recovery_codes"]) - 1
            await note_everywhere(
                connection, operator_id, "operator.recovery_code_used", now=now, after={"left": left}
            )  # fmt: skip
            return
        step = _step_of(seals, row, code, now)
        if step is None:
            raise CodeWrong(WRONG)
        await connection.execute(SQL.use_step, operator_id, step)


async def renew_recovery_codes(database: Database, operator_id: int, now: datetime) -> tuple[str, ...]:
    """Ten new ones in the place of what is left; refuses with CodesOff."""
    async with database.transaction() as connection:
        row = await _row(connection, SQL.lock_codes, operator_id)
        if row["totp_since"] is None:
            raise CodesOff
        fresh = _recovery_codes()
        await connection.execute(SQL.replace_recovery_codes, operator_id, [_hashed(one) for one in fresh])
        await note_everywhere(connection, operator_id, "operator.recovery_codes_renewed", now=now)
    return fresh


async def stop_codes(database: Database, operator_id: int, now: datetime, *, actor: str | None = None) -> None:
    """Ask for codes no more; whoever calls has proven the person, or resets it for them, as `actor`."""
    async with database.transaction() as connection:
        since = await connection.fetchval(SQL.stop_codes, operator_id)
        if since is not None:
            await note_everywhere(connection, operator_id, "operator.codes_stopped", now=now, actor=actor)


def _step_of(seals: Seals, row: Row, code: str, now: datetime) -> int | None:
    """Which step's code this is, if that is near and none after it was used."""
    try:
        app = TOTP(seals.open(row["totp_secret"]), interval=STEP_S)
    except SealBroken:
        raise CodeWrong(
            "Codes cannot be checked, since GUERDON_SECRET_KEY is not the one that they were sealed with: use a "
            "recovery code, or ask whoever runs the installation"
        ) from None
    given = code.replace(" ", "").encode()
    today, used = int(now.timestamp()) // STEP_S, row["totp_step"] or 0
    for step in range(today - STEPS_BESIDE, today + STEPS_BESIDE + 1):
        if step > used and hmac.compare_digest(app.generate_otp(step).encode(), given):
            return step
    return None


def _recovery_codes() -> tuple[str, ...]:
    """80 random bits each, in letters and digits that are told apart in any writing."""
    texts = (base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES))
    return tuple("-".join(text[place : place + 4] for place in range(0, 16, 4)) for text in texts)


def _hashed(code: str) -> bytes:
    """However it was typed."""
    return hashlib.sha256("".join(code.lower().replace("-", "").split()).encode()).digest()


def _enrolment(secret: str, username: str, name: str) -> Enrolment:
    uri = TOTP(secret, interval=STEP_S).provisioning_uri(name=username, issuer_name=name)
    return Enrolment(secret, uri, _drawn(uri))


def _drawn(uri: str) -> str:
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, scale=5, border=3, light="#fff")
    return drawn.getvalue().decode()


async def _row(database: Queries, statement: str, operator_id: int) -> Row:
    row = await database.fetchrow(statement, operator_id)
    if row is None:
        raise Unauthenticated("There is no such operator")
    return row
