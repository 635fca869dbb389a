"""The `webhooks` of the OpenAPI document: what endpoints are posted, from the topics that there are. Pure."""

from typing import Any

from guerdon.events.topics import TOPICS, Topic

TAG = "webhooks"
TIME = {"type": "string", "format": "date-time"}
SIGNED = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": description}
    for name, description in {
        "webhook-id": "The same whenever the message is sent: who has seen it passes it over",
        "webhook-timestamp": "When it was sent, in seconds of Unix",
        "webhook-signature": "Of id, timestamp and body, as Standard Webhooks has it; several, with spaces between",
    }.items()
]


def webhooks() -> dict[str, Any]:
    """By topic, what is posted to endpoints of our own format."""
    return {name: {"post": _posted(name, topic)} for name, topic in TOPICS.items()}


def _posted(name: str, topic: Topic) -> dict[str, Any]:
    fields = {**topic.payload, **topic.optional}
    data = {
        "type": "object",
        "properties": {
            **{field: {"description": meaning} for field, meaning in fields.items()},
            "member_id": {"type": ["integer", "null"], "description": "whom it is about"},
            "sequence": {"type": "integer", "description": "its number in the log of events"},
        },
        "required": [*topic.payload, "member_id", "sequence"],
    }
    body = {
        "type": "object",
        "properties": {"type": {"const": name}, "timestamp": TIME, "data": data},
        "required": ["type", "timestamp", "data"],
    }
    return {
        "operationId": f"webhook.{name}",
        "tags": [TAG],
        "summary": f"It happened that {topic.says}",
        "security": [],
        "parameters": SIGNED,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Taken"},
            "410": {"description": "Gone: nothing is sent there any more"},
            "default": {"description": "Not taken: it is sent again, for days"},
        },
    }
