"""`bench relay`: what the relay in front of an MCP server costs a request that passes, and one that is decided."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from bench import cores, servers
from bench.home import Home, prepare
from bench.sample import Sample, in_turns, timed
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
        ways = {
            f"{what} {how}": partial(timed, partial(ask, what), plan.requests)
            for what in _METHODS
            for how, ask in (("direct", direct), ("relayed", relayed))
        }
        rounds = in_turns(ways, plan.rounds, progress)
    figures = [_figure(what, rounds) for what in _METHODS]
    ratios = {one.what: round(one.relayed_ms / one.direct_ms, 2) for one in figures}
    return Report("relay", cores.machine(), plan, figures, ratios)


def _around(home: Home, port: int, folder: Path) -> dict[str, str]:
    return {
        "AGENT_SUDO_URL": f"http://127.0.0.1:{port}",
        "AGENT_SUDO_KEY": home.key,
        "XDG_STATE_HOME": str(folder / "state"),
    }


@contextmanager
def _talking(command: list[str], around: dict[str, str]) -> Iterator[Callable[[str], None]]:
    """Asks a server for one thing, and waits for the answer."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env={**os.environ, **around}) as popen:
        asking, answers = popen.stdin, popen.stdout
        assert asking is not None
        assert answers is not None
        number = 0

        def ask(what: str) -> None:
            nonlocal number
            number += 1
            method, params = _METHODS[what]
            body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            asking.write(json.dumps(body).encode() + b"\n")
            asking.flush()
            result = json.loads(answers.readline())["result"]
            if result.get("isError"):
                raise RuntimeError(f"it was not allowed: {result}")

        try:
            yield ask
        finally:
            asking.close()
            answers.close()
            popen.wait(timeout=15)


def _figure(what: str, rounds: list[dict[str, Sample]]) -> Figure:
    found = [(samples[f"{what} direct"].p50_ms, samples[f"{what} relayed"].p50_ms) for samples in rounds]
    added = [relayed - direct for direct, relayed in found]
    return Figure(
        what=what,
        direct_ms=round(median(direct for direct, _ in found), 3),
        relayed_ms=round(median(relayed for _, relayed in found), 3),
        added_ms=round(median(added), 3),
        rounds=[round(one, 3) for one in added],
    )
