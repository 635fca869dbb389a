"""The statements by which what belongs to a member goes over to another, or goes for good."""

from collections.abc import Iterable
from typing import Any

from msgspec import Raw

from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.moving.belongings import GOES_OVER, Belonging

SQL = load(__file__, "handover.sql")


def writes(rows: Iterable[Belonging]) -> list[Write]:
    """One statement for each table, with the rows that go over."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append({"key": row.key, "member_id": row.member_id, "source": row.source})
    return [
        Write(SQL.move_redemptions, by_kind.get("redemption", [])),
        Write(SQL.move_orders, by_kind.get("order", [])),
        Write(SQL.move_awards, [{**row, "key": Raw(row["key"].encode())} for row in by_kind.get("award", [])]),
        Write(SQL.move_activities, by_kind.get("activity", [])),
        Write(SQL.move_adjustments, by_kind.get("adjustment", [])),
        Write(SQL.move_tier_changes, by_kind.get("tier_change", [])),
        Write(SQL.move_celebrations, by_kind.get("celebration", [])),
        Write(SQL.move_referral_codes, by_kind.get("referral_code", [])),
        Write(SQL.move_referrals, _joined(by_kind, "referral", "referral_friend")),
        Write(SQL.move_movements, _joined(by_kind, "movement_sent", "movement_received")),
    ]


def _joined(by_kind: dict[str, list[dict[str, Any]]], *kinds: str) -> list[dict[str, Any]]:
    """Rows of a table whose two columns may both name the member, once each: a row is written once in a statement."""
    rows: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        column = GOES_OVER[kind][1]
        for row in by_kind.get(kind, []):
            rows.setdefault(row["key"], {"key": row["key"]})[column] = row["member_id"]
    return list(rows.values())


def erasures(rows: list[Any]) -> list[Write]:
    """What goes of members who are erased, each named by a row with its `member_id`."""
    return [
        Write(SQL.delete_identities, rows),
        Write(SQL.delete_celebrations, rows),
        Write(SQL.delete_words, rows),
        Write(SQL.delete_words_beside, rows),
        Write(SQL.delete_words_of_entries, rows),
        Write(SQL.scrub_orders, rows),
        Write(SQL.scrub_activities, rows),
        Write(SQL.scrub_referrals, rows),
        Write(SQL.scrub_merges, rows),
    ]
