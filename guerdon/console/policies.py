"""The policies of a programme as people read and set them: in groups, each with what it means. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, cast

from babel import Locale

from guerdon.console.amounts import Unclear, decimal_typed, rate_of
from guerdon.console.frame import N
from guerdon.errors.base import BadField

Kind = Literal["choice", "number", "amount", "text", "yes", "words", "numbers"]


class Field(NamedTuple):
    """One policy. `options` are what may be chosen with their words; an empty number is what `empty` says."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    empty: str | None = None


class Group(NamedTuple):
    """Policies that are set together."""

    key: str
    title: str
    lead: str
    fields: tuple[Field, ...]


DAYS = N("days")
GROUPS = (
    Group(
        "expiry",
        N("Expiry"),
        N("How long points live. A change counts for points earned from then on; others keep their dates."),
        (
            Field(
                "expiry", "text", N("Points live"), N("never, 365 days, 12 months, 90 days inactive, or yearly 12-31")
            ),
            Field(
                "grace_days",
                "number",
                N("Grace after the date"),
                N("Points that come back after their date live so many days more."),
                unit=DAYS,
            ),
            Field(
                "remind_expiring_days",
                "numbers",
                N("Remind members"),
                N("So many days ahead, with commas between them. Empty for never."),
                unit=DAYS,
            ),
            Field("remind_rewards", "yes", N("Tell members of rewards that they can afford, or nearly")),
        ),
    ),
    Group(
        "earning",
        N("Earning"),
        N("Which orders earn, on what, and when the points can be spent."),
        (
            Field(
                "earn_statuses",
                "words",
                N("Orders earn when they are"),
                N("Statuses that your shop reports, with commas between them."),
            ),
            Field("earn_on", "words", N("Beside goods, orders earn on"), N("shipping, tax, both or nothing.")),
            Field(
                "order_total",
                "choice",
                N("The total that your shop reports is"),
                "",
                (("paid", N("what was paid")), ("before_discounts", N("what it was before discounts and coupons"))),
            ),
            Field(
                "earn_rounding",
                "choice",
                N("Points of an order are rounded"),
                "",
                (("down", N("down")), ("nearest", N("to the nearest")), ("up", N("up"))),
            ),
            Field(
                "earn_pending",
                "text",
                N("Points wait for"),
                N("none, a number of days such as 14 days, or a status such as fulfilled"),
            ),
            Field("backdate_days", "number", N("Activities may be reported late by"), unit=DAYS, empty=N("any time")),
        ),
    ),
    Group(
        "redeeming",
        N("Redeeming"),
        N("Who may redeem, and what becomes of points that wait for an order."),
        (
            Field(
                "opt_in",
                "choice",
                N("Who takes part"),
                "",
                (("everyone", N("everyone who has not opted out")), ("opted_in", N("only who has opted in"))),
            ),
            Field(
                "tier_match",
                "choice",
                N("A reward for a tier is for"),
                "",
                (("at_least", N("that tier and higher ones")), ("exact", N("that tier alone"))),
            ),
            Field(
                "capture_statuses",
                "words",
                N("Held points leave when the order is"),
                N("Statuses with commas between them."),
            ),
            Field(
                "cancel_statuses",
                "words",
                N("Points come back when the order is"),
                N("Statuses with commas between them."),
            ),
            Field(
                "hold_days",
                "number",
                N("Points are held for"),
                N("After that the coupon is void, and the points are released."),
                unit=DAYS,
                empty=N("ever"),
            ),
            Field(
                "late_capture",
                "choice",
                N("An order that comes after that"),
                "",
                (
                    ("recapture", N("takes the points again, if they are there")),
                    ("flag", N("is accepted, and flagged")),
                ),
            ),
            Field("coupon_prefix", "text", N("Coupon codes begin with")),
        ),
    ),
    Group(
        "returns",
        N("Returns and corrections"),
        N("What happens to points when goods come back, and who decides about points by hand."),
        (
            Field(
                "debt",
                "choice",
                N("Points that were earned wrongly are taken back"),
                "",
                (
                    ("unlimited", N("even below zero")),
                    ("within_balance", N("down to zero")),
                    ("pending_only", N("only while they are pending")),
                ),
            ),
            Field(
                "returned_rewards",
                "choice",
                N("Redeemed points come back"),
                "",
                (
                    ("reward_first", N("first")),
                    ("proportional", N("in proportion")),
                    ("when_full", N("when all goods came back")),
                ),
            ),
            Field(
                "approval_above",
                "number",
                N("A second person approves adjustments above"),
                unit=N("points"),
                empty=N("no limit"),
            ),
        ),
    ),
    Group(
        "people",
        N("People and households"),
        N("Sharing, merging, and what stays of who leaves."),
        (
            Field("household_members_max", "number", N("A household has at most"), unit=N("members")),
            Field("household_may_spend", "yes", N("Who joins a household may spend its points")),
            Field(
                "household_share",
                "choice",
                N("Who leaves takes along"),
                "",
                (("stays", N("nothing, unless somebody says otherwise")), ("equal", N("an equal share"))),
            ),
            Field("merge_undo_days", "number", N("A merge can be undone for"), unit=DAYS),
            Field(
                "erased_points",
                "choice",
                N("Points of an erased member"),
                "",
                (("expire", N("expire")), ("keep", N("stay in the books"))),
            ),
        ),
    ),
    Group(
        "worth",
        N("What points are worth"),
        N("What is owed to members in money, on Home and in Insights. No member sees it."),
        (
            Field(
                "point_value",
                "amount",
                N("A point is worth"),
                N("In your base currency, such as 0.01."),
                empty=N("an estimate, from what points were redeemed for"),
            ),
        ),
    ),
    Group(
        "records",
        N("Records"),
        N("For how long what happened can be read again. Entries of the books are kept for ever."),
        (
            Field("event_days", "number", N("Events are kept for"), unit=DAYS, empty=N("ever")),
            Field("delivery_days", "number", N("Webhook deliveries are kept for"), unit=DAYS),
            Field(
                "keep_request_bodies", "yes", N("The history of requests keeps excerpts, without secrets and people")
            ),
        ),
    ),
)

BY_KEY = {group.key: group for group in GROUPS}


def read(group: Group, said: Mapping[str, str], locale: Locale) -> dict[str, Any]:
    """The policies of a group out of a form's texts; refuses with BadField what is no number."""
    return {field.name: _value(field, said.get(field.name, "").strip(), locale) for field in group.fields}


def written(field: Field, value: Any, locale: Locale) -> str:
    """A policy as a field of a form has it."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(str(part) for part in cast("Sequence[Any]", value))
    if isinstance(value, Decimal):
        return decimal_typed(value, locale)
    return ("true" if value else "") if field.kind == "yes" else str(value)


def _value(field: Field, text: str, locale: Locale) -> Any:
    match field.kind:
        case "yes":
            return text == "true"
        case "number":
            return None if not text and field.empty is not None else _number(field, text)
        case "amount":
            return _amount(field, text, locale) if text else None
        case "words":
            return [word.strip() for word in text.split(",") if word.strip()]
        case "numbers":
            return [_number(field, number.strip()) for number in text.split(",") if number.strip()]
        case _:
            return text


def _amount(field: Field, text: str, locale: Locale) -> Decimal:
    try:
        return rate_of(text, locale)
    except Unclear:
        raise BadField(f"policies.{field.name}", f"{text[:40]!r} is no amount, such as 12.50") from None


def _number(field: Field, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise BadField(f"policies.{field.name}", f"{text[:40]!r} is no whole number")
    return int(text)
