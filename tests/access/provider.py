"""A small provider of OpenID Connect: configuration, a page to sign in, tokens and keys, as its Core has them.

It checks what a provider checks (client, redirect, PKCE, each code once), and says of people what a test wants. Run as
a program it serves on a port of its own, for tests in a browser.
"""

import base64
import hashlib
import html
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "guerdon", "the client's secret"


class Provider:
    """An ASGI application. `person` are the claims of whoever signs in there next; `forged` go over the token's."""

    def __init__(self, issuer: str, clock: Callable[[], datetime]) -> None:
        self.issuer, self.clock = issuer, clock
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
        self.signs_with: Any = self.key
        self.algorithm = "RS256"
        self.person: dict[str, Any] = {}
        self.forged: dict[str, Any] = {}
        self.asks = False
        """Whether it shows a page first, as to people; else it sends them back at once."""
        self._codes: dict[str, dict[str, str]] = {}

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[..., Awaitable[Any]]):
        """Serve one request."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        query = dict(parse_qsl(scope["query_string"].decode()))
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, answer, place = self._answer(scope["path"], query, dict(parse_qsl(body.decode())), headers)
        kind = b"application/json" if isinstance(answer, dict) else b"text/html"
        sent = msgspec.json.encode(answer) if isinstance(answer, dict) else answer.encode()
        told = [(b"content-type", kind), *([(b"location", place.encode())] if place else [])]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": sent})

    def _answer(
        self, path: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any] | str, str | None]:
        """Status, body and place."""
        match path:
            case "/.well-known/openid-configuration":
                ends = {name: f"{self.issuer}/{at}" for name, at in ENDPOINTS.items()}
                return 200, {"issuer": self.issuer, **ends}, None
            case "/jwks":
                return 200, {"keys": [self.key.as_dict(private=False)]}, None
            case "/authorize" if self.asks and "agreed" not in query:
                fields = "".join(
                    f'<input type="hidden" name="{name}" value="{html.escape(one)}">' for name, one in query.items()
                )
                return 200, f'<form>{fields}<button name="agreed" value="1">Go on</button></form>', None
            case "/authorize":
                assert query["response_type"] == "code"
                assert query["code_challenge_method"] == "S256"
                assert query["client_id"] == CLIENT_ID
                code = secrets.token_urlsafe(16)
                self._codes[code] = query
                back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
                return 302, "", f"{query['redirect_uri']}?{back}"
            case "/token":
                return self._token(form, headers)
            case _:
                return 404, "", None

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, Any], None]:
        asked = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or headers.get("authorization") != f"Basic {basic}"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}, None
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        claims = {name: said for name, said in (claims | self.forged).items() if said is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        token = jwt.encode(header, claims, self.signs_with, algorithms=[self.algorithm])
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}, None


ENDPOINTS = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
