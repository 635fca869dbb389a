"""`guerdon member`: one member's standing; two who are one; all that is known of one; one who leaves for good."""

import sys
from datetime import datetime, timedelta

import click
import msgspec

from guerdon.access.keys import list_keys, token_secret
from guerdon.access.tokens import KINDS, customer_token
from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import booked, desk_on
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.errors.members import MemberErased
from guerdon.kit.clock import machine_clock
from guerdon.kit.contact import BadContact, normal_email, normal_phone
from guerdon.members.members import Profile, find_member, get_member, set_standing
from guerdon.merchants.merchants import get_merchant
from guerdon.moving.erase import Erasure
from guerdon.moving.export import export_member
from guerdon.moving.leaving import erase_member
from guerdon.moving.merge import Merge, MergeMembers
from guerdon.moving.people import list_merges
from guerdon.moving.unmerge import UndoMerge
from guerdon.points.command import Identity
from guerdon.points.store import MEMBER
from guerdon.settings import Settings
from guerdon.tiers.assign import AssignTier

STATUSES = ("active", "suspended")
ACTOR = "cli"

WHO = click.argument("who", metavar="MEMBER")
"""An email address, a phone number that begins with +, or our own number."""


@click.group("member")
def command() -> None:
    """Look up a member, set a tier or a status; merge, export, erase.

    A MEMBER is named by an email address, by a phone number that begins with +, or by our own number.
    """


@command.command("show")
@with_settings
@with_json
@MERCHANT
@WHO
def show(settings: Settings, as_json: bool, merchant_id: int, who: str) -> None:
    """Show who a member is and how they stand.

    \b
    Example:
      guerdon member show --merchant 42 ana@example.com
    """
    identity = read_member(who)

    async def work(database: Database) -> Profile:
        return await find(database, merchant_id, identity)

    _show(on_database(settings, work), as_json=as_json)


@command.command("set")
@with_settings
@with_json
@MERCHANT
@WHO
@click.option("--tier", type=click.IntRange(min=0), help="The level of the tier; 0 is none.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The tier's last day; else until further notice.")
@click.option("--reason", help="Why the tier; kept with the member's history.")
@click.option("--no-perks", is_flag=True, help="Give nothing that the tier gives on entry.")
@click.option("--status", type=click.Choice(STATUSES), help="Suspended members earn and redeem nothing.")
def set_by_hand(
    settings: Settings, as_json: bool, merchant_id: int, who: str, tier: int | None, until: datetime | None,
    reason: str | None, no_perks: bool, status: str | None,
) -> None:  # fmt: skip
    """Set a member's tier or status by hand.

    \b
    Example:
      guerdon member set --merchant 42 ana@example.com --tier 2 --reason "Guest of the house"
    """
    if tier is None and status is None:
        raise Unusable("Nothing to set: name a --tier or a --status.")
    if tier is None and (until or reason or no_perks):
        raise Unusable("--until, --reason and --no-perks say more of a --tier: name one.")
    identity = read_member(who)

    async def work(database: Database) -> Profile:
        if tier is not None:
            merchant = await get_merchant(database, merchant_id)
            member = await _present(database, merchant_id, identity)
            wish = AssignTier(
                merchant=merchant, who=(Identity(MEMBER, str(member.member_id)),), level=tier,
                until=until.date() if until else None, reason=reason or "", perks=not no_perks,
            )  # fmt: skip
            await booked(database, wish, actor=ACTOR)
        if status is not None:
            return await _stand(database, merchant_id, identity, status)
        return await find(database, merchant_id, identity)

    _show(on_database(settings, work), as_json=as_json)


@command.command("suspend")
@with_settings
@with_json
@MERCHANT
@WHO
def suspend(settings: Settings, as_json: bool, merchant_id: int, who: str) -> None:
    """Suspend a member, who keeps all points and can do nothing with them until activated again.

    \b
    Example:
      guerdon member suspend --merchant 42 ana@example.com
    """
    _set_status(settings, merchant_id, who, "suspended", as_json=as_json)


@command.command("activate")
@with_settings
@with_json
@MERCHANT
@WHO
def activate(settings: Settings, as_json: bool, merchant_id: int, who: str) -> None:
    """Let a suspended member take part again.

    \b
    Example:
      guerdon member activate --merchant 42 ana@example.com
    """
    _set_status(settings, merchant_id, who, "active", as_json=as_json)


