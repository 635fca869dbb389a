"""Single sign-on: who gets in, and what is not believed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from joserfc.jwk import OctKey, RSAKey

from guerdon.access.operators import Operator, create_operator, list_operators
from guerdon.access.sign_on import Finished, SignOn
from guerdon.errors.access import SignInOver, SignOnRefused
from guerdon.settings import OpenIdSettings, Settings
from guerdon.trail.changes import Sought, list_changes
from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ISSUER = "https://login.example.com"
BACK = "https://shop.example/console/sign-in/return"


@dataclass
class Door:
    """A shop whose people sign in at a provider."""

    shop: Shop
    provider: Provider
    sign_on: SignOn

    async def leave(self) -> tuple[str, dict[str, str]]:
        """Go to the provider and sign in there; the ticket, and what one comes back with."""
        begun = await self.sign_on.begin(BACK, "/console/rewards", self.shop.clock())
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.provider)) as http:
            answer = await http.get(begun.url)
        assert answer.status_code == 302, answer.text
        place = urlsplit(answer.headers["location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == BACK
        return begun.ticket, dict(parse_qsl(place.query))

    async def enter(self) -> Operator:
        """All the way."""
        done = await self.sign_on.finish(*await self.leave(), self.shop.clock())
        assert done.then == "/console/rewards"
        return done.operator

    async def refused(self) -> str:
        """The same, with why not."""
        with pytest.raises(SignOnRefused) as refusal:
            await self.enter()
        return refusal.value.problem

    async def operator(self, role: str = "support") -> str:
        """Somebody who may sign in, called by an address of email."""
        name = f"ana-{uuid4().hex[:8]}@example.com"
        of = self.shop.engine.database, self.shop.merchant.merchant_id
        await create_operator(*of, username=name, role=role, now=self.shop.clock())
        return name

    async def roles(self) -> dict[str, str]:
        """What people are to the shop."""
        people = await list_operators(self.shop.engine.database, self.shop.merchant.merchant_id)
        return {one["username"]: one["role"] for one in people}


def person(email: str | None = None, **claims: Any) -> dict[str, Any]:
    """What a provider says of somebody new."""
    return {"sub": uuid4().hex, "email": email or f"{uuid4().hex}@example.com", "email_verified": True, **claims}


@pytest_asyncio.fixture(loop_scope="session")
async def door(shop: Shop) -> AsyncIterator[Door]:
    """The shop, whose settings map nothing."""
    yield open_door(shop)


def open_door(shop: Shop, **more: Any) -> Door:
    """The shop with such settings."""
    provider = Provider(ISSUER, shop.clock)
    settings = OpenIdSettings(ISSUER, CLIENT_ID, CLIENT_SECRET, **more)
    return Door(shop, provider, SignOn(shop.engine.database, settings, transport=httpx2.ASGITransport(provider)))


async def test_a_person_is_known_by_a_verified_address_and_then_by_subject(door: Door):
    name = await door.operator()
    door.provider.person = person(name.upper())
    operator = await door.enter()
    assert (operator.username, list(operator.roles.values())) == (name, ["support"])

    door.provider.person["email"] = "ana@elsewhere.example"
    assert (await door.enter()).operator_id == operator.operator_id
    door.provider.person = person(name)
    assert "somebody else's" in await door.refused(), "the address is another person's by now"
    linked = await list_changes(
        door.shop.engine.database, door.shop.merchant.merchant_id, Sought(action="operator.sign_on_linked"), 10
    )
    assert [one.subject_id for one in linked] == [str(operator.operator_id)]


async def test_nobody_is_made_an_operator_by_an_address(door: Door):
    door.provider.person = person("eve@example.com")
    assert "nobody here is called eve@example.com" in await door.refused()


@pytest.mark.parametrize("verified", [False, None, "false", 1])
async def test_an_address_that_is_not_verified_is_nobodys(door: Door, verified: object):
    door.provider.person = person(await door.operator(), email_verified=verified)
    assert "not verified" in await door.refused()


@pytest.mark.parametrize(
    ("forged", "named"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another client"}, "aud"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "azp"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"sub": None}, "sub"),
        ({"at_hash": "c29tZXRoaW5nIGVsc2U"}, "at_hash"),
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_not_believed(door: Door, forged: dict[str, Any], named: str):
    door.provider.person, door.provider.forged = person(await door.operator()), forged
    assert named in await door.refused()


async def test_a_token_that_is_over_is_not_believed(door: Door):
    door.provider.person = person(await door.operator())
    past = int((door.shop.clock() - timedelta(minutes=10)).timestamp())
    door.provider.forged = {"exp": past, "iat": past - 60}
    assert "expired_token" in await door.refused()


async def test_a_token_that_somebody_else_signed_is_not_believed(door: Door):
    door.provider.person = person(await door.operator())
    door.provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
    assert "bad_signature" in await door.refused()
    door.provider.signs_with, door.provider.algorithm = OctKey.import_key(CLIENT_SECRET), "HS256"
    assert "not valid" in await door.refused(), "our own secret signs nothing for us"


async def test_a_provider_may_change_its_keys(door: Door):
    door.provider.person = person(await door.operator())
    before = await door.enter()
    door.provider.key = door.provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "two"}, auto_kid=False)
    assert await door.enter() == before


async def test_an_answer_counts_once_in_the_browser_that_asked(door: Door):
    door.provider.person, now = person(await door.operator()), door.shop.clock()
    ticket, answer = await door.leave()
    other, _ = await door.leave()
    with pytest.raises(SignOnRefused, match="from this browser"):
        await door.sign_on.finish(other, answer, now)
    assert isinstance(await door.sign_on.finish(ticket, answer, now), Finished)
    for old in (ticket, "", "made up"):
        with pytest.raises(SignInOver):
            await door.sign_on.finish(old, answer, now)


async def test_an_answer_that_says_no_or_is_another_providers_is_told(door: Door):
    for amiss, said in (({"error": "access_denied"}, "access_denied"), ({"iss": "https://evil.example"}, "another")):
        ticket, answer = await door.leave()
        with pytest.raises(SignOnRefused, match=said):
            await door.sign_on.finish(ticket, answer | amiss, door.shop.clock())


async def test_a_code_is_worth_nothing_without_what_the_browser_began_with(door: Door):
    _, answer = await door.leave()
    ticket, own = await door.leave()
    with pytest.raises(SignOnRefused, match="gave no token"):
        await door.sign_on.finish(ticket, own | {"code": answer["code"]}, door.shop.clock())


async def test_a_provider_that_is_away_or_another_is_told(shop: Shop):
    async def gone(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    settings = OpenIdSettings(ISSUER, CLIENT_ID, CLIENT_SECRET)
    away = SignOn(shop.engine.database, settings, transport=httpx2.ASGITransport(gone))
    with pytest.raises(SignOnRefused, match="did not answer"):
        await away.begin(BACK, "/console", shop.clock())
    wrong = Provider("https://evil.example", shop.clock)
    other = SignOn(shop.engine.database, settings, transport=httpx2.ASGITransport(wrong))
    with pytest.raises(SignOnRefused, match=r"evil\.example"):
        await other.begin(BACK, "/console", shop.clock())


async def test_a_claim_makes_operators_and_says_what_they_are(shop: Shop):
    merchant_id = shop.merchant.merchant_id
    roles = (("admins", "owner", merchant_id), ("desk", "support", merchant_id))
    door = open_door(shop, roles=roles)
    door.provider.person = person(groups=["desk", "others"])
    name = door.provider.person["email"]
    assert (await door.enter()).roles == {merchant_id: "support"}
    door.provider.person["groups"] = ["admins", "desk"]
    assert (await door.enter()).roles == {merchant_id: "owner"}

    door.provider.person["groups"] = ["desk"]
    assert (await door.enter()).roles == {merchant_id: "owner"}, "the last owner stays"
    kept = await door.operator("owner")
    door.provider.person, first = person(kept, groups="admins"), door.provider.person
    await door.enter()
    door.provider.person = first
    assert (await door.enter()).roles == {merchant_id: "support"}
    door.provider.person["groups"] = []
    assert "no merchant" in await door.refused()
    door.provider.person["groups"] = "desk"
    assert (await door.enter()).username == name
    assert await door.roles() == {name: "support", kept: "owner"}

    door.provider.person = person(groups=["others"])
    assert "nobody here" in await door.refused()


async def test_settings_name_what_is_amiss():
    given = {"GUERDON_OIDC_ISSUER": ISSUER, "GUERDON_OIDC_CLIENT_ID": "a", "GUERDON_OIDC_CLIENT_SECRET": "b"}
    read = Settings.of({**given, "GUERDON_OIDC_ROLES": "admins=owner@42 cn=desk,dc=x=support@7"}).oidc
    assert read is not None
    assert read.roles == (("admins", "owner", 42), ("cn=desk,dc=x", "support", 7))
    assert (read.name, read.claim) == ("single sign-on", "groups")
    assert Settings.of({}).oidc is None
    for amiss, named in (
        ({"GUERDON_OIDC_ISSUER": "login"}, "GUERDON_OIDC_ISSUER"),
        ({"GUERDON_OIDC_CLIENT_SECRET": ""}, "GUERDON_OIDC_CLIENT_SECRET"),
        ({"GUERDON_OIDC_ROLES": "admins=king@42"}, "king"),
        ({"GUERDON_SECRET_KEY": "short"}, "GUERDON_SECRET_KEY"),
    ):
        with pytest.raises(ValueError, match=named):
            Settings.of({**given, **amiss})
