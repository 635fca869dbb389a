"""The sentence of a redemption rule as people fill it in: its clauses, and the terms that they come to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict

from guerdon.api.reading import read_line
from guerdon.api.v1.redemption_terms import SAID, shown_terms
from guerdon.api.v1.rule_preview import TermsDrafted
from guerdon.console.frame import N
from guerdon.console.sentence import Clause, Field, Setting, Sheet
from guerdon.console.visitor import Visitor
from guerdon.rewards.codes import Called, Pooled
from guerdon.rewards.rule import RedemptionRule, RewardKind
from guerdon.rewards.sentence import Ranks

REWARDS = (
    ("amount", N("an amount:")),
    ("percentage", N("a share:")),
    ("free_shipping", N("free shipping")),
    ("free_product", N("the product")),
)
PRICINGS = (
    ("fixed", N("no more and no less")),
    ("each", N("or any multiple of them")),
    ("variable", N("as many times as the member likes")),
)
CATEGORIES = (
    ("DEFAULT", N("off the next purchase")),
    ("PAY_BALANCE", N("off the balance")),
    ("GIFT_CARDS", N("of gift card")),
    ("DONATE_TO_CHARITY", N("for charity")),
)
USES = (
    ("DEFAULT", N("for a purchase")),
    ("PAY_BALANCE", N("towards the balance")),
    ("GIFT_CARDS", N("as a gift card")),
    ("DONATE_TO_CHARITY", N("for charity")),
)
CHANNELS = (("online", N("online")), ("in_store", N("in store")))
SOURCES = (("pool", N("codes that are uploaded")), ("callback", N("codes that the shop's own server makes")))

HEADS = {
    "amount": N("%(points)s points buy %(reward)s %(amount_minor)s %(currency)s %(category)s, %(pricing)s"),
    "percentage": N("%(points)s points buy %(reward)s %(percentage_hundredths)s percent %(category)s, %(pricing)s"),
    "free_shipping": N("%(points)s points buy %(reward)s %(category)s, %(pricing)s"),
    "free_product": N("%(points)s points buy %(reward)s %(product_id)s for free %(category)s, %(pricing)s"),
}

POINTS = Field(name="points", label=N("Points"), kind="points", least=1)
PRICING = Field(name="pricing", label=N("How often at a time"), kind="choice", choices=PRICINGS)
REWARD = Field(name="reward", label=N("Kind of reward"), kind="choice", choices=REWARDS, changes_sentence=True)

CODES = {
    "pool": (
        N("with %(codes_source)s, and word when only %(low_at)s are left"),
        (Field(name="low_at", label=N("Told when so many are left"), kind="count", required=False),),
    ),
    "callback": (
        N(
            "with %(codes_source)s: asked at %(create_url)s, taken back at %(cancel_url)s, within %(timeout_s)s "
            "seconds, by the secret %(secret)s"
        ),
        (
            Field(name="create_url", label=N("Address that makes a code")),
            Field(name="cancel_url", label=N("Address that takes a code back")),
            Field(name="timeout_s", label=N("Seconds; 5 where this is empty"), kind="count", required=False),
            Field(name="secret", label=N("Secret; the one that is kept stays where this is empty"), kind="secret",
                  required=False),
        ),
    ),
}  # fmt: skip


class Choices(NamedTuple):
    """What a sentence depends on: its own kind, and what the merchant has."""

    reward: str
    codes_source: str
    currencies: tuple[str, ...]
    """The accepted ones, the base currency first, and those that the rule has."""
    others: tuple[str, ...]
    """Those in which an amount may be said beside the rule's own."""
    ranks: Ranks
    levels: tuple[int, ...]


def choices_of(visitor: Visitor, sheet: Sheet | None, terms: RedemptionRule | None, ranks: Ranks) -> Choices:
    """By what a browser sent, or else by what the rule says."""
    merchant = visitor.merchant
    reward = terms.reward.value if terms else RewardKind.AMOUNT.value
    source = "callback" if terms and isinstance(terms.codes, Called) else "pool"
    if sheet is not None:
        reward, source = sheet.said.get("reward", reward), sheet.said.get("codes_source", source)
    level = terms.tier_level if terms else 0
    levels = sorted({*ranks.names, level} - {0})
    codes = [merchant.currency, *sorted(merchant.rates), *([terms.currency, *terms.amounts_minor] if terms else [])]
    own = setting_of(visitor, sheet, terms).currency
    kept = terms.amounts_minor if terms else {}
    return Choices(
        reward if reward in HEADS else RewardKind.AMOUNT.value, source if source in CODES else "pool",
        tuple(dict.fromkeys(codes)), tuple(code for code in dict.fromkeys(codes) if code != own or code in kept),
        ranks, tuple(levels),
    )  # fmt: skip


