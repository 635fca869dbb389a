"""Makes the calls to merchants' coupon URLs: for a shopper who waits for the coupon, and for the job that settles what
nobody waits for any more.

What a call leads to is a command at the desk, which is decided under the locks. So it does no harm that a call is made
twice, that it is answered after it was given up, or that two of us meet at one redemption.
"""

import asyncio
from typing import NamedTuple

import structlog

from guerdon.callbacks import calls
from guerdon.callbacks.calls import GIVE_UP_AFTER, Call
from guerdon.callbacks.message import Made, NotMade, body, excerpt, headers, read_made, read_taken_back
from guerdon.database.pool import Database
from guerdon.errors.base import KeyInFlight, Outage
from guerdon.errors.rewards import CodeTaken, CouponNotIssued, PoolEmpty
from guerdon.kit.clock import Clock
from guerdon.kit.outbound import Outbound, OutboundFailed, Reply
from guerdon.merchants.merchant import Merchant
from guerdon.points.desk import Answer, Desk
from guerdon.points.store import write_refusal
from guerdon.rewards.callback import Kind, Progress
from guerdon.rewards.codes import Called
from guerdon.rewards.issue import IssueCoupon, ReleaseUnissued
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption, State
from guerdon.rewards.redemptions import email_of, get_redemption
from guerdon.rewards.rules import get_rule

AT_ONCE_MAX = 16
"""So many calls of one merchant are under way at a time, for the job."""

PATIENCE_S = 8.0
"""So long a repeat waits for what comes of the first request under its key; then it is to ask again."""
LOOK_PAUSE_S = 0.1

log = structlog.get_logger()


class Terms(NamedTuple):
    """What a rule says of its URLs, and their secret. No codes where the rule does not call any more."""

    codes: Called | None
    secret: str