@command.command("merge")
@with_settings
@with_json
@MERCHANT
@click.argument("survivor")
@click.argument("other")
def merge(settings: Settings, as_json: bool, merchant_id: int, survivor: str, other: str) -> None:
    """Make two members one: OTHER becomes SURVIVOR, with points, coupons, orders, history and identities.

    \b
    Example:
      guerdon member merge --merchant 42 ana@example.com ana.stone@example.com
    """
    names = read_member(survivor), read_member(other)

    async def work(database: Database) -> Merge:
        merchant = await get_merchant(database, merchant_id)
        first, second = [(await find(database, merchant_id, one)).member_id for one in names]
        wish = MergeMembers(merchant=merchant, survivor_id=first, member_id=second)
        return await booked(database, wish, actor=ACTOR)

    merged = on_database(settings, work)
    if as_json:
        show_json(merged)
    else:
        click.echo(
            f"Member {merged.member_id} has become member {merged.survivor_id}. Until {merged.undoable_until:%Y-%m-%d} "
            f"`guerdon member unmerge --merchant {merchant_id} {merged.merge_id}` makes them two again."
        )


@command.command("unmerge")
@with_settings
@with_json
@MERCHANT
@click.argument("merge_id", type=int)
def unmerge(settings: Settings, as_json: bool, merchant_id: int, merge_id: int) -> None:
    """Undo a merge: what came with it and is still there goes back.

    \b
    Example:
      guerdon member unmerge --merchant 42 7
    """

    async def work(database: Database) -> Merge:
        merchant = await get_merchant(database, merchant_id)
        return await booked(database, UndoMerge(merchant=merchant, merge_id=merge_id), actor=ACTOR)

    undone = on_database(settings, work)
    if as_json:
        show_json(undone)
    else:
        click.echo(f"Member {undone.member_id} and member {undone.survivor_id} are two again.")


@command.command("merges")
@with_settings
@with_json
@MERCHANT
@WHO
def merges(settings: Settings, as_json: bool, merchant_id: int, who: str) -> None:
    """List who has become a member, newest first.

    \b
    Example:
      guerdon member merges --merchant 42 ana@example.com
    """
    identity = read_member(who)

    async def work(database: Database) -> list[Merge]:
        member = await find(database, merchant_id, identity)
        return await list_merges(database, merchant_id, member.member_id)

    found = on_database(settings, work)
    if as_json:
        show_json([{**msgspec.to_builtins(one), "document": None} for one in found])
        return
    rows = [
        (one.merge_id, one.member_id, one.survivor_id, one.state, f"{one.created_at:%Y-%m-%d %H:%M} UTC", one.actor)
        for one in found
    ]
    show_table(("merge", "member", "became", "state", "at", "by"), rows, empty="Nobody was merged here.")


@command.command("export")
@with_settings
@MERCHANT
@WHO
def export(settings: Settings, merchant_id: int, who: str) -> None:
    """Write all that is known of a member to standard output, one JSON object a line: {"kind": …, "document": …}.

    \b
    Example:
      guerdon member export --merchant 42 ana@example.com > ana.ndjson
    """
    identity = read_member(who)

    async def work(database: Database) -> None:
        member = await find(database, merchant_id, identity)
        async for one in export_member(database, merchant_id, member.member_id):
            sys.stdout.buffer.write(msgspec.json.encode(one._asdict()) + b"\n")

    on_database(settings, work)


@command.command("erase")
@with_settings
@with_json
@MERCHANT
@WHO
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(settings: Settings, as_json: bool, merchant_id: int, who: str, yes: bool) -> None:
    """Erase a person for good. What they earned and spent stays in the sums; nothing tells of whom it was.

    \b
    Example:
      guerdon member erase --merchant 42 ana@example.com --yes
    """
    identity = read_member(who)
    if not yes:
        click.confirm(f"Erase {who} for good?", abort=True, err=True)

    async def work(database: Database) -> Erasure:
        merchant = await get_merchant(database, merchant_id)
        member = await find(database, merchant_id, identity)
        async with desk_on(database) as desk:
            return await erase_member(database, desk, merchant, member.member_id, actor=ACTOR)

    gone = on_database(settings, work)
    if as_json:
        show_json(gone)
    else:
        click.echo(
            f"Member {gone.member_id} is erased: {gone.points} points expired, {gone.pending} pending were cancelled."
        )