def clauses_of(visitor: Visitor, choices: Choices) -> tuple[Clause, ...]:
    """The whole sentence, in its order."""
    return (
        _head(choices),
        *_other_amounts(visitor, choices),
        *_who(choices),
        Clause(topic="cart", text=N("with a cart of at least %(minimum_cart_minor)s"), offered=N("Smallest cart"),
               fields=(Field(name="minimum_cart_minor", label=N("Smallest cart"), kind="money"),)),
        *_limits(),
        Clause(topic="dates", text=N("from %(starts_at)s to %(ends_at)s"), offered=N("First and last day"),
               fields=(Field(name="starts_at", label=N("First day"), kind="since", required=False),
                       Field(name="ends_at", label=N("Last day"), kind="until", required=False))),
        Clause(topic="channel", text="%(channel)s", offered=N("Online or in store"),
               fields=(Field(name="channel", label=N("Where"), kind="choice", choices=CHANNELS, empty="any"),)),
        Clause(topic="stock", text=N("while %(stock)s last"), offered=N("Stock"),
               fields=(Field(name="stock", label=N("Stock"), kind="count"),)),
        *_coupon(choices),
    )  # fmt: skip


def _head(choices: Choices) -> Clause:
    goods = choices.reward in ("free_shipping", "free_product")
    fields = (
        POINTS, REWARD, PRICING,
        Field(name="amount_minor", label=N("Amount"), kind="money", empty=0),
        Field(name="currency", label=N("Currency"), kind="choice",
              choices=tuple((code, "") for code in choices.currencies)),
        Field(name="percentage_hundredths", label=N("Percent"), kind="share", empty=0),
        Field(name="product_id", label=N("Product, by its id in the shop")),
        Field(name="category", label=N("What it is put to"), kind="choice", choices=USES if goods else CATEGORIES),
    )  # fmt: skip
    text = HEADS[choices.reward]
    return Clause(topic="buys", text=text, fields=tuple(one for one in fields if f"%({one.name})s" in text))


def _other_amounts(visitor: Visitor, choices: Choices) -> Sequence[Clause]:
    """An amount in another currency, which counts instead of a conversion."""
    if choices.reward != "amount":
        return ()
    return [
        Clause(
            topic=f"amount_{code}",
            text=visitor._(N("or %(amount)s in %(currency)s")) % {"amount": f"%(amount_{code})s", "currency": code},
            offered=visitor._("Amount in %(currency)s", currency=code),
            fields=(Field(name=f"amount_{code}", label=visitor._("Amount in %(currency)s", currency=code), kind="money",
                          currency=code),),
        )
        for code in choices.others
    ]  # fmt: skip


def _who(choices: Choices) -> Sequence[Clause]:
    as_programme = N("alone, as the programme has it") if choices.ranks.alone else N("and up, as the programme has it")
    tiers = tuple((level, choices.ranks.names.get(level, str(level))) for level in choices.levels)
    exact = ((None, as_programme), (False, N("and every higher one")), (True, N("and no other")))
    clauses = [
        Clause(topic="tags", text=N("for members tagged %(member_tags)s"), offered=N("Tags"),
               fields=(Field(name="member_tags", label=N("Tags, with commas between them"), kind="list", empty=[]),)),
    ]  # fmt: skip
    if tiers:
        fields = (
            Field(name="tier_level", label=N("Tier"), kind="choice", choices=tiers, empty=0),
            Field(name="tier_exact", label=N("That tier, or higher ones too"), kind="choice", choices=exact),
        )
        clauses.insert(
            0, Clause(topic="tier", text=N("for tier %(tier_level)s %(tier_exact)s"), offered=N("Tier"), fields=fields)
        )
    return clauses


