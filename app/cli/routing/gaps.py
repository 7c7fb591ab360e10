"""What stays open: the cells of the live matrix in which a command ran though nobody allowed it, each said once.

The live matrix expects exactly these, its page shows them, and the doctor warns wherever it finds one.
"""

from collections.abc import Callable

from msgspec import Struct

from app.cli.routing import codex
from app.cli.routing.installed import Installed


class Gap(Struct, frozen=True):
    """One thing that a hook cannot stop.

    cells   the names that it has in the live matrix
    ways    the agents that it is open for, as `setup` is told of them
    said    what such an agent does then
    advice  what closes it
    found   whether an agent of this machine is set up in a way that leaves it open
    """

    cells: tuple[str, ...]
    ways: tuple[str, ...]
    said: str
    advice: str
    found: Callable[[Installed], bool]

    def is_of(self, one: Installed) -> bool:
        """Whether it is open here."""
        return any(way.partition(" ")[0] == one.harness.name for way in self.ways) and self.found(one)


def open_in(cell: str, way: str) -> str:
    """What the agent does in a cell that is open, "" where the cell is closed."""
    return next((gap.said for gap in GAPS if cell in gap.cells and way in gap.ways), "")


def _asks_over_http(one: Installed) -> bool:
    return any(handler.get("type") == "http" for handlers in one.hooks.values() for handler in handlers)


def _waits_otherwise(one: Installed) -> bool:
    name, wanted = one.harness.timeout
    return any(handler.get(name, 0) != wanted for handlers in one.hooks.values() for handler in handlers)


GAPS = (
    Gap(
        ("the hook and its shell are killed",),
        ("codex", "gemini"),
        "runs the tool when something kills the shell that its hook is run in",
        "No hook can close this. Run {name} in its sandbox or a container, where its commands kill no others.",
        lambda one: bool(one.hooks),
    ),
    Gap(
        ("it answers 204", "the answer is empty"),
        ("claude-code --http",),
        "takes an empty answer for none and runs the tool; the service gives none, another program in its place could",
        "agent-sudo setup claude-code --apply",
        _asks_over_http,
    ),
    Gap(
        ("the hook never ends, and the wait for it was cut short",),
        ("codex", "gemini", "copilot"),
        "runs the tool when a hook does not end in time, and waits another time than setup says",
        "agent-sudo setup {name} --apply",
        _waits_otherwise,
    ),
    Gap(
        ("the hook was changed after it was trusted",),
        ("codex",),
        "skips hooks that are not trusted as they are, and these are not",
        "agent-sudo setup codex --apply, or look at them in Codex (/hooks)",
        lambda one: not codex.trusts(one),
    ),
)
