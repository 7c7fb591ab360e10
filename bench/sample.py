"""Asking one thing after the other by a single caller, in several ways that take turns."""

import time
from collections.abc import Callable, Mapping
from statistics import median

from msgspec import Struct


class Sample(Struct, frozen=True):
    """The median time to an answer, and what the asking side used of the processor for each."""

    p50_ms: float
    cpu_us: float


def timed(ask: Callable[[], object], count: int) -> Sample:
    """Ask so often."""
    times = []
    used = time.process_time()
    for _ in range(count):
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    return Sample(median(times) * 1e3, (time.process_time() - used) / count * 1e6)


def in_turns(
    ways: Mapping[str, Callable[[], Sample]], rounds: int, progress: Callable[[float, str], None]
) -> list[dict[str, Sample]]:
    """Go through all ways in so many rounds, after one that only warms up."""
    found = []
    for at in range(rounds + 1):
        progress(at / (rounds + 1), "asking")
        # Forth and back, so that a machine that grows slower does so for all of them.
        turn = list(ways.items())[:: 1 if at % 2 == 0 else -1]
        found.append({how: ask() for how, ask in turn})
    return found[1:]
