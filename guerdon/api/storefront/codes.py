"""Coupon codes that a shop has made itself: POST /redemption_codes fills a pool. GET tells whose a code is."""

from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, Id, Text, parts, text
from guerdon.api.storefront.options import OptionAnswer, option_answer
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.rewards.codes import CODE_LENGTH_MAX
from guerdon.rewards.pools import UPLOAD_MAX, upload_codes
from guerdon.rewards.redemptions import find_owners
from guerdon.rewards.rules import get_rule

CodeList = Annotated[str, Meta(max_length=UPLOAD_MAX * (CODE_LENGTH_MAX + 2))]
"""As many codes as an upload may have, with a comma and a space after each."""


class AddCodes(Credentials, kw_only=True):
    """Codes with commas between them, for a redemption option whose codes are uploaded."""

    redemption_option_id: Id | None = None
    codes: CodeList | None = None


class OptionWithCodes(OptionAnswer, kw_only=True):
    """The option, and what became of the codes: known ones were uploaded before, refused ones are other coupons'."""

    codes_added: int
    codes_known: int
    codes_refused: int
    number_of_unused_codes: int


class FindCode(Credentials, kw_only=True):
    """A code, or the id that the shop's platform gave its coupon. One is needed; both given must agree."""

    code: Text | int | None = None
    third_party_id: Text | int | None = None


class CodeAnswer(msgspec.Struct):
    """Whose a code is. `id` is that of the redemption; a code of an old system has none, and perhaps no email."""

    id: int | None
    code: str
    email: str | None
    third_party_id: str | None
    point_redemption_id: int | None


async def add_codes(engine: Engine, caller: Caller, params: AddCodes, _incoming: Incoming) -> OptionWithCodes:
    """Put codes into the pool of a redemption option; the same ones again change nothing."""
    if params.redemption_option_id is None:
        raise BadField("redemption_option_id", "the id of a redemption option is needed")
    if not params.codes:
        raise BadField("codes", f"1 to {UPLOAD_MAX} codes are needed, with commas between them")
    merchant = caller.merchant
    uploaded = await upload_codes(
        engine.database, merchant.merchant_id, params.redemption_option_id, parts(params.codes), now=engine.clock()
    )
    rule = await get_rule(engine.database, merchant.merchant_id, params.redemption_option_id)
    shown = option_answer(rule, merchant, rule.terms.currency)
    return OptionWithCodes(
        **msgspec.structs.asdict(shown),
        codes_added=uploaded.added,
        codes_known=uploaded.known,
        codes_refused=uploaded.refused,
        number_of_unused_codes=uploaded.level.unused,
    )


async def find_code(engine: Engine, caller: Caller, params: FindCode, _incoming: Incoming) -> list[CodeAnswer]:
    """Whose a code is, so that a shop can see at checkout that it is the shopper's; nobody's is an empty list."""
    code = None if params.code in (None, "") else text(params.code, "code")
    third_party_id = None if params.third_party_id in (None, "") else text(params.third_party_id, "third_party_id")
    if code is None and third_party_id is None:
        raise BadField("code", "one of code, third_party_id is needed")
    owners = await find_owners(
        engine.database, caller.merchant.merchant_id, code=code, third_party_id=third_party_id
    )  # fmt: skip
    return [
        CodeAnswer(owner.redemption_id, owner.code, owner.email, owner.third_party_id, owner.redemption_id)
        for owner in owners
    ]
