"""`agent-sudo policy`: what is in force, what would be, and why something is decided as it is."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.failure import NO, Failure
from app.cli.options import Agent, AsJson, Kind, Operator, PassphraseStdin, PolicyFile, Url, Workspaces, checked_kind

if TYPE_CHECKING:
    from app.core.model import ActionRequest

commands = typer.Typer(name="policy", help="The policy: show, check, activate, explain.", no_args_is_help=True)
PolicyPath = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file.")]


@commands.command("show")
def show_policy(*, as_json: AsJson = False) -> None:
    """Show the policy in force, as YAML; needs no service."""
    from app.audit_log.timestamp import timestamp
    from app.cli import terminal
    from app.cli.home import BEGIN, reading
    from app.services.policies import unpack
    from app.storage.policies import policy_in_force_now

    with reading() as database, database.reading.connect() as connection:
        found = policy_in_force_now(connection)
    if found is None:
        raise Failure("No policy is in force in this home.", BEGIN)
    at, files = timestamp(found.activated_at), unpack(found.policy.files)
    if as_json:
        terminal.document(
            {
                "digest": found.policy.digest,
                "activated_by": found.activated_by,
                "activated_at": at,
                "files": [{"name": file.name, "text": file.text} for file in files],
            }
        )
        return
    print(f"# {found.policy.digest}\n# in force since {terminal.clock_time(at)} UTC by {found.activated_by}")
    for file in files:
        print(f"# file: {terminal.safe(file.name)}")
        # Into a file it goes as it is; a terminal is shown what it can show safely.
        print("\n".join(map(terminal.safe, file.text.splitlines())) if sys.stdout.isatty() else file.text)


@commands.command("check")
def check_policy(file: PolicyPath, *, as_json: AsJson = False) -> None:
    """Name every mistake in a policy file, and run the tests that it holds. Exit code 1 when anything is wrong."""
    from app.cli import terminal
    from app.cli.proofreading import proofread

    found = proofread(file)
    if as_json:
        terminal.document(found.wire())
    else:
        console = terminal.output()
        for line in found.problems:
            console.print(terminal.text(line, "red"), soft_wrap=True)
        _show_notes([*found.loosened, *found.notes])
        if not found.problems:
            good = terminal.text("good: ", "green")
            console.print(good + f"{found.rules} rules, {found.tests} tests hold, {terminal.short(found.digest)}")
    raise typer.Exit(NO if found.problems else 0)


@commands.command("activate")
def activate_policy(
    file: PolicyPath,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show how a policy file differs from the policy in force, and put it in force.

    Nothing happens if somebody else changed the policy in the meantime.
    """
    from app.cli import terminal
    from app.cli.home import files_of
    from app.cli.proofreading import proofread
    from app.cli.service import Service

    found = proofread(file)
    if found.problems:
        raise Failure("\n".join(found.problems), "Nothing was changed.")
    files = [{"name": one.name, "text": one.text} for one in files_of(file)]
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    proposal = service.post("/policy", {"files": files})
    if not as_json:
        _show_difference(proposal["difference"])
        _show_notes(found.loosened)
    if proposal["digest"] != proposal["previous"]:
        if not yes:
            _confirm()
        service.post(f"/policy/{proposal['digest']}/activate", {"previous": proposal["previous"]})
    if as_json:
        terminal.document({**proposal, "notes": found.loosened})
    elif proposal["digest"] == proposal["previous"]:
        terminal.output().print("This policy is in force already.")
    else:
        terminal.output().print(terminal.text("In force: ", "green") + terminal.short(proposal["digest"]))


@commands.command("explain")
def explain(
    what: Annotated[str, typer.Argument(metavar="'COMMAND'|FILE", help="A shell line, or a file with a request.")],
    *,
    policy: PolicyFile = None,
    agent: Agent = "",
    kind: Kind = "pep",
    source: Annotated[str, typer.Option(help="Where the shell line comes from: user, agent, web, …")] = "user",
    workspace: Workspaces = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the rules that are about other calls.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a call would do, which rules apply or nearly do, and the decision. Needs no service."""
    from app.cli import terminal
    from app.cli.explanation import show
    from app.cli.home import judged
    from app.cli.judging import Caller, exit_code, judge, wire

    by = judged(policy, workspace)
    request = _call(what, source)
    decision = judge(by, Caller(agent, checked_kind(kind)), request, explain=True)
    if as_json:
        terminal.document(wire(decision, by))
    else:
        show(by, request, decision, everything=everything)
    raise typer.Exit(exit_code([decision]))


def _call(what: str, source: str) -> "ActionRequest":
    from app.cli.requests import read_requests
    from app.core.model import ActionRequest

    if what == "-" or (len(what) < 4_096 and "\0" not in what and Path(what).is_file()):
        requests = read_requests(what)
        if len(requests) != 1:
            raise Failure(
                f"{what} holds {len(requests)} requests.", "One is explained at a time; see agent-sudo check."
            )
        return requests[0]
    if not what.strip():
        raise Failure("An empty command does nothing that could be explained.")
    if what.endswith((".json", ".jsonl", ".yaml", ".yml")) and " " not in what:
        raise Failure(f"No file is called {what}.", "A shell line of several words stands in quotes.")
    return ActionRequest(
        tool="shell", arguments={"command": what}, source=source, cwd=str(Path.cwd()), home=str(Path.home())
    )


def _show_notes(notes: list[str]) -> None:
    from app.cli import terminal

    for note in notes:
        terminal.output().print(terminal.text(note, "yellow"), soft_wrap=True)


def _show_difference(difference: str) -> None:
    from app.cli import terminal

    styles = {"+": "green", "-": "red", "@": "cyan"}
    console = terminal.output()
    for line in difference.splitlines():
        console.print(terminal.text(line, styles.get(line[:1], "")), soft_wrap=True)


def _confirm() -> None:
    from app.cli.terminal import is_interactive

    if not is_interactive():
        raise Failure("Nothing was changed: there is no terminal to ask at.", "Use --yes.")
    if not typer.confirm("Put it in force?", err=True):
        raise Failure("Nothing was changed.", code=NO)
