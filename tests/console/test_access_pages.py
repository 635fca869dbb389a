"""Signing in and out, and the pages about who may: as people use them."""

import re
from uuid import uuid4

import httpx
import pytest
from pyotp.totp import TOTP

from guerdon.access.codes import STEP_S
from guerdon.errors.access import SecondFactorNeeded
from tests.console.conftest import PASSWORD, Hire, Person, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW = "four words in a row"
SECRET = re.compile(r"<code>([A-Z2-7]{32})</code>")
RECOVERY = re.compile(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}")
LINK = re.compile(r"(/console/invitation/[\w-]+)")


def browser(person: Person) -> httpx.AsyncClient:
    """Another browser, where nobody has signed in."""
    transport = person.http._transport  # pyright: ignore[reportPrivateUsage]  # of the same application
    return httpx.AsyncClient(transport=transport, base_url="http://shop")


async def enter(http: httpx.AsyncClient, username: str, password: str = PASSWORD) -> httpx.Response:
    """The answer to a name and a password."""
    return await http.post("/console/sign-in", data={"username": username, "password": password})


async def with_codes(person: Person) -> tuple[TOTP, list[str]]:
    """Set up codes; returns the app, and the recovery codes."""
    page = await person.does("/console/settings/codes/begin")
    found = SECRET.search(page.text)
    assert found is not None, words(page.text)
    app = TOTP(found[1])
    wrong = await person.post("/console/settings/codes", code="000000")
    assert wrong.status_code == 401
    assert found[1] in wrong.text, "the picture is still there"
    started = await person.post("/console/settings/codes", code=app.at(person.shop.clock()))
    assert started.status_code == 200, words(started.text)
    return app, RECOVERY.findall(started.text)


async def test_a_person_signs_in_with_a_code_once(owner: Person):
    app, recovery = await with_codes(owner)
    assert len(set(recovery)) == 10
    async with browser(owner) as http:
        first = await enter(http, owner.username)
        assert (first.status_code, first.headers["location"]) == (303, "/console/sign-in/code")
        assert (await http.get("/console/settings")).headers["location"].startswith("/console/sign-in"), "not in yet"

        code = app.at(owner.shop.clock())
        replayed = await http.post("/console/sign-in/code", data={"code": code})
        assert replayed.status_code == 401, "the code that started it was used"
        owner.shop.clock.advance(seconds=STEP_S)
        fresh = app.at(owner.shop.clock())
        assert (await http.post("/console/sign-in/code", data={"code": fresh})).status_code == 303
        assert "password and code" in words((await http.get("/console/settings")).text)

    async with browser(owner) as http:
        await enter(http, owner.username)
        assert (await http.post("/console/sign-in/code", data={"code": fresh})).status_code == 401
        assert (await http.post("/console/sign-in/code", data={"code": recovery[0].upper()})).status_code == 303
    async with browser(owner) as http:
        await enter(http, owner.username)
        assert (await http.post("/console/sign-in/code", data={"code": recovery[0]})).status_code == 401
    assert "9 recovery codes are left" in await owner.text("/console/settings")


async def test_codes_are_guessed_as_slowly_as_passwords(owner: Person):
    await with_codes(owner)
    async with browser(owner) as http:
        await enter(http, owner.username)
        said = [(await http.post("/console/sign-in/code", data={"code": "123123"})) for _ in range(7)]
    assert [one.status_code for one in said] == [401] * 5 + [429] * 2
    assert said[-1].headers["retry-after"] == "1"
    assert "wait 1 seconds" in words(said[-1].text)


async def test_a_sign_in_that_takes_too_long_begins_again(owner: Person):
    app, _ = await with_codes(owner)
    async with browser(owner) as http:
        await enter(http, owner.username)
        owner.shop.clock.advance(minutes=11)
        late = await http.post("/console/sign-in/code", data={"code": app.at(owner.shop.clock())})
    assert late.status_code == 401
    assert "begin again" in words(late.text)


async def test_the_portal_does_not_let_in_by_password_alone_who_signs_in_with_codes(owner: Person):
    path, signs_in = "/ui/v1/loyaltyRedemptionRules", httpx.BasicAuth(owner.username, PASSWORD)
    async with browser(owner) as http:
        assert (await http.post(path, auth=signs_in)).status_code == 200
    await with_codes(owner)
    owner.shop.engine.operators._known.clear()  # pyright: ignore[reportPrivateUsage]  # a few seconds later
    async with browser(owner) as http:
        refused = await http.post(path, auth=signs_in)
        assert (refused.status_code, refused.headers["x-error-code"]) == (403, SecondFactorNeeded("").code)


