"""The pages as they are sent: what is on them, and what they let in."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from guerdon.api.openapi import document
from guerdon.app import SURFACES, application
from guerdon.docs import assets, site
from guerdon.docs.page import POLICY
from guerdon.docs.refusals import explained
from guerdon.docs.site import Shown
from guerdon.errors.books import NotEnoughPoints
from guerdon.settings import Settings

PAGES = ("/", "/docs", "/docs/requests", "/docs/guides", "/docs/errors", "/docs/guides/first-redemption")
ENGINES = {"/health", "/ready", "/metrics", "/console"}
"""What is linked to and is no page of the documentation: it asks the engine."""
SHOWN = Shown("00000000-002a-8000-8000-000000000000", "gk_42_<secret>", "ana", 'p"w')


@cache
def _served(shown: Shown | None) -> Any:
    def no_engine() -> Any:
        raise AssertionError("a page asks the engine for nothing")

    return application(no_engine, shown=shown)


def client(shown: Shown | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(_served(shown)), base_url="http://points.example:8443")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_lets_nothing_in_from_elsewhere(path: str):
    async with client() as http:
        answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert "script-src 'self';" in POLICY
    assert "default-src 'none';" in POLICY
    assert "connect-src 'self';" in POLICY
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", answer.text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_everything_that_a_page_names_is_there(path: str):
    async with client() as http:
        page = await http.get(path)
        for link in set(re.findall(r"""(?:href|src)="(/[^"#]*)""", page.text)) - ENGINES:
            found = await http.get(link)
            assert found.status_code == 200 or assets.found(assets.REFERENCE) is None, link


async def test_credentials_are_filled_in_only_where_anybody_may_have_them():
    async with client() as http, client(SHOWN) as demo:
        nobodys, of_the_demo = (await http.get("/docs/requests")).text, (await demo.get("/docs/requests")).text
        start = (await demo.get("/")).text
    assert "gk_" not in nobodys.replace("gk_…", "")
    assert 'data-api-key="gk_42_&lt;secret&gt;"' in of_the_demo
    assert 'data-password="p&#34;w"' in of_the_demo
    assert "gk_" not in start


async def test_without_the_reference_its_page_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch):
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(site, "found", nothing)
    async with client() as http:
        answer = await http.get("/docs")
    assert answer.status_code == 200
    assert "make docs" in answer.text
    assert "/api/v2/redemptions" in answer.text


async def test_the_type_of_every_problem_leads_to_a_page():
    problem = NotEnoughPoints(points=500, available=380, shortfall=120)
    async with client() as http:
        page = await http.get(f"/docs/errors/{problem.code}")
        nothing = await http.get("/docs/errors/unheard_of")
    assert page.status_code == 200
    assert "&lt;shortfall&gt; points short" in page.text
    assert nothing.status_code == 404
    assert nothing.headers["content-security-policy"] == POLICY


def test_every_refusal_is_explained():
    found = explained()
    assert list(found) == sorted(found)
    assert (found["not_enough_points"].status, found["not_enough_points"].retry) == (422, False)
    assert all("{" not in one.sentence for one in found.values())


async def test_machines_get_the_same_as_texts():
    async with client() as http:
        short, whole = (await http.get("/llms.txt")).text, (await http.get("/docs/llms-full.txt")).text
        for link in re.findall(r"\]\(http://points\.example:8443(/[^)]+)\)", short):
            assert (await http.get(link)).status_code == 200, link
    for path, methods in document(SURFACES)["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in whole
    assert "# First redemption in five minutes" in whole
    assert "127.0.0.1:8080" not in whole
    assert "`not_enough_points` (422)" in whole


async def test_a_guide_names_the_server_that_shows_it():
    async with client() as http:
        page = (await http.get("/docs/guides/first-redemption")).text
        nothing = await http.get("/docs/guides/unheard-of")
    assert "points.example:8443" in page
    assert "127.0.0.1" not in page
    assert nothing.status_code == 404


async def test_assets_are_kept_where_their_address_tells_their_version():
    async with client() as http:
        named = await http.get(assets.versioned("docs.css"))
        plain = await http.get("/docs/assets/session.js")
        outside = await http.get("/docs/assets/..%2Fsite.py")
        other = await http.get("/docs/assets/packages.json")
    assert "immutable" in named.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert (outside.status_code, other.status_code) == (404, 404)


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A built file that is there compressed too."""
    (tmp_path / "big.js").write_bytes(b"whole")
    (tmp_path / "big.js.gz").write_bytes(b"packed")
    monkeypatch.setattr(assets, "BUILT", tmp_path)


@pytest.mark.usefixtures("packed")
async def test_what_was_compressed_is_sent_so_to_whoever_takes_it():
    async with client() as http:
        async with http.stream("GET", "/docs/assets/big.js", headers={"accept-encoding": "gzip"}) as zipped:
            sent = b"".join([part async for part in zipped.aiter_raw()])
        plain = await http.get("/docs/assets/big.js", headers={"accept-encoding": "identity"})
    assert (zipped.headers["content-encoding"], sent) == ("gzip", b"packed")
    assert "content-encoding" not in plain.headers
    assert plain.content == b"whole"


def test_the_setting_for_credentials_takes_two_or_four_words():
    assert Settings.of({"GUERDON_DOCS_CREDENTIALS": "guid key"}).docs_credentials == ("guid", "key")
    assert Settings.of({}).docs_credentials == ()
    with pytest.raises(ValueError, match="GUERDON_DOCS_CREDENTIALS has 3 words"):
        Settings.of({"GUERDON_DOCS_CREDENTIALS": "guid key name"})
