"""Imports and exports as people do them: a form with a file, what is in it, and everything taken back."""

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guerdon.bulk import files as kept
from guerdon.console import files
from guerdon.worker.porter import Porter
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop
from tests.street import Street, contradictions, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

IMPORTS, EXPORTS = "/console/imports", "/console/exports"
GOOD = "email,balance\nana@example.com,120\nben@example.com,50\n"
BAD = "email,balance\nana@example.com,many\nben@example.com,50\n"


async def send(person: Person, text: str | None, *, csrf: str | None = None, **fields: str) -> httpx.Response:
    """The form, with a file as a browser sends it."""
    told = {"csrf": person.csrf if csrf is None else csrf, "key": uuid4().hex, "kind": "members", "points": "true"}
    parts: dict[str, Any] = {name: (None, value) for name, value in {**told, **fields}.items()}
    parts["upload"] = ("", b"") if text is None else ("C:\\lists\\old list.csv", text.encode(), "text/csv")
    return await person.http.post(f"{IMPORTS}/upload", files=parts)


async def carry(street: Street, shop: Shop) -> int:
    """What a porter does."""
    porter = Porter(shop.engine.database, street.dsn, clock=shop.clock, merchant_id=shop.merchant.merchant_id)
    return await porter.run_once()


async def test_home_leads_whoever_may_to_an_import_that_waits(street: Street, shop: Shop, owner: Person, hire: Hire):
    sent = await send(owner, BAD)
    await carry(street, shop)
    place = sent.headers["location"]
    for role, may in (("owner", True), ("read_only", False)):
        person = owner if role == "owner" else await hire(role)
        home = (await person.get("/console")).text
        assert "The import of old list.csv waits for your word" in words(home)
        assert (f'href="{place}"' in home) is may
    assert (await owner.get(place)).status_code == 200


async def test_who_has_imported_nothing_is_shown_how(owner: Person):
    page = await owner.text(IMPORTS)
    assert "Nothing was imported yet" in page
    assert "Smile.io" in page
    sample = await owner.get(f"{IMPORTS}/samples/members")
    assert sample.headers["content-disposition"] == 'attachment; filename="members.csv"'
    assert (await owner.get(f"{IMPORTS}/samples/secrets")).status_code == 400


@pytest.mark.parametrize("kind", ["members", "lots", "history", "codes"])
async def test_a_sample_can_be_sent_as_it_is(street: Street, shop: Shop, owner: Person, kind: str):
    await shop.member("ana@example.com")
    await shop.member("ben@example.com")
    sample = await owner.get(f"{IMPORTS}/samples/{kind}")
    answer = await send(owner, sample.text, kind=kind)
    assert answer.status_code == 303, words(answer.text)
    where = answer.headers["location"]
    await carry(street, shop)
    page = await owner.text(where)
    assert "Ready to start" in page
    assert "Rows that cannot be taken" not in page


async def test_a_file_is_seen_written_and_taken_back(street: Street, shop: Shop, owner: Person):
    await shop.member("ben@example.com")
    answer = await send(owner, GOOD)
    assert answer.status_code == 303, words(answer.text)
    where = answer.headers["location"]
    waiting = (await owner.get(where)).text
    assert 'hx-trigger="every 1s"' in waiting
    assert "old list.csv" in waiting
    assert await carry(street, shop) == 1
    page = await owner.text(where)
    assert "writes 2 rows makes 1 new member, and changes 1 brings 170 points" in page
    assert "every 1s" not in (await owner.get(where)).text
    assert "Running" in words((await owner.does(f"{where}/start")).text)
    assert await carry(street, shop) == 1
    page = await owner.text(where)
    assert "The books have what the file says, to the point." in page
    assert "170" in await owner.text(IMPORTS)
    asked = await owner.text(f"{where}/undo")
    assert "takes back 170 points" in asked
    assert "erases 1 member," in asked
    assert "Undone" in words((await owner.does(f"{where}/undo")).text)
    assert await shop.balance("ben@example.com") == (0, 0)
    assert await contradictions(shop) == []


async def test_bad_rows_are_shown_fetched_mended_and_sent_again(street: Street, shop: Shop, owner: Person):
    where = (await send(owner, BAD)).headers["location"]
    await carry(street, shop)
    page = await owner.text(where)
    assert "Rows that cannot be taken" in page
    assert "no whole number of points" in page
    assert "Write 1 row without the bad ones" in page
    refused = await owner.post(f"{where}/start")
    assert (refused.status_code, "import_has_bad_rows" in refused.text) == (422, True)
    file = await owner.get(f"{where}/bad-rows")
    assert "attachment" in file.headers["content-disposition"]
    where = (await send(owner, file.text.replace("many", "120"))).headers["location"]
    await carry(street, shop)
    assert "Rows that cannot be taken" not in await owner.text(where)
    await owner.does(f"{where}/start")
    await carry(street, shop)
    assert await shop.balance("ana@example.com") == (120, 0)


