"""What every operation of the native API has in common, whatever it does; and one that is asked to keep to it.

- A list is of pages: `limit` and `cursor` in the query, `has_more` and `next_cursor` in the answer, and `Link`.
- A write takes `dry_run`, with which nothing is kept; and `Idempotency-Key`, under which it is done once.
- Configuration tells its version as `ETag`, and a change of it goes by `If-Match`.

`FREE` says of which of these an operation is free, and why.
"""

from typing import Any
from uuid import uuid4

import httpx

from guerdon.api.wire import Route
from tests.shop import Shop

FREE: dict[str, dict[str, str]] = {
    "redemptions.preview": {"key": "keeps nothing", "dry_run": "is always one"},
    "rule_preview.preview": {"key": "keeps nothing", "dry_run": "is always one"},
    "earning_preview.preview": {"key": "keeps nothing", "dry_run": "is always one"},
    "webhook_endpoints.test": {"key": "keeps nothing", "dry_run": "is always one"},
    "import_files.upload": {"key": "the same file is the import that it was", "dry_run": "is one, until it is started"},
    "tier_programme.find_tiers": {"page": "a programme has ten tiers at most"},
    "reports.needs": {"page": "there are a few kinds of what somebody should look at"},
}
CONFIGURATION = {
    "api_keys", "earning_rules", "merchants", "redemption_rules", "tier_programme", "transfer_rule",
    "webhook_endpoints",
}  # fmt: skip
UNVERSIONED = {"webhook_endpoints.test", "webhook_endpoints.send_again"}
"""They change nothing of the endpoint."""
SECRETS = {"api_keys.create", "webhook_endpoints.create", "webhook_endpoints.rotate"}
"""What is in their answer once is in no repeat."""
LOG = "api_request"
"""Tables whose names begin so are written behind every request, whatever it does."""

OF_MERCHANTS = """
    SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'merchant_id' ORDER BY table_name
"""


def is_free(operation: str, rule: str) -> bool:
    """Whether an operation need not keep a rule."""
    return rule in FREE.get(operation, {})


def is_versioned(operation: str) -> bool:
    """Whether an operation answers with configuration, or changes some."""
    noun, _, verb = operation.partition(".")
    return noun in CONFIGURATION and operation not in UNVERSIONED and not verb.startswith(("create", "find"))


async def ordinarily(shop: Shop, route: Route[Any], path: str, said: dict[str, Any], **headers: str) -> httpx.Response:
    """Ask it as clients do."""
    sent: dict[str, Any] = {"params": said} if route.method == "GET" else {"json": said}
    return await shop.http.request(route.method, path, headers=headers, **sent)


async def strictly(
    shop: Shop, operation: str, route: Route[Any], path: str, said: dict[str, Any]
) -> httpx.Response:  # fmt: skip
    """Ask it, and see that it keeps the rules."""
    if route.method == "GET":
        answer = await ordinarily(shop, route, path, said)
        _links(operation, answer)
    else:
        if not is_free(operation, "dry_run"):
            await _rehearsed(shop, operation, route, path, said)
        if is_versioned(operation):
            stale = await ordinarily(shop, route, path, said, **{"if-match": '"of-another-day"'})
            assert (stale.status_code, stale.json()["code"]) == (412, "outdated"), operation
        answer = await _once(shop, operation, route, path, said)
    if is_versioned(operation) and not operation.endswith(".remove"):
        assert answer.headers["etag"], operation
    return answer


async def _rehearsed(shop: Shop, operation: str, route: Route[Any], path: str, said: dict[str, Any]) -> None:
    before = await _all_rows(shop)
    tried = await ordinarily(shop, route, path, {**said, "dry_run": True})
    assert (tried.status_code, tried.headers.get("dry-run")) == (200, "true"), (operation, tried.text)
    after = await _all_rows(shop)
    changed = [name for name in after if after[name] != before[name]]
    assert not changed, (operation, changed)


async def _once(shop: Shop, operation: str, route: Route[Any], path: str, said: dict[str, Any]) -> httpx.Response:
    if is_free(operation, "key"):
        return await ordinarily(shop, route, path, said)
    key = {"idempotency-key": str(uuid4())}
    answer = await ordinarily(shop, route, path, said, **key)
    before = await _all_rows(shop)
    again = await ordinarily(shop, route, path, said, **key)
    after = await _all_rows(shop)
    changed = [name for name in after if after[name] != before[name]]
    assert not changed, (operation, changed)
    assert again.headers.get("idempotent-replayed") == "true", (operation, answer.text, again.text)
    assert _lasting(operation, again) == _lasting(operation, answer), operation
    return answer


def _lasting(operation: str, answer: httpx.Response) -> dict[str, Any]:
    told = answer.json()
    if operation in SECRETS:
        told.pop("secret", None)
    return told


def _links(operation: str, answer: httpx.Response) -> None:
    if not answer.headers["content-type"].startswith("application/json"):
        return
    told = answer.json()
    if "data" not in told or not isinstance(told["data"], list) or is_free(operation, "page"):
        return
    following = answer.links.get("next", {}).get("url")
    assert (following is not None) == told["has_more"] == (told["next_cursor"] is not None), operation
    if following is not None:
        assert httpx.URL(following).params["cursor"] == told["next_cursor"], operation


async def _all_rows(shop: Shop) -> dict[str, int]:
    """By table, a number that another row, or another value in one, makes another."""
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    tables = [row[0] for row in await database.fetch(OF_MERCHANTS) if not row[0].startswith(LOG)]
    sums = [
        f"SELECT '{one}', sum(hashtextextended(t::text, 0)) FROM {one} AS t WHERE merchant_id = $1" for one in tables
    ]
    return {row[0]: row[1] for row in await database.fetch(" UNION ALL ".join(sums), merchant_id)}
