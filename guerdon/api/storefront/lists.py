"""GET /customers/recent and /customers/all: every customer, for whoever copies them elsewhere."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, Text, time_given
from guerdon.api.storefront.record import CustomerAnswer, customer_records
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.members.members import profiles_of
from guerdon.points.changes import BEGINNING, Place, changed_members, numbered_members

PER_PAGE = 100
PER_PAGE_MAX = 250
"""Who asks for more gets this many: clients go on with the cursor, or with `total_pages`."""

PAGES_MAX = 2**40

PerPage = Annotated[int, Meta(ge=1, description=f"At most {PER_PAGE_MAX} are given.")]

_decode_place = msgspec.json.Decoder(Place).decode


class FetchRecent(Credentials, kw_only=True):
    """A page of those who changed last. `page_info` is the `next_page_info` of the page before."""

    per_page: PerPage = PER_PAGE
    page_info: Text | None = None
    since_updated_at: Text | None = None
    """Nobody who has not changed since."""


class RecentMetadata(msgspec.Struct):
    """The way to the next page; null on the last."""

    next_page_info: str | None


class RecentAnswer(msgspec.Struct):
    """A page of customers, who changed last first."""

    customers: list[CustomerAnswer]
    metadata: RecentMetadata


class FetchAll(Credentials, kw_only=True):
    """A page by number, of all customers or of those who changed since `last_seen_at`."""

    page: Annotated[int, Meta(ge=1, le=PAGES_MAX)] = 1
    per_page: PerPage = PER_PAGE
    last_seen_at: Text | None = None


class AllLinks(msgspec.Struct):
    """How many pages there are."""

    total_pages: int


class AllAnswer(msgspec.Struct):
    """A page of customers, in the order in which they became customers."""

    customers: list[CustomerAnswer]
    links: AllLinks


async def fetch_recent(engine: Engine, caller: Caller, params: FetchRecent, _incoming: Incoming) -> RecentAnswer:
    """Customers from the latest change back; then those who have changed meanwhile, until there are none."""
    now, merchant = engine.clock(), caller.merchant
    if params.page_info:
        place = _place(params.page_info)
    else:
        place = Place(time_given(params.since_updated_at, "since_updated_at") or BEGINNING, now)
    found = await changed_members(
        engine.database, merchant.merchant_id, place, now, min(params.per_page, PER_PAGE_MAX)
    )  # fmt: skip
    profiles = await profiles_of(engine.database, merchant.merchant_id, found.members)
    customers = await customer_records(engine.database, merchant, profiles, now)
    return RecentAnswer(customers, RecentMetadata(None if found.next is None else _page_info(found.next)))


async def fetch_all(engine: Engine, caller: Caller, params: FetchAll, _incoming: Incoming) -> AllAnswer:
    """Customers by page number. One without an email address has an empty one here: old clients need a text."""
    merchant, per_page = caller.merchant, min(params.per_page, PER_PAGE_MAX)
    members, total = await numbered_members(
        engine.database,
        merchant.merchant_id,
        since=time_given(params.last_seen_at, "last_seen_at"),
        skipped=(params.page - 1) * per_page,
        count_max=per_page,
    )
    profiles = await profiles_of(engine.database, merchant.merchant_id, members)
    customers = await customer_records(engine.database, merchant, profiles, engine.clock())
    for customer in customers:
        customer.email = customer.email or ""
    return AllAnswer(customers, AllLinks(max(1, -(-total // per_page))))


def _page_info(place: Place) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def _place(page_info: str) -> Place:
    try:
        return _decode_place(urlsafe_b64decode(page_info + "=" * (-len(page_info) % 4)))
    except (ValueError, msgspec.DecodeError):
        raise BadField("page_info", "it is no next_page_info of an answer") from None
