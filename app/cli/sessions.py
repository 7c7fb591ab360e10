"""`agent-sudo sessions`: runs of agents, what they have seen, and their end."""

from typing import Annotated

import typer

from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="sessions", help="Runs of agents: list, show, end.", no_args_is_help=True)
SessionId = Annotated[str, typer.Argument(metavar="SESSION", help="Its id, s_…, as `sessions list` shows it.")]


@commands.command("list")
def list_sessions(
    *,
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only this agent's.")] = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """List the sessions that live, the newest first."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    path = "/sessions?limit=1000" + (f"&agent={quoted(agent)}" if agent else "")
    found = service.get(path)["sessions"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("session", "agent", "trust", "until (UTC)", "labels")
    for one in found:
        until, labels = terminal.clock_time(one["expires_at"]), terminal.text(", ".join(one["labels"]))
        table.add_row(one["id"], one["agent"], one["trust"], until, labels)
    terminal.output().print(table)


@commands.command("show")
def show_session(
    session: SessionId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show one session, what the user said in it and what it has seen."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = service.get(f"/sessions/{quoted(session)}")
    if as_json:
        terminal.document(found)
        return
    rows = [("session", found["id"]), ("agent", found["agent"]), ("key", found["key"])]
    if found["parent"]:
        rows.append(("inside of", found["parent"]))
    rows += [("trust", found["trust"]), ("labels", terminal.text(", ".join(found["labels"])))]
    rows.append(("opened", terminal.clock_time(found["created_at"]) + " UTC"))
    over = found["ended_at"]
    rows.append(("ended" if over else "until", terminal.clock_time(over or found["expires_at"]) + " UTC"))
    console = terminal.output()
    console.print(terminal.fields(rows))
    newest = found["newest"]
    _notes("The user said", found["prompts"], [(one["ts"], one["prompt"] or "(erased)") for one in newest["prompts"]])
    seen = [
        (one["ts"], f"{one['trust']}  {one['source'] or 'no source'}  {one['tool'] or ''}")
        for one in newest["observations"]
    ]
    _notes("It has seen", found["observations"], seen)


@commands.command("end")
def end_session(
    session: SessionId,
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """End a session and all inside of it: nothing recorded afterwards relies on them."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    service.delete(f"/sessions/{quoted(session)}")
    if as_json:
        terminal.document({"session": session, "ended": True})
    else:
        terminal.output().print(f"Ended. Nothing recorded from now on relies on {terminal.safe(session)}.")


@commands.command("end-all")
def end_sessions(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name.")],
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """End all sessions of an agent."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    service.delete(f"/agents/{quoted(agent)}/sessions")
    if as_json:
        terminal.document({"agent": agent, "ended": True})
    else:
        terminal.output().print(f"Ended. Nothing recorded from now on relies on a session of {terminal.safe(agent)}.")


def _notes(title: str, count: int, newest: list[tuple[str, str]]) -> None:
    from app.cli import terminal

    if not newest:
        return
    console = terminal.output()
    console.print(f"\n{title} ({len(newest)} of {count}):", style="dim")
    for ts, words in newest:
        console.print(terminal.text(f"  {terminal.clock_time(ts)}  {words}"))
