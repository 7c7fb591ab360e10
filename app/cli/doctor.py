"""`agent-sudo doctor`: is this installation sound, and what to do where it is not."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.failure import NO, OK
from app.cli.options import AsJson, Url

if TYPE_CHECKING:
    from app.cli.checks.line import Line

_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}


def doctor(
    *,
    url: Url = "",
    last: Annotated[int, typer.Option(min=1, help="How many of the newest entries to verify.")] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Look whether this installation is sound.

    Each line says what to do where something is missing. Exit code 1 when something fails.
    """
    from app.cli import terminal
    from app.cli.checks import examine
    from app.cli.environment import settings

    lines = examine(settings(), url, last)
    is_sound = all(line.state != "FAIL" for line in lines)
    if as_json:
        terminal.document({"ok": is_sound, "checks": [line.wire() for line in lines]})
    else:
        _show(lines)
    raise typer.Exit(OK if is_sound else NO)


def _show(lines: list["Line"]) -> None:
    from rich.table import Table

    from app.cli import terminal

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(terminal.text(line.state, _STYLES[line.state]), line.name, terminal.text(line.said))
        if line.advice:
            grid.add_row("", "", terminal.text(f"→ {line.advice}", "dim"))
    terminal.output().print(grid)
