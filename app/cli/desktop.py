"""Notifications on the desktop, by the programs that desktops have for that."""

import shutil
import subprocess
from html import escape

_PATIENCE_S = 5.0
# Words are arguments here, never a part of the script.
_APPLESCRIPT = (
    "on run argv",
    "display notification (item 1 of argv) with title (item 2 of argv)",
    "end run",
)


def is_there() -> bool:
    """Whether this machine has such a program."""
    return _program() is not None


def notify(title: str, words: str) -> None:
    """Show it; where that fails, the terminal has said it already."""
    from app.cli.terminal import safe

    program = _program()
    if program is None:
        return
    # INVARIANT: what an agent chose is neither an option, nor markup, nor a script here.
    title, words = safe(title)[:200], safe(words)[:200]
    if program.endswith("osascript"):
        command = [program, *(part for line in _APPLESCRIPT for part in ("-e", line)), words, title]
    else:
        command = [program, "--app-name=agent-sudo", "--", escape(title), escape(words)]
    try:
        subprocess.run(  # noqa: S603 - our own program and words, and no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def _program() -> str | None:
    return shutil.which("notify-send") or shutil.which("osascript")
