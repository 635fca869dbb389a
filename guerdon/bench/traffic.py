"""What a case asks of the server, and how pgbench writes the same rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from guerdon.bench.programme import EMAIL, Programme
from guerdon.database.pool import Database
from guerdon.earning.earns import Flat, PerAmount, PerItem
from guerdon.earning.rule import Cap, EarningRule, Goods, Period
from guerdon.earning.rules import add_rule
from guerdon.kit.clock import machine_clock

HERE = Path(__file__).parent

BULK_LINES = 1000

ORDER = (
    (
        '{"order_id":"B-%%012d","customer_email":"EMAIL","total_amount_cents":12900,"currency_code":"USD",'
        '"status":"paid","created_at":"PLACED","shipping_amount_cents":500,"tax_amount_cents":1900,'
        '"discount_amount_cents":500,"tags":"spring","channel_type":"online","items":['
        '{"id":"mug","name":"Mug","quantity":2,"price_cents":2500,"collections":"kitchen,gifts","vendor":"Potter"},'
        '{"id":"pot","name":"Pot","quantity":1,"price_cents":6000,"collections":"kitchen","vendor":"Smith"}]}'
    )
    .replace("EMAIL", EMAIL)
    .replace("%%", "%")
)
"""An order of two lines. Its number comes first, then its member. It is placed after the members were given plenty of
points: pgbench spends from the oldest lot alone, which has to be the one that pays for all."""

RULES = (
    EarningRule(name="Points for goods", earns=PerAmount(points=1, each_minor=100)),
    EarningRule(
        name="Points for gifts",
        earns=PerItem(points=5),
        goods=Goods(collections=frozenset({"gifts"})),
        caps=(Cap(per=Period.EVER, points=10**9),),
    ),
    EarningRule(name="Points for spring", earns=Flat(points=10), order_tags=frozenset({"spring"})),
)
"""By amount, by piece of some goods and with a cap, and flat: 105, 10 and 10 points for the order."""


class Traffic(NamedTuple):
    """`body` is JSON with a member's number to fill in, after that of the request where they are `numbered`; or so many
    `lines` of it.

    `variables` are for the baseline, which also knows `merchant` and `members`; without one, nothing is beside it.
    """

    path: str
    body: str
    baseline: Path | None = None
    variables: Mapping[str, int] = {}
    numbered: bool = False
    lines: int = 1


def redemptions(programme: Programme) -> Traffic:
    """Everyone redeems under the programme's rule."""
    body = f'{{"customer_email":"{EMAIL}","redemption_option_id":{programme.rule_id}}}'
    return Traffic("/api/v2/redemptions", body, HERE / "baseline.pgbench", {"rule": programme.rule_id})


def native_redemptions(programme: Programme) -> Traffic:
    """The same by the native API."""
    return Traffic("/v1/redemptions", f'{{"member":"email:{EMAIL}","rule":"rule_{programme.rule_id}"}}')


def bulk_redemptions(programme: Programme) -> Traffic:
    """The same again, as many at once as one request may bring."""
    line = native_redemptions(programme).body
    return Traffic("/v1/redemptions/bulk", "\n".join([line] * BULK_LINES), lines=BULK_LINES)


async def orders(database: Database, programme: Programme) -> Traffic:
    """Everyone orders, and earns by three rules, which begin to count."""
    now = machine_clock()
    rules = [
        (await add_rule(database, programme.merchant_id, terms, actor="bench", now=now)).rule_id for terms in RULES
    ]
    variables = {f"rule{number}": rule_id for number, rule_id in enumerate(rules, start=1)}
    order = ORDER.replace("PLACED", f"{now:%Y-%m-%d %H:%M:%S}")
    return Traffic("/api/v2/orders", order, HERE / "baseline_orders.pgbench", variables, numbered=True)
