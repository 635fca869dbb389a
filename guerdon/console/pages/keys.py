"""`/console/developers/keys`: keys of the merchant's servers and pages, and what signs tokens of its customers."""

import re

from msgspec import UNSET, Struct

from guerdon.access.keys import GRANTABLE, SCOPES, rotate_token_secret, token_secret
from guerdon.api.engine import Engine
from guerdon.api.v1 import api_keys
from guerdon.api.v1.api_keys import KeyAnswer, KeyAsked, KeyChosen, KeyLimited, KeyWanted, Scope
from guerdon.api.v1.lists import LIMIT_MAX, ListAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.answers import read, sound
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

LIST = "/console/developers/keys"
SECRET = f"{LIST}/token-secret"


class KeysShown(Struct, kw_only=True):
    """Which page of the list."""

    cursor: str | None = None


class KeyForm(Struct, kw_only=True):
    """What a new key is for; each origin on a line of its own."""

    name: str = ""
    kind: str = "secret"
    redeem: bool = False
    read: bool = False
    write: bool = False
    admin: bool = False
    limit_per_second: int | None = None
    origins: str = ""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Those that are ticked."""
        ticked: dict[Scope, bool] = {
            "redeem": self.redeem, "read": self.read, "write": self.write, "admin": self.admin,
        }  # fmt: skip
        return tuple(scope for scope, on in ticked.items() if on)


class KeyShown(Struct, kw_only=True):
    """One key."""

    id: str


class KeyChanged(KeyShown, kw_only=True):
    """How often it may ask; nothing is as often as it likes."""

    limit_per_second: int | None = None


async def show_all(engine: Engine, visitor: Visitor, params: KeysShown, incoming: Incoming) -> View:
    """The list, with the form for another."""
    return await _list(engine, visitor, incoming, cursor=params.cursor)


async def create(engine: Engine, visitor: Visitor, params: KeyForm, incoming: Incoming) -> View:
    """Make a key, whose secret is on this page and never again."""
    kind = "publishable" if params.kind == "publishable" else "secret"
    wanted = KeyWanted(
        name=params.name.strip(), kind=kind, scopes=params.scopes, limit_per_second=params.limit_per_second,
        origins=tuple(re.split(r"[\s,]+", params.origins.strip())) if params.origins.strip() else (),
    )  # fmt: skip
    try:
        answer = await api_keys.create(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _list(engine, visitor, incoming, form=params, refusal=refusal)
    made = read(answer, KeyAnswer)
    return visitor.view(
        "developers/secret.html", status=201, name=made.name, back=f"{LIST}/{made.id}",
        secret=None if made.secret is UNSET else made.secret, what="key", publishable=made.kind == "publishable",
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: KeyShown, incoming: Incoming) -> View:
    """One."""
    return await _shown(engine, visitor, params.id, incoming)


async def limit(engine: Engine, visitor: Visitor, params: KeyChanged, incoming: Incoming) -> View:
    """Limit one."""
    wanted = KeyLimited(id=params.id, limit_per_second=params.limit_per_second)
    try:
        await api_keys.change(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    return visitor.go(f"{LIST}/{params.id}", visitor._("The limit counts within seconds"))


async def revoke(engine: Engine, visitor: Visitor, params: KeyShown, incoming: Incoming) -> View:
    """Close one."""
    await api_keys.revoke(engine, visitor.caller, KeyChosen(id=params.id), visitor.inner(incoming))
    return visitor.go(f"{LIST}/{params.id}", visitor._("The key opens nothing any more"))


async def rotate(engine: Engine, visitor: Visitor, _params: Nothing, _incoming: Incoming) -> View:
    """A new secret for the tokens of customers, which is on this page and never again."""
    secret = await rotate_token_secret(engine.database, visitor.merchant.merchant_id, engine.clock())
    return visitor.view(
        "developers/secret.html", status=201, name=visitor._("Customer tokens"), back=LIST, secret=secret,
        what="tokens", publishable=False,
    )  # fmt: skip


async def _list(
    engine: Engine, visitor: Visitor, incoming: Incoming, *, cursor: str | None = None, form: KeyForm | None = None,
    refusal: Refusal | None = None,
) -> View:  # fmt: skip
    asked = ListAsked(limit=LIMIT_MAX, cursor=cursor)
    found = await api_keys.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return visitor.view(
        "developers/keys.html", status=200 if refusal is None else refusal.status, found=found, refusal=refusal,
        asked={} if cursor is None else {"cursor": cursor},
        form=form or KeyForm(redeem=True, read=True, write=True), grantable=GRANTABLE, usual=SCOPES,
        signs=await token_secret(engine.database, visitor.merchant.merchant_id) is not None,
    )  # fmt: skip


async def _shown(
    engine: Engine, visitor: Visitor, key: str, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:  # fmt: skip
    one = await api_keys.fetch(engine, visitor.caller, KeyAsked(id=key), visitor.inner(incoming))
    return visitor.view(
        "developers/key.html", status=200 if refusal is None else refusal.status, one=one, refusal=refusal
    )  # fmt: skip


ROUTES = (
    Route("GET", LIST, KeysShown, View, show_all, "see", "API keys"),
    Route("POST", LIST, KeyForm, View, create, "develop", "Make an API key"),
    Route("POST", SECRET, Nothing, View, rotate, "develop", "Make a new secret for customer tokens"),
    Route("GET", LIST + "/{id:str}", KeyShown, View, show, "see", "An API key"),
    Route("POST", LIST + "/{id:str}/limit", KeyChanged, View, limit, "develop", "Limit an API key"),
    Route("POST", LIST + "/{id:str}/revoke", KeyShown, View, revoke, "develop", "Close an API key"),
)
