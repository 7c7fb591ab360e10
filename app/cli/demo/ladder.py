"""`agent-sudo eval`: the ladder from "blocked" to "verified", climbed on a real service; for pipelines."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.demo.stage import Stage, stage
from app.cli.failure import ERROR, NO, OK, Failure
from app.cli.options import AsJson


@dataclass(frozen=True)
class Rung:
    """One step; `passed` None: it cannot be taken in this version."""

    name: str
    passed: bool | None
    said: str


def evaluate(
    *,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", metavar="DIR", help="Also write report.json and the log there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Climb from blocked to allowed once and denied, for a pipeline.

    Exit codes: 0 every rung holds, 1 one does not, 2 it could not be tried.
    """
    from app.cli import terminal

    with stage() as on:
        rungs = _climb(on)
        is_good = all(rung.passed is not False for rung in rungs)
        report = {"ok": is_good, "rungs": [asdict(one) for one in rungs]}
        if output_dir is not None:
            _write(on, output_dir, report)
    if as_json:
        terminal.document(report)
    else:
        table = terminal.table("", "rung", "what was seen")
        for number, rung in enumerate(rungs, 1):
            word, style = {True: ("pass", "green"), False: ("FAIL", "bold red"), None: ("skip", "yellow")}[rung.passed]
            table.add_row(terminal.text(f"{number} {word}", style), rung.name, terminal.text(rung.said))
        terminal.output().print(table)
    raise typer.Exit(OK if is_good else NO)


def _climb(on: Stage) -> list[Rung]:
    """Every rung, whether those before it held or not."""
    drawer = on.folder / "drawer"
    drawer.mkdir()
    report, secret = str(drawer / "report.txt"), str(drawer / ".env")

    def read(path: str) -> dict[str, Any]:
        return on.evaluate("Read", {"file_path": path})

    rungs = [_decided("blocked", read(report), "REQUIRE_APPROVAL")]
    wish = {
        "agent": "coder",
        "allowed_actions": ["read_file"],
        "allowed_paths": [f"{drawer}/**"],
        "ttl_seconds": 600,
        "max_uses": 1,
        "reason": "agent-sudo eval",
    }
    granted = on.operator("POST", "/delegations", wish)
    if granted["status"] == 404:
        rungs += [Rung(name, None, "this version has no delegations") for name in ("delegated", "allowed once")]
    else:
        said = f"one read below {drawer.name}/, for ten minutes"
        rungs.append(Rung("delegated", granted["status"] == 201, str(granted.get("detail", said))))
        rungs.append(_decided("allowed once", read(report), "ALLOW"))
    rungs += [
        _decided("used up", read(report), "REQUIRE_APPROVAL"),
        _decided("denied", read(secret), "DENY"),
        _verified(on),
    ]
    return rungs


def _decided(name: str, answer: dict[str, Any], expected: str) -> Rung:
    decision = answer.get("decision", f"HTTP {answer['status']}")
    return Rung(name, decision == expected, f"{decision}: {answer.get('reason') or answer.get('detail', '')}")


def _verified(on: Stage) -> Rung:
    from app.cli.home import reading
    from app.services.audit import Audit

    with reading(on.settings) as database:
        report = Audit(database).verify()
    return Rung("verified", report.ok, f"{report.summary}: {report.entries} entries")


def _write(on: Stage, folder: Path, report: dict[str, Any]) -> None:
    import json

    from app.cli.home import reading
    from app.services.export import Format, export

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n")
        with reading(on.settings) as database:
            (folder / "log.jsonl").write_bytes(b"".join(export(database, Format.JSONL)))
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}.", code=ERROR) from None
