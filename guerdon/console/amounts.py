"""Amounts of money as people type them in a form, and as a form shows them again. Pure."""

from decimal import Decimal, InvalidOperation

from guerdon.errors.base import BadField
from guerdon.kit.money import NotRepresentable, currency, to_decimal, to_minor


def minor_of(text: str | None, code: str, field: str) -> int | None:
    """Minor units of what was typed, such as 12.50 or 12,50; None for nothing. Refuses with BadField."""
    if text is None or not text.strip():
        return None
    try:
        return to_minor(Decimal(text.strip().replace(",", ".")), currency(code))
    except InvalidOperation:
        raise BadField(field, f"{text[:40]!r} is no amount, such as 12.50") from None
    except NotRepresentable as problem:
        raise BadField(field, str(problem)) from None


def typed(minor: int | None, code: str) -> str:
    """An amount as a field of a form has it; nothing for None."""
    return "" if minor is None else str(to_decimal(minor, currency(code)))