class Callbacks:
    """Asks merchants for coupons, and to take them back."""

    def __init__(
        self, database: Database, desk: Desk, outbound: Outbound, clock: Clock, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._database, self._desk, self._outbound, self._clock = database, desk, outbound, clock
        self._patience_s = patience_s

    @property
    def allow_private(self) -> bool:
        """Whether addresses of the own network may be asked."""
        return self._outbound.allow_private

    @property
    def outbound(self) -> Outbound:
        """The way to merchants' addresses."""
        return self._outbound

    async def settled(
        self, merchant: Merchant, answer: Answer[Redemption], *, actor: str, key: str | None
    ) -> Redemption:
        """A redemption with its coupon: as it was answered, or once the merchant has made the code.

        A repeat under the same key gets what came of the first. Refuses with CouponNotIssued; with KeyInFlight where
        the first is not answered yet.
        """
        redemption = answer.value
        if redemption.state is not State.ASKED:
            return redemption
        if not answer.replayed:
            return await self._issued(merchant, redemption, actor)
        return await self._settled_by_another(merchant, redemption.redemption_id, actor, key or "")

    async def settle_due(self, merchant: Merchant, limit: int) -> tuple[int, int]:
        """Settle the next callbacks that are due; returns how many were, and how many met a bug."""
        due = await calls.take_due(self._database, merchant.merchant_id, self._clock(), min(limit, AT_ONCE_MAX))
        outcomes = await asyncio.gather(*(self._settle(merchant, call) for call in due), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for error in failed:
            if isinstance(error, Outage):
                raise error
            log.error("callback_failed", merchant=merchant.merchant_id, exc_info=error)
        return sum(outcome is True for outcome in outcomes), len(failed)

    # For a shopper who waits

    async def _issued(self, merchant: Merchant, redemption: Redemption, actor: str) -> Redemption:
        """Ask for the coupon. A refusal is recorded as any other is (behaviour 11)."""
        said = await self._create(merchant, redemption, actor)
        if isinstance(said, Redemption) and said.state not in (State.CANCELLED, State.EXPIRED):
            return said
        reason = said.reason if isinstance(said, NotMade) else said.state
        refusal = CouponNotIssued(reason, redemption.redemption_id)
        await write_refusal(
            self._database, merchant.merchant_id, Redeem.__name__, actor, refusal, redemption.member_id, self._clock()
        )
        raise refusal

    async def _create(
        self, merchant: Merchant, redemption: Redemption, actor: str, given_for: str | None = None
    ) -> Redemption | NotMade:
        """Ask for the coupon, once, and book what comes of it."""
        terms = await self._terms(merchant, redemption)
        said = Made() if terms.codes is None else await self._ask_to_make(merchant, redemption, terms, terms.codes)
        if isinstance(said, Made):
            issue = IssueCoupon(
                merchant=merchant, redemption_id=redemption.redemption_id, rule_id=redemption.rule_id,
                given_for=given_for, **said._asdict(),
            )  # fmt: skip
            try:
                return (await self._desk.submit(issue, actor=actor)).value
            except CodeTaken as taken:
                said = NotMade(taken.code)
        if redemption.is_gift and not said.clear:
            return said
        return await self._release(merchant, redemption, said, actor)

    async def _release(self, merchant: Merchant, redemption: Redemption, said: NotMade, actor: str) -> NotMade:
        command = ReleaseUnissued(
            merchant=merchant, redemption_id=redemption.redemption_id, reason=said.reason, refused=said.clear
        )
        await self._desk.submit(command, actor=actor)
        return said

    async def _settled_by_another(
        self, merchant: Merchant, redemption_id: int, actor: str, key: str
    ) -> Redemption:  # fmt: skip
        """What came of a redemption that another request, perhaps a dead one, has begun."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience_s
        while loop.time() < until:
            state, outcome = await calls.outcome_of(self._database, merchant.merchant_id, redemption_id)
            redemption = await get_redemption(self._database, merchant.merchant_id, redemption_id)
            if state == Progress.DONE:
                return redemption
            if state == Progress.GIVEN_UP:
                raise CouponNotIssued(outcome, redemption_id)
            if await calls.take_one(self._database, merchant.merchant_id, redemption_id, self._clock()):
                return await self._issued(merchant, redemption, actor)
            await asyncio.sleep(LOOK_PAUSE_S)
        raise KeyInFlight(key)

    # For the job

    async def _settle(self, merchant: Merchant, call: Call) -> bool:
        """Whether a callback that was due needs no further attempt."""
        redemption = await get_redemption(self._database, merchant.merchant_id, call.redemption_id)
        if call.kind is Kind.CANCEL:
            return await self._take_back(merchant, redemption, call)
        if redemption.is_gift:
            return await self._give(merchant, redemption, call)
        # Whoever waited for it has been told that something went wrong, and may have asked again: it must not stand.
        await self._release(merchant, redemption, NotMade("unsettled"), "worker")
        return True

    async def _give(self, merchant: Merchant, redemption: Redemption, call: Call) -> bool:
        """The coupon of a gift: nobody waits for it, so it is asked for until it is there."""
        now = self._clock()
        try:
            said = await self._create(merchant, redemption, "worker", call.given_for)
        except PoolEmpty as empty:
            await calls.put_off(self._database, merchant.merchant_id, call, empty.code, now)
            return False
        if isinstance(said, Redemption) or said.clear:
            return True
        if now - call.asked_at >= GIVE_UP_AFTER:
            await self._release(merchant, redemption, said, "worker")
            return True
        await calls.put_off(self._database, merchant.merchant_id, call, said.reason, now)
        return False

    async def _take_back(self, merchant: Merchant, redemption: Redemption, call: Call) -> bool:
        """Tell the merchant that a coupon is worth nothing; again and again until it has heard."""
        now, merchant_id = self._clock(), merchant.merchant_id
        terms = await self._terms(merchant, redemption)
        if terms.codes is None:
            await calls.end_call(self._database, merchant_id, call, Progress.GIVEN_UP, "no_url")
            return True
        reply = await self._post(merchant, redemption, call.kind, call.code, terms.codes.cancel_url, terms)
        failed = reply if isinstance(reply, NotMade) else read_taken_back(reply.status, reply.body)
        if failed is None:
            await calls.end_call(self._database, merchant_id, call, Progress.DONE, "cancelled")
            return True
        if now - call.asked_at >= GIVE_UP_AFTER:
            await calls.end_call(self._database, merchant_id, call, Progress.GIVEN_UP, failed.reason)
            log.error("coupon_not_taken_back", merchant=merchant_id, redemption=call.redemption_id, why=failed.reason)
            return True
        await calls.put_off(self._database, merchant_id, call, failed.reason, now)
        return False

    # The calls

    async def _terms(self, merchant: Merchant, redemption: Redemption) -> Terms:
        codes = (await get_rule(self._database, merchant.merchant_id, redemption.rule_id)).terms.codes
        if not isinstance(codes, Called):
            return Terms(None, "")
        return Terms(codes, await calls.secret_of(self._database, merchant.merchant_id, redemption.rule_id))

    async def _ask_to_make(
        self, merchant: Merchant, redemption: Redemption, terms: Terms, codes: Called
    ) -> Made | NotMade:
        reply = await self._post(merchant, redemption, Kind.CREATE, redemption.code, codes.create_url, terms)
        return reply if isinstance(reply, NotMade) else read_made(reply.status, reply.body)

    async def _post(
        self, merchant: Merchant, redemption: Redemption, kind: Kind, code: str, url: str, terms: Terms
    ) -> Reply | NotMade:
        """One call, noted."""
        assert terms.codes is not None, "there is a URL"
        email = await email_of(self._database, merchant.merchant_id, redemption.member_id)
        sent = body(redemption, code, email, terms.secret)
        told = headers(redemption.redemption_id, kind, terms.secret)
        status: int | None = None
        try:
            reply = await self._outbound.post(url, sent, told, timeout_s=terms.codes.timeout_s)
            status, said = reply.status, excerpt(reply.body, terms.secret, email)
        except OutboundFailed as failure:
            reply, said = NotMade(failure.reason), excerpt(str(failure).encode(), terms.secret, email)
        await calls.note_attempt(
            self._database, merchant.merchant_id, redemption.redemption_id, kind, status, said, self._clock()
        )
        return reply
