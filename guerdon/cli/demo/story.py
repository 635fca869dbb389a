"""What a demo keeps between its starts: who may sign in, and whether its year was told to the end."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from guerdon.access.keys import create_key
from guerdon.access.operators import create_operator
from guerdon.activities.log import rules_for
from guerdon.app import running_engine, running_worker
from guerdon.cli.demo.history import ACTOR, SQL, History, StoryClock
from guerdon.cli.demo.programme import (
    CURRENCY,
    MERCHANT_ID,
    NAME,
    POLICIES,
    REVIEW,
    RULES,
    TIERS,
    TIMEZONE,
    draw_customers,
    earning_rules,
)
from guerdon.cli.failure import Unusable
from guerdon.database.cluster import write_private
from guerdon.database.migrate import migrate
from guerdon.database.pool import Database
from guerdon.earning.rules import add_rule as add_earning_rule
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import create_merchant, list_merchants
from guerdon.rewards.rules import add_rule
from guerdon.tiers.programmes import set_programme

FILE = "demo.json"
YEAR = timedelta(days=365)
USERNAME = "admin"


class Story(msgspec.Struct, frozen=True):
    """The demo's own secrets, which the database holds as hashes only. `rule_id` is the rule added live, once it is."""

    guid: str
    api_key: str
    username: str
    password: str
    complete: bool = False
    rule_id: int | None = None


def read_story(data_dir: Path) -> Story | None:
    """The story of an earlier start, told to the end or not."""
    try:
        return msgspec.json.decode((data_dir / FILE).read_bytes(), type=Story)
    except FileNotFoundError:
        return None


def write_story(data_dir: Path, story: Story) -> None:
    """Keep it where nobody else can read it."""
    write_private(data_dir / FILE, msgspec.json.encode(story).decode())


async def make_room(database: Database, earlier: Story | None) -> None:
    """Clear an earlier demo away. Refuses where there is anything that no demo has made."""
    merchants = await list_merchants(database)
    others = [merchant.name for merchant in merchants if merchant.merchant_id != MERCHANT_ID or earlier is None]
    if others:
        raise Unusable(
            f"This database has merchants that no demo made ({', '.join(others)}): "
            "give the demo a folder of its own, such as --data-dir .guerdon-demo."
        )
    async with database.transaction() as connection:
        await connection.execute(SQL.forget_everything)
        await connection.execute(SQL.make_room)
    await migrate(database, now=machine_clock())


async def tell_year(
    dsn: str, data_dir: Path, *, members: int, seed: int, on_progress: Callable[[float], None]
) -> Story:
    """Make Acme and a year of its history that ends now; `on_progress` hears which share of it is told.

    Commits need not reach the disk one by one: a year that is interrupted is told again from its start.
    """
    end = machine_clock()
    start = end - YEAR
    clock = StoryClock(start)

    def progress(now: datetime) -> None:
        on_progress((now - start) / YEAR)

    dsn = f"{dsn}&synchronous_commit=off"
    async with running_engine(dsn, clock=clock) as engine, running_worker(dsn, clock=clock) as worker:
        database = engine.database
        merchant = await create_merchant(
            database,
            name=NAME,
            currency_code=CURRENCY,
            timezone=TIMEZONE,
            now=start,
            merchant_id=MERCHANT_ID,
            policies=POLICIES,
        )
        password = secrets.token_urlsafe(9)
        story = Story(
            str(merchant.guid),
            await create_key(database, MERCHANT_ID, name="demo shop", now=start),
            USERNAME,
            password,
        )
        await create_operator(database, MERCHANT_ID, username=USERNAME, password=password, role="owner", now=start)
        write_story(data_dir, story)
        rewards = [await add_rule(database, MERCHANT_ID, terms, actor=ACTOR, now=start) for terms in RULES]
        for terms in earning_rules(start):
            await add_earning_rule(database, MERCHANT_ID, terms, actor=ACTOR, now=start)
        await set_programme(database, MERCHANT_ID, TIERS, actor=ACTOR, now=start)
        reviews = await rules_for(database, MERCHANT_ID, REVIEW)
        history = History(engine, clock, merchant, rewards, reviews, end, night=worker.run_once)
        await history.live(draw_customers(seed, members, start, end), progress)
    story = msgspec.structs.replace(story, complete=True)
    write_story(data_dir, story)
    return story
