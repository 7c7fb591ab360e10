"""`agent-sudo audit review`: what somebody who looks after agents wants to know of a day."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.audit import filters
from app.cli.audit.listing import FURTHEST, Backwards, table
from app.cli.failure import NO, OK
from app.cli.options import AsJson

if TYPE_CHECKING:
    from rich.console import Console

    from app.storage.entries import Entry

_DECISIONS = ("ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY")


def review(
    *,
    since: filters.Since = "24h",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many that were not allowed to show.")] = 50,
    decision: filters.Decision = "",
    origin: filters.Origin = "",
    agent: filters.Agent = "",
    actor: filters.Actor = "",
    tool: filters.Tool = "",
    target: filters.Target = "",
    as_json: AsJson = False,
) -> None:
    """Verify the log, count what was decided, and list what was not simply allowed.

    Exit code 1 when the log was tampered with.
    """
    from app.cli import terminal
    from app.cli.audit import verifying
    from app.cli.home import reading
    from app.cli.progress import progress
    from app.services.audit import Audit
    from app.services.shown import shown

    wanted = filters.wanted(
        since=since, decision=decision, non_allow=False, origin=origin, agent=agent, actor=actor, tool=tool,
        target=target, type="decision",
    )  # fmt: skip
    with reading() as database:
        with progress("verify", quiet=as_json) as tell:
            report = Audit(database).verify(tell)
        backwards = Backwards(database, wanted)
        counts = Counts()
        stopped: list[Entry] = []
        for entry in backwards:
            counts.add(entry)
            if entry.decision != "ALLOW" and len(stopped) < limit:
                stopped.append(entry)
    stopped.reverse()
    if as_json:
        terminal.document(
            {"since": since, "log": verifying.wire(report), **counts.wire(), "not_allowed": [*map(shown, stopped)]}
        )
    else:
        console = terminal.output()
        verifying.show(report)
        counts.show(console, since)
        if stopped:
            console.print(table(stopped))
        if counts.stopped > len(stopped):
            console.print(terminal.text(f"and {counts.stopped - len(stopped)} older ones; --limit shows more", "dim"))
        if backwards.cut_short:
            console.print(terminal.text(f"Looked through the newest {FURTHEST:,} entries only.", "dim"))
    raise typer.Exit(OK if report.ok else NO)


class Counts:
    """How often what was decided, and of whom."""

    def __init__(self) -> None:
        self._decisions: Counter[str] = Counter()
        self._agents: Counter[str] = Counter()
        self._tools: Counter[str] = Counter()

    @property
    def stopped(self) -> int:
        return self._decisions.total() - self._decisions["ALLOW"]

    def add(self, entry: "Entry") -> None:
        self._decisions[entry.decision or ""] += 1
        self._agents[entry.agent or ""] += 1
        self._tools[entry.tool or ""] += 1

    def wire(self) -> dict[str, Any]:
        return {
            "decisions": {name: self._decisions[name] for name in _DECISIONS},
            "agents": dict(self._agents.most_common(20)),
            "tools": dict(self._tools.most_common(20)),
        }

    def show(self, console: "Console", since: str) -> None:
        from rich.text import Text

        from app.cli import terminal

        decided = [terminal.verdict(name) + f" {self._decisions[name]}" for name in _DECISIONS if self._decisions[name]]
        rows: list[tuple[str, object]] = [
            (f"last {since}", Text("  ").join(decided) if decided else "nothing was decided")
        ]
        for name, counter in (("agents", self._agents), ("tools", self._tools)):
            if counter:
                rows.append((name, ", ".join(f"{one[:24]} {count}" for one, count in counter.most_common(6))))
        console.print(terminal.fields(rows))