def _limits() -> Sequence[Clause]:
    def one(name: str, text: str, offered: str, *, kind: Any = "points") -> Clause:
        field = Field(name=name, label=offered, kind=kind, least=0 if kind == "money" else 1)
        return Clause(topic=name, text=text, offered=offered, fields=(field,))

    return (
        one("minimum_points", N("at least %(minimum_points)s points"), N("Fewest points")),
        one("offset_points", N("in steps of %(offset_points)s points"), N("Steps of points")),
        one("points_max_per_transaction", N("at most %(points_max_per_transaction)s points at a time"),
            N("Most points at a time")),
        one("points_max_per_day", N("at most %(points_max_per_day)s points a day"), N("Most points a day")),
        one("redemptions_max_per_member", N("at most %(redemptions_max_per_member)s times a member"),
            N("How often a member may"), kind="count"),
        one("budget_minor", N("at most %(budget_minor)s for all members together"), N("Budget"), kind="money"),
    )  # fmt: skip


def _coupon(choices: Choices) -> Sequence[Clause]:
    text, fields = CODES[choices.codes_source]
    source = Field(name="codes_source", label=N("Where codes come from"), kind="choice", choices=SOURCES,
                   changes_sentence=True)  # fmt: skip
    return (
        Clause(topic="coupon_days", text=N("with a coupon for %(coupon_days)s days"), offered=N("Life of the coupon"),
               fields=(Field(name="coupon_days", label=N("Days"), kind="count"),)),
        Clause(topic="prefix", text=N("with codes that begin with %(coupon_prefix)s"), offered=N("Beginning of codes"),
               fields=(Field(name="coupon_prefix", label=N("Beginning of codes"), required=False),)),
        Clause(topic="codes", text=text, offered=N("Codes of your own"), fields=(source, *fields)),
        Clause(topic="refund_expired", text=N("with the points back where the coupon expires unused"),
               offered=N("Points back for unused coupons"), sets={"refund_expired": (True, False)}),
        Clause(topic="transferable", text=N("for whoever has the coupon"), offered=N("Coupons may be passed on"),
               sets={"transferable": (True, False)}),
    )  # fmt: skip


def values_of(terms: RedemptionRule) -> dict[str, Any]:
    """A rule's terms as the fields of its sentence have them."""
    values: dict[str, Any] = {**shown_terms(terms), "starts_at": terms.starts_at, "ends_at": terms.ends_at}
    for name in ("pricing", "reward", "category"):
        values[name] = getattr(terms, name).value
    for name in ("minimum_points", "offset_points", "minimum_cart_minor"):
        values[name] = values[name] or None
    values |= {f"amount_{code}": minor for code, minor in terms.amounts_minor.items()}
    match terms.codes:
        case Pooled(low_at=low_at):
            values |= {"codes_source": "pool", "low_at": low_at}
        case Called():
            values |= {"codes_source": "callback", **asdict(terms.codes)}
        case _:
            pass
    return values


def terms_said(values: Mapping[str, Any], sheet: Sheet, beside: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sentence as the native API takes them, with what is said `beside` it, such as the name."""
    said = {name: value for name, value in values.items() if name in SAID}
    amounts = {name.removeprefix("amount_"): value for name, value in values.items() if name.startswith("amount_")}
    amounts.pop("minor", None)
    if any(name.startswith("amount_") and name != "amount_minor" for name in values):
        said["amounts_minor"] = {code: minor for code, minor in amounts.items() if minor is not None}
    if "prefix" in sheet.used and said.get("coupon_prefix") is None:
        said["coupon_prefix"] = ""
    said["codes"] = _codes(values) if "codes" in sheet.used else {"source": "generated"}
    return {**said, **beside}


def drafted_terms(said: Mapping[str, Any]) -> TermsDrafted:
    """What is said, as a request to the native API; refuses with BadField."""
    return read_line(msgspec.json.encode(said), _terms_of)


def _codes(values: Mapping[str, Any]) -> dict[str, Any]:
    if values.get("codes_source") == "callback":
        names = ("create_url", "cancel_url", "timeout_s")
        found = {name: values[name] for name in names if values.get(name) is not None}
        return {"source": "callback", **found, "secret": values.get("secret") or ""}
    low_at = values.get("low_at")
    return {"source": "pool"} if low_at is None else {"source": "pool", "low_at": low_at}


_terms_of = msgspec.json.Decoder(TermsDrafted)


def setting_of(visitor: Visitor, sheet: Sheet | None, terms: RedemptionRule | None) -> Setting:
    """The merchant's days, the currency that the form chooses, and the person's locale."""
    code = terms.currency if terms else visitor.merchant.currency
    if sheet is not None and visitor.merchant.accepts(sheet.said.get("currency", code)):
        code = sheet.said.get("currency", code)
    return Setting(visitor.zone, code, visitor.locale)
