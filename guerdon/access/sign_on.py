"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, state and nonce.

    begin ──► the browser goes to the provider ──► comes back with a code ──► finish: code → tokens → who it is

Who comes back is the operator whom the provider's subject was remembered for; at first, the one whose name is the
address of email that the provider has verified. Nobody is made an operator, unless the settings say what a claim makes
of people: then the provider also decides, at each sign-on, what they are to the merchants that these settings name.
A second factor is the provider's matter, and is not asked for again.
"""

import secrets
import time
from datetime import datetime
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import httpx2
import msgspec
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from guerdon.access.operators import Operator, create_operator
from guerdon.access.staff import change_role, grant_role
from guerdon.access.tickets import SignOnBegun, issue_ticket, take_ticket
from guerdon.database.pool import Connection, Database, Row, inside
from guerdon.errors.access import LastOwner, SignOnRefused
from guerdon.kit.sql import load
from guerdon.settings import OpenIdSettings
from guerdon.trail.changes import note_everywhere

SQL = load(__file__, "sign_on.sql")

SCOPE = "openid email profile"
CONFIGURATION = "/.well-known/openid-configuration"
TIMEOUT_S = 10.0
FRESH_FOR_S = 3600.0
"""So long the provider's configuration is gone by; its keys are read again for a key that is not among them."""
LEEWAY_S = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures of a key that only the provider has. What anybody could make who knows our secret is none."""
ACTOR = "single sign-on"

# Its types are not there. These names hold it where it is called.
_Client: Any = AsyncOAuth2Client
_Claims: Any = CodeIDToken


class Provider(msgspec.Struct, frozen=True):
    """What a provider says of itself at its well-known address."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Begun(NamedTuple):
    """Where the browser is to go, and the ticket that it brings back."""

    url: str
    ticket: str


class Finished(NamedTuple):
    """Who signed on, and where they wanted to go."""

    operator: Operator
    then: str