async def test_points_that_were_used_are_told_before_anything_is_taken_back(street: Street, shop: Shop, owner: Person):
    rule = await shop.rule()
    where = (await send(owner, GOOD)).headers["location"]
    await carry(street, shop)
    await owner.does(f"{where}/start")
    await carry(street, shop)
    await redeem(shop, "ana@example.com", rule.rule_id)
    assert "100 of the points were used since" in await owner.text(f"{where}/undo")
    refused = await owner.post(f"{where}/undo")
    assert (refused.status_code, "points_spent" in refused.text) == (422, True)
    assert "Undone" in words((await owner.does(f"{where}/undo", force="true")).text)
    assert await shop.balance("ana@example.com") == (0, 0)


async def test_an_import_is_cancelled_before_it_starts(street: Street, shop: Shop, owner: Person):
    where = (await send(owner, GOOD)).headers["location"]
    assert "Cancelled" in words((await owner.does(f"{where}/cancel")).text)
    assert await carry(street, shop) == 0


@pytest.mark.parametrize(
    ("text", "fields", "said"),
    [
        (None, {}, "choose a file"),
        ("", {}, "it is empty"),
        (GOOD, {"country": "usa"}, "country"),
        (GOOD, {"columns": "colour"}, "is not of the form Theirs=ours"),
        (GOOD, {"preset": "abacus"}, "there is no 'abacus'"),
    ],
)
async def test_a_form_that_is_wrong_comes_back_with_the_reason(
    owner: Person, text: str | None, fields: dict[str, str], said: str
):
    refused = await send(owner, text, **fields)
    assert (refused.status_code, said in words(refused.text)) == (400, True), words(refused.text)
    assert "Look at the file" in refused.text
    assert "Nothing was imported yet" in await owner.text(IMPORTS)


async def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(owner: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "FILE_BYTES_MAX", 20)
    refused = await send(owner, GOOD)
    assert (refused.status_code, "body_too_large" in refused.text) == (413, True)
    monkeypatch.setattr(files, "FIELD_BYTES_MAX", 10)
    assert (await send(owner, GOOD)).status_code == 400
    assert "Nothing was imported yet" in await owner.text(IMPORTS)


async def test_what_another_site_sends_is_not_taken(hire: Hire, owner: Person):
    refused = await send(owner, GOOD, csrf="0" * 32)
    assert (refused.status_code, "form_outdated" in refused.text) == (403, True)
    strange = await owner.http.post(f"{IMPORTS}/upload", data={"csrf": owner.csrf})
    assert strange.status_code == 400
    support = await hire("support")
    assert (await send(support, GOOD)).status_code == 403
    assert (await support.get(IMPORTS)).status_code == 403
    assert (await support.get(f"{EXPORTS}/exp_1/file")).status_code == 403
    owner.http.cookies.clear()
    assert (await send(owner, GOOD)).headers["location"].startswith("/console/sign-in")
    assert (await owner.get(f"{EXPORTS}/exp_1/file")).headers["location"].startswith("/console/sign-in")


async def test_imports_of_another_merchant_are_not_there(street: Street, owner: Person, hire: Hire):
    where = (await send(owner, GOOD)).headers["location"]
    other = await hire("owner", of=await street.shop())
    assert (await other.get(where)).status_code == 404
    assert (await other.post(f"{where}/cancel")).status_code == 404
    assert (await other.get(f"{where}/bad-rows")).status_code == 404


async def test_an_export_is_asked_for_and_downloaded(street: Street, shop: Shop, owner: Person):
    await shop.member("ana@example.com", 120)
    assert "Nothing was written out yet" in await owner.text(EXPORTS)
    page = await owner.does(EXPORTS, kind="members", format="csv")
    assert "Being written" in words(page.text)
    await carry(street, shop)
    page = await owner.get(EXPORTS)
    place = page.text.partition(f'href="{EXPORTS}/')[2].partition('"')[0]
    file = await owner.get(f"{EXPORTS}/{place}")
    assert file.headers["content-disposition"] == 'attachment; filename="members-2026-03-10.csv"'
    [row] = csv.DictReader(io.StringIO(file.text))
    assert (row["email"], row["balance"]) == ("ana@example.com", "120")
    trail = await owner.text("/console/settings/audit", kind="export")
    assert trail.index("Export fetched") < trail.index("Export asked for")
    await owner.does(EXPORTS, kind="entries", format="ndjson")
    again = await owner.get(EXPORTS)
    where = again.text.partition('action="/console/exports/')[2].partition('"')[0]
    assert "Cancelled" in words((await owner.does(f"{EXPORTS}/{where}")).text)