async def test_codes_are_turned_off_and_renewed_with_the_password(owner: Person):
    _, first = await with_codes(owner)
    assert (await owner.post("/console/settings/codes/renew", password="wrong")).status_code == 400
    renewed = await owner.post("/console/settings/codes/renew", password=PASSWORD)
    assert not set(first) & set(RECOVERY.findall(renewed.text))
    assert (await owner.post("/console/settings/codes/stop", password="wrong")).status_code == 400
    assert "Off Whoever knows your password" in words(
        (await owner.does("/console/settings/codes/stop", password=PASSWORD)).text
    )
    async with browser(owner) as http:
        assert (await enter(http, owner.username)).headers["location"] == "/console"


async def test_wrong_passwords_slow_down_in_plain_words(owner: Person):
    async with browser(owner) as http:
        name = uuid4().hex
        answers = [await enter(http, name, "wrong") for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert "do not belong together" in words(answers[0].text)
    assert (answers[5].headers["retry-after"], "wait 1 seconds" in words(answers[5].text)) == ("1", True)


async def test_other_browsers_are_seen_and_signed_out(owner: Person):
    async with browser(owner) as one, browser(owner) as two:
        await one.post("/console/sign-in", data={"username": owner.username, "password": PASSWORD},
                       headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})  # fmt: skip
        await enter(two, owner.username)
        page = await owner.get("/console/settings")
        assert "Firefox on Linux" in words(page.text)
        ids = re.findall(r"/console/settings/sessions/(\d+)/end", page.text)
        assert len(ids) == 2

        ended = await owner.does(f"/console/settings/sessions/{min(map(int, ids))}/end")
        assert "Firefox on Linux" not in words(ended.text)
        assert (await one.get("/console/settings")).status_code == 303
        assert (await two.get("/console/settings")).status_code == 200
        await owner.does("/console/settings/sessions/end")
        assert (await two.get("/console/settings")).status_code == 303
        assert (await owner.get("/console/settings")).status_code == 200


async def test_nobody_ends_the_sessions_of_others(owner: Person, hire: Hire):
    other = await hire("support")
    ids = re.findall(r"/console/settings/sessions/(\d+)/end", (await owner.get("/console/settings")).text)
    assert ids == []
    last = await owner.shop.engine.database.fetchval(
        "SELECT max(session_id) FROM operator_session WHERE operator_id = $1", owner.operator_id
    )
    await other.post(f"/console/settings/sessions/{last}/end")
    assert (await owner.get("/console/settings")).status_code == 200


async def test_a_new_password_signs_every_other_browser_out(owner: Person):
    async with browser(owner) as http:
        await enter(http, owner.username)
        said = {"password": PASSWORD, "new_password": NEW, "repeated": NEW}
        for wrong, field in (({"password": "x"}, "password"), ({"repeated": "x"}, "repeated"),
                             ({"new_password": "short", "repeated": "short"}, "new_password")):  # fmt: skip
            answer = await owner.post("/console/settings/password", **said | wrong)
            assert answer.status_code == 400
            assert f'id="{field}-wrong"' in answer.text
        await owner.does("/console/settings/password", **said)
        owner.shop.engine.sessions._known.clear()  # pyright: ignore[reportPrivateUsage]  # a few seconds later
        assert (await http.get("/console/settings")).status_code == 303
        assert (await owner.get("/console/settings")).status_code == 200
        assert (await enter(http, owner.username)).status_code == 401
        assert (await enter(http, owner.username, NEW)).status_code == 303


async def test_somebody_is_invited_and_chooses_a_password(owner: Person):
    name = f"ina-{uuid4().hex[:8]}"
    invited = await owner.post("/console/settings/people", username=name, role="finance")
    link = LINK.search(invited.text)
    assert link is not None, words(invited.text)
    async with browser(owner) as http:
        assert (await enter(http, name, "")).status_code == 401
        assert name in words((await http.get(link[1])).text)
        assert (await http.post(link[1], data={"password": "short"})).status_code == 400
        assert (await http.post(link[1], data={"password": NEW})).headers["location"] == "/console/sign-in?ready=true"
        assert (await http.post(link[1], data={"password": NEW})).status_code == 404, "it opens once"
        assert (await enter(http, name, NEW)).status_code == 303
        assert (await http.get("/console/settings/people")).status_code == 403, "finance may not"
    assert f"{name} Finance Active" in await owner.text("/console/settings/people")


