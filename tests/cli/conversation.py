"""Commands that ask, at a terminal of their own."""

import os
import pty
import sys
import termios
from collections.abc import Iterable
from contextlib import suppress

from tests.cli.commands import Commands
from tests.processes import until


def converse(commands: Commands, arguments: Iterable[str], replies: Iterable[tuple[str, str, bool]]) -> tuple[int, str]:
    """Exit code and all that was shown of a command that is given replies: a word of the question, the answer to it,
    and whether that is typed unseen.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(commands.environment)
        os.execv(sys.executable, [sys.executable, "-I", "-m", "app.cli", *arguments])  # noqa: S606
    shown = b""
    for question, reply, hidden in replies:
        while question.encode() not in shown.rpartition(b"\n")[2]:
            shown += os.read(terminal, 1_000)
        # What is typed before the echo is off would be shown, so it is thrown away.
        until(lambda hidden=hidden: _echoes(terminal) is not hidden)
        os.write(terminal, reply.encode() + b"\n")
        shown += b"\n"
    with suppress(OSError):  # the other end is gone
        while chunk := os.read(terminal, 1_000):
            shown += chunk
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def _echoes(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
