"""`agent-sudo demo`: three scenes, a poisoned page and the log, played on a real service."""

import json
import time
from typing import TYPE_CHECKING, Any

import typer

from app.cli.demo.scenes import BEFORE, PAGE, POISON, POISONED, SCENES, TASK, Wish
from app.cli.demo.stage import Stage, stage
from app.cli.failure import NO, OK
from app.cli.options import AsJson

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {"refused": "red", "consistent": "green", "TAMPERED": "bold red"}


def demo(*, as_json: AsJson = False) -> None:
    """Show in half a minute what this is, on a service of its own.

    Touches nothing of yours and runs none of the calls. Exit code 1 when something came otherwise than it should.
    """
    started = time.monotonic()
    play = Play(quiet=as_json)
    with stage() as on:
        play.note("A service of its own, on a free port, with a home that lives for seconds. Nothing below is run.")
        for scene in SCENES:
            play.scene(scene.title, scene.told)
            for wish in scene.wishes:
                play.wish(on, wish)
            if scene is SCENES[-1]:
                play.controls(on)
        _poisoned(play, on)
        _log(play, on)
    if as_json:
        from app.cli import terminal

        terminal.document({"ok": play.is_good, "scenes": play.scenes})
    else:
        play.note(f"\n{play.decisions} decisions in {time.monotonic() - started:.0f} s. Begin for real: scripts/run")
    raise typer.Exit(OK if play.is_good else NO)


class Play:
    """What is told as it happens, and kept for programs."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self.scenes: list[dict[str, Any]] = []
        self.is_good = True
        self.decisions = 0

    def scene(self, title: str, told: str) -> None:
        self.scenes.append({"title": title, "calls": []})
        if not self._quiet:
            from app.cli import terminal

            console = terminal.output()
            console.print()
            console.print(terminal.text(f"{len(self.scenes)}  {title}", "bold"))
            console.print(_indented(terminal.text(told, "dim")))

    def note(self, said: str) -> None:
        if not self._quiet:
            from app.cli import terminal

            terminal.output().print(_indented(*(terminal.text(line, "italic") for line in said.split("\n"))))

    def wish(self, on: Stage, wish: Wish, **more: Any) -> None:
        """Ask for one call and tell what became of it."""
        answer = on.evaluate(wish.tool, wish.arguments, **wish.more, **more)
        decision = answer.get("decision", "ERROR")
        self.decisions += 1
        why = answer.get("reason") or answer.get("detail", "")
        claimed = wish.more.get("source_trust")
        if claimed is not None and answer.get("provenance", {}).get("trust") != claimed:
            why = f"{why} It claims {claimed} and gets {answer['provenance']['trust']}."
        self.told(wish.said, decision, why, good=decision == wish.expected)

    def controls(self, on: Stage) -> None:
        """The agent's key at an operator's door."""
        answer = on.agent("/agents", {"name": "accomplice"})
        why = f"HTTP {answer['status']}: {answer.get('detail', '')}"
        self.told("POST /agents with the agent's key", "refused", why, good=answer["status"] == 401)

    def told(self, call: str, decision: str, why: str, *, good: bool) -> None:
        """Tell of one call; `good`: it came as it should."""
        self.is_good &= good
        self.scenes[-1]["calls"].append({"call": call, "decision": decision, "reason": why, "as_expected": good})
        if self._quiet:
            return
        from app.cli import terminal

        grid = _grid()
        verdict = terminal.verdict(decision)
        verdict.stylize(_STYLES.get(decision, ""))
        grid.add_row("", verdict, terminal.text(call, "bold"))
        grid.add_row("", "", terminal.text(why, "dim"))
        if not good:
            grid.add_row("", "", terminal.text("This is not what should have come.", "bold red"))
        terminal.output().print(grid)


def _poisoned(play: Play, on: Stage) -> None:
    play.scene(POISONED.title, POISONED.told)
    session = on.agent("/sessions", {"ttl_seconds": 600, "prompts": [TASK]}).get("id")
    for wish in POISONED.wishes[:BEFORE]:
        play.wish(on, wish, session_id=session)
    seen = {"tool": "WebFetch", "source": "web page", "content": POISON}
    trust = on.agent(f"/sessions/{session}/observations", seen).get("trust", "unknown")
    play.note(f"It reads {PAGE}: “{POISON}”\nThe session is worth {trust} from here on.")
    for wish in POISONED.wishes[BEFORE:]:
        play.wish(on, wish, session_id=session)


def _log(play: Play, on: Stage) -> None:
    """The log as it is, and a copy of it with one word changed."""
    from app.cli.home import reading
    from app.services.audit import Audit
    from app.services.export import Format, export
    from app.services.verify_file import verify_file

    play.scene("The log", "Every answer above was on the disk, chained to the one before, before it was given.")
    with reading(on.settings) as database:
        report = Audit(database).verify()
        lines = list(export(database, Format.JSONL))
    said = f"{report.entries} entries, head {report.head_hash[:16]}…"
    play.told("agent-sudo audit verify", "consistent" if report.ok else "TAMPERED", said, good=report.ok)
    copy = on.folder / "copy.jsonl"
    denied = (number for number, line in enumerate(lines) if json.loads(line)["body"].get("decision") == "DENY")
    at = max(denied, default=0)
    copy.write_bytes(b"".join([*lines[:at], lines[at].replace(b'"DENY"', b'"ALLOW"', 1), *lines[at + 1 :]]))
    found = verify_file(copy)
    call = f"a copy in which entry {at} says ALLOW instead of DENY"
    play.told(call, "TAMPERED" if found.fault else "consistent", found.summary, good=found.line == at + 1)


def _grid() -> "Table":
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(width=10, no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _indented(*lines: Any) -> "Table":
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row("", line)
    return grid
