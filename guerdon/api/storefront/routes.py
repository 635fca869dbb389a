"""What the storefront contract serves, one line a method and path."""

from typing import Any

from guerdon.api.history import (
    FetchRequest,
    FetchRequests,
    RequestAnswer,
    RequestsAnswer,
    fetch_request,
    fetch_requests,
)
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
from guerdon.api.storefront.codes import AddCodes, CodeAnswer, FindCode, OptionWithCodes, add_codes, find_code
from guerdon.api.storefront.core import (
    AddFilter,
    AddTarget,
    AskToken,
    FilterAnswer,
    Subscribe,
    SubscriptionAnswer,
    TargetAnswer,
    TokenAnswer,
    create_filter,
    create_subscription,
    create_target,
    fetch_token,
)
from guerdon.api.storefront.customers import FetchCustomer, UpsertCustomer, fetch_customer, upsert_customer
from guerdon.api.storefront.legacy import (
    CustomerDetails,
    FetchStoreCustomer,
    StoreAction,
    StoreCustomerAnswer,
    customer_details,
    fetch_store_customer,
    record_store_action,
)
from guerdon.api.storefront.lists import AllAnswer, FetchAll, FetchRecent, RecentAnswer, fetch_all, fetch_recent
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
from guerdon.api.storefront.record import CustomerAnswer
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

STORES = "/core/v3/stores/{store_id:str}"

