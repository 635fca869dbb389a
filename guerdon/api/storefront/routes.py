"""What the storefront contract serves, one line a method and path."""

from typing import Any

from guerdon.api.storefront.actions import ActionAnswer, RecordAction, record_action
from guerdon.api.storefront.adjust import AdjustCustomer, AdjustmentAnswer, adjust_points
from guerdon.api.storefront.birthdays import (
    DayAnswer,
    DayNamed,
    SetDay,
    delete_anniversary,
    fetch_anniversary,
    set_anniversary,
    set_birthday,
)
from guerdon.api.storefront.campaigns import CampaignAnswer, FetchCampaigns, fetch_campaigns
from guerdon.api.storefront.customers import (
    CustomerAnswer,
    FetchCustomer,
    UpsertCustomer,
    fetch_customer,
    upsert_customer,
)
from guerdon.api.storefront.options import FetchOptions, OptionAnswer, fetch_options
from guerdon.api.storefront.orders import CreateOrder, OrderAnswer, create_order
from guerdon.api.storefront.privacy import (
    ErasedAnswer,
    ExistsAnswer,
    PersonNamed,
    anonymize_user,
    data_exists,
    user_data,
)
from guerdon.api.storefront.redemptions import (
    CompleteCancellation,
    CreateRedemption,
    RedemptionAnswer,
    complete_cancellation,
    create_redemption,
)
from guerdon.api.storefront.referral import (
    IdentifyReferrer,
    ReferrerAnswer,
    ShareAnswer,
    ShareReferral,
    identify_referrer,
    share_referral,
)
from guerdon.api.storefront.refunds import CreateRefund, RefundAnswer, create_refund
from guerdon.api.storefront.vip_tiers import FetchTiers, TierAnswer, fetch_tiers
from guerdon.api.wire import Route

ROUTES: tuple[Route[Any], ...] = (
    Route("POST", "/api/v2/redemptions", CreateRedemption, RedemptionAnswer, create_redemption, "redeem",
          "Redeem a customer's points for a redemption option", keyed=True),
    Route("POST", "/api/v2/redemptions/{point_redemption_id:str}/cancellation_completed", CompleteCancellation,
          RedemptionAnswer, complete_cancellation, "redeem", "Give the points of a redemption back", keyed=True),
    Route("GET", "/api/v2/redemption_options", FetchOptions, list[OptionAnswer], fetch_options, "read",
          "What points buy, or what one customer may buy"),
    Route("POST", "/api/v2/orders", CreateOrder, OrderAnswer, create_order, "write",
          "Report an order, or its new status: it earns points, and uses the coupons that it names", keyed=True),
    Route("POST", "/api/v2/refunds", CreateRefund, RefundAnswer, create_refund, "write",
          "Report what came back of an order, which may not be reported yet", keyed=True),
    Route("POST", "/api/v2/customers", UpsertCustomer, CustomerAnswer, upsert_customer, "write",
          "Add a customer, or change what is known of one"),
    Route("GET", "/api/v2/customers", FetchCustomer, CustomerAnswer, fetch_customer, "read",
          "A customer with balance, orders and history"),
    Route("POST", "/api/v2/points/adjust", AdjustCustomer, AdjustmentAnswer, adjust_points, "write",
          "Give a customer points, or take some", keyed=True),
    Route("POST", "/api/v2/actions", RecordAction, ActionAnswer, record_action, "write",
          "Tell what a customer did, for which an earning rule gives something", keyed=True),
    Route("POST", "/api/v2/customer_birthdays", SetDay, DayAnswer, set_birthday, "write", "Tell a customer's birthday"),
    Route("POST", "/api/v2/customer_anniversary", SetDay, DayAnswer, set_anniversary, "write",
          "Tell a customer's anniversary"),
    Route("GET", "/api/v2/customer_anniversary", DayNamed, DayAnswer, fetch_anniversary, "read",
          "A customer's anniversary"),
    Route("DELETE", "/api/v2/customer_anniversary", DayNamed, DayAnswer, delete_anniversary, "write",
          "Forget a customer's anniversary"),
    Route("GET", "/api/v2/campaigns", FetchCampaigns, list[CampaignAnswer], fetch_campaigns, "read",
          "What earns points, and how far one customer has come"),
    Route("POST", "/api/v2/referral/referrer", IdentifyReferrer, ReferrerAnswer, identify_referrer, "write",
          "The code and link by which a customer brings friends"),
    Route("POST", "/api/v2/referral/share", ShareReferral, ShareAnswer, share_referral, "write",
          "A customer tells friends by email", keyed=True),
    Route("GET", "/api/v2/vip_tiers", FetchTiers, list[TierAnswer], fetch_tiers, "read",
          "The tiers of the programme, from the lowest up"),
    Route("GET", "/api/v2/privacy/data/exists", PersonNamed, ExistsAnswer, data_exists, "read",
          "Whether anything is known of a person"),
    Route("GET", "/api/v2/privacy/data", PersonNamed, dict[str, Any], user_data, "read",
          "All that is known of a person"),
    Route("DELETE", "/api/v2/privacy/data", PersonNamed, ErasedAnswer, anonymize_user, "write",
          "Erase a person; what they earned and spent stays in the sums"),
)  # fmt: skip