async def test_an_invitation_ends(owner: Person):
    invited = await owner.post("/console/settings/people", username=f"ina-{uuid4().hex[:8]}", role="support")
    link = LINK.search(invited.text)
    assert link is not None
    owner.shop.clock.advance(days=8)
    async with browser(owner) as http:
        assert (await http.get(link[1])).status_code == 404
        assert (await http.post(link[1], data={"password": NEW})).status_code == 404


async def test_a_person_is_given_another_role_disabled_and_let_in_again(owner: Person, hire: Hire):
    other = await hire("support")
    place = f"/console/settings/people/opr_{other.operator_id}"
    assert "Finance" in words((await owner.does(f"{place}/role", role="finance")).text)
    assert (await owner.post(f"{place}/role", role="king")).status_code == 400
    assert "Disabled" in words((await owner.does(f"{place}/disable")).text)
    owner.shop.engine.sessions._known.clear()  # pyright: ignore[reportPrivateUsage]  # a few seconds later
    assert (await other.get("/console/settings")).status_code == 303
    async with browser(owner) as http:
        assert (await enter(http, other.username)).status_code == 401
        await owner.does(f"{place}/enable")
        assert (await enter(http, other.username)).status_code == 303
    await owner.does(f"{place}/remove")
    assert other.username not in await owner.text("/console/settings/people")


async def test_the_last_owner_stays(owner: Person, hire: Hire):
    place = f"/console/settings/people/opr_{owner.operator_id}"
    for act, form in (("role", {"role": "support"}), ("remove", {}), ("disable", {})):
        refused = await owner.post(f"{place}/{act}", **form)
        assert refused.status_code == 409, act
        assert "only owner" in words(refused.text)
    await hire("owner")
    await owner.does(f"{place}/role", role="support")


async def test_who_works_for_others_too_is_not_changed_by_one_owner(owner: Person, hire: Hire):
    other = await hire("support")
    elsewhere = await hire("owner", of=await _another(owner))
    from guerdon.access.staff import grant_role

    await grant_role(
        owner.shop.engine.database, elsewhere.shop.merchant.merchant_id, other.operator_id, "owner", owner.shop.clock()
    )
    place = f"/console/settings/people/opr_{other.operator_id}"
    for act in ("disable", "codes", "invitation"):
        assert (await owner.post(f"{place}/{act}")).status_code == 403, act
    foreign = f"/console/settings/people/opr_{elsewhere.operator_id}"
    assert (await owner.get(foreign)).status_code == 404


async def _another(owner: Person):
    from tests.street import Street

    street = Street("", owner.shop.engine, owner.shop.clock, owner.http)
    return await street.shop()


async def test_the_trail_is_read_filtered_and_taken_away(owner: Person, hire: Hire):
    finance = await hire("finance")
    rule = await owner.shop.rule(name="$5 off")
    await owner.post(f"/console/settings/people/opr_{finance.operator_id}/role", role="manager")
    page = await finance.get("/console/settings/audit", kind="operator")
    said = words(page.text)
    assert "Role changed" in said
    assert owner.username in said
    assert "Signed in" in said
    entry = re.search(r'href="(/console/settings/audit/aud_[0-9a-f]+)">Role changed', page.text)
    assert entry is not None
    assert "role finance manager" in await finance.text(entry[1])

    assert "Reward added" in await finance.text("/console/settings/audit", subject=f"rule_{rule.rule_id}")
    assert "Nothing" not in await finance.text("/console/settings/audit", actor="test")
    assert "No change is like this" in await finance.text("/console/settings/audit", until="2020-01-01")
    file = await finance.get("/console/settings/audit.csv", kind="operator")
    assert file.headers["content-type"].startswith("text/csv")
    assert "operator.role_changed" in file.text
    taken = re.search(
        r'href="(/console/settings/audit/aud_[0-9a-f]+)">List downloaded as CSV',
        (await owner.get("/console/settings/audit", kind="list")).text,
    )
    assert taken is not None
    said = await owner.text(taken[1])
    assert finance.username in said
    assert "audit.csv" in said
    assert "filters.kind – operator" in said
    manager = await hire("support")
    assert (await manager.get("/console/settings/audit")).status_code == 403


async def test_single_sign_on_that_is_not_set_says_how(owner: Person):
    assert "GUERDON_OIDC_ISSUER" in await owner.text("/console/settings/sign-on")
    async with browser(owner) as http:
        assert (await http.get("/console/sign-in/provider")).status_code == 404
        assert "Sign in with" not in words((await http.get("/console/sign-in")).text)
