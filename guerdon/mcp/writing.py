"""Tools that change something. Called without a token they try it out and answer what would be, with a token for it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from guerdon.client import coupons, members, redemptions
from guerdon.client.ask import Ask
from guerdon.mcp.api import Api, Plain
from guerdon.mcp.reading import Who
from guerdon.mcp.rehearsals import Rehearsals

Token = Annotated[
    str | None,
    Field(description="Leave it out to try, which changes nothing. To do it, the token that trying it answered"),
]
NOT_YET = "Nothing is done yet. To do it, call this tool again with the same arguments and this token."


class Writing:
    """What an assistant may change."""

    def __init__(self, api: Api, rehearsals: Rehearsals) -> None:
        self._api, self._rehearsals = api, rehearsals

    async def redeem(
        self, who: Who, rule: Annotated[str, Field(description="Such as rule_7")],
        points: Annotated[int | None, Field(description="Only for rules that take more or fewer", ge=1)] = None,
        capture: Annotated[Literal["now", "on_order"], Field(description="Take the points, or only hold them")] = "now",
        token: Token = None,
    ) -> Plain:  # fmt: skip
        """Redeem a member's points for a coupon. The first call only tries."""
        arguments: Plain = {"who": who, "rule": rule, "points": points, "capture": capture}
        return await self._change(
            "redeem", arguments, token,
            lambda dry: redemptions.create(member=who, rule=rule, points=points, capture=capture, dry_run=dry),
        )  # fmt: skip

    async def cancel_redemption(
        self, redemption: Annotated[str, Field(description="Such as red_1042")], token: Token = None
    ) -> Plain:  # fmt: skip
        """Cancel a redemption: its points go back, its coupon is worthless. The first call only tries."""
        return await self._change(
            "cancel_redemption", {"redemption": redemption}, token,
            lambda dry: redemptions.cancel(redemption, dry_run=dry),
        )  # fmt: skip

    async def void_coupon(self, code: str, token: Token = None) -> Plain:
        """Make a coupon worthless, and give its points back. The first call only tries."""
        return await self._change("void_coupon", {"code": code}, token, lambda dry: coupons.void(code, dry_run=dry))

    async def adjust_points(
        self, who: Who, points: Annotated[int, Field(description="Above zero given, below zero taken")],
        reason: Literal["reward", "goodwill", "redeem", "expire"],
        title: Annotated[str | None, Field(description="What the member reads in their history")] = None,
        note: Annotated[str | None, Field(description="Why, for whoever approves it")] = None, token: Token = None,
    ) -> Plain:  # fmt: skip
        """Give a member points, or take some; above the shop's limit it is only proposed. The first call only tries."""
        tool = "adjust_points"
        member = await self._api.member(tool, who)
        arguments: Plain = {"member": member, "points": points, "reason": reason, "title": title, "note": note}
        return await self._change(
            tool, arguments, token,
            lambda dry: members.adjust(member, points=points, reason=reason, title=title, note=note, dry_run=dry),
        )  # fmt: skip

    async def suspend_member(self, who: Who, token: Token = None) -> Plain:
        """Let a member earn and redeem nothing until activated again. The first call only tries."""
        tool = "suspend_member"
        member = await self._api.member(tool, who)
        return await self._change(tool, {"member": member}, token, lambda dry: members.suspend(member, dry_run=dry))

    async def activate_member(self, who: Who, token: Token = None) -> Plain:
        """Let a suspended member take part again. The first call only tries."""
        tool = "activate_member"
        member = await self._api.member(tool, who)
        return await self._change(tool, {"member": member}, token, lambda dry: members.activate(member, dry_run=dry))

    def tools(self) -> tuple[Any, ...]:
        """All of them."""
        return (
            self.redeem, self.cancel_redemption, self.void_coupon, self.adjust_points, self.suspend_member,
            self.activate_member,
        )  # fmt: skip

    async def _change(
        self, tool: str, arguments: Plain, token: str | None, asking: Callable[[bool], Ask[Any]]
    ) -> Plain:  # fmt: skip
        """Try it out, or with the token of that do it, once."""
        if token is not None:
            key = self._rehearsals.key(token, tool, arguments)
            return {"dry_run": False, "done": await self._api.ask(tool, asking(False).under(key))}
        would_be = await self._api.ask(tool, asking(True))
        return {
            "dry_run": True, "would_be": would_be, "token": self._rehearsals.note(tool, arguments), "next": NOT_YET,
        }  # fmt: skip
