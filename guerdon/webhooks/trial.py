"""A test message: sent at once, answered to whoever asks, and kept nowhere."""

from datetime import datetime
from uuid import uuid4

import msgspec

from guerdon.database.pool import Database
from guerdon.kit.outbound import Outbound, OutboundFailed, Reply
from guerdon.webhooks.endpoints import lock_endpoint
from guerdon.webhooks.lane import TIMEOUT_S, USER_AGENT
from guerdon.webhooks.signing import signed_headers

TOPIC = "webhook_endpoint.test"


async def send_test(
    database: Database, outbound: Outbound, merchant_id: int, endpoint_id: int, *, now: datetime
) -> Reply | OutboundFailed:
    """What the endpoint answers to a signed message of no meaning, disabled or not; refuses with EndpointNotFound."""
    async with database.transaction() as connection:
        endpoint, secrets = await lock_endpoint(connection, merchant_id, endpoint_id, now)
    body = msgspec.json.encode({"type": TOPIC, "timestamp": now, "data": {"endpoint_id": endpoint_id}})
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        **signed_headers(secrets, f"test_{uuid4().hex}", now, body),
    }
    try:
        return await outbound.post(endpoint.url, body, headers, timeout_s=TIMEOUT_S)
    except OutboundFailed as failed:
        return failed
