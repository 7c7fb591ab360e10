"""`agent-sudo stop` and `agent-sudo resume`: the stop buttons."""

from typing import Annotated, Any

import typer

from app.cli.failure import Failure
from app.cli.options import AsJson, Operator, PassphraseStdin, Url

AgentName = Annotated[str, typer.Option("--agent", metavar="NAME", help="This agent.")]
Tool = Annotated[str, typer.Option("--tool", metavar="NAME", help="Tools of this name; * is a wildcard: mcp:shop/*.")]
Everything = Annotated[bool, typer.Option("--everything", help="All agents and tools.")]


def stop(
    *,
    agent: AgentName = "",
    tool: Tool = "",
    everything: Everything = False,
    reason: Annotated[str, typer.Option(help="For people, and for the agent that is refused.")] = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Stop an agent, tools or everything; alone, show what stands.

    When it returns, nothing that is recorded later is allowed against it.
    """
    from app.cli import terminal
    from app.cli.service import Service

    chosen = _chosen(agent, tool, everything=everything)
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    if chosen is None:
        _show(service.get("/stops")["stops"], as_json=as_json)
        return
    made = service.post("/stops", {**chosen, "reason": reason})
    if as_json:
        terminal.document(made)
    else:
        terminal.output().print(terminal.text(f"Stopped. agent-sudo resume {made['id']} lifts it."), soft_wrap=True)


def resume(
    id: Annotated[str, typer.Argument(metavar="[STOP]", help="What `agent-sudo stop` showed, s_….")] = "",
    *,
    agent: AgentName = "",
    tool: Tool = "",
    everything: Everything = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Lift a stop, by its id or by what it stops."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    chosen = _chosen(agent, tool, everything=everything)
    if bool(id) is (chosen is not None):
        raise typer.BadParameter("Name one stop: its id, --agent, --tool or --everything.")
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    lifted = id or _find(service.get("/stops")["stops"], chosen)
    service.delete(f"/stops/{quoted(lifted)}")
    if as_json:
        terminal.document({"stop": lifted, "lifted": True})
    else:
        terminal.output().print("Lifted.")


def _chosen(agent: str, tool: str, *, everything: bool) -> dict[str, str] | None:
    """The one thing that was named; None when nothing was."""
    named = [
        {"kind": kind, "name": name}
        for kind, name, given in (("agent", agent, agent), ("tool", tool, tool), ("everything", "", everything))
        if given
    ]
    if len(named) > 1:
        raise typer.BadParameter("Name one of --agent, --tool and --everything at a time.")
    return named[0] if named else None


def _find(stops: list[dict[str, Any]], chosen: dict[str, str] | None) -> str:
    """The id of the stop of what was chosen."""
    for one in stops:
        if chosen == {"kind": one["kind"], "name": one["name"]}:
            return str(one["id"])
    raise Failure("Nothing of this name is stopped.", "agent-sudo stop shows what is.")


def _show(stops: list[dict[str, Any]], *, as_json: bool) -> None:
    from app.cli import terminal

    if as_json:
        terminal.lines(stops)
        return
    if not stops:
        terminal.output().print("Nothing is stopped.", style="dim")
        return
    table = terminal.table("stop", "what", "by", "since (UTC)", "reason")
    for one in stops:
        what = f"{one['kind']} {one['name']}".strip()
        since = terminal.clock_time(one["pressed_at"])
        table.add_row(
            one["id"], terminal.text(what), terminal.text(one["pressed_by"]), since, terminal.text(one["reason"])
        )
    terminal.output().print(table)
