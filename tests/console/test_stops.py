"""What a page says that stands in the place of what was asked for: what sort of no it is, and what to do next."""

import httpx
import pytest

from guerdon.console.stops import BY_STATUS, stop_of
from guerdon.docs.refusals import kinds
from guerdon.errors.access import FormOutdated, InvitationOver, PermissionMissing, RateLimited, SignedOut, SignInOver
from guerdon.errors.base import DatabaseAway, Outdated, Refusal, ServerFault
from guerdon.errors.books import MemberNotFound
from guerdon.errors.rewards import VersionConflict
from tests.console.conftest import Hire, Person, words

ENGLISH, GERMAN = {"accept-language": "en"}, {"accept-language": "de"}


@pytest.mark.parametrize(
    ("refusal", "title"),
    [
        (MemberNotFound("id", "mem_1"), "There is nothing here"),
        (PermissionMissing("support", "x"), "Not for your role"),
        (SignedOut("Sign in"), "You are not signed in"),
        (SignInOver(), "This is over"),
        (InvitationOver(), "This is over"),
        (FormOutdated(), "This page is out of date"),
        (Outdated("1", "2"), "This page is out of date"),
        (VersionConflict(7), "This page is out of date"),
        (RateLimited(5), "Too many attempts"),
        (DatabaseAway(), "Away for a moment"),
        (ServerFault(), "Something broke here"),
    ],
)
def test_a_page_is_called_what_happened(refusal: Refusal, title: str):
    assert stop_of(refusal).title == title
    assert stop_of(refusal).next


def test_no_status_is_without_a_title_of_its_own_but_what_is_to_be_sent_anew():
    otherwise = {kind.status for kind in kinds()} - set(BY_STATUS)
    assert otherwise == {400, 405, 413, 422}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_page_that_is_not_there_says_so_in_its_title(owner: Person):
    for path in ("/console/nowhere", "/console/members/mem_999999"):
        page = (await owner.http.get(path, headers=ENGLISH)).text
        assert "<title>There is nothing here" in page, path
        assert "Look for it in its list" in words(page)
        assert "<title>Hier ist nichts" in (await owner.http.get(path, headers=GERMAN)).text


@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_role_may_not_see_is_called_so(hire: Hire):
    page = (await (await hire("read_only")).http.get("/console/settings/people", headers=ENGLISH)).text
    assert "<title>Not for your role" in page
    assert "Everything that the menu shows is open to you." in words(page)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_form_of_another_day_is_out_of_date(owner: Person):
    answer = await owner.http.post("/console/sign-out", data={"csrf": "0" * 32}, headers=ENGLISH)
    assert "<title>This page is out of date" in answer.text


@pytest.mark.asyncio(loop_scope="session")
async def test_a_stranger_is_told_what_happened_as_well(owner: Person):
    owner.http.cookies.clear()
    answer: httpx.Response = await owner.http.get("/console/invitation/none", headers=ENGLISH)
    assert answer.status_code == 404
    assert "<h1>This is over</h1>" in answer.text
