"""The file that shops embed, and the page behind a signed link."""

import gzip
import re

import httpx
import pytest

from guerdon.widget.assets import OWN, found, versioned
from guerdon.widget.pages import language_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILE = "/widget/v1/guerdon-rewards.js"
LARGEST_PACKED = 20_000


async def test_any_page_may_load_the_file_and_keep_it_for_a_while(served: httpx.AsyncClient):
    plain = await served.get(FILE, headers={"origin": "https://shop.example"})
    again = await served.get(FILE, headers={"if-none-match": plain.headers["etag"]})
    lasting = await served.get(versioned("guerdon-rewards.js"))

    assert plain.headers["access-control-allow-origin"] == "*"
    assert plain.headers["cross-origin-resource-policy"] == "cross-origin"
    assert plain.headers["content-type"].startswith("text/javascript")
    assert (plain.headers["content-encoding"], plain.headers["cache-control"].partition(",")[0]) == ("gzip", "public")
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in lasting.headers["cache-control"]


async def test_it_is_small_and_asks_nothing_of_a_pages_policy():
    content = (OWN / "guerdon-rewards.js").read_text()

    assert len(gzip.compress(content.encode())) < LARGEST_PACKED
    forbidden = (
        r"innerHTML|insertAdjacentHTML|eval\(|new Function|document\.cookie|localStorage|sessionStorage|\.style\b"
    )
    assert not re.search(forbidden, content)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg|points\.example)", content)


async def test_both_languages_say_the_same_things():
    content = (OWN / "guerdon-rewards.js").read_text()
    words = content[content.index("const WORDS") : content.index("const NAMES")]
    english, german = words.split("\n  de: {")

    def names(text: str) -> list[str]:
        return sorted(re.findall(r"(?:^|[{,] ?|\n\s+)([a-z_A-Z]+):", text))

    assert names(english.partition("\n  en: {")[2]) == names(german)


async def test_other_files_are_not_there(served: httpx.AsyncClient):
    for name in ("..%2Fpages.py", "member.html", "nothing.js"):
        assert (await served.get(f"/widget/v1/{name}")).status_code == 404, name
    assert found("../assets.py") is None


async def test_the_page_is_the_same_for_everybody_and_lets_nothing_in(served: httpx.AsyncClient):
    one, other = await served.get("/m/42"), await served.get("/m/43")

    assert one.content == other.content
    policy = one.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert (one.headers["referrer-policy"], one.headers["cache-control"]) == ("no-referrer", "no-store")
    assert "set-cookie" not in one.headers
    assert "<style" not in one.text
    assert " style=" not in one.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("en-GB,de", "en")],
)
async def test_the_page_is_in_the_language_of_the_browser(served: httpx.AsyncClient, accepted: str, language: str):
    assert language_of(accepted) == language
    page = (await served.get("/m/42", headers={"accept-language": accepted})).text
    assert f'<html lang="{language}">' in page
