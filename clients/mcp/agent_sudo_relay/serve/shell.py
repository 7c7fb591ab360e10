"""Running a shell line: bounded in time and output, and nothing that it starts outlives it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MOST_KEPT = 100_000
# Who writes more than this is ended.
_MOST_WRITTEN = 16 * 1024 * 1024
_POLL_S = 0.05
_PART = 64 * 1024
_ROUNDS = 100
_PR_SET_CHILD_SUBREAPER = 36
# What would make the line another one than was judged, or is not the line's affair.
_MEANING = frozenset(
    ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "CDPATH", "GLOBIGNORE", "IFS", "PROMPT_COMMAND", "PS4")
)
_NOT_HANDED_ON = ("AGENT_SUDO_", "BASH_FUNC_")


@dataclass(frozen=True)
class Ran:
    """How a line went; `ended` says why it was made to end, "" where it ended by itself."""

    code: int
    out: str
    err: str
    ended: str


class Kept:
    """The first part of what is written to one pipe; all of it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self.written = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := os.read(self._stream.fileno(), _PART):
                self._kept += part[: MOST_KEPT - len(self._kept)]
                self.written += len(part)

    def text(self) -> str:
        """What was kept, once nobody can write any more."""
        self._thread.join(_POLL_S * 20)
        text = self._kept.decode(errors="replace")
        return text if self.written <= len(self._kept) else f"{text}\n… and {self.written - len(self._kept)} bytes more"


def adopt() -> None:
    """Let what our children leave behind become our own children, where the system has that, so that it is ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(line: str, patience: float, given_up: threading.Event) -> Ran:
    """Run a line in our working directory. One at a time: what is left of the children afterwards is this one's."""
    shell = ["/bin/bash", "--noprofile", "--norc", "-c"] if Path("/bin/bash").exists() else ["/bin/sh", "-c"]
    pipe = subprocess.PIPE
    popen = subprocess.Popen(  # noqa: S603 - running what was decided is what this is for
        [*shell, line],
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=environment(),
        start_new_session=True,
    )
    assert popen.stdout is not None and popen.stderr is not None  # noqa: PT018, S101 - the pipes above
    out, err = Kept(popen.stdout), Kept(popen.stderr)
    until, ended = time.monotonic() + patience, ""
    try:
        while not _has_ended(popen):
            if given_up.wait(_POLL_S):
                ended = "the call was taken back"
            elif time.monotonic() > until:
                ended = f"it took longer than {patience:g} seconds"
            elif out.written + err.written > _MOST_WRITTEN:
                ended = f"it wrote more than {_MOST_WRITTEN} bytes"
            if ended:
                break
    finally:
        # INVARIANT: the group is signalled before its first process is waited for: until then its number is its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(popen.pid, signal.SIGKILL)
        code = popen.wait()
        _end_what_is_left()
    found = Ran(code, out.text(), err.text(), ended)
    popen.stdout.close()
    popen.stderr.close()
    return found


def environment() -> dict[str, str]:
    """Ours, without what concerns the policy service and what gives a line another meaning."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _MEANING and not name.upper().startswith(_NOT_HANDED_ON)
    }


def _has_ended(popen: subprocess.Popen[bytes]) -> bool:
    if sys.platform == "darwin":  # which has no such call in all versions of Python
        return popen.poll() is not None
    # Without taking note of it, which is what keeps its number.
    return os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_what_is_left() -> None:
    """End what left the group; when it ends, what it started in turn becomes ours."""
    for _ in range(_ROUNDS):
        left = _children()
        for pid in left:
            # INVARIANT: a child of ours that nobody has waited for keeps its number.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not left:
            return


def _children() -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # After the program's name in brackets, which may hold anything: state, parent.
            if int(entry.read_bytes().rpartition(b")")[2].split()[1]) == os.getpid():
                found.append(int(entry.parent.name))
    return found
