"""`agent-sudo audit`: the log, read and verified. Needs no service and writes nothing."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.durations import seconds
from app.cli.failure import NO, Failure
from app.cli.options import AsJson

if TYPE_CHECKING:
    from app.audit_log.finding import Report
    from app.services.audit import Audit
    from app.storage.entries import Entry

commands = typer.Typer(name="audit", help="The log: list, show, verify.", no_args_is_help=True)
_DECISIONS = {
    "allow": "ALLOW",
    "ask": "REQUIRE_APPROVAL",
    "strong": "REQUIRE_STRONG_APPROVAL",
    "deny": "DENY",
}


@commands.command("list")
def list_entries(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the newest.")] = 20,
    since: Annotated[str, typer.Option(metavar="30m|24h|7d", help="Not older than this.")] = "",
    decision: Annotated[str, typer.Option(metavar="allow|ask|strong|deny", help="Only this decision.")] = "",
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only this agent.")] = "",
    tool: Annotated[str, typer.Option(metavar="NAME", help="Only this tool, as the agent called it.")] = "",
    type: Annotated[str, typer.Option(metavar="TYPE", help="Only this type: decision, key.created, …")] = "",
    non_allow: Annotated[bool, typer.Option("--non-allow", help="Only decisions other than allow.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the newest entries, oldest first."""
    from app.cli import terminal
    from app.cli.home import reading
    from app.services.audit import shown
    from app.storage.entries import Filter, find_entry, page

    wanted = Filter(agent or None, _decision(decision), tool or None, type or None, _since(since), non_allow)
    with reading() as database, database.reading.connect() as connection:
        found = page(connection, -1, limit, wanted, newest=True)
        if not as_json:
            # What was asked stands in the payload, which lists leave out.
            found = [find_entry(connection, one.seq) or one for one in found]
    if as_json:
        terminal.lines([shown(entry) for entry in found])
        return
    table = terminal.table("seq", "time (UTC)", "entry", "agent", "what")
    for entry in found:
        table.add_row(
            str(entry.seq),
            terminal.clock_time(entry.ts),
            terminal.verdict(entry.decision) if entry.decision else terminal.text(entry.type, "dim"),
            terminal.text((entry.agent or "")[:16]),
            terminal.text(_what(entry)[:120]),
        )
    terminal.output().print(table if found else "No entry fits.")


@commands.command("show")
def show_entry(
    seq: Annotated[int, typer.Argument(min=0, max=2**53 - 1, help="The entry's number.")], *, as_json: AsJson = False
) -> None:
    """Show one entry, with the request that it commits to unless that was erased."""
    from app.cli import terminal
    from app.cli.home import reading
    from app.services.audit import Audit
    from app.services.errors import NotFoundError

    with reading() as database:
        try:
            entry = Audit(database).entry(seq)
        except NotFoundError as error:
            raise Failure(error.detail, "agent-sudo audit list shows the newest.") from None
    if as_json:
        terminal.document(entry)
    else:
        _show(entry)


@commands.command("verify")
def verify(*, as_json: AsJson = False) -> None:
    """Read the whole log and check that it is as it was written.

    Exit codes: 0 consistent, 1 tampered with, 2 could not be read. A log that somebody rewrote as a whole is
    consistent too: until its head is anchored elsewhere, `consistent` is all that can be said.
    """
    from app.cli import terminal
    from app.cli.home import reading
    from app.services.audit import Audit

    with reading() as database:
        report = _verified(Audit(database), quiet=as_json)
    if as_json:
        terminal.document(_wire(report))
    elif report.finding is None:
        good = terminal.text(report.summary, "green")
        terminal.output().print(good, f"({report.entries} entries, head {report.head_hash[:16]}…)")
    else:
        terminal.output().print(terminal.text("TAMPERED", "bold red"), terminal.text(report.summary))
        before = f"{report.entries} entries agree with each other" if report.entries else "No entry is beyond doubt"
        terminal.output().print(terminal.text(f"{before}. Keep a copy of the database before anything else.", "dim"))
    raise typer.Exit(0 if report.ok else NO)


