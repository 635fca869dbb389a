"""The native API for programs in Python: typed, and safe to repeat. It needs nothing of what a server needs.

    from guerdon.client import Guerdon, members, redemptions

    with Guerdon("https://loyalty.example.com", "gk_…") as guerdon:
        ana = guerdon.ask(members.by(email="ana@example.com"))
        made = guerdon.ask(redemptions.create(member=ana.id, rule="rule_7"))
        for one in guerdon.each(redemptions.find(member=ana.id)):
            print(one.coupon.code)

Each noun of the API has a module whose functions say what is asked, and send nothing. `ask` has one thing answered,
`each` walks a list, and `flow` reads what comes piece by piece: events as they happen, and exports. With AsyncGuerdon
they are awaited, and all else is the same.

What is asked is asked again where the connection is lost or the server says that it cannot answer now, under one
idempotency key, so that nothing is done twice. What the server refuses is raised as a Problem with its code and facts.

ask         what is asked, as values            exchange    keys, retries and patience, without I/O
problems    what can go wrong                   flow        the same for what comes piece by piece
client      the two that send

`verify` checks a webhook on its way in, and `customer_token` signs who the customer in front of a page is.
"""

from guerdon.access.tokens import customer_token
from guerdon.client import (
    activities,
    adjustments,
    bulk,
    campaigns,
    coupons,
    decisions,
    earning_rules,
    entries,
    events,
    exports,
    households,
    imports,
    members,
    merges,
    orders,
    purchases,
    redemption_rules,
    redemptions,
    referrals,
    tiers,
    transfers,
    webhook_endpoints,
)
from guerdon.client.ask import PLAIN, Ask, Flow, Listing, Page, reading, writing
from guerdon.client.client import AsyncGuerdon, Guerdon
from guerdon.client.exchange import Patience
from guerdon.client.money import Money
from guerdon.client.problems import (
    BadInput,
    Conflict,
    Failure,
    Locked,
    NotAllowed,
    NotFound,
    Outage,
    Outdated,
    Problem,
    Refused,
    TooOften,
    Unauthenticated,
    Unreachable,
    Unreadable,
)
from guerdon.webhooks.signing import BadSecret, BadSignature, verify

__all__ = [
    "PLAIN",
    "Ask",
    "AsyncGuerdon",
    "BadInput",
    "BadSecret",
    "BadSignature",
    "Conflict",
    "Failure",
    "Flow",
    "Guerdon",
    "Listing",
    "Locked",
    "Money",
    "NotAllowed",
    "NotFound",
    "Outage",
    "Outdated",
    "Page",
    "Patience",
    "Problem",
    "Refused",
    "TooOften",
    "Unauthenticated",
    "Unreachable",
    "Unreadable",
    "activities",
    "adjustments",
    "bulk",
    "campaigns",
    "coupons",
    "customer_token",
    "decisions",
    "earning_rules",
    "entries",
    "events",
    "exports",
    "households",
    "imports",
    "members",
    "merges",
    "orders",
    "purchases",
    "reading",
    "redemption_rules",
    "redemptions",
    "referrals",
    "tiers",
    "transfers",
    "verify",
    "webhook_endpoints",
    "writing",
]
