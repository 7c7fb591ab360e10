"""`bench relay`: what the relay in front of an MCP server costs a request that passes, and one that is decided."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from bench import cores, servers
from bench.home import Home, prepare
from bench.workload import READ

_SERVER = [sys.executable, "-I", str(Path(__file__).with_name("echo.py"))]
# A server and a tool that the policy of a hundred rules allows.
_RELAY = [sys.executable, "-I", "-m", "agent_sudo_relay", "run", "--name", "github", "--trust-results", "*"]
_METHODS = {"passes": ("tools/list", {}), "decided": ("tools/call", {"name": "get_it", "arguments": {"number": 1}})}


class Plan(Struct, frozen=True):
    rounds: int
    requests: int


QUICK = Plan(rounds=5, requests=100)
FULL = Plan(rounds=15, requests=400)


class Figure(Struct, frozen=True):
    """One kind of request, directly and through the relay: medians over the rounds."""

    what: str
    direct_ms: float
    relayed_ms: float
    added_ms: float
    rounds: list[float]


class Report(Struct, frozen=True):
    bench: str
    machine: str
    plan: Plan
    figures: list[Figure]
    ratios: dict[str, float]

    @property
    def ok(self) -> bool:
        return True


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Start a service, a server and one behind a relay; ask both in turns."""
    measured, others = cores.split()
    rounds: dict[str, list[tuple[float, float]]] = {what: [] for what in _METHODS}
    with ExitStack() as stack:
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        progress(0, "starting")
        home = prepare(folder / "home")
        service = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
        service.ask(READ.path, READ.bodies[0])  # answered once it is up
        direct = stack.enter_context(_talking(_SERVER, {}))
        relayed = stack.enter_context(
            _talking([*_RELAY, "--timeout", "30", "--", *_SERVER], _around(home, service.port, folder))
        )
        for ask in (direct, relayed):
            for what in _METHODS:
                ask(what, plan.requests)
        for at in range(plan.rounds):
            for what, found in rounds.items():
                progress(at / plan.rounds, what)
                # Forth and back, so that a machine that grows slower does so for both.
                if at % 2:
                    found.append((direct(what, plan.requests), relayed(what, plan.requests)))
                else:
                    found.append((relayed(what, plan.requests), direct(what, plan.requests))[::-1])
    figures = [_figure(what, found) for what, found in rounds.items()]
    ratios = {one.what: round(one.relayed_ms / one.direct_ms, 2) for one in figures}
    return Report("relay", cores.machine(), plan, figures, ratios)


def _around(home: Home, port: int, folder: Path) -> dict[str, str]:
    return {
        "AGENT_SUDO_URL": f"http://127.0.0.1:{port}",
        "AGENT_SUDO_KEY": home.key,
        "XDG_STATE_HOME": str(folder / "state"),
    }


@contextmanager
def _talking(command: list[str], around: dict[str, str]) -> Iterator[Callable[[str, int], float]]:
    """The median time to an answer, in ms, of so many requests one after the other."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env={**os.environ, **around}) as popen:
        asking, answers = popen.stdin, popen.stdout
        assert asking is not None
        assert answers is not None
        number = 0

        def ask(what: str, count: int) -> float:
            nonlocal number
            method, params = _METHODS[what]
            times = []
            for _ in range(count):
                number += 1
                body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                line = json.dumps(body).encode() + b"\n"
                begin = time.perf_counter()
                asking.write(line)
                asking.flush()
                answer = answers.readline()
                times.append(time.perf_counter() - begin)
                result = json.loads(answer)["result"]
                if result.get("isError"):
                    raise RuntimeError(f"it was not allowed: {result}")
            return median(times) * 1e3

        try:
            yield ask
        finally:
            asking.close()
            answers.close()
            popen.wait(timeout=15)


def _figure(what: str, found: list[tuple[float, float]]) -> Figure:
    added = [relayed - direct for direct, relayed in found]
    return Figure(
        what=what,
        direct_ms=round(median(direct for direct, _ in found), 3),
        relayed_ms=round(median(relayed for _, relayed in found), 3),
        added_ms=round(median(added), 3),
        rounds=[round(one, 3) for one in added],
    )