class SignOn:
    """The provider of these settings."""

    def __init__(
        self, database: Database, settings: OpenIdSettings, *, transport: httpx2.AsyncBaseTransport | None = None
    ):
        self._database, self.settings = database, settings
        self._transport = transport
        self._read: tuple[float, Provider] | None = None
        self._keys: KeySet | None = None

    async def begin(self, place: str, then: str, now: datetime) -> Begun:
        """Send a browser to the provider, which sends it back to `place`; refuses with SignOnRefused if it is away."""
        provider = await self.provider()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client(provider, place) as client:
            url, state = client.create_authorization_url(
                provider.authorization_endpoint, nonce=nonce, code_verifier=verifier
            )
        begun = SignOnBegun(state=state, nonce=nonce, verifier=verifier, place=place, then=then)
        return Begun(url, await issue_ticket(self._database, begun, now))

    async def finish(self, ticket: str, answer: dict[str, str], now: datetime) -> Finished:
        """Who comes back with this answer of the provider; refuses with SignInOver or SignOnRefused."""
        begun = await take_ticket(self._database, SignOnBegun, ticket, now)
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SignOnRefused("the answer is not to what was asked from this browser; begin again")
        if "error" in answer:
            raise SignOnRefused(f"the provider says {answer['error'][:80]!r}")
        if not answer.get("code") or answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SignOnRefused("the answer has no code, or is another provider's")
        claims = await self._claims(begun, answer["code"], now)
        return Finished(await self._operator(claims, now), begun.then)

    async def provider(self, *, anew: bool = False) -> Provider:
        """What the provider says of itself, of late or now; refuses with SignOnRefused."""
        if not anew and self._read is not None and time.monotonic() - self._read[0] < FRESH_FOR_S:
            return self._read[1]
        address = self.settings.issuer.rstrip("/") + CONFIGURATION
        provider = msgspec.convert(await self._get(address), Provider, strict=False)
        if provider.issuer != self.settings.issuer:
            raise SignOnRefused(f"{address} is the configuration of {provider.issuer[:200]!r}")
        self._read, self._keys = (time.monotonic(), provider), None
        return provider

    async def _claims(self, begun: SignOnBegun, code: str, now: datetime) -> dict[str, Any]:
        """What the provider signed about the person."""
        provider = await self.provider()
        try:
            async with self._client(provider, begun.place) as client:
                token: dict[str, Any] = await client.fetch_token(
                    provider.token_endpoint, code=code, code_verifier=begun.verifier, grant_type="authorization_code"
                )
        except (OAuthError, httpx2.HTTPError, ValueError) as error:
            raise SignOnRefused(f"the provider gave no token ({type(error).__name__})") from None
        try:
            return await self._checked(provider, begun, token, now)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignOnRefused(f"its ID token is not valid ({_named(error)})") from None

    async def _checked(
        self, provider: Provider, begun: SignOnBegun, token: dict[str, Any], now: datetime
    ) -> dict[str, Any]:  # fmt: skip
        """The claims of an ID token: signed by the provider for us, now, and in answer to our nonce."""
        text: str = token["id_token"]
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            read = jwt.decode(text, await self._key_set(provider), registry=registry)
        except (JoseError, ValueError):
            # The provider may have changed its keys since we read them.
            read = jwt.decode(text, await self._key_set(provider, anew=True), registry=registry)
        wanted = {"iss": {"essential": True, "value": provider.issuer},
                  "aud": {"essential": True, "value": self.settings.client_id},
                  "nonce": {"essential": True, "value": begun.nonce}}  # fmt: skip
        known = {"nonce": begun.nonce, "client_id": self.settings.client_id, "access_token": token.get("access_token")}
        claims = _Claims(read.claims, read.header, wanted, known)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        return dict(claims)

    async def _key_set(self, provider: Provider, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            self._keys = KeySet.import_key_set(await self._get(provider.jwks_uri))
        return self._keys

    async def _operator(self, claims: dict[str, Any], now: datetime) -> Operator:
        """The operator that the provider means, remembered for its subject; refuses with SignOnRefused."""
        issuer, subject = self.settings.issuer, str(claims["sub"])
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(SQL.find_signed_on, issuer, subject)
            if row is None:
                row = await self._first_time(connection, claims, subject, now)
            if row["disabled_at"] is not None:
                raise SignOnRefused(f"{row['username']} may not sign in any more")
            await self._map_roles(connection, row["operator_id"], claims, now)
            roles = {one["merchant_id"]: one["role"] for one in await connection.fetch(SQL.get_roles, row[0])}
        if not roles:
            raise SignOnRefused(f"{row['username']} works for no merchant here: ask an owner for a role")
        return Operator(row["operator_id"], row["username"], roles)

    async def _first_time(
        self, connection: Connection, claims: dict[str, Any], subject: str, now: datetime
    ) -> Row:  # fmt: skip
        """Whose name the verified address is; or somebody new, where a claim makes them an operator."""
        address = str(claims.get("email") or "").strip().lower()
        verified = claims.get("email_verified")
        if not address or not (verified is True or verified == "true"):
            raise SignOnRefused("the provider has not verified an address of email, by which you would be known here")
        found = await connection.fetch(SQL.find_by_address, address)
        wanted = self._roles_meant(claims)
        if not found and wanted:
            merchant_id, role = next(iter(wanted.items()))
            await create_operator(inside(connection), merchant_id, username=address, role=role, now=now)
            found = await connection.fetch(SQL.find_by_address, address)
        if len(found) != 1:
            raise SignOnRefused(f"nobody here is called {address}: an owner can add you by this name")
        operator_id = found[0]["operator_id"]
        if not await connection.fetchval(SQL.remember_subject, operator_id, self.settings.issuer, subject):
            raise SignOnRefused(f"{address} is somebody else's at the provider by now: ask an owner to look into it")
        await note_everywhere(connection, operator_id, "operator.sign_on_linked", now=now, actor=ACTOR)
        return found[0]

    async def _map_roles(
        self, connection: Connection, operator_id: int, claims: dict[str, Any], now: datetime
    ) -> None:  # fmt: skip
        """What the claim makes of the person at the merchants that the settings name, and nothing at others."""
        if not self.settings.roles:
            return
        wanted = self._roles_meant(claims)
        has = {row["merchant_id"]: row["role"] for row in await connection.fetch(SQL.get_roles, operator_id)}
        for merchant_id in sorted({one[2] for one in self.settings.roles}):
            role = wanted.get(merchant_id)
            if role == has.get(merchant_id):
                continue
            if role is not None and merchant_id not in has:
                await grant_role(inside(connection), merchant_id, operator_id, role, now, actor=ACTOR)
                continue
            try:
                await change_role(inside(connection), merchant_id, operator_id, role, now, actor=ACTOR)
            except LastOwner:
                continue  # somebody must be able to say who may sign in

    def _roles_meant(self, claims: dict[str, Any]) -> dict[int, str]:
        """The role at each merchant; of several, the one that the settings name first."""
        said = claims.get(self.settings.claim)
        values = {str(one) for one in (cast("list[Any]", said) if isinstance(said, list) else [said])}
        roles: dict[int, str] = {}
        for value, role, merchant_id in self.settings.roles:
            if value in values:
                roles.setdefault(merchant_id, role)
        return roles

    def _client(self, provider: Provider, place: str) -> Any:
        methods = provider.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return _Client(
            self.settings.client_id, self.settings.client_secret, scope=SCOPE, redirect_uri=place,
            code_challenge_method="S256", token_endpoint_auth_method=method, timeout=TIMEOUT_S,
            transport=self._transport,
        )  # fmt: skip

    async def _get(self, address: str) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_S, transport=self._transport) as client:
                answer = await client.get(address)
                answer.raise_for_status()
                return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            host = urlsplit(address).hostname
            raise SignOnRefused(f"{host} did not answer as a provider does ({type(error).__name__})") from None


def _named(error: Exception) -> str:
    """What is wrong, as the library calls it, such as `expired_token` or `invalid_claim`."""
    name = getattr(error, "error", None) or type(error).__name__
    claim = getattr(error, "claim", None)
    return f"{name}: {claim}" if isinstance(claim, str) else str(name)
