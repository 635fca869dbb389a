"""What the portal contract serves, one line a method and path."""

from typing import Any

from guerdon.api.portal.entity import RuleShown
from guerdon.api.portal.issuance import (
    add_issuance_rule,
    get_issuance_rule,
    update_issuance_rule,
    update_issuance_rule_status,
)
from guerdon.api.portal.issuance_entity import IssuanceShown
from guerdon.api.portal.issuance_listing import IssuanceListSent, IssuanceListShown, loyalty_issuance_rules
from guerdon.api.portal.issuance_terms import IssuanceSent, IssuanceStatusSent
from guerdon.api.portal.listing import ListSent, ListShown, loyalty_redemption_rules
from guerdon.api.portal.locking import LockSent, LockShown, lock_rule, unlock_rule
from guerdon.api.portal.rules import (
    RuleNamed,
    add_redemption_rule,
    get_redemption_rule,
    update_redemption_rule,
    update_redemption_rule_status,
)
from guerdon.api.portal.terms import RuleSent, StatusSent
from guerdon.api.portal.transfer_terms import TransferRuleSent
from guerdon.api.portal.transfers import (
    TransferRuleShown,
    get_buy_gift_transfer_rule,
    update_buy_gift_transfer_rule,
)
from guerdon.api.wire import Route

ROUTES: tuple[Route[Any], ...] = (
    Route("POST", "/ui/v1/addRedemptionRule", RuleSent, RuleShown, add_redemption_rule, "write",
          "Add a redemption rule", keyed=True),
    Route("GET", "/ui/v1/getRedemptionRule/{id:str}", RuleNamed, RuleShown, get_redemption_rule, "read",
          "Read a redemption rule"),
    Route("POST", "/ui/v1/updateRedemptionRule", RuleSent, RuleShown, update_redemption_rule, "write",
          "Say all of a redemption rule anew", keyed=True),
    Route("POST", "/ui/v1/updateRedemptionRuleStatus", StatusSent, RuleShown, update_redemption_rule_status, "write",
          "Activate or disable a redemption rule", keyed=True),
    Route("POST", "/ui/v1/loyaltyRedemptionRules", ListSent, ListShown, loyalty_redemption_rules, "read",
          "List redemption rules"),
    Route("POST", "/ui/v1/addIssuanceRule", IssuanceSent, IssuanceShown, add_issuance_rule, "write",
          "Add an issuance rule, by which orders earn", keyed=True),
    Route("GET", "/ui/v1/getIssuanceRule/{id:str}", RuleNamed, IssuanceShown, get_issuance_rule, "read",
          "Read an issuance rule"),
    Route("POST", "/ui/v1/updateIssuanceRule", IssuanceSent, IssuanceShown, update_issuance_rule, "write",
          "Say all of an issuance rule anew", keyed=True),
    Route("POST", "/ui/v1/updateIssuanceRuleStatus", IssuanceStatusSent, IssuanceShown,
          update_issuance_rule_status, "write", "Activate or disable an issuance rule", keyed=True),
    Route("POST", "/ui/v1/loyaltyIssuanceRules", IssuanceListSent, IssuanceListShown, loyalty_issuance_rules, "read",
          "List issuance rules"),
    Route("GET", "/ui/v1/getBuyGiftTransferRule/{id:str}", RuleNamed, TransferRuleShown, get_buy_gift_transfer_rule,
          "read", "Read the rule for buying, giving and transferring points"),
    Route("POST", "/ui/v1/updateBuyGiftTransferRule", TransferRuleSent, TransferRuleShown,
          update_buy_gift_transfer_rule, "write",
          "Say all of the rule for buying, giving and transferring points anew", keyed=True),
    Route("POST", "/ui/v1/lockRule", LockSent, LockShown, lock_rule, "write",
          "Keep others from changing a rule while it is edited", keyed=True),
    Route("POST", "/ui/v1/unlockRule", LockSent, LockShown, unlock_rule, "write",
          "Let others change a rule again", keyed=True),
)  # fmt: skip
