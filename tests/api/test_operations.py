"""Health, readiness, figures, the document, and what is not there."""

import json

from tests.shop import Shop


async def test_a_server_with_its_database_is_alive_and_ready(shop: Shop):
    assert (await shop.http.get("/health")).json() == {"status": "ok"}
    ready = await shop.http.get("/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_a_server_is_not_ready_before_its_migrations(shop: Shop):
    await shop.engine.database.execute(
        "DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)"
    )

    ready = await shop.http.get("/ready")

    assert ready.status_code == 503
    assert "guerdon migrate" in ready.json()["status"]


async def test_figures_count_requests_and_batches(shop: Shop):
    await shop.member("ana@example.com", 100)
    await shop.http.post("/api/v2/redemptions", json={"customer_email": "ana@example.com"})

    figures = (await shop.http.get("/metrics")).text

    assert 'guerdon_request_seconds_count{method="POST",path="/api/v2/redemptions",status="400"}' in figures
    assert "guerdon_batch_commands_count" in figures


async def test_an_unknown_path_says_which_in_the_contracts_form(shop: Shop):
    answer = await shop.http.get("/api/v2/nowhere")

    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing at /api/v2/nowhere."}


async def test_a_wrong_method_names_the_right_one(shop: Shop):
    answer = await shop.http.get("/api/v2/redemptions")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_the_document_describes_every_route(shop: Shop):
    document = (await shop.http.get("/openapi.json")).json()

    assert document["openapi"] == "3.1.0"
    assert "post" in document["paths"]["/api/v2/redemptions"]
    assert "get" in document["paths"]["/ui/v1/getRedemptionRule/{id}"]
    assert "CreateRedemption" in json.dumps(document["paths"]["/api/v2/redemptions"])


async def test_every_request_is_kept_with_who_asked_and_how_it_went(shop: Shop):
    await shop.member("ana@example.com")
    answer = await shop.http.post("/api/v2/redemptions", json={"customer_email": "ana@example.com"})
    await shop.engine.requests.close()

    rows = await shop.engine.database.fetch("SELECT * FROM api_request")

    assert [(row["method"], row["path"], row["status"]) for row in rows] == [("POST", "/api/v2/redemptions", 400)]
    assert rows[0]["merchant_id"] == shop.merchant.merchant_id
    assert rows[0]["caller"].startswith("key:")
    assert str(rows[0]["request_id"]) == answer.headers["x-request-id"]
