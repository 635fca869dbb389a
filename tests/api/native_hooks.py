"""What schemathesis is told of the native API beside schemathesis.toml: what no schema can say of a value.

Such are a day that there was, a kind of activities that the merchant has a rule for, or that one of two is needed.
"""

from typing import Any, cast

from tests.api.document_shop import ANA

DAYS = {"since": "2026-01-01", "until": "2026-02-01"}
BIRTHDAY = {"birthday": {"day": 29, "month": 2, "year": None}}
IDENTITY = {"kind": "email", "value": "fay@example.com"}
TIMES = {"created_since": None, "created_before": None, "ends_since": None, "ends_before": None}
SAID: dict[str, dict[str, Any]] = {
    "activities.create": {"kind": "read_a_post", "occurred_at": None},
    "adjustments.adjust": {"points": 5, "reason": "goodwill", "expires_at": None},
    "api_keys.create": {"kind": "secret", "origins": [], "scopes": ["read"]},
    "audit_entries.find": {
        "kind": "redemption_rule",
        "subject": "rule_7",
        "since": "2026-01-01T00:00:00Z",
        "before": "2026-02-01T00:00:00Z",
    },
    "coupons.find": {"member": f"email:{ANA}", "redemption": None, "order": None, "rule": None, **TIMES},
    "entries.find": {
        "member": f"email:{ANA}",
        "account": None,
        "source": None,
        "target": None,
        "recorded_since": None,
        "recorded_before": None,
    },
    "events.find": {"topics": "points.*", "order": "newest", "after": None, "about": None},
    "households.change": {"role": "owner"},
    "identities.add": IDENTITY,
    "identities.remove": IDENTITY,
    "members.change": BIRTHDAY,
    "members.create": {**BIRTHDAY, "email": "gus@example.com", "country": None, "referral_code": None},
    "members.fetch_by": {"email": ANA, "phone": None, "external_id": None, "pos_account_id": None, "card": None},
    "purchases.create": {"paid": None},
    "reports.members": DAYS,
    "reports.points": DAYS,
    "reports.rewards": DAYS,
    "reports.summary": DAYS,
    "test_clock.advance_time": {"by_seconds": 60, "to": None},
    "timeline.find": {"kinds": "points,order"},
    "webhook_endpoints.change": {"url": "https://shop.example/hooks"},
    "webhook_endpoints.create": {"url": "https://shop.example/hooks"},
}
"""By operation; None leaves a field out."""
BY_VALUE = "identities.remove_at_v1_members_id_identities_kind_value_"


def fill_in(case: Any) -> None:
    """Make sense of a case that its schema allows, and leave one alone that is to be refused."""
    name: str = case.operation.definition.raw["operationId"]
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if name == BY_VALUE:
        case.path_parameters |= IDENTITY
    part = case.query if case.method == "GET" else case.body
    if name not in SAID or not isinstance(part, dict):
        return
    said = cast("dict[str, Any]", part)
    for field, value in SAID[name].items():
        said.pop(field, None)
        if value is not None:
            said[field] = value
