"""How clients of the storefront contract sign in, name customers, and are told no."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.access.tokens import customer_mark, read_token
from guerdon.api.browsers import readable
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission, limit_headers
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.access import CustomerTokenMissing, NotForBrowsers, OtherCustomer, RateLimited
from guerdon.errors.base import BadField, Refusal, Unauthenticated
from guerdon.kit.contact import BadContact, normal_email, normal_phone
from guerdon.kit.money import LARGEST
from guerdon.points.command import Identity

TEXT_LENGTH_MAX = 255
LIST_LENGTH_MAX = 10_000

Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]
CommaList = Annotated[str, Meta(max_length=LIST_LENGTH_MAX)]
"""Several short texts with commas between them."""

CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Za-z]{3}\Z", examples=["USD"])]
CurrencyAsked = Annotated[str, Meta(pattern=r"^([A-Za-z]{3})?\Z", examples=["USD"])]
"""The currency to answer in; an empty text leaves it to the merchant's base currency."""

Id = Annotated[int, Meta(ge=0, le=2**53)]
"""A number that we gave to something; one that we never gave finds nothing."""

Cents = Annotated[int, Meta(ge=0, le=LARGEST, description="Minor units of the currency: cents of USD, but whole JPY")]


class Credentials(msgspec.Struct, kw_only=True):
    """Keys may come as parameters too: the current pair, or the legacy one. So may a token of the customer."""

    guid: str | None = None
    api_key: str | None = None
    merchant_id: str | int | None = None
    access_token: str | None = None
    customer_token: str | None = None


class CustomerNamed(Credentials, kw_only=True):
    """The ways in which a request names its customer. One is needed; all given must agree."""

    customer_email: str | None = None
    customer_id: Text | int | None = None
    customer_external_id: Text | int | None = None
    phone_number: str | int | None = None
    pos_account_id: Text | int | None = None
    country_iso_code: str | None = None

    def names_customer(self) -> bool:
        """Whether any customer is named."""
        named = (
            self.customer_email,
            self.customer_id,
            self.customer_external_id,
            self.phone_number,
            self.pos_account_id,
        )
        return any(value not in (None, "") for value in named)

    def identities(self) -> tuple[Identity, ...]:
        """What finds the customer, in normal form; refuses if nothing is named."""
        found: list[Identity] = []
        if self.customer_email:
            found.append(Identity("email", email(self.customer_email, "customer_email")))
        external = self.customer_external_id if self.customer_id in (None, "") else self.customer_id
        if external not in (None, ""):
            found.append(Identity("external_id", text(external, "customer_id")))
        if self.phone_number:
            found.append(Identity("phone", phone(self.phone_number, country(self.country_iso_code))))
        if self.pos_account_id not in (None, ""):
            found.append(Identity("pos_account_id", text(self.pos_account_id, "pos_account_id")))
        if not found:
            raise BadField(
                "customer_email", "one of customer_email, customer_id, phone_number, pos_account_id is needed"
            )
        return tuple(found)

    def confine(self, own: Identity) -> None:
        """Make it about this customer alone; refuses with OtherCustomer where it names another, or in another way."""
        for given in self.identities() if self.names_customer() else ():
            if given != own:
                raise OtherCustomer(given.kind)
        match own.kind:
            case "email":
                self.customer_email = own.value
            case "phone":
                self.phone_number = own.value
            case _:
                self.customer_id = own.value


class StorefrontRefusal(msgspec.Struct):
    """The body of every refusal: one sentence."""

    error: str


