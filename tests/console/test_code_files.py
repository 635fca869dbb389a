"""Codes of a pool from a file, as a browser without JavaScript sends it."""

import httpx
import pytest

from guerdon.rewards.codes import Pooled
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_codes_come_from_a_file_without_a_script(shop: Shop, owner: Person, hire: Hire):
    rule = await shop.rule(codes=Pooled())
    upload = f"/console/rewards/rule_{rule.rule_id}/codes"
    form = (await owner.get(upload)).text
    assert f'action="{upload}/file" enctype="multipart/form-data"' in form

    async def sent(person: Person, content: bytes | None, csrf: str | None = None) -> httpx.Response:
        file = ("", b"") if content is None else ("codes.csv", content, "text/csv")
        fields = {"csrf": (None, person.csrf if csrf is None else csrf), "key": (None, "k"), "file": file}
        return await person.http.post(f"{upload}/file", files=fields)

    seen = await sent(owner, '\ufeff"A-1"\r\n"A-2"\r\nA-1\r\n'.encode())
    assert seen.status_code == 200, words(seen.text)
    assert "2 codes are added." in words(seen.text)
    assert ">A-1\nA-2</textarea>" in seen.text
    assert "No codes yet" in await owner.text(upload), "nothing is in the pool before it is said so"
    assert "The codes are in the pool" in words((await owner.does(upload, codes="A-1\nA-2", step="do")).text)

    for content, why in (
        (None, "choose a file"), (b"", "1 to 10000 codes go at a time, and these are 0"),
        (b"\xff\xfe\x00A", "it is no text"), (b"A" * 700_000, "it is too long"),
    ):  # fmt: skip
        refused = await sent(owner, content)
        assert (refused.status_code, why in words(refused.text)) == (400, True), (content, words(refused.text))
    assert (await sent(owner, b"A-3", csrf="of another page")).status_code == 403
    assert (await sent(await hire("support"), b"A-3")).status_code == 403
    assert (await owner.get(f"{upload}/file")).headers["location"] == upload
