"""Keys for pages, tokens of customers, and what was asked of late, from the terminal."""

import httpx

from tests.cli.terminal import GRACE_S, Terminal


def test_a_page_is_given_a_key_and_its_requests_are_shown(dsn: str):
    terminal = Terminal(database_url=dsn)
    shop = ("--merchant", "42")
    created = terminal.json(
        "merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC"
    )
    page = terminal.json("key", "create", *shop, "--name", "page", "--publishable", "--origin", "https://shop.example")
    problem = terminal.json("key", "customer-token", *shop, "--email", "ana@example.com", status=2)
    assert "token-secret --rotate" in problem["error"]["message"]
    secret = terminal.json("key", "token-secret", *shop, "--rotate")["token_secret"]
    assert terminal.run("key", "token-secret", *shop).stdout.strip() == secret
    token = terminal.json("key", "customer-token", *shop, "--email", "ana@example.com")["customer_token"]
    keys = terminal.json("key", "list", *shop)
    assert [(key["kind"], key["limit_per_second"]) for key in keys] == [("secret", None), ("publishable", 10)]
    terminal.json("key", "limit", *shop, str(keys[0]["key_id"]), "--limit", "50")

    with (
        terminal.start("serve", "--port", "0", "--no-jobs") as server,
        httpx.Client(base_url=server.url(), timeout=GRACE_S) as http,
    ):
        headers = {"x-guid": page["guid"], "x-api-key": page["api_key"], "x-customer-token": token}
        nobody = http.get("/api/v2/customers", headers=headers)
        limited = http.get("/api/v2/vip_tiers", headers={"x-guid": page["guid"], "x-api-key": created["api_key"]})
    assert (nobody.status_code, limited.headers["ratelimit-limit"]) == (404, "50")

    listed = terminal.json("request", "list", *shop, "--status", "4xx")
    assert [(one["path"], one["error_code"]) for one in listed] == [("/api/v2/customers", "member_not_found")]
    shown = terminal.json("request", "show", *shop, nobody.headers["x-request-id"])
    assert "ana@example.com" not in str(shown)
    assert "a***@example.com" in shown["response"]
    assert "404" in terminal.run("request", "list", *shop).stdout
    assert terminal.json("request", "list", "--merchant", "0") == []
