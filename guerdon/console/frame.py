"""What surrounds every page: the rail, and where one is in it."""

from typing import NamedTuple

from guerdon.access.roles import Permission


class Place(NamedTuple):
    """An area of the console; `below` are its pages, by address and name; `first` stand in the bar of a phone."""

    address: str
    name: str
    icon: str
    below: tuple[tuple[str, str, Permission], ...] = ()
    first: bool = False


def marked(text: str) -> str:
    """A text that is said in the person's language where it is shown."""
    return text


N = marked
"""As tools that gather texts know it."""

RAIL = (
    Place("/console", N("Home"), "home", first=True),
    Place("/console/members", N("Members"), "members", (
        ("/console/members", N("Members"), "see"),
        ("/console/households", N("Households"), "see"),
        ("/console/referrals", N("Referrals"), "see"),
        ("/console/approvals", N("Approvals"), "see"),
        ("/console/counter", N("Counter"), "serve"),
    ), first=True),
    Place("/console/rewards", N("Rewards"), "rewards", first=True),
    Place("/console/earning", N("Earning"), "earning", (
        ("/console/earning", N("Earning rules"), "see"),
        ("/console/campaigns", N("Campaigns"), "see"),
    )),
    Place("/console/tiers", N("Tiers"), "tiers"),
    Place("/console/redemptions", N("Redemptions"), "redemptions", (
        ("/console/redemptions", N("Redemptions"), "see"),
        ("/console/coupons", N("Coupons"), "see"),
        ("/console/decisions", N("What was refused"), "see"),
    ), first=True),
    Place("/console/orders", N("Orders"), "orders", (
        ("/console/orders", N("Orders"), "see"),
        ("/console/returns", N("Returns"), "see"),
    )),
    Place("/console/insights", N("Insights"), "insights", (
        ("/console/insights", N("Insights"), "see"),
        ("/console/entries", N("Entries"), "see"),
        ("/console/books", N("Books"), "see"),
    )),
    Place("/console/developers", N("Developers"), "developers"),
    Place("/console/settings", N("Settings"), "settings", (
        ("/console/settings", N("You"), "see"),
        ("/console/settings/people", N("People"), "administer"),
        ("/console/settings/sign-on", N("Single sign-on"), "administer"),
        ("/console/settings/merchant", N("The merchant"), "administer"),
        ("/console/settings/policies", N("Policies"), "see"),
        ("/console/imports", N("Imports"), "import"),
        ("/console/exports", N("Exports"), "export"),
        ("/console/settings/audit", N("Audit trail"), "audit"),
    )),
)  # fmt: skip
"""The areas, in the order in which a day goes through them."""

ACTIONS: tuple[tuple[str, str, Permission], ...] = (
    ("/console/members/new", N("Add a member"), "serve"),
    ("/console/counter", N("Serve a customer at the till"), "serve"),
    ("/console/rewards/new", N("Add a reward"), "configure"),
    ("/console/earning/new", N("Add an earning rule"), "configure"),
    ("/console/tiers/edit", N("Change the tiers"), "configure"),
    ("/console/decisions", N("Find out why something was refused"), "see"),
    ("/console/books", N("Prove the books"), "audit"),
    ("/console/imports", N("Import a file"), "import"),
    ("/console/exports", N("Export everything of a kind"), "export"),
    ("/console/developers/keys", N("Make an API key"), "develop"),
    ("/console/developers/webhooks", N("Add a webhook"), "develop"),
    ("/console/developers/requests", N("Look at recent requests"), "develop"),
    ("/console/settings/people", N("Invite a person"), "administer"),
)
"""What people do often, with the page where it is done, for the palette of commands."""


WITHIN = {"/console/settings/transfers": "/console/settings/policies"}
"""Pages that belong to another than the one whose address theirs begins with."""


def nearest(place: Place, path: str) -> str | None:
    """The address below a place to which a page belongs; None where it belongs to the place as a whole."""
    path = WITHIN.get(path, path)
    found = [address for address, *_ in place.below if path == address or path.startswith(f"{address}/")]
    return max(found, key=len, default=None)


def here(path: str) -> Place | None:
    """The area that a page belongs to."""
    found: tuple[int, Place | None] = (0, None)
    for place in RAIL:
        for address in (place.address, *(below[0] for below in place.below)):
            length = len(address)
            if (path == address or path.startswith(f"{address}/")) and length > found[0]:
                found = (length, place)
    return found[1]
