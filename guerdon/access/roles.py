"""What the people of a merchant may do, by their role."""

from typing import Literal

Role = Literal["owner", "manager", "support", "finance", "developer", "read_only"]
Permission = Literal[
    "see", "export", "serve", "adjust", "erase", "configure", "approve", "import", "develop", "audit", "administer"
]

PERMISSIONS: dict[Permission, str] = {
    "see": "look at everything but secrets",
    "export": "take data of persons out of the system",
    "serve": "change members' profiles, redeem and cancel for them, suspend and merge them",
    "adjust": "give and take points by hand",
    "erase": "erase a person",
    "configure": "change what earns points and what they buy, tiers, campaigns and policies",
    "approve": "decide what somebody else proposed",
    "import": "bring members and points in, and take that back",
    "develop": "make keys and webhooks, and read what was sent and answered",
    "audit": "read who changed what, and prove the books",
    "administer": "say who may sign in, and change the merchant's own terms",
}
"""Everything that may be allowed, in the words of the page that shows it."""

MAY: dict[Role, frozenset[Permission]] = {
    "owner": frozenset(PERMISSIONS),
    "manager": frozenset(PERMISSIONS) - {"develop", "administer"},
    "support": frozenset({"see", "serve", "adjust"}),
    "finance": frozenset({"see", "export", "adjust", "approve", "audit"}),
    "developer": frozenset({"see", "develop"}),
    "read_only": frozenset({"see"}),
}
