"""Who asks from a page: a publishable key names the merchant, and a customer token the one member that is in question.

Pages of ours, which shoppers reach by a signed link, send the token alone as the bearer. It names its merchant, whose
oldest publishable key stands behind them: its limit and its scopes hold.
"""

from dataclasses import dataclass
from typing import Any

import jwt

from guerdon.access.keys import PREFIXES, Caller, merchant_of_secret
from guerdon.access.tokens import customer_mark, read_token
from guerdon.api.browsers import readable
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission, policy_headers
from guerdon.api.v1.contract import ApiContract, Problem
from guerdon.api.v1.shape import shaped
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.access import CustomerTokenInvalid, CustomerTokenMissing, NotForServers, RateLimited
from guerdon.errors.base import Refusal, Unauthenticated
from guerdon.members.members import Profile, find_member
from guerdon.points.command import Identity

UNSIGNED = "Credentials are missing: send the header `Authorization: Bearer gpk_…` with a publishable key"
MISSING = "This is a customer's own: send x-customer-token with a token that your server signed for this customer"
CUSTOMER = "x-customer-token"
PROBLEMS = ApiContract()

# Its types are half there. This name holds it where it is called.
_jwt: Any = jwt


@dataclass(slots=True)
class Shopper:
    """Whose page it is, and whom it is about: `own` is there once the token was read, if there is one."""

    caller: Caller
    token: str | None
    hosted: bool
    """Whether it is a page of ours."""
    own: Identity | None = None

    async def member(self, engine: Engine) -> Profile:
        """The member whom the token names; refuses with MemberNotFound."""
        assert self.own is not None, "what needs a member is open to nobody without a token"
        return await find_member(engine.database, self.caller.merchant.merchant_id, [self.own])


class ShopperContract:
    """Problems as answers, like those of the native API; callers are pages."""

    refusal_type = ApiContract.refusal_type
    noted = True

    async def authenticate(self, engine: Engine, incoming: Incoming, _params: Any) -> Shopper:
        """By the key, or by the merchant that a token names. Whose token it is is read later, when the page can read
        what is refused.
        """
        scheme, _, bearer = incoming.headers.get("authorization", "").partition(" ")
        bearer = bearer.strip()
        if scheme.lower() != "bearer" or not bearer:
            raise Unauthenticated(UNSIGNED)
        if not bearer.startswith(tuple(PREFIXES.values())):
            return Shopper(await engine.keys.page_caller(_issuer(bearer)), bearer, hosted=True)
        caller = await engine.keys.caller(merchant_of_secret(bearer), bearer)
        if not caller.publishable:
            raise NotForServers
        return Shopper(caller, incoming.headers.get(CUSTOMER) or None, hosted=False)

    async def admit(self, engine: Engine, shopper: Shopper, incoming: Incoming) -> Admission:
        """The key's limit and its origins. Pages of ours are of this origin: those of others read nothing of theirs."""
        caller = shopper.caller
        for_page = () if shopper.hosted else readable(caller, incoming.headers.get("origin"))
        if caller.limit_per_second is None:
            return Admission((*for_page, *UNLIMITED.headers))
        room = await engine.limits.ask(
            caller.merchant.merchant_id, caller.key_id, caller.limit_per_second, engine.clock()
        )
        return Admission((*for_page, *policy_headers(room)), None if room.admitted else RateLimited(room.limit))

    def allow(self, engine: Engine, shopper: Shopper, route: Route[Any], incoming: Incoming, _params: Any) -> None:
        """What is a customer's own is open with a token of that customer, and about nobody else."""
        caller = shopper.caller
        caller.require(route.scope)
        if shopper.token is not None:
            shopper.own = own = read_token(
                shopper.token, caller.token_secrets, guid=caller.merchant.guid, now=engine.clock()
            )
            incoming.customer = customer_mark(own)
        elif route.public == "own":
            raise CustomerTokenMissing(MISSING)

    def merchant_id(self, shopper: Shopper) -> int:
        """The merchant of the key."""
        return shopper.caller.merchant.merchant_id

    def actor(self, shopper: Shopper) -> str:
        """The key."""
        return shopper.caller.actor

    def written(self, answer: Any, incoming: Incoming) -> bytes:
        """The answer, or as much of it as was asked for."""
        return encode(shaped(answer, incoming))

    def refused(self, refusal: Refusal, incoming: Incoming) -> Problem:
        """As the native API says no."""
        return PROBLEMS.refused(refusal, incoming)


def _issuer(token: str) -> str:
    """The merchant that a token says it is of, which is yet to be proven."""
    try:
        claims: dict[str, Any] = _jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise CustomerTokenInvalid("it cannot be read as a JWT signed with HS256") from None
    return str(claims.get("iss", ""))
