"""`agent-sudo agents`: who may call, and what is laid down about each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.failure import NO, Failure
from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="agents", help="Who may call: list, create, change, apply.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Letters, digits, dots, dashes, underscores.")]
Description = Annotated[str | None, typer.Option(help="For people: what it is.")]
Owner = Annotated[str | None, typer.Option(metavar="NAME", help="The operator who answers for it.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", metavar="SCOPE", help="read:orders, write:*, !write:refunds; repeat it for each."),
]
Mode = Annotated[str | None, typer.Option(metavar="enforce|monitor", help="monitor: record what would be, let pass.")]
HighestTrust = Annotated[str | None, typer.Option(metavar="WORD", help="The most that its requests are trusted.")]
NeedsSession = Annotated[
    bool | None, typer.Option("--needs-session/--no-session-needed", help="Deny calls outside of a session.")
]


@commands.command("list")
def list_agents(
    *, operator: Operator = "", passphrase_stdin: PassphraseStdin = False, url: Url = "", as_json: AsJson = False
) -> None:
    """List the agents."""
    from app.cli import terminal
    from app.cli.service import Service

    found = Service(url, operator, passphrase_stdin=passphrase_stdin).get("/agents")["agents"]
    if as_json:
        terminal.lines(found)
        return
    table = terminal.table("agent", "state", "mode", "owner", "what it is · scopes")
    for one in found:
        about = " · ".join(filter(None, (one["description"], _scopes(one["scopes"]))))
        table.add_row(*map(terminal.text, (one["name"], one["state"], one["mode"], one["owner"] or "", about)))
    terminal.output().print(table)


@commands.command("create")
def create_agent(
    name: Name,
    *,
    description: Description = None,
    owner: Owner = None,
    scope: Scopes = None,
    mode: Mode = None,
    highest_trust: HighestTrust = None,
    needs_session: NeedsSession = None,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Create an agent; it can do nothing until it has a key."""
    from app.cli import terminal
    from app.cli.service import Service

    given = _given(description, owner, scope, mode, highest_trust, needs_session)
    made = Service(url, operator, passphrase_stdin=passphrase_stdin).post("/agents", {"name": name, **given})
    if as_json:
        terminal.document(made)
    else:
        terminal.output().print(f"Created the agent {name}. Its first key: agent-sudo keys create {name}")


@commands.command("change")
def change_agent(
    name: Name,
    *,
    description: Description = None,
    owner: Owner = None,
    scope: Scopes = None,
    no_scopes: Annotated[bool, typer.Option("--no-scopes", help="No longer restrict it by scopes.")] = False,
    mode: Mode = None,
    highest_trust: HighestTrust = None,
    needs_session: NeedsSession = None,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Change what is laid down about an agent; what is not named stays."""
    from app.cli import terminal
    from app.cli.service import Service, quoted

    given = _given(description, owner, [] if no_scopes else scope, mode, highest_trust, needs_session)
    if not given:
        raise typer.BadParameter("Name what is to be changed.")
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    made = service.patch(f"/agents/{quoted(name)}", given)
    if as_json:
        terminal.document(made)
    else:
        terminal.output().print(f"Changed. Nothing recorded from now on relies on what {terminal.safe(name)} was.")


@commands.command("apply")
def apply_agents(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML: agents, each with what is laid down about it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show how agents differ from a file, and make them as it says. Who is not in it stays as they are."""
    from app.cli import terminal
    from app.cli.service import Service

    body = {"agents": _wanted(file)}
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = service.put("/agents", {**body, "dry_run": True})["differences"]
    if not as_json:
        _show(found)
    if found:
        if not yes:
            _confirm()
        found = service.put("/agents", body)["differences"]
    if as_json:
        terminal.document({"differences": found})
    else:
        terminal.output().print("Done." if found else "All agents are as the file says.")


def _given(*values: Any) -> dict[str, Any]:
    names = ("description", "owner", "scopes", "mode", "highest_trust", "needs_session")
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _wanted(file: Path) -> Any:
    from app.core.policy.source import PolicyError, read

    try:
        value = read(file.read_text(encoding="utf-8"), str(file)).value
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8 text.") from None
    except PolicyError as error:
        raise Failure(str(error), "Nothing was changed.") from None
    if not isinstance(value, dict) or value.keys() != {"agents"} or not isinstance(value["agents"], dict):
        raise Failure(f"{file} holds `agents:`, a mapping of names, and nothing else.", "See docs/agents.md.")
    return {name: traits if traits is not None else {} for name, traits in value["agents"].items()}


def _show(differences: list[dict[str, Any]]) -> None:
    from app.cli import terminal

    console = terminal.output()
    for one in differences:
        mark, style = ("+", "green") if one["new"] else ("~", "yellow")
        console.print(terminal.text(f"{mark} {one['agent']}", style), soft_wrap=True)
        for change in one["changes"]:
            before = "" if one["new"] else f"{_value(change['before'])} → "
            console.print(terminal.text(f"    {change['trait']}: {before}{_value(change['after'])}"), soft_wrap=True)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return _scopes(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value or "none")


def _scopes(scopes: list[str]) -> str:
    return ", ".join(scopes)


def _confirm() -> None:
    from app.cli.terminal import is_interactive

    if not is_interactive():
        raise Failure("Nothing was changed: there is no terminal to ask at.", "Use --yes.")
    if not typer.confirm("Make them so?", err=True):
        raise Failure("Nothing was changed.", code=NO)
