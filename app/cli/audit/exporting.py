"""`agent-sudo audit export`: the log as a file."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.audit import filters
from app.cli.failure import Failure

_FORMATS = ("jsonl", "csv", "legacy")


def export_log(
    *,
    format: Annotated[str, typer.Option("--format", metavar="jsonl|csv|legacy", help="See docs/formats.md.")] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A new file; standard output when left out.")
    ] = None,
    after: Annotated[int, typer.Option(min=-1, help="Begin behind the entry of this number.")] = -1,
    since: filters.Since = "",
    decision: filters.Decision = "",
    non_allow: filters.NonAllow = False,
    origin: filters.Origin = "",
    agent: filters.Agent = "",
    actor: filters.Actor = "",
    tool: filters.Tool = "",
    target: filters.Target = "",
    type: filters.Type = "",
) -> None:
    """Write the log, or what the filters leave of it, as lines.

    `jsonl` can be verified by itself (agent-sudo audit verify FILE), `csv` is for spreadsheets, `legacy` is the
    chained log of agent-sudo-mcp. The first and the last hold what agents sent, secrets among it.
    """
    from app.cli import terminal
    from app.cli.home import reading
    from app.cli.progress import progress
    from app.services.export import Format, export

    if format not in _FORMATS:
        raise typer.BadParameter(f"{format!r} is none of {', '.join(_FORMATS)}.", param_hint="--format")
    wanted = filters.wanted(
        since=since,
        decision=decision,
        non_allow=non_allow,
        origin=origin,
        agent=agent,
        actor=actor,
        tool=tool,
        target=target,
        type=type,
    )
    with reading() as database, progress("export", quiet=output is None and sys.stdout.isatty()) as tell:
        lines = export(database, Format(format), after, wanted, tell)
        if output is None:
            _print(lines)
            return
        count = _write(output, lines)
    terminal.errors().print(terminal.text(f"{count} lines in {output}", "green"), soft_wrap=True)


def _print(lines: Iterable[bytes]) -> None:
    from app.cli.terminal import safe

    if sys.stdout.isatty():
        # Into a file it goes as it is; a terminal is shown what it can show safely.
        for line in lines:
            print(safe(line.decode().rstrip("\r\n")))
        return
    for line in lines:
        sys.stdout.buffer.write(line)


def _write(output: Path, lines: Iterable[bytes]) -> int:
    # What breaks off leaves no file that could be taken for the log.
    part = output.with_name(f"{output.name}.part")
    count = 0
    try:
        if output.exists():
            raise Failure(f"{output} is there already.", "Choose another name; evidence is not written over.")
        # INVARIANT: what agents sent is readable by its owner only.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            try:
                for line in lines:
                    file.write(line)
                    count += 1
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                part.unlink()
                raise
        part.rename(output)
    except OSError as error:
        raise Failure(f"{error.filename or output}: {error.strerror}.", "Nothing was exported.") from None
    return count
