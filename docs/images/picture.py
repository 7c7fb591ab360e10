"""A terminal as a picture, from what commands really printed."""  # noqa: INP001

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).resolve().parent


def terminal(width: int) -> Console:
    """A terminal that remembers."""
    return Console(record=True, width=width, file=io.StringIO(), markup=False, highlight=False)


def save(console: Console, name: str) -> None:
    """Write what the terminal shows as NAME.svg."""
    picture = console.export_svg(title="agent-sudo")
    # The fonts that rich names are fetched from elsewhere; a reader's own will do.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace(
        "Fira Code, monospace", "monospace"
    )
    picture = re.sub(r"<!--.*?-->\s*", "", picture)
    (HERE / f"{name}.svg").write_text(re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE))


def command(console: Console, line: str, said: str) -> None:
    """A command and what it printed."""
    console.print(Text("$ ", "dim") + Text(line, "bold"))
    console.print(Text.from_ansi(said.rstrip()))
