"""What needs a person, in words, with the page where it is done."""

from typing import Any, NamedTuple

from guerdon.access.roles import Permission
from guerdon.api.v1.report_answers import NeedAnswer
from guerdon.console.visitor import Visitor


class Told(NamedTuple):
    """What is to be done, where, whether members notice already, and what one has to be allowed to go there."""

    title: str
    href: str
    urgent: bool = True
    permission: Permission = "see"


def need_told(visitor: Visitor, one: NeedAnswer) -> dict[str, Any]:
    """One need, as the page shows it."""
    told = _about_rewards(visitor, one) or _about_others(visitor, one) or _about_jobs(visitor, one)
    assert told is not None, f"{one.kind} has words"
    text = None
    if one.kind.startswith("import") and one.things:
        text = visitor.ngettext("%(num)s row cannot be taken", "%(num)s rows cannot be taken", one.things)
    href = told.href if visitor.may(told.permission) else None
    return {"title": told.title, "href": href, "urgent": told.urgent, "since": one.since, "text": text}


def _about_rewards(visitor: Visitor, one: NeedAnswer) -> Told | None:
    reward = f"/console/rewards/{one.subject}"
    match one.kind:
        case "pool_low":
            return Told(
                visitor.ngettext(
                    "%(num)s code is left for %(name)s", "%(num)s codes are left for %(name)s", one.things,
                    name=one.name,
                ),
                reward, urgent=False,
            )  # fmt: skip
        case "pool_empty":
            return Told(visitor._("No codes are left for %(name)s", name=one.name), reward)
        case "callbacks_stuck":
            return Told(
                visitor.ngettext(
                    "%(num)s coupon waits for your shop's answer", "%(num)s coupons wait for your shop's answer",
                    one.things,
                ),
                "/console/redemptions?state=asked",
            )  # fmt: skip
        case _:
            return None


def _about_others(visitor: Visitor, one: NeedAnswer) -> Told | None:
    endpoint = f"/console/developers/webhooks/{one.subject}"
    match one.kind:
        case "approvals":
            return Told(
                visitor.ngettext(
                    "%(num)s adjustment waits for a second person", "%(num)s adjustments wait for a second person",
                    one.things,
                ),
                "/console/approvals", urgent=False,
            )  # fmt: skip
        case "endpoint_failing":
            return Told(visitor._("Webhooks to %(name)s fail", name=one.name), endpoint)
        case "endpoint_disabled":
            return Told(visitor._("Webhooks to %(name)s are switched off", name=one.name), endpoint, urgent=False)
        case "import_ready":
            waits = visitor._("The import of %(name)s waits for your word", name=one.name)
            return Told(waits, f"/console/imports/{one.subject}", urgent=False, permission="import")
        case "import_stopped":
            stopped = visitor._("The import of %(name)s has stopped", name=one.name)
            return Told(stopped, f"/console/imports/{one.subject}", permission="import")
        case _:
            return None


def _about_jobs(visitor: Visitor, one: NeedAnswer) -> Told | None:
    match one.kind:
        case "night_late":
            return Told(
                visitor.ngettext(
                    "The jobs of %(num)s night are not done: is a worker running?",
                    "The jobs of %(num)s nights are not done: is a worker running?", one.things,
                ),
                "/docs",
            )  # fmt: skip
        case "job_failed":
            return Told(
                visitor.ngettext(
                    "The job %(name)s could not do %(num)s thing: the log says why",
                    "The job %(name)s could not do %(num)s things: the log says why", one.things, name=one.name,
                ),
                "/docs",
            )  # fmt: skip
        case "books_wrong":
            return Told(visitor._("The last proof found the books wrong"), f"/console/books/{one.subject}")
        case _:
            return None