def _verified(audit: "Audit", *, quiet: bool) -> "Report":
    """Verify with a bar on standard error where somebody watches."""
    import sys

    from app.cli import terminal

    if quiet or not sys.stderr.isatty():
        return audit.verify()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=terminal.errors(), transient=True
    ) as bar:
        task = bar.add_task("verify", total=None)
        return audit.verify(lambda done, total: bar.update(task, completed=done, total=total))


def _wire(report: "Report") -> dict[str, Any]:
    finding = report.finding
    return {
        "ok": report.ok,
        "summary": report.summary,
        "anchored": report.anchored,
        "entries": report.entries,
        "head": report.head_hash,
        "finding": {"seq": finding.seq, "kind": finding.kind, "detail": finding.detail} if finding else None,
    }


def _decision(word: str) -> str | None:
    if not word:
        return None
    found = _DECISIONS.get(word.lower(), word.upper())
    if found not in _DECISIONS.values():
        raise typer.BadParameter(f"{word!r} is none of allow, ask, strong, deny.", param_hint="--decision")
    return found


def _since(text: str) -> str | None:
    if not text:
        return None
    from app.audit_log.timestamp import timestamp
    from app.main import clock

    return timestamp(max(clock() - seconds(text) * 1_000_000, 0))


def _what(entry: "Entry") -> str:
    """What an entry is about, in a few words."""
    from app.cli.requests import summary
    from app.services.audit import shown_body, shown_payload

    body, payload = shown_body(entry), shown_payload(entry)
    if "unreadable" in body or (payload is not None and "request" not in payload):
        return "(tampered with: agent-sudo audit verify)"
    if entry.type == "decision":
        asked = summary(payload["request"]) if payload is not None else "(erased)"
        return f"{entry.tool}: {asked}" if asked else entry.tool or ""
    data = body.get("data") or {}
    return ", ".join(f"{key} {_word(key, value)}" for key, value in data.items() if value not in (None, "", False))


def _word(key: str, value: Any) -> str:
    from app.audit_log.timestamp import timestamp
    from app.cli.terminal import clock_time, short

    if isinstance(value, list):
        return ", ".join(map(str, value))
    return clock_time(timestamp(value)) if key.endswith("_at") else short(str(value))


def _show(entry: dict[str, Any]) -> None:
    import json

    from app.cli import terminal

    body, payload = entry["body"], entry["payload"]
    if "unreadable" in body or (payload is not None and "request" not in payload):
        raise Failure(f"Entry {entry['seq']} was tampered with.", "agent-sudo audit verify; --json shows it as it is.")
    rows: list[tuple[str, object]] = [("entry", f"{entry['seq']}  {entry['type']}"), ("time", entry["ts"])]
    rows += [(name, json.dumps(body[name])) for name in ("actor",) if name in body]
    if entry["decision"]:
        rows += [
            ("decision", terminal.verdict(entry["decision"])),
            ("reason", body["reason"]),
            ("rules", ", ".join(body["rules"])),
            ("trust", body["prov"]["trust"]),
            ("policy", body["policy"]),
        ]
    if payload is not None:
        rows += [("effect", f"{one['kind']} {one['resource']}") for one in payload["effects"]]
        rows += [("request", _pretty(payload["request"]))]
    elif entry["decision"]:
        rows.append(("request", "(erased)"))
    if "data" in body:
        rows.append(("data", _pretty(body["data"])))
    rows += [("hash", entry["hash"]), ("previous", body["prev"])]
    terminal.output().print(terminal.fields(rows))


def _pretty(value: Any) -> Any:
    """JSON over several lines, each made safe by itself."""
    import json

    from rich.text import Text

    from app.cli import terminal

    lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    return Text("\n").join(terminal.text(line) for line in lines)
