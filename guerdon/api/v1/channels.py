"""Where something is bought or done, in the words of the native API: `online`, `in_store`, or the merchant's own."""

from typing import Annotated

from msgspec import Meta

OFFLINE, IN_STORE = "offline", "in_store"
"""What rules and orders call a shop of bricks, and what clients of this API do."""

SoldIn = Annotated[str, Meta(min_length=1, max_length=63, examples=["online", "in_store"])]


def channel_of(name: str) -> str:
    """The channel as rules compare it."""
    return OFFLINE if name == IN_STORE else name


def channel_shown(channel: str) -> str:
    """The channel as clients call it."""
    return IN_STORE if channel == OFFLINE else channel
