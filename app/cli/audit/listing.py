"""`agent-sudo audit list`: the newest entries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.audit import filters
from app.cli.options import AsJson

if TYPE_CHECKING:
    from rich.table import Table

    from app.services.search import Wanted
    from app.storage.database import Database
    from app.storage.entries import Entry

# A list that finds little looks back so far and says so; --since says how far one wants to look.
FURTHEST = 1_000_000


def list_entries(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the newest.")] = 20,
    since: filters.Since = "",
    decision: filters.Decision = "",
    non_allow: filters.NonAllow = False,
    origin: filters.Origin = "",
    agent: filters.Agent = "",
    actor: filters.Actor = "",
    tool: filters.Tool = "",
    target: filters.Target = "",
    type: filters.Type = "",
    as_json: AsJson = False,
) -> None:
    """List the newest entries, oldest first."""
    from app.cli import terminal
    from app.cli.home import reading
    from app.services.shown import shown

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
    with reading() as database:
        backwards = Backwards(database, wanted)
        found = [entry for entry, _ in zip(backwards, range(limit), strict=False)][::-1]
    if as_json:
        terminal.lines([shown(entry) for entry in found])
    else:
        terminal.output().print(table(found) if found else "No entry fits.")
    if backwards.cut_short and len(found) < limit:
        said = f"Looked through the newest {FURTHEST:,} entries; --since looks further back."
        terminal.errors().print(terminal.text(said, "dim"))


class Backwards:
    """The wanted entries, newest first, as far back as anybody looks without saying since when."""

    def __init__(self, database: "Database", wanted: "Wanted") -> None:
        self._database = database
        self._wanted = wanted
        self.cut_short = False

    def __iter__(self) -> Iterator["Entry"]:
        from app.services.audit import Audit
        from app.services.search import looks

        newest = Audit(self._database).size() - 1
        for look in looks(self._database, self._wanted, 2**53, newest=True):
            yield from look.entries
            far = look.onward is not None and newest - look.onward >= FURTHEST
            if far and self._wanted.since is None:
                self.cut_short = True
                return


def table(found: list["Entry"]) -> "Table":
    """Entries, one a line."""
    from app.cli import terminal
    from app.cli.audit.entry import what

    made = terminal.table("seq", "time (UTC)", "entry", "agent", "what")
    for entry in found:
        made.add_row(
            str(entry.seq),
            terminal.clock_time(entry.ts),
            terminal.verdict(entry.decision) if entry.decision else terminal.text(entry.type, "dim"),
            terminal.text((entry.agent or "")[:16]),
            terminal.text(what(entry)[:120]),
        )
    return made
