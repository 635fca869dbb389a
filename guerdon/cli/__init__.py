"""The command line: one module a command, imported when it is asked for, so that `guerdon --help` waits for nothing.

A command fails in one way: what is wrong and what would work, as one sentence on stderr, or as JSON where a program
reads, and the exit code 2. Anything else is a bug and shows its traceback.
"""

from importlib import import_module
from keyword import iskeyword

import click

from guerdon.cli.failure import FAILURES, tell_failure

COMMANDS = {
    "serve": "Serve the interfaces over HTTP.",
    "demo": "Make a year of history, redeem live over HTTP, and keep serving.",
    "migrate": "Bring the schema of a database forward.",
    "merchant": "Add and change merchants.",
    "key": "Add, list, limit and revoke API keys; sign tokens of customers.",
    "request": "Show what was asked of late.",
    "operator": "Add and list people who sign in.",
    "rule": "Add and list redemption rules.",
    "pool": "Upload coupon codes for a rule, and see how many are left.",
    "redemption": "Show a redemption, or cancel it.",
    "earning-rule": "Add, list and try out earning rules.",
    "tier": "Set the tiers, put members into them, and show how they stand.",
    "member": "Look up a member, set a tier or a status; merge, export, erase.",
    "household": "Let members share one account.",
    "move": "Move points between members, sell points, and set the rule for both.",
    "import": "Bring in members, points, codes and rules from files, and take them back.",
    "export": "Write members, points, redemptions, codes, rules and orders to files.",
    "policy": "Give points that are there already other dates.",
    "webhook": "Tell other programs of events, and look how that goes.",
    "worker": "Do the jobs of each merchant's midnight.",
    "activity": "List what members did, approve or reject what waits.",
    "adjustment": "Give or take points by hand; approve or refuse what another proposed.",
    "referral": "Show a member's code and statistics, and list referrals.",
    "mcp": "Let an assistant look at the programme.",
    "event": "List what others are told, as it happens.",
    "verify": "Prove that the books add up.",
    "bench": "Measure redemptions a second, beside pgbench.",
    "openapi": "Print the document of every interface.",
    "doctor": "Check this installation and say what to do.",
}
"""What each does, in the order of the help. `guerdon.cli.<name>` holds the command, as `command`."""


def module_of(name: str) -> str:
    """The module of a command: its name as Python may say it."""
    return f"guerdon.cli.{name.replace('-', '_')}{'_' if iskeyword(name) else ''}"


class Commands(click.Group):
    """Knows its commands by name, and asks their modules only for what is run. click hands each method a context."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # by click
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # by click
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(module_of(cmd_name)).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # by click
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FAILURES as failure:
            tell_failure(ctx, failure)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="guerdon")
def main() -> None:
    """Guerdon, a loyalty engine you host yourself.

    Without further settings everything lies in .guerdon, a PostgreSQL included. `guerdon COMMAND --help` explains a
    command with an example.
    """
