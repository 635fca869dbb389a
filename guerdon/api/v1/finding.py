"""Whom somebody means who types a few letters: by an id, an identity or a coupon; by a name; by an address.

    exactly ──► by words of the name ──► by the beginning of an email address

Each finds members in an order of its own, and nobody comes twice, so that the place in a list is where one stands in
that order.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from babel.core import get_global

from guerdon.api.v1.ids import DIGITS_MAX
from guerdon.api.v1.who import KINDS, LENGTH_MAX, identity
from guerdon.database.pool import Queries
from guerdon.errors.base import BadField
from guerdon.kit.contact import DIALLED, BadContact, normal_phone
from guerdon.members.finding import Hit, find_by_address, find_by_words
from guerdon.members.members import Profile, owners_of, profiles_of
from guerdon.members.words import words_of
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity
from guerdon.rewards.search import find_coupons

BATCH = 200
"""So many are looked at together."""
LOOKED_AT_MAX = 4_000
"""A page that has found too few of so many ends there, and the next goes on."""

Fits = Callable[[Profile], bool]


class Found(NamedTuple):
    """Where somebody stands among those who were found: in which order (0 to 2), by what, and who."""

    order: int
    text: str
    member_id: int


FIRST = Found(0, "", 0)


async def look(
    database: Queries, merchant: Merchant, typed: str, fits: Fits, *, after: Found | None, count_max: int
) -> tuple[list[tuple[Found, Profile]], Found | None]:
    """Members who are meant and fit, from behind a place on; and where to go on, if that was not all that was to be
    looked at.
    """
    merchant_id = merchant.merchant_id
    exactly = sorted(await _exactly(database, merchant, typed))
    found: list[tuple[Found, Profile]] = []
    looked_at = 0
    async for batch in _batches(database, merchant_id, typed, exactly, after or FIRST):
        profiles = {
            profile.member_id: profile
            for profile in await profiles_of(database, merchant_id, [one.member_id for one in batch])
        }
        for place in batch:
            profile = profiles.get(place.member_id)
            if profile is not None and fits(profile) and not _came_before(place, profile, typed, exactly):
                found.append((place, profile))
        looked_at += len(batch)
        if len(found) >= count_max:
            return found[:count_max], None
        if looked_at >= LOOKED_AT_MAX:
            return found, batch[-1]
    return found, None


async def _batches(
    database: Queries, merchant_id: int, typed: str, exactly: list[int], after: Found
) -> AsyncGenerator[list[Found]]:
    """Who may be meant, in order; each batch is asked for when it is needed."""
    if after.order == 0 and (rest := [member_id for member_id in exactly if member_id > after.member_id]):
        yield [Found(0, "", member_id) for member_id in rest]
    for order, find in ((1, find_by_words), (2, find_by_address)):
        if after.order > order:
            continue
        last = Hit(after.text, after.member_id) if after.order == order else None
        while hits := await find(database, merchant_id, typed, after=last, count_max=BATCH):
            yield [Found(order, *hit) for hit in hits]
            if len(hits) < BATCH:
                break
            last = hits[-1]


def _came_before(place: Found, profile: Profile, typed: str, exactly: list[int]) -> bool:
    """Whether an earlier order has found them already."""
    if place.order > 0 and profile.member_id in exactly:
        return True
    return place.order > 1 and _has_words(profile, typed)


def _has_words(profile: Profile, typed: str) -> bool:
    has = words_of(profile.first_name, profile.last_name)
    wanted = words_of(typed)
    return bool(wanted) and all(any(word.startswith(begins) for word in has) for begins in wanted)


async def _exactly(database: Queries, merchant: Merchant, typed: str) -> set[int]:
    """Whom an id, an identity in any way of writing, or a coupon code means."""
    text, merchant_id = typed.strip(), merchant.merchant_id
    if len(text) > LENGTH_MAX:
        return set()
    found = await owners_of(database, merchant_id, _identities(text, country_of(merchant)))
    kind, _, digits = text.partition("_")
    if kind == "mem" and digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS_MAX:
        found.add(int(digits))
    if " " not in text:
        coupons = await find_coupons(database, merchant_id, code=text)
        found |= {coupon.member_id for coupon in coupons if coupon.member_id is not None}
    return found


def country_of(merchant: Merchant) -> str | None:
    """Where people dial as this merchant's do, by its time zone: two letters of ISO 3166."""
    territories: Mapping[str, str] = get_global("zone_territories")
    return territories.get(merchant.timezone)


def _identities(text: str, country: str | None) -> list[Identity]:
    """All that the text may be."""
    written = [(kind, text) for kind in KINDS if kind != "phone"]
    written += [("card", "".join(text.split()))]
    digits = "".join(letter for letter in text if letter.isdecimal())
    if DIALLED.fullmatch(text):
        written.append(("phone", text if text.startswith("+") else "+" + digits.removeprefix("00")))
        with suppress(BadContact):
            written.append(("phone", normal_phone(text, country)))
    found: list[Identity] = []
    for kind, one in written:
        with suppress(BadField):
            found.append(identity(kind, one, "q"))
    return list(dict.fromkeys(found))
