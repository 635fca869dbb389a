"""What pages may ask."""

from typing import Any

from guerdon.api.shopper import card, earnings, history, overview, programme, redemptions
from guerdon.api.v1.lists import Page
from guerdon.api.wire import Route

ROUTES: tuple[Route[Any], ...] = (
    Route("GET", "/shopper/v1/programme", programme.OfferAsked, programme.OfferAnswer, programme.fetch, "read",
          "See what points buy, and the tiers", public="catalogue"),
    Route("GET", "/shopper/v1/overview", overview.OverviewAsked, overview.OverviewAnswer, overview.fetch, "read",
          "See what one member has, can redeem, and is missing", public="own"),
    Route("GET", "/shopper/v1/history", history.HistoryAsked, Page[history.HistoryLine], history.find, "read",
          "List what happened to one member's points", public="own"),
    Route("POST", "/shopper/v1/redemptions", redemptions.RewardChosen, redemptions.RedeemedAnswer,
          redemptions.redeem_own, "redeem", "Redeem one's own points for a coupon", keyed=True, public="own"),
    Route("POST", "/shopper/v1/earnings", earnings.EarningsAsked, earnings.EarningsAnswer, earnings.estimate, "read",
          "See what a basket would earn", public="catalogue"),
    Route("GET", "/shopper/v1/card", card.CardAsked, card.CardAnswer, card.fetch, "read",
          "Get a code to show at the till", public="own"),
)  # fmt: skip
