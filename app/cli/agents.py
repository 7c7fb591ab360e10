"""`agent-sudo agents`: who may call."""

from typing import Annotated

import typer

from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="agents", help="Who may call: list, create.", no_args_is_help=True)


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
    table = terminal.table("agent", "created (UTC)", "description")
    for one in found:
        created = terminal.clock_time(one["created_at"])
        table.add_row(terminal.text(one["name"]), created, terminal.text(one["description"]))
    terminal.output().print(table)


@commands.command("create")
def create_agent(
    name: Annotated[str, typer.Argument(help="Letters, digits, dots, dashes, underscores.")],
    *,
    description: Annotated[str, typer.Option(help="For people: what it is.")] = "",
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Create an agent; it can do nothing until it has a key."""
    from app.cli import terminal
    from app.cli.service import Service

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    made = service.post("/agents", {"name": name, "description": description})
    if as_json:
        terminal.document(made)
    else:
        terminal.output().print(f"Created the agent {name}. Its first key: agent-sudo keys create {name}")
