"""Exports: everything of a kind, as lines that can be imported again."""

from typing import Any, Literal

from guerdon.client.ask import Flow, at

Kind = Literal["members", "lots", "entries", "redemptions", "codes", "orders", "redemption_rules", "earning_rules"]


def each(kind: Kind) -> Flow[dict[str, Any]]:
    """Everything of a kind, from one snapshot. Raises Unreachable where it breaks off: begin it anew then."""
    return Flow(at("exports", kind), dict[str, Any])
