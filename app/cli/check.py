"""`agent-sudo check`: what would be decided about these requests."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import Agent, AsJson, Kind, PolicyFile, Workspaces, checked_kind

if TYPE_CHECKING:
    from app.cli.home import Judged
    from app.core.decision import Decision
    from app.core.model import ActionRequest


def check(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Requests: a JSON object, an array, or JSONL.")],
    *,
    policy: PolicyFile = None,
    agent: Agent = "",
    kind: Kind = "pep",
    workspace: Workspaces = None,
    as_json: AsJson = False,
) -> None:
    """Decide requests in a file, recording nothing.

    Needs no service.

    Exit codes: 0 all allowed, 1 something denied, 3 something needs approval, 2 no answer.
    """
    from app.cli import terminal
    from app.cli.home import judged
    from app.cli.judging import Caller, exit_code, judge, wire
    from app.cli.requests import read_requests

    caller = Caller(agent, checked_kind(kind))
    requests = read_requests(file)
    by = judged(policy, workspace)
    decisions = [judge(by, caller, request) for request in requests]
    if as_json:
        terminal.lines([wire(decision, by) for decision in decisions])
    else:
        _show(by, requests, decisions)
    raise typer.Exit(exit_code(decisions))


def _show(by: "Judged", requests: list["ActionRequest"], decisions: list["Decision"]) -> None:
    from msgspec import to_builtins
    from rich.text import Text

    from app.cli import terminal
    from app.cli.requests import summary

    table = terminal.table("", "decision", "tool", "what, and why")
    for at, (request, decision) in enumerate(zip(requests, decisions, strict=True), 1):
        what = terminal.text(summary(to_builtins(request))[:300])
        why = terminal.text(f"{decision.reason} ({', '.join(decision.rules)})", "dim")
        tool = terminal.text((request.tool or request.action or "")[:20])
        said = Text("\n").join((what, why) if what else (why,))
        table.add_row(str(at), terminal.verdict(decision.verdict), tool, said)
    console = terminal.output()
    console.print(table)
    console.print(terminal.text(f"By {terminal.short(by.policy)}. Nothing was recorded.", "dim"))
