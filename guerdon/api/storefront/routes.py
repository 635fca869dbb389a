"""What the storefront contract serves, one line a method and path."""

from typing import Any

from guerdon.api.storefront.adjust import AdjustCustomer, AdjustmentAnswer, adjust_points
from guerdon.api.storefront.customers import (
    CustomerAnswer,
    FetchCustomer,
    UpsertCustomer,
    fetch_customer,
    upsert_customer,
)
from guerdon.api.storefront.options import FetchOptions, OptionAnswer, fetch_options
from guerdon.api.storefront.orders import CreateOrder, OrderAnswer, create_order
from guerdon.api.storefront.redemptions import (
    CompleteCancellation,
    CreateRedemption,
    RedemptionAnswer,
    complete_cancellation,
    create_redemption,
)
from guerdon.api.wire import Route

ROUTES: tuple[Route[Any], ...] = (
    Route("POST", "/api/v2/redemptions", CreateRedemption, RedemptionAnswer, create_redemption, "redeem",
          "Redeem a customer's points for a redemption option"),
    Route("POST", "/api/v2/redemptions/{point_redemption_id:str}/cancellation_completed", CompleteCancellation,
          RedemptionAnswer, complete_cancellation, "redeem", "Give the points of a redemption back"),
    Route("GET", "/api/v2/redemption_options", FetchOptions, list[OptionAnswer], fetch_options, "read",
          "What points buy, or what one customer may buy"),
    Route("POST", "/api/v2/orders", CreateOrder, OrderAnswer, create_order, "write",
          "Report an order, or its new status, and use the coupons that it names"),
    Route("POST", "/api/v2/customers", UpsertCustomer, CustomerAnswer, upsert_customer, "write",
          "Add a customer, or change what is known of one"),
    Route("GET", "/api/v2/customers", FetchCustomer, CustomerAnswer, fetch_customer, "read",
          "A customer with balance, orders and history"),
    Route("POST", "/api/v2/points/adjust", AdjustCustomer, AdjustmentAnswer, adjust_points, "write",
          "Give a customer points, or take some"),
)  # fmt: skip
