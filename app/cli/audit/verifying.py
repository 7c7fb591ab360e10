"""`agent-sudo audit verify`: the log, or a file, checked hash by hash."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.failure import NO, OK
from app.cli.options import AsJson

if TYPE_CHECKING:
    from app.audit_log.finding import Report
    from app.services.verify_file import FileReport


def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A jsonl or legacy export, or a log of agent-sudo-mcp; else this log."),
    ] = None,
    *,
    after: Annotated[int, typer.Option(min=-1, help="For a jsonl export that was made with the same --after.")] = -1,
    show_hashed: Annotated[
        bool,
        typer.Option("--show-hashed", help="Where a hash is wrong, also print the text that was hashed."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read the whole log, or FILE, and check that it is as it was written.

    Exit codes: 0 consistent, 1 tampered with, 2 could not be read. A log that somebody rewrote as a whole is
    consistent too: until its head is anchored elsewhere, `consistent` is all that can be said.
    """
    if file is not None:
        _verify_file(file, after, show_hashed=show_hashed, as_json=as_json)
    from app.cli import terminal
    from app.cli.home import reading
    from app.cli.progress import progress
    from app.services.audit import Audit

    with reading() as database, progress("verify", quiet=as_json) as tell:
        report = Audit(database).verify(tell)
    if as_json:
        terminal.document(wire(report))
    else:
        show(report)
    raise typer.Exit(OK if report.ok else NO)


def show(report: "Report") -> None:
    """Print what a verification found."""
    from app.cli import terminal

    console = terminal.output()
    if report.finding is None:
        console.print(
            terminal.text(report.summary, "green"), f"({report.entries} entries, head {report.head_hash[:16]}…)"
        )
        return
    console.print(terminal.text("TAMPERED", "bold red"), terminal.text(report.summary))
    before = f"{report.entries} entries agree with each other" if report.entries else "No entry is beyond doubt"
    console.print(terminal.text(f"{before}. Keep a copy of the database before anything else.", "dim"))


def wire(report: "Report") -> dict[str, Any]:
    """The same as JSON, by the names of the service's answer."""
    finding = report.finding
    return {
        "ok": report.ok,
        "summary": report.summary,
        "anchored": report.anchored,
        "entries": report.entries,
        "head": report.head_hash,
        "finding": {"seq": finding.seq, "kind": finding.kind, "detail": finding.detail} if finding else None,
    }


def _verify_file(file: Path, after: int, *, show_hashed: bool, as_json: bool) -> None:
    from app.cli import terminal
    from app.services.verify_file import verify_file

    report = verify_file(file, after)
    if as_json:
        terminal.document(_wire_of_file(report))
    else:
        _show_file(report, show_hashed=show_hashed)
    raise typer.Exit(int(report.outcome))


def _show_file(report: "FileReport", *, show_hashed: bool) -> None:
    from app.cli import terminal
    from app.services.verify_file import Outcome

    console = terminal.output()
    if report.fault is None:
        console.print(terminal.text(report.summary, "green"), f"({report.format})")
        return
    word = "TAMPERED" if report.outcome is Outcome.TAMPERED else "UNREADABLE"
    console.print(terminal.text(word, "bold red"), terminal.text(report.summary))
    rows: list[tuple[str, object]] = [
        (name, value) for name in ("expected", "actual") if (value := getattr(report.fault, name)) is not None
    ]
    if show_hashed and report.fault.hashed is not None:
        rows.append(("hashed", report.fault.hashed))
    if rows:
        console.print(terminal.fields(rows))
    if report.entries:
        console.print(terminal.text(f"{report.entries} entries before it agree with each other.", "dim"))
    if report.fault.hashed is not None and not show_hashed:
        console.print(terminal.text("--show-hashed prints the text whose hash was expected.", "dim"))


def _wire_of_file(report: "FileReport") -> dict[str, Any]:
    from msgspec import structs

    return {
        "ok": report.fault is None,
        "summary": report.summary,
        "format": report.format,
        "entries": report.entries,
        "line": report.line,
        "fault": structs.asdict(report.fault) if report.fault is not None else None,
    }