@command.command("link")
@with_settings
@with_json
@MERCHANT
@WHO
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where the server is reached.")
@click.option("--minutes", type=click.IntRange(1, 24 * 60), default=60, show_default=True, help="How long it counts.")
def link(settings: Settings, as_json: bool, merchant_id: int, who: str, url: str, minutes: int) -> None:
    """Sign a link to a member's own page. A shop's own server does this with its secret, for whoever is signed in.

    \b
    Example:
      guerdon member link --merchant 42 ana@example.com --url https://points.example
    """
    identity = read_member(who)

    async def work(database: Database) -> str:
        merchant, now = await get_merchant(database, merchant_id), machine_clock()
        secret = await token_secret(database, merchant_id)
        if secret is None:
            raise Unusable(f"Nothing to sign with yet: `guerdon key token-secret --merchant {merchant_id} --rotate`.")
        if not any(
            key.kind == "publishable" and key.revoked_at is None for key in await list_keys(database, merchant_id)
        ):
            how = f"guerdon key create --merchant {merchant_id} --name pages --publishable"
            raise Unusable(f"Members have no pages without a publishable key: `{how}` makes one.")
        subject = subject_of(await find(database, merchant_id, identity))
        if subject is None:
            raise Unusable("This member has no email address, no phone number and no id of the shop's to sign for.")
        return customer_token(secret, guid=merchant.guid, subject=subject, now=now, life=timedelta(minutes=minutes))

    address = f"{url.rstrip('/')}/m/{merchant_id}#{on_database(settings, work)}"
    if as_json:
        show_json({"link": address})
    else:
        click.echo(address)


def read_email(text: str) -> Identity:
    """The identity of an address as somebody typed it."""
    try:
        return Identity("email", normal_email(text))
    except BadContact as error:
        raise Unusable(str(error)) from None


def read_member(text: str) -> Identity:
    """A member as somebody named one: an address, a phone number that begins with +, or our own number."""
    if text.isdecimal() and text.isascii():
        return Identity(MEMBER, text)
    if not text.startswith("+"):
        return read_email(text)
    try:
        return Identity("phone", normal_phone(text, None))
    except BadContact as error:
        raise Unusable(str(error)) from None


async def find(database: Database, merchant_id: int, identity: Identity) -> Profile:
    """Whom that names; refuses with MemberNotFound."""
    if identity.kind == MEMBER:
        return await get_member(database, merchant_id, int(identity.value))
    return await find_member(database, merchant_id, (identity,))


def subject_of(member: Profile) -> str | None:
    """Whom a token for this member names, by what a shop would."""
    for kind, stored in KINDS.items():
        if (value := member.identity(stored)) is not None:
            return f"{kind}:{value}"
    return None


def _set_status(settings: Settings, merchant_id: int, who: str, status: str, *, as_json: bool) -> None:
    identity = read_member(who)
    profile = on_database(settings, lambda database: _stand(database, merchant_id, identity, status))
    _show(profile, as_json=as_json)


async def _stand(database: Database, merchant_id: int, identity: Identity, status: str) -> Profile:
    """The member once the status is set."""
    member = await _present(database, merchant_id, identity)
    await set_standing(database, merchant_id, member.member_id, machine_clock(), status=status)
    return await get_member(database, merchant_id, member.member_id)


async def _present(database: Database, merchant_id: int, identity: Identity) -> Profile:
    """The member, who is not erased."""
    member = await find(database, merchant_id, identity)
    if member.status == "erased":
        raise MemberErased(member.member_id)
    return member


def _show(profile: Profile, *, as_json: bool) -> None:
    if as_json:
        show_json(profile)
        return
    facts = {name: value for name, value in msgspec.structs.asdict(profile).items() if name != "identities"}
    rows = [*facts.items(), *((identity.kind, identity.value) for identity in profile.identities)]
    show_table(("member", ""), rows, empty="")