ROUTES: tuple[Route[Any], ...] = (
    Route("POST", "/api/v2/redemptions", CreateRedemption, RedemptionAnswer, create_redemption, "redeem",
          "Redeem a customer's points for a redemption option", keyed=True, public="own"),
    Route("POST", "/api/v2/redemptions/{point_redemption_id:str}/cancellation_completed", CompleteCancellation,
          RedemptionAnswer, complete_cancellation, "redeem", "Give the points of a redemption back", keyed=True),
    Route("GET", "/api/v2/redemption_options", FetchOptions, list[OptionAnswer], fetch_options, "read",
          "What points buy, or what one customer may buy", public="catalogue"),
    Route("POST", "/api/v2/redemption_codes", AddCodes, OptionWithCodes, add_codes, "write",
          "Upload coupon codes for a redemption option"),
    Route("GET", "/api/v2/redemption_codes", FindCode, list[CodeAnswer], find_code, "read", "Whose a coupon code is"),
    Route("POST", "/api/v2/orders", CreateOrder, OrderAnswer, create_order, "write",
          "Report an order, or its new status: it earns points, and uses the coupons that it names", keyed=True),
    Route("POST", "/api/v2/refunds", CreateRefund, RefundAnswer, create_refund, "write",
          "Report what came back of an order, which may not be reported yet", keyed=True),
    Route("POST", "/api/v2/customers", UpsertCustomer, CustomerAnswer, upsert_customer, "write",
          "Add a customer, or change what is known of one", keyed=True),
    Route("GET", "/api/v2/customers", FetchCustomer, CustomerAnswer, fetch_customer, "read",
          "A customer with balance, orders and history", public="own"),
    Route("POST", "/api/v2/points/adjust", AdjustCustomer, AdjustmentAnswer, adjust_points, "write",
          "Give a customer points, or take some", keyed=True),
    Route("POST", "/api/v2/actions", RecordAction, ActionAnswer, record_action, "write",
          "Tell what a customer did, for which an earning rule gives something", keyed=True),
    Route("POST", "/api/v2/customer_birthdays", SetDay, DayAnswer, set_birthday, "write", "Tell a customer's birthday",
          keyed=True, public="own"),
    Route("POST", "/api/v2/customer_anniversary", SetDay, DayAnswer, set_anniversary, "write",
          "Tell a customer's anniversary", keyed=True),
    Route("GET", "/api/v2/customer_anniversary", DayNamed, DayAnswer, fetch_anniversary, "read",
          "A customer's anniversary"),
    Route("DELETE", "/api/v2/customer_anniversary", DayNamed, DayAnswer, delete_anniversary, "write",
          "Forget a customer's anniversary"),
    Route("GET", "/api/v2/campaigns", FetchCampaigns, list[CampaignAnswer], fetch_campaigns, "read",
          "What earns points, and how far one customer has come", public="catalogue"),
    Route("POST", "/api/v2/referral/referrer", IdentifyReferrer, ReferrerAnswer, identify_referrer, "write",
          "The code and link by which a customer brings friends", keyed=True),
    Route("POST", "/api/v2/referral/share", ShareReferral, ShareAnswer, share_referral, "write",
          "A customer tells friends by email", keyed=True, public="own"),
    Route("GET", "/api/v2/vip_tiers", FetchTiers, list[TierAnswer], fetch_tiers, "read",
          "The tiers of the programme, from the lowest up", public="catalogue"),
    Route("GET", "/api/v2/privacy/data/exists", PersonNamed, ExistsAnswer, data_exists, "read",
          "Whether anything is known of a person"),
    Route("GET", "/api/v2/privacy/data", PersonNamed, dict[str, Any], user_data, "read",
          "All that is known of a person"),
    Route("DELETE", "/api/v2/privacy/data", PersonNamed, ErasedAnswer, anonymize_user, "write",
          "Erase a person; what they earned and spent stays in the sums"),
    Route("GET", "/api/v2/requests", FetchRequests, RequestsAnswer, fetch_requests, "read",
          "What was asked of late with the keys of this merchant"),
    Route("GET", "/api/v2/requests/{request_id:str}", FetchRequest, RequestAnswer, fetch_request, "read",
          "One request, with what was sent and answered"),
    Route("GET", "/api/v2/customers/recent", FetchRecent, RecentAnswer, fetch_recent, "read",
          "Customers by page, who changed last first"),
    Route("GET", "/api/v2/customers/all", FetchAll, AllAnswer, fetch_all, "read",
          "Customers by page number: the older way"),
    Route("POST", "/api/v2/referral_email_shares", ShareReferral, ShareAnswer, share_referral, "write",
          "A customer tells friends by email: an older name", keyed=True),
    Route("POST", "/commerce-cloud/refunds", CreateRefund, RefundAnswer, create_refund, "write",
          "Report what came back of an order: another platform's path", keyed=True),
    Route("GET", "/api/v1/customer_details", CustomerDetails, CustomerAnswer, customer_details, "read",
          "A customer with everything: the first version", public="own"),
    Route("POST", "/api/v1/user_actions", RecordAction, ActionAnswer, record_action, "write",
          "Tell what a customer did: the first version", keyed=True),
    Route("POST", "/api/v1/referral_email_shares", ShareReferral, ShareAnswer, share_referral, "write",
          "A customer tells friends by email: the first version", keyed=True),
    Route("POST", "/api/v1/merchants/{merchant_id:str}/anonymize_customer", PersonNamed, ErasedAnswer, anonymize_user,
          "write", "Erase a person: the first version"),
    Route("POST", "/loyalty/v3/stores/{store_id:str}/customers", FetchStoreCustomer, StoreCustomerAnswer,
          fetch_store_customer, "read", "A customer: the third version"),
    Route("POST", "/loyalty/v3/stores/{store_id:str}/custom_actions", StoreAction, ActionAnswer, record_store_action,
          "write", "Tell what a customer did: the third version", keyed=True),
    Route("POST", f"{STORES}/access_tokens", AskToken, TokenAnswer, fetch_token, "read",
          "A token for registering webhooks"),
    Route("POST", f"{STORES}/webhooks/targets", AddTarget, TargetAnswer, create_target, "write",
          "Say where webhooks are posted"),
    Route("POST", f"{STORES}/webhooks/filters", AddFilter, FilterAnswer, create_filter, "write",
          "Say what webhooks tell of"),
    Route("POST", f"{STORES}/webhooks/subscriptions", Subscribe, SubscriptionAnswer, create_subscription, "write",
          "Have webhooks of a filter posted to a target"),
)  # fmt: skip
