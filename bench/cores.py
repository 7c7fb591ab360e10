"""Who runs where: what is measured has one core to itself, everything else shares the others."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager


def split() -> tuple[set[int], set[int]]:
    """The core of what is measured, and the cores of all else; the same one where there is no second."""
    first, *others = sorted(os.sched_getaffinity(0))
    return {first}, set(others) or {first}


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """Run this thread, and what it starts meanwhile, on `cores`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """What a report says of where it was measured."""
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
