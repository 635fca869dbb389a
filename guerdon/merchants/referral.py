"""What a merchant gives for friends, and what it does not believe: the policy of its referrals."""

import re

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX

CODE = "{code}"
WAITING = re.compile(r"none|[1-9]\d{0,3} days?")

_LEAST = {
    "referrer_points": 0, "friend_points": 0, "referrer_coupon_rule": 1, "friend_coupon_rule": 1,
    "minimum_order_minor": 0, "reversal_days": 0, "completions_max_per_day": 1, "completions_max_per_month": 1,
    "completions_max_per_address": 1, "same_device_days": 0, "shares_max_per_day": 1,
}  # fmt: skip


class ReferralProgramme(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A friend is somebody who was no customer before; their first order that is large enough completes the referral.

    A coupon is that of a redemption rule, given without its points.
    """

    link: str = "{code}"
    """Where a friend goes, with `{code}` in the place of the member's code, such as https://acme.example/?ref={code}"""
    referrer_points: int = 0
    referrer_coupon_rule: int | None = None
    friend_points: int = 0
    friend_coupon_rule: int | None = None
    minimum_order_minor: int = 0
    """How much the order must come to that completes a referral, in minor units of the base currency."""
    pending: str = "none"
    """What the points for both wait for: `none`, or days such as `14 days`."""
    reversal_days: int = 30
    """For how long after its completion the rewards are taken back if the order is cancelled or returned whole."""
    completions_max_per_day: int = 10
    """Of one referrer, in a day of the merchant's."""
    completions_max_per_month: int = 50
    """Of one referrer, in 30 days."""
    completions_max_per_address: int = 3
    """From one ip address, in 30 days, whoever referred."""
    same_device_days: int = 90
    """An order from an ip address and a browser from which the referrer ordered in so many days is no friend's."""
    shares_max_per_day: int = 50
    """How many friends one member may tell by email, in a day of the merchant's."""

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value: int | None = getattr(self, name)
            if value is not None and not least <= value <= POINTS_MAX:
                raise BadField(f"referrals.{name}", f"{value} is not a whole number from {least} to {POINTS_MAX}")
        if CODE not in self.link or not self.link.isprintable():
            raise BadField("referrals.link", f"{self.link[:80]!r} has no {CODE} for the member's code")
        if not WAITING.fullmatch(self.pending):
            raise BadField("referrals.pending", f"{self.pending!r} is not 'none', or days such as '14 days'")

    def link_of(self, code: str) -> str:
        """Where the friends of the member with this code go."""
        return self.link.replace(CODE, code)
