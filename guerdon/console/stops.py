"""What a page is called that shows a refusal in the place of what was asked for, and what its reader does next. Pure.

The refusal says what was wrong with this one thing; this says what sort of no it is.
"""

from typing import NamedTuple

from guerdon.console.frame import N
from guerdon.errors.access import FormOutdated, InvitationOver, PermissionMissing, SignInOver
from guerdon.errors.base import Outdated, Refusal
from guerdon.errors.rewards import VersionConflict


class Stop(NamedTuple):
    """The title of the page, and what to do next."""

    title: str
    next: str


OTHERWISE = Stop(N("This did not work"), N("Go back, change what is named here, and send it again."))
OUT_OF_DATE = Stop(
    N("This page is out of date"),
    N("Nothing was changed. Go back, load the page again, and repeat your change on what it says then."),
)
OVER = Stop(N("This is over"), N("Nothing was changed. Sign in, or ask whoever sent you here for a new link."))
NOT_YOURS = Stop(N("Not for your role"), N("Nothing was changed. Everything that the menu shows is open to you."))

BY_KIND: dict[type[Refusal], Stop] = {
    PermissionMissing: NOT_YOURS,
    FormOutdated: OUT_OF_DATE,
    Outdated: OUT_OF_DATE,
    VersionConflict: OUT_OF_DATE,
    InvitationOver: OVER,
    SignInOver: OVER,
}
"""Kinds that say more than their status does."""

BY_STATUS: dict[int, Stop] = {
    401: Stop(N("You are not signed in"), N("Sign in, and open this page again.")),
    403: Stop(N("This is not allowed"), N("Nothing was changed. An owner can tell you who may do it.")),
    404: Stop(
        N("There is nothing here"),
        N("It may have been removed, or the link has a letter too few. Look for it in its list, or search for it."),
    ),
    409: Stop(
        N("Something else is in the way"),
        N("Nothing was changed. Go back, load the page again, and look at what is there now."),
    ),
    412: OUT_OF_DATE,
    423: Stop(N("Somebody else is at it"), N("Nothing was changed. Wait a moment, then send it again.")),
    429: Stop(N("Too many attempts"), N("Nothing was changed. Wait a moment, then try once more.")),
    500: Stop(
        N("Something broke here"),
        N("Look whether what you sent was done before you send it again. The request’s number helps to find out why."),
    ),
    503: Stop(
        N("Away for a moment"),
        N("Wait a moment, then load the page again. Look whether what you sent was done before you send it again."),
    ),
}


def stop_of(refusal: Refusal) -> Stop:
    """What sort of no this is, in English."""
    return BY_KIND.get(type(refusal)) or BY_STATUS.get(refusal.status, OTHERWISE)
