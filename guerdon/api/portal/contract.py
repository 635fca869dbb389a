"""How operators sign in to the portal contract, which merchant a request is for, and how they are told no.

Whoever calls signs in as an operator. The user ids in the bodies (`createdUserId`, `lastModifiedUserId`) are the
caller's own references: stored and echoed, never believed to say who called.
"""

from typing import Any

import msgspec

from guerdon.access.operators import REFUSED, Operator
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission
from guerdon.api.portal.message import Message, refused
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.base import OtherMerchant, Refusal, Unauthenticated


class MerchantNamed(msgspec.Struct, kw_only=True, rename="camel"):
    """Every request may say for which merchant it is."""

    merchant_id: int | None = None


class PortalCaller(msgspec.Struct, frozen=True):
    """Who signed in, and the merchant that the request names."""

    operator: Operator
    named: int | None

    @property
    def merchant_id(self) -> int:
        """The merchant meant, and where the request is recorded: the one named, or the first of the operator's own."""
        named = self.named
        return named if named is not None and named in self.operator.roles else self.operator.merchant()

    def merchants(self) -> list[int]:
        """Where to look for a rule: without a merchant, its id alone names it."""
        return sorted(self.operator.roles) if self.named is None else [self.merchant_id]


class PortalRefusal(msgspec.Struct):
    """The body of every refusal: the key that holds the message of an entity too."""

    message: Message


class PortalContract:
    """Name and password with every request; a refusal is a message without an entity."""

    async def authenticate(self, engine: Engine, incoming: Incoming, params: MerchantNamed | None) -> PortalCaller:
        """The pages show the header with and without `Basic`: both are taken."""
        authorization = incoming.headers.get("authorization")
        # Base64 is ASCII: what is not would break the decoding, which is no way to tell a client.
        if authorization is not None and not authorization.isascii():
            raise Unauthenticated(REFUSED)
        operator = await engine.operators.sign_in(authorization, address=incoming.address)
        return PortalCaller(operator, None if params is None else params.merchant_id)

    async def admit(self, _engine: Engine, _caller: PortalCaller, _incoming: Incoming) -> Admission:
        """People ask as often as they like."""
        return UNLIMITED

    def allow(
        self, _engine: Engine, caller: PortalCaller, route: Route[Any], _incoming: Incoming, _params: MerchantNamed
    ) -> None:
        """Every role may read. A change that names no merchant is allowed or not once it is known whose rule it is."""
        if caller.named is None:
            return
        if caller.named not in caller.operator.roles:
            raise OtherMerchant(caller.named, caller.merchant_id)
        if route.scope == "write":
            caller.operator.require_editor(caller.named)

    def merchant_id(self, caller: PortalCaller) -> int:
        """The merchant that the request is for."""
        return caller.merchant_id

    def actor(self, caller: PortalCaller) -> str:
        """The operator."""
        return caller.operator.actor

    refusal_type = None
    noted = True

    def written(self, answer: Any, _incoming: Incoming) -> bytes:
        """The whole of it."""
        return encode(answer)

    def refused(self, refusal: Refusal, _incoming: Incoming) -> PortalRefusal:
        """A message without an entity."""
        return PortalRefusal(refused(refusal))
