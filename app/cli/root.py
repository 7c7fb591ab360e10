"""The commands put together, and the one place where failures become words and exit codes."""

import sys
import traceback
from typing import Annotated

import typer

from app import __version__
from app.cli import (
    agents,
    answer,
    approvals,
    audit,
    check,
    context,
    delegate,
    doctor,
    init,
    keys,
    operators,
    policy,
    serve,
    sessions,
    stops,
    workspace,
)
from app.cli.demo import demo, ladder
from app.cli.failure import ERROR, Failure
from app.cli.routing import inventory, setup, verify

commands = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could show a passphrase.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 yes or done, 1 no (denied, wrong, tampered), 2 could not be done, 3 a person must approve.",
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's form of a callback
    if wanted:
        print(f"agent-sudo {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


@commands.callback()
def _root(*, _: Version = False) -> None:
    """A policy decision point for the tool calls of AI agents."""


commands.command("init", rich_help_panel=None)(init.init)
commands.command("serve")(serve.serve)
commands.command("check")(check.check)
commands.command("demo")(demo.demo)
commands.command("eval")(ladder.evaluate)
commands.command("context")(context.context)
commands.command("doctor")(doctor.doctor)
commands.command("setup")(setup.setup)
commands.command("inventory")(inventory.inventory)
commands.command("verify-routing")(verify.verify_routing)
commands.command("approve")(answer.approve)
commands.command("deny")(answer.deny)
commands.command("stop")(stops.stop)
commands.command("resume")(stops.resume)
for _group in (approvals, operators, agents, keys, delegate, sessions, policy, workspace, audit):
    commands.add_typer(_group.commands)


def main() -> None:
    """Run the command that the arguments name; the entry point of `agent-sudo`."""
    try:
        commands(prog_name="agent-sudo")
    except Failure as failure:
        failure.show()
        sys.exit(failure.code)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written at exit either.
        sys.stdout = None
        sys.exit(ERROR)
    except Exception:  # noqa: BLE001 - INVARIANT: whatever goes wrong exits as an error, never as a yes or a no
        traceback.print_exc()
        print("\nThis is a fault of agent-sudo itself. Please report it with the lines above.", file=sys.stderr)
        sys.exit(ERROR)
