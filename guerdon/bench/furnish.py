"""What a shop that is open for a while has beside its members, made over the native API as the shop would."""

from typing import Any

import httpx

REWARDS, EARNING_RULES = 300, 200
CODES = 10_000
"""Of a pool that a reward takes its codes from."""
MEMBERS = 20
"""So many members do something with each other."""


def furnish(http: httpx.Client) -> None:
    """Rules by the hundred, codes, somebody to tell, and some of everything that members do with each other."""
    _make(http, "PUT", "transfer_rule", transfers={"enabled": True}, gifts={"enabled": True})
    for number in range(REWARDS):
        _make(http, "POST", "redemption_rules", name=f"Reward {number}", points=100 + number, currency="USD",
              amount_minor=100)  # fmt: skip
    for number in range(EARNING_RULES):
        _make(http, "POST", "earning_rules", name=f"Action {number}", trigger=f"action_{number}",
              earns={"kind": "flat", "points": 10})  # fmt: skip
    pool = _make(http, "POST", "redemption_rules", name="Partner code", points=50, currency="USD", amount_minor=100,
                 codes={"source": "pool", "low_at": 5})  # fmt: skip
    _make(http, "POST", f"redemption_rules/{pool['id']}/codes", codes=[f"PARTNER-{one}" for one in range(CODES)])
    _make(http, "POST", "webhook_endpoints", url="https://shop.example/hook", topics=["points.*"])
    _make(http, "POST", "imports", kind="members", content="email,points\nsam@example.com,70\n")
    rich = sorted(http.get("/v1/members", params={"limit": 100}).json()["data"], key=_available)[-2 * MEMBERS :]
    for one, other in zip(rich[:MEMBERS], rich[MEMBERS:], strict=True):
        _make(http, "POST", "transfers", **{"from": other["id"], "to": one["id"], "points": 1})
        _make(http, "POST", f"members/{one['id']}/referral/share", emails=[f"friend.of.{one['id']}@example.com"])
    _make(http, "POST", "households", owner=rich[0]["id"], name="The Roses")
    _make(http, "POST", f"members/{rich[1]['id']}/adjust", points=500, reason="goodwill", note="A late parcel")


def _available(member: dict[str, Any]) -> int:
    return member["balances"]["available"]


def _make(http: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = http.request(method, f"/v1/{path}", json=body)
    answer.raise_for_status()
    return answer.json()
