"""Tools that only look. Their names and first lines are what an assistant chooses by."""

from typing import Annotated, Any

from pydantic import Field

from guerdon.client import coupons, decisions, events, members, orders, redemption_rules, redemptions
from guerdon.client.ask import Listing
from guerdon.mcp.api import Api, Plain

LIMIT = 25

Who = Annotated[
    str,
    Field(
        description="A member's id such as mem_42, or an identity: email:ana@example.com, phone:+14155550100, "
        "external_id:C-17, pos_account_id:9, card:1234"
    ),
]
Cursor = Annotated[str | None, Field(description="The next_cursor of the page before, for the next page")]


class Reading:
    """What an assistant may look at."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def find_member(self, who: Who) -> Plain:
        """Find a member: profile, balances (available, held, pending points, next expiry), identities and tier."""
        return await self._api.member_answer("find_member", who)

    async def point_history(self, who: Who, reason: str | None = None, cursor: Cursor = None) -> Plain:
        """List what happened to a member's points, newest first: each entry of the books with its reason."""
        tool = "point_history"
        listing = members.entries(await self._api.member(tool, who))
        return await self._page(tool, listing, cursor, reason=reason)

    async def redemption_options(self, who: Who) -> Plain:
        """See what a member can redeem now, and for every other reward why not and how many points are missing."""
        tool = "redemption_options"
        return await self._api.ask(tool, members.options(await self._api.member(tool, who)))

    async def list_redemption_rules(self, active: bool | None = None, cursor: Cursor = None) -> Plain:
        """List the rules of what points buy, each with its sentence in words."""
        return await self._page("list_redemption_rules", redemption_rules.find(), cursor, active=active)

    async def list_redemptions(
        self, who: Annotated[str | None, Who] = None, rule: str | None = None, state: str | None = None,
        cursor: Cursor = None,
    ) -> Plain:  # fmt: skip
        """List redemptions, newest first; state is held, captured, redeemed, cancelled or expired."""
        return await self._page(
            "list_redemptions", redemptions.find(), cursor, member=who, rule=rule, state=state
        )  # fmt: skip

    async def get_redemption(self, redemption: Annotated[str, Field(description="Such as red_1042")]) -> Plain:
        """Get one redemption with its coupon."""
        return await self._api.ask("get_redemption", redemptions.fetch(redemption))

    async def get_coupon(self, code: str) -> Plain:
        """See whose a coupon code is, whether it is still good, and which order used it."""
        return await self._api.ask("get_coupon", coupons.fetch(code))

    async def list_orders(
        self, who: Annotated[str | None, Who] = None, status: str | None = None, cursor: Cursor = None
    ) -> Plain:  # fmt: skip
        """List orders, those placed last first, each with what it earned and why."""
        return await self._page("list_orders", orders.find(), cursor, member=who, status=status)

    async def get_order(self, order: Annotated[str, Field(description="The shop's own id of it")]) -> Plain:
        """Get one order: which rules gave how many points for it and why, its coupons, its returns."""
        return await self._api.ask("get_order", orders.fetch(order))

    async def list_events(
        self, after: Annotated[int, Field(description="Only those after this sequence number", ge=0)] = 0,
        topics: Annotated[str | None, Field(description="Such as redemption.created,points.*")] = None,
        cursor: Cursor = None,
    ) -> Plain:  # fmt: skip
        """List what happened, oldest first: what webhooks tell too."""
        return await self._page("list_events", events.find(after=after), cursor, topics=topics)

    async def explain_decision(
        self, decision: Annotated[str, Field(description="The decision_id of a refusal, such as dec_0199f0c2…")]
    ) -> Plain:  # fmt: skip
        """Explain why something was refused: the sentence, and the numbers and names behind it."""
        return await self._api.ask("explain_decision", decisions.fetch(decision))

    async def list_decisions(
        self, code: Annotated[str | None, Field(description="Such as not_enough_points")] = None, cursor: Cursor = None
    ) -> Plain:  # fmt: skip
        """List what was refused lately, newest first."""
        return await self._page("list_decisions", decisions.find(), cursor, code=code)

    def tools(self) -> tuple[Any, ...]:
        """All of them."""
        return (
            self.find_member, self.point_history, self.redemption_options, self.list_redemption_rules,
            self.list_redemptions, self.get_redemption, self.get_coupon, self.list_orders, self.get_order,
            self.list_events, self.explain_decision, self.list_decisions,
        )  # fmt: skip

    async def _page(self, tool: str, listing: Listing[Any], cursor: str | None, **filters: Any) -> Plain:
        query = {**listing.query, **filters, "limit": LIMIT}
        return await self._api.ask(tool, Listing(listing.path, listing.pages, query).page(cursor))
