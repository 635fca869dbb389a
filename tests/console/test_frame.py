"""What holds for every page: who may see it, what surrounds it, and how it says no."""

import gzip
import re

import httpx
import pytest

from guerdon.access.roles import MAY, Role
from guerdon.console.contract import OPEN, own_place
from guerdon.console.frame import here, nearest
from guerdon.console.routes import EXPORTS, ROUTES
from guerdon.errors.access import FormOutdated, PermissionMissing, SignedOut
from tests.console.conftest import Hire, Person, words
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")


def filled(path: str) -> str:
    """A route's path with ids that nobody has."""
    parts = [("mem_999999" if part.startswith("{") else part) for part in path.split("/")]
    return "/".join(parts)


@pytest.mark.parametrize(
    ("path", "area", "below"),
    [
        ("/console/members/mem_1", "Members", "/console/members"),
        ("/console/households/hou_1", "Members", "/console/households"),
        ("/console/settings/people/op_1", "Settings", "/console/settings/people"),
        ("/console/imports/bat_1/undo", "Settings", "/console/imports"),
        ("/console/settings/transfers", "Settings", "/console/settings/policies"),
        ("/console/rewards/rule_1", "Rewards", None),
    ],
)
async def test_a_page_belongs_to_an_area_and_to_one_of_its_pages(path: str, area: str, below: str | None):
    place = here(path)
    assert place is not None
    assert (place.name, nearest(place, path)) == (area, below)


async def test_strangers_are_sent_to_sign_in_and_come_back(owner: Person):
    kept = dict(owner.http.cookies)
    owner.http.cookies.clear()
    sent = await owner.get("/console/components", x="1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/sign-in?then=/console/components%3Fx%3D1")
    assert sent.headers["x-error-code"] == SignedOut("").code
    part = await owner.http.get("/console/components", headers={"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (200, "/console/sign-in?then=/console/components")
    owner.http.cookies.update(kept)
    assert (await owner.get("/console/components")).status_code == 200


@pytest.mark.parametrize("role", list(MAY))
async def test_every_route_asks_for_its_permission(hire: Hire, role: Role):
    person = await hire(role)
    for route in (*ROUTES, *(export.route for export in EXPORTS)):
        if route.scope == OPEN or route.scope in MAY[role]:
            continue
        form = {"csrf": person.csrf} if route.method == "POST" else None
        answer = await person.http.request(route.method, filled(route.path), data=form)
        told = (route.path, answer.status_code, answer.headers.get("x-error-code"))
        # A form that cannot be read is told so; nobody gets further.
        assert told[1:] in ((403, "permission_missing"), (400, "bad_field"), (400, "bad_request")), told


async def test_every_route_asks_who_it_is(street: Street, owner: Person):
    owner.http.cookies.clear()
    for route in ROUTES:
        if route.scope != OPEN:
            answer = await owner.http.request(route.method, filled(route.path))
            assert answer.status_code in (303, 400), (route.path, answer.status_code)


async def test_a_form_from_elsewhere_does_nothing(owner: Person):
    for form in ({}, {"csrf": ""}, {"csrf": "0" * 32}):
        answer = await owner.http.post("/console/sign-out", data=form)
        assert (answer.status_code, answer.headers["x-error-code"]) == (403, FormOutdated().code)
    headers = {"sec-fetch-site": "cross-site"}
    answer = await owner.http.post("/console/sign-out", data={"csrf": owner.csrf}, headers=headers)
    assert answer.status_code == 403
    assert (await owner.get("/console/components")).status_code == 200


async def test_who_may_not_is_told_so_in_words(hire: Hire):
    person = await hire("read_only")
    answer = await person.get("/console/settings/people")
    assert answer.status_code == 403
    assert "As read-only you may not say who may sign in" in words(answer.text)
    assert PermissionMissing("support", "x").code == "permission_missing"


async def test_what_did_not_work_leads_back_to_where_it_was_asked(owner: Person):
    wrong = {"way": "reward", "points": "-5", "step": "preview", "csrf": owner.csrf, "key": "k"}
    place = f"/console/members/mem_{await owner.shop.member('ana@example.com')}/adjust"
    for referer, back in ((f"http://shop{place}", place), ("http://evil.example/x", "/console")):
        answer = await owner.http.post(place, data=wrong, headers={"referer": referer})
        assert answer.status_code == 400
        assert "points: 1 is the least that goes here." in words(answer.text)
        assert f'href="{back}">Go back' in answer.text


async def test_a_name_that_is_too_long_is_refused_where_it_was_typed(owner: Person):
    for name, why in (("z" * 5000, "at most 200 characters go here"), ("", "a value is needed")):
        answer = await owner.post("/console/developers/keys", name=name, kind="secret")
        assert (answer.status_code, why in words(answer.text)) == (400, True)
    assert "zzz" not in await owner.text("/console/developers/keys"), "none was made"


async def test_pages_keep_others_out_and_are_not_kept(owner: Person):
    headers = (await owner.get("/console/components")).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_the_session_is_a_cookie_that_no_script_reads(owner: Person):
    owner.http.cookies.clear()
    entered = await owner.http.post(
        "https://shop/console/sign-in", data={"username": owner.username, "password": "correct horse"}
    )
    cookie = entered.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/console", "Secure"))


async def test_whoever_signs_out_is_out(owner: Person):
    answer = await owner.post("/console/sign-out")
    assert answer.headers["location"] == "/console/sign-in"
    owner.http.cookies.clear()
    assert (await owner.get("/console/components")).status_code == 303


async def test_a_page_looks_as_its_browser_wants(owner: Person):
    german = await owner.http.get("/console/components", headers={"accept-language": "de-AT,de;q=0.9"})
    assert '<html lang="de"' in german.text
    await owner.post("/console/taste", language="en", theme="dark", then="/console/components")
    chosen = await owner.http.get("/console/components", headers={"accept-language": "de"})
    assert '<html lang="en" data-theme="dark"' in chosen.text


async def test_a_merchant_of_somebody_else_cannot_be_chosen(owner: Person, street: Street):
    other = await street.shop()
    answer = await owner.post("/console/merchant", merchant=other.merchant.merchant_id)
    assert answer.status_code == 404


async def test_nothing_is_a_page(owner: Person):
    answer = await owner.get("/console/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at /console/nowhere" in words(answer.text)


@pytest.mark.parametrize("place", ["https://evil.example", "//evil.example", "/consolex@evil", "/console\\evil", "/x"])
async def test_signing_in_leads_nowhere_else(place: str):
    assert own_place(place) == "/console"


async def test_files_are_kept_by_browsers_and_sent_compressed(owner: Person):
    page = (await owner.get("/console/components")).text
    address = page.split('href="/console/assets/console.css')[1].split('"')[0]
    answer: httpx.Response = await owner.http.get(f"/console/assets/console.css{address}")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert (await owner.http.get("/console/assets/..%2f..%2fapp.py")).status_code == 404


@pytest.mark.parametrize("path", ["/console", "/console/members", "/console/rewards/new", "/console/insights"])
async def test_the_first_view_of_a_page_is_small(owner: Person, path: str):
    page = await owner.get(path)
    assets = set(re.findall(r'(?:href|src)="(/console/assets/[^"#]+)', page.text))
    sent = len(gzip.compress(page.content))
    for address in assets:
        async with owner.http.stream("GET", address) as answer:
            sent += sum([len(piece) async for piece in answer.aiter_raw()])
    assert len(assets) > 4
    assert sent < 150_000, (path, sent)
