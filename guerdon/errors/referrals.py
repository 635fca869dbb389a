"""Why a referral is not taken."""

from dataclasses import dataclass

from guerdon.errors.base import NotFound, Unprocessable


@dataclass(eq=False)
class ReferralNotFound(NotFound):
    """There is no referral {referral_id}."""

    referral_id: int


@dataclass(eq=False)
class NoReferralProgramme(Unprocessable):
    """This merchant has no referral programme."""


@dataclass(eq=False)
class SharesCap(Unprocessable):
    """A customer may tell {shares_max} people a day: {left} are left today, and {asked} were named."""

    shares_max: int
    left: int
    asked: int
