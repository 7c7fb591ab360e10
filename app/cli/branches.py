"""A call on a terminal, as a tree: each command with what it does, under the one that runs it."""

from typing import TYPE_CHECKING, Any

from app.cli import terminal

if TYPE_CHECKING:
    from rich.tree import Tree

    from app.services.drawn import Drawn

# The words of a whole script stand above it already.
_LONGEST_WORDS = 200
_MOST_EFFECTS = 100


def drawn(title: str, branches: "list[dict[str, Any]]", flat: str = "") -> "Tree":
    """Branches as the service tells of them; `flat` is why none stands under another one."""
    from rich.tree import Tree

    whole = Tree(terminal.text(title, "bold"), guide_style="dim")
    left = _draw(whole, branches, _MOST_EFFECTS)
    if left < 0:
        whole.add(terminal.text(f"and {-left} more", "dim"))
    if not branches:
        whole.add(terminal.text("nothing that is known", "dim"))
    if flat:
        whole.add(terminal.text(flat, "dim"))
    return whole


def drawn_here(title: str, found: "Drawn") -> "Tree":
    """The same of a request that was understood in this process."""
    from msgspec import to_builtins

    return drawn(title, to_builtins(found.branches), found.flat)


def _draw(under: "Tree", branches: "list[dict[str, Any]]", left: int) -> int:
    """Draw branches with at most `left` effects; what is left of that, below zero what was not drawn."""
    for branch in branches:
        words = branch["words"]
        cut = words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}…"
        at = under.add(terminal.text(cut, "dim")) if words and left > 0 else under
        for effect in branch["effects"]:
            left -= 1
            if left >= 0:
                line = terminal.text(effect["kind"], "bold") + terminal.text(f" {effect['resource']}")
                by = f"  by {effect['added_by'][:80]}" if effect["added_by"] else ""
                at.add(line + terminal.text(by, "dim"))
        left = _draw(at, branch["inner"], left)
    return left