class StorefrontContract:
    """Keys in headers or parameters; a refusal is one sentence under `error`."""

    async def authenticate(self, engine: Engine, incoming: Incoming, params: Credentials | None) -> Caller:
        """The headers first, then the parameters; the current names first, then the legacy ones."""
        headers, given = incoming.headers, params or NOTHING_GIVEN
        account = headers.get("x-guid") or given.guid or headers.get("x-merchant-id") or given.merchant_id
        secret = headers.get("x-api-key") or given.api_key or _bearer(headers) or given.access_token
        secret = secret or headers.get("x-yotpo-token")
        if not account or not secret:
            raise Unauthenticated("Credentials are missing: send the headers x-guid and x-api-key")
        return await engine.keys.caller(str(account), secret)

    async def admit(self, engine: Engine, caller: Caller, incoming: Incoming) -> Admission:
        """The key's limit and, where a page asks, its origins."""
        if caller.limit_per_second is None and not caller.publishable:
            return UNLIMITED
        for_page = readable(caller, incoming.headers.get("origin"))
        if caller.limit_per_second is None:
            return Admission((*for_page, *UNLIMITED.headers))
        room = await engine.limits.ask(
            caller.merchant.merchant_id, caller.key_id, caller.limit_per_second, engine.clock()
        )
        refusal = None if room.admitted else RateLimited(room.limit)
        return Admission((*for_page, *limit_headers(room)), refusal)

    def allow(self, engine: Engine, caller: Caller, route: Route[Any], incoming: Incoming, params: Credentials) -> None:
        """The scopes of the key decide, and for a publishable key what the route shows to browsers."""
        caller.require(route.scope)
        if caller.publishable:
            _confine(engine, caller, route, incoming, params)

    def merchant_id(self, caller: Caller) -> int:
        """The merchant of the key."""
        return caller.merchant.merchant_id

    def actor(self, caller: Caller) -> str:
        """The key."""
        return caller.actor

    refusal_type = None
    noted = True

    def written(self, answer: Any, _incoming: Incoming) -> bytes:
        """The whole of it."""
        return encode(answer)

    def refused(self, refusal: Refusal, _incoming: Incoming) -> StorefrontRefusal:
        """A single key, which is what clients read."""
        return StorefrontRefusal(refusal.sentence)


NOTHING_GIVEN = Credentials()


def _bearer(headers: dict[str, str]) -> str | None:
    """The key as clients send it that speak OAuth."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _confine(engine: Engine, caller: Caller, route: Route[Any], incoming: Incoming, params: Credentials) -> None:
    """What a browser asks is what everybody may see, or about the customer whom the merchant's server signed for."""
    if not route.public:
        raise NotForBrowsers
    token = incoming.headers.get("x-customer-token") or params.customer_token
    params.customer_token = None
    assert route.public == "catalogue" or isinstance(params, CustomerNamed), "what is a customer's own names them"
    named = isinstance(params, CustomerNamed) and params.names_customer()
    if token:
        own = read_token(token, caller.token_secrets, guid=caller.merchant.guid, now=engine.clock())
        incoming.customer = customer_mark(own)
        if isinstance(params, CustomerNamed):
            params.confine(own)
    elif named or route.public == "own":
        raise CustomerTokenMissing(
            "A publishable key alone shows the catalogue: for what is a customer's, send x-customer-token with a token "
            "that your server signed for this customer"
        )


def email(value: str, field: str) -> str:
    """The address in normal form, or a refusal naming the field."""
    try:
        return normal_email(value)
    except BadContact as error:
        raise BadField(field, str(error).removesuffix(".")) from None


def phone(value: str | int, country: str | None) -> str:
    """The number in E.164; a plus sign that a query string turned into a space is put back."""
    given = str(value)
    if given.startswith(" "):
        given = "+" + given[1:]
    try:
        return normal_phone(given, country)
    except BadContact as error:
        raise BadField("phone_number", str(error).removesuffix(".")) from None


def country(value: str | None) -> str | None:
    """Two letters of ISO 3166 in upper case, or None where nothing is said."""
    if not value:
        return None
    if len(value) != 2 or not value.isascii() or not value.isalpha():
        raise BadField("country_iso_code", f"{value[:40]!r} is no country; send two letters such as 'US'")
    return value.upper()


def text(value: str | int, field: str) -> str:
    """A short text, such as a client's own id."""
    found = str(value).strip()
    if not 0 < len(found) <= TEXT_LENGTH_MAX:
        raise BadField(field, f"a text of 1 to {TEXT_LENGTH_MAX} characters is needed")
    return found


def parts(value: str | None) -> tuple[str, ...]:
    """The texts of a comma separated list, once each, without space around them and without empty ones."""
    return tuple(dict.fromkeys(part.strip() for part in (value or "").split(",") if part.strip()))


def time_given(value: str | None, field: str) -> datetime | None:
    """A date, or a time in either of the two forms that clients send; without a zone it is UTC."""
    if not value:
        return None
    try:
        given = datetime.fromisoformat(value)
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError):
        problem = f"{value[:40]!r} is no time; send one such as '2019-05-25T20:59:53Z' or '2019-05-25 20:59:53'"
        raise BadField(field, problem) from None


def stamp(moment: datetime) -> str:
    """A time as this contract writes it: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def stamp_or_none(moment: datetime | None) -> str | None:
    """The same, for what may not have happened."""
    return None if moment is None else stamp(moment)
