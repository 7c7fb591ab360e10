"""CPU time and memory that processes use, as the system counts them."""

import os
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def of_process(pid: int) -> float:
    """Seconds in user and system mode, all threads."""
    # The name in parentheses may itself hold spaces; the fields behind it are counted from its end.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def of_children(pid: int) -> float:
    """The same, of the processes that `pid` started and that still run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return sum(of_process(int(child)) for child in children)


def memory(pid: int) -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
