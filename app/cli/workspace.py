"""`agent-sudo workspace`: the folders that `$workspace` stands for in policies."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import AsJson, Operator, PassphraseStdin, Url

commands = typer.Typer(name="workspace", help="What $workspace stands for: show and set.", no_args_is_help=True)


@commands.command("show")
def show_workspaces(*, as_json: AsJson = False) -> None:
    """Show the registered folders; needs no service."""
    from app.cli.home import reading
    from app.storage.workspaces import all_workspaces

    with reading() as database, database.reading.connect() as connection:
        _print(all_workspaces(connection), as_json=as_json)


@commands.command("set")
def set_workspaces(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="All the folders; those not named are dropped.")],
    *,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Replace the registered folders."""
    from app.cli.service import Service

    roots = [str(path.expanduser().absolute()) for path in paths]
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    _print(service.put("/workspaces", {"roots": roots})["roots"], as_json=as_json)


def _print(roots: list[str], *, as_json: bool) -> None:
    from app.cli import terminal

    if as_json:
        terminal.document({"roots": roots})
        return
    for root in roots:
        terminal.output().print(terminal.text(root), soft_wrap=True)
    if not roots:
        terminal.output().print("No workspace is registered. agent-sudo workspace set PATH", style="dim")
