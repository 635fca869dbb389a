"""Members are found by the beginnings of the words of their names: by all who write names, and by nobody else's."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

import guerdon
from guerdon.api.v1.finding import Found, look
from guerdon.members.amend import amend_member
from guerdon.members.finding import COUNTED, find_by_words
from guerdon.members.members import Profile, ProfileChange, upsert_member
from guerdon.members.words import words_of
from guerdon.moving.leaving import erase_member
from guerdon.moving.merge import MergeMembers
from guerdon.moving.unmerge import UndoMerge
from guerdon.points.command import Identity
from tests.bulk.files import bring, take_back, written
from tests.shop import Shop, email
from tests.street import Street, do, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = {
    "José": "jose", "María-José": "maria jose", "ANA": "ana", "Anabel": "anabel", "O'Brien": "o brien",
    "García López": "garcia lopez", "Łukasz": "lukasz", "Søren": "soren", "Zoë": "zoe", "de la Fuente": "de la fuente",
    "Σίσυφος": "σισυφοσ", "李": "李", "Ng": "ng", "Åsa": "asa", "van Dyk": "van dyk",
}  # fmt: skip
"""Names, and how somebody may type them who knows no accents."""

MIGRATION = next((Path(guerdon.__file__).parent / "database" / "migrations").glob("0028_*.sql"))


async def named(shop: Shop, address: str, first: str | None = None, last: str | None = None, **more: Any) -> int:
    change = ProfileChange(first_name=first, last_name=last, **more)
    return await upsert_member(shop.engine.database, shop.merchant.merchant_id, email(address), change, shop.clock())


async def found(shop: Shop, typed: str, *, page: int = 1000) -> list[int]:
    """Everybody who is found, page after page."""
    members: list[int] = []
    place: Found | None = None
    while True:
        some, _ = await look(
            shop.engine.database, shop.merchant, typed, lambda _: True, after=place, count_max=page
        )  # fmt: skip
        members += [profile.member_id for _, profile in some]
        if len(some) < page:
            return members
        place = some[-1][0]


async def contradictions(shop: Shop) -> list[Any]:
    """Words that belong to no name of a member who takes part, and names without their words."""
    merchant_id = shop.merchant.merchant_id
    people = await shop.engine.database.fetch(
        "SELECT member_id, first_name, last_name FROM member WHERE merchant_id = $1"
        " AND status IN ('active', 'suspended')", merchant_id,
    )  # fmt: skip
    due = {(word, row[0], " ".join(words_of(row[1], row[2]))) for row in people for word in words_of(row[1], row[2])}
    there = await shop.engine.database.fetch(
        "SELECT word, member_id, words FROM member_word WHERE merchant_id = $1", merchant_id
    )  # fmt: skip
    return sorted(due ^ {(row[0], row[1], row[2]) for row in there})


async def test_whoever_has_words_that_begin_so_is_found_and_nobody_else(shop: Shop):
    chance = random.Random(11)
    people: dict[int, str] = {}
    for number in range(70):
        first, last = chance.choices(list(NAMES), k=2)
        member_id = await named(shop, f"x{number}@example.com", first, last)
        people[member_id] = f"{NAMES[first]} {NAMES[last]}"
    everything = " ".join(NAMES.values()).split()
    for _ in range(60):
        wanted = [word[: chance.randint(1, len(word))] for word in chance.choices(everything, k=chance.randint(1, 3))]
        due = {
            member_id for member_id, name in people.items()
            if all(any(word.startswith(begins) for word in name.split()) for begins in wanted)
        }  # fmt: skip
        typed = " ".join(chance.choice((word, word.upper(), f" {word}")) for word in wanted)
        seen = await found(shop, typed, page=chance.choice((1, 7, 100)))
        assert sorted(seen) == sorted(due), typed
        assert len(seen) == len(set(seen)), typed


async def test_every_writer_of_names_writes_their_words(shop: Shop, tmp_path: Path):
    ana = await named(shop, "ana@example.com", "Ana", "López")
    assert await found(shop, "lop an") == [ana]
    await named(shop, "ana@example.com", last="García")
    assert (await found(shop, "lopez"), await found(shop, "garc")) == ([], [ana])
    await amend_member(
        shop.engine.database, shop.merchant.merchant_id, ana, ProfileChange(first_name="Annika"), shop.clock(),
        forgotten=("last_name",),
    )  # fmt: skip
    assert (await found(shop, "garc"), await found(shop, "anni")) == ([], [ana])
    assert await contradictions(shop) == []
    report = await bring(shop, "members", written(
        tmp_path, "members.csv", "email,first_name,last_name,balance", "ana@example.com,Ana,Muster,1",
        "ben@example.com,Ben,Muster,1", "cat@example.com,,,1",
    ))  # fmt: skip
    assert len(await found(shop, "muster")) == 2
    assert await contradictions(shop) == []
    await take_back(shop, report.batch_id, force=True)
    assert await found(shop, "ben") == []
    assert await contradictions(shop) == []


async def test_the_words_of_who_becomes_another_go_and_come_back_and_those_of_the_erased_go(shop: Shop):
    ana = await named(shop, "ana@example.com", "Ana", None)
    other = await named(shop, "ana.private@example.com", "Anne", "Weiß")
    merge = await do(shop, MergeMembers(merchant=shop.merchant, survivor_id=ana, member_id=other))
    assert (await found(shop, "anne"), await found(shop, "wei ana")) == ([], [ana])
    assert await contradictions(shop) == []
    await do(shop, UndoMerge(merchant=shop.merchant, merge_id=merge.merge_id))
    assert (await found(shop, "anne"), await found(shop, "ana wei")) == ([other], [])
    assert await contradictions(shop) == []
    await erase_member(shop.engine.database, shop.engine.desk, shop.merchant, other, actor="test")
    assert await found(shop, "anne") == []
    left = await shop.engine.database.fetchval(
        "SELECT count(*) FROM member_word WHERE merchant_id = $1 AND member_id = $2", shop.merchant.merchant_id, other
    )  # fmt: skip
    assert left == 0


async def test_identities_coupons_and_addresses_find_members_exactly_ones_first(shop: Shop):
    ana = await shop.member("ana.lopez@example.com", 1000)
    rule = await shop.rule()
    coupon = (await redeem(shop, "ana.lopez@example.com", rule.rule_id)).code
    more = (Identity("phone", "+4930901820"), Identity("card", "1234567890"), Identity("external_id", "C-17"))
    await upsert_member(
        shop.engine.database, shop.merchant.merchant_id, (*email("ana.lopez@example.com"), *more),
        ProfileChange(first_name="Ana"), shop.clock(),
    )  # fmt: skip
    ways = (
        "ana.lopez@example.com", " Ana.Lopez@Example.com", "ana.lo", "+49 30 901820", "0049 (30) 90 18 20",
        "1234 5678 90", "C-17", f"mem_{ana}", coupon, coupon.lower(), "an",
    )  # fmt: skip
    for typed in ways:
        assert await found(shop, typed) == [ana], typed
    assert await found(shop, "ana.lo@") == []
    ana_too = await named(shop, "a@example.com", "C", "17")
    assert await found(shop, "C-17") == [ana, ana_too]
    ben = await named(shop, "ana@example.org", "Ben", None)
    assert await found(shop, "ana", page=1) == [ana, ben]


async def test_who_dials_as_at_home_is_found_by_the_shops_zone(street: Street):
    shop = await street.shop(timezone="Europe/Berlin")
    ana = await upsert_member(
        shop.engine.database, shop.merchant.merchant_id, (Identity("phone", "+4930901820"),), ProfileChange(),
        shop.clock(),
    )  # fmt: skip
    assert await found(shop, "030 / 90 18 20") == [ana]


async def test_only_who_fits_is_found(shop: Shop):
    ana = await named(shop, "a1@example.com", "Ana", tags=("vip",))
    await named(shop, "a2@example.com", "Ana")

    def is_vip(profile: Profile) -> bool:
        return "vip" in profile.tags

    some, further = await look(shop.engine.database, shop.merchant, "ana", is_vip, after=None, count_max=10)
    assert ([profile.member_id for _, profile in some], further) == ([ana], None)


async def test_of_frequent_words_the_rarest_leads(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await database.execute(
        "INSERT INTO member_word SELECT $1, 'test', -n, 'test user' FROM generate_series(1, $2) AS n", merchant_id,
        COUNTED + 5,
    )  # fmt: skip
    ana = await named(shop, "a@example.com", "Test", "Zed")
    assert [hit.text for hit in await find_by_words(database, merchant_id, "test z")] == ["zed"]
    assert await found(shop, "te z") == [ana]


async def test_the_migration_folds_names_as_we_do(shop: Shop):
    for number, name in enumerate([*NAMES, "Ünal-Şahin", "ØRSTED", "x" * 90, "'''", "Ǆ ﬁnn"]):
        await named(shop, f"m{number}@example.com", name)
    statement = re.search(r"(SELECT merchant_id, unnest\(words\).*?AS named)", MIGRATION.read_text("utf-8"), re.DOTALL)
    assert statement is not None
    rows = await shop.engine.database.fetch(
        f"SELECT word, member_id, words FROM ({statement[1]}) AS all_of (merchant_id, word, member_id, words)"
        " WHERE merchant_id = $1", shop.merchant.merchant_id,
    )  # fmt: skip
    there = await shop.engine.database.fetch(
        "SELECT word, member_id, words FROM member_word WHERE merchant_id = $1", shop.merchant.merchant_id
    )  # fmt: skip
    assert sorted(map(tuple, rows)) == sorted(map(tuple, there))
