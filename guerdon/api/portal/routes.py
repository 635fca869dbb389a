"""What the portal contract serves, one line a method and path."""

from typing import Any

from guerdon.api.portal.entity import RuleShown
from guerdon.api.portal.listing import ListSent, ListShown, loyalty_redemption_rules
from guerdon.api.portal.rules import (
    RuleNamed,
    add_redemption_rule,
    get_redemption_rule,
    update_redemption_rule,
    update_redemption_rule_status,
)
from guerdon.api.portal.terms import RuleSent
from guerdon.api.portal.transfer_terms import TransferRuleSent
from guerdon.api.portal.transfers import (
    TransferRuleShown,
    get_buy_gift_transfer_rule,
    update_buy_gift_transfer_rule,
)
from guerdon.api.wire import Route

ROUTES: tuple[Route[Any], ...] = (
    Route("POST", "/ui/v1/addRedemptionRule", RuleSent, RuleShown, add_redemption_rule, "write",
          "Add a redemption rule"),
    Route("GET", "/ui/v1/getRedemptionRule/{id:str}", RuleNamed, RuleShown, get_redemption_rule, "read",
          "Read a redemption rule"),
    Route("POST", "/ui/v1/updateRedemptionRule", RuleSent, RuleShown, update_redemption_rule, "write",
          "Say all of a redemption rule anew"),
    Route("POST", "/ui/v1/updateRedemptionRuleStatus", RuleSent, RuleShown, update_redemption_rule_status, "write",
          "Activate or disable a redemption rule"),
    Route("POST", "/ui/v1/loyaltyRedemptionRules", ListSent, ListShown, loyalty_redemption_rules, "read",
          "List redemption rules"),
    Route("GET", "/ui/v1/getBuyGiftTransferRule/{id:str}", RuleNamed, TransferRuleShown, get_buy_gift_transfer_rule,
          "read", "Read the rule for buying, giving and transferring points"),
    Route("POST", "/ui/v1/updateBuyGiftTransferRule", TransferRuleSent, TransferRuleShown,
          update_buy_gift_transfer_rule, "write",
          "Say all of the rule for buying, giving and transferring points anew"),
)  # fmt: skip
