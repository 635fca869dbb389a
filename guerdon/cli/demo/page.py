"""The way to a shopper's own page, as the shop's server would make it."""

from datetime import timedelta

from guerdon.access.keys import create_key, list_keys, rotate_token_secret, token_secret
from guerdon.access.tokens import customer_token
from guerdon.cli.demo.programme import MERCHANT_ID
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant

LIFE = timedelta(hours=24)


async def page_link(database: Database, url: str, email: str) -> str:
    """A link to the page of this customer, good for a day; the first one makes what pages need."""
    now = machine_clock()
    merchant = await get_merchant(database, MERCHANT_ID)
    keys = await list_keys(database, MERCHANT_ID)
    if not any(key.kind == "publishable" and key.revoked_at is None for key in keys):
        await create_key(database, MERCHANT_ID, name="pages", kind="publishable", now=now, limit_per_second=100)
    secret = await token_secret(database, MERCHANT_ID) or await rotate_token_secret(database, MERCHANT_ID, now)
    token = customer_token(secret, guid=merchant.guid, subject=f"email:{email}", now=now, life=LIFE)
    return f"{url}/m/{MERCHANT_ID}#{token}"
