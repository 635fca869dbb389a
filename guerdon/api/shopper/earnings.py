"""`/shopper/v1/earnings`: what a product or a basket would earn, for a line beside its price."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.v1.basket import LINES_MAX, LineSaid, Minor, Tags, Total
from guerdon.api.v1.earning_preview import EarningTried, preview
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.who import member_shown
from guerdon.api.wire import Incoming


class EarningsAsked(Asked, kw_only=True):
    """What is in the basket; one product is a basket too."""

    total: Total
    discount_minor: Minor = 0
    shipping_minor: Minor = 0
    tax_minor: Minor = 0
    lines: Annotated[tuple[LineSaid, ...], Meta(max_length=LINES_MAX)] = ()
    tags: Tags = ()


class EarningsAnswer(msgspec.Struct, frozen=True):
    """So many points; for whoever is not known, as somebody who has just joined."""

    object: Literal["earnings"]
    points: int


async def estimate(engine: Engine, shopper: Shopper, params: EarningsAsked, incoming: Incoming) -> EarningsAnswer:
    """Evaluate the rules as for an order; nothing is kept, and nothing is told of rules that give nothing."""
    who = None if shopper.own is None else member_shown((await shopper.member(engine)).member_id)
    tried = EarningTried(
        member=who, total=params.total, discount_minor=params.discount_minor, shipping_minor=params.shipping_minor,
        tax_minor=params.tax_minor, lines=params.lines, tags=params.tags,
    )  # fmt: skip
    return EarningsAnswer("earnings", (await preview(engine, shopper.caller, tried, incoming)).points)
