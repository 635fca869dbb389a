"""The pool of a reward: codes that the merchant uploads, each handed out once."""

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import pools
from guerdon.api.v1.ids import number
from guerdon.api.v1.pools import CodesUploaded, PoolChosen, PoolCodesAsked, UploadAnswer
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.lists import PAGE
from guerdon.console.titles import title_of
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.rewards.pool import thresholds
from guerdon.rewards.pools import UPLOAD_MAX
from guerdon.rewards.rules import get_rule

CODES = "/console/rewards/{id:str}/codes"
BETWEEN = str.maketrans(',"', "  ")
"""What stands between codes, or around them, beside ends of lines: a column of a spreadsheet has quotes, too."""


class CodesShown(Struct, kw_only=True):
    """The codes of one rule, a page of them."""

    id: str
    cursor: str | None = None


class CodesSent(Struct, kw_only=True):
    """Codes, one a line or with commas between them; shown first, unless `step` says that they were."""

    id: str
    codes: str = ""
    step: str | None = None


async def show_codes(engine: Engine, visitor: Visitor, params: CodesShown, _incoming: Incoming) -> View:
    """How full the pool is, and its codes in the order in which they are handed out."""
    return await page_of_codes(engine, visitor, params)


async def send_codes(engine: Engine, visitor: Visitor, params: CodesSent, incoming: Incoming) -> View:
    """Put codes into the pool, once it was shown what would become of them."""
    shown, codes = CodesShown(id=params.id), codes_in(params.codes)
    try:
        wanted = _wanted(visitor, params.id, codes)
        wanted.dry_run = params.step != "do"
        done = await pools.upload(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await page_of_codes(engine, visitor, shown, text=params.codes, refusal=refusal)
    if params.step != "do" and isinstance(done, UploadAnswer):
        return await page_of_codes(engine, visitor, shown, text="\n".join(codes), effect=done)
    return visitor.go(f"/console/rewards/{params.id}/codes", visitor._("The codes are in the pool"))


def codes_in(text: str) -> list[str]:
    """The codes of a text, each once."""
    return list(dict.fromkeys(one for one in text.translate(BETWEEN).split() if one))


def _wanted(visitor: Visitor, rule: str, codes: list[str]) -> CodesUploaded:
    if not 0 < len(codes) <= UPLOAD_MAX:
        raise BadField(
            "codes",
            visitor._("1 to %(most)s codes go at a time, and these are %(count)s", most=UPLOAD_MAX, count=len(codes)),
        )
    return CodesUploaded(id=rule, codes=codes)


async def page_of_codes(
    engine: Engine, visitor: Visitor, params: CodesShown, *, text: str = "", refusal: Refusal | None = None,
    effect: UploadAnswer | None = None,
) -> View:  # fmt: skip
    """The same, perhaps with what somebody wants to upload, and what would become of it."""
    inner = Incoming({"method": "GET", "path": visitor.path, "query_string": b"", "headers": []})
    rule = await get_rule(engine.database, visitor.merchant.merchant_id, number("rule", params.id))
    level = await pools.fetch(engine, visitor.caller, PoolChosen(id=params.id), inner)
    asked = PoolCodesAsked(id=params.id, limit=PAGE, cursor=params.cursor)
    codes = await pools.find(engine, visitor.caller, asked, inner)
    return visitor.view(
        "rewards/codes.html", status=200 if refusal is None else refusal.status, rule_id=params.id,
        title=title_of(rule.terms, visitor.taste), level=level, codes=codes, text=text, refusal=refusal, effect=effect,
        asked={"cursor": params.cursor} if params.cursor else {},
        thresholds=[] if level.low_at is None else thresholds(level.low_at),
    )  # fmt: skip


ROUTES = (
    Route("GET", CODES, CodesShown, View, show_codes, "see", "The codes of a reward"),
    Route("POST", CODES, CodesSent, View, send_codes, "configure", "Upload codes"),
)
