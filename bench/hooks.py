"""`bench hooks`: what a hook costs a coding agent, over HTTP and by the command hook; each call is recorded."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from bench import cores, servers
from bench.home import prepare
from bench.servers import Server
from bench.workload import ROOT

_SHIM = Path(__file__).resolve().parent.parent / "clients" / "hooks" / "agent_sudo_hook.py"
_EVENT = {
    "session_id": "bench",
    "cwd": ROOT,
    "hook_event_name": "PreToolUse",
    "tool_name": "Read",
    "tool_input": {"file_path": f"{ROOT}/src/main.py"},
}
# What is promised: an answer over loopback with its durable row, and the command hook beside a bare interpreter.
MOST_HTTP_MS = 3.0
MOST_SHIM_MS = 60.0


class Plan(Struct, frozen=True):
    rounds: int
    requests: int
    starts: int


QUICK = Plan(rounds=3, requests=100, starts=5)
FULL = Plan(rounds=9, requests=500, starts=21)


class Figure(Struct, frozen=True):
    """One way of asking: the median of the rounds' medians, and of the CPU that the asking side used."""

    how: str
    p50_ms: float
    cpu_ms: float
    rounds: list[float]


class Report(Struct, frozen=True):
    bench: str
    machine: str
    plan: Plan
    figures: list[Figure]
    ratios: dict[str, float]

    @property
    def ok(self) -> bool:
        found = {one.how: one.p50_ms for one in self.figures}
        return found["over HTTP"] <= MOST_HTTP_MS and found["command hook"] <= MOST_SHIM_MS


Sample = tuple[float, float]


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Start a service, ask it in each way, in turns, and stop it."""
    measured, others = cores.split()
    rounds: dict[str, list[Sample]] = {}
    with ExitStack() as stack:
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        progress(0, "starting")
        home = prepare(folder / "home")
        server = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
        key, config = folder / "key", folder / "conf"
        key.write_text(home.key)
        key.chmod(0o600)
        config.write_text(f"url=http://127.0.0.1:{server.port}\nkey_file={key}\n")
        shim = [sys.executable, "-I", "-S", str(_SHIM), "claude-code", "PreToolUse", str(config)]
        bare = [sys.executable, "-I", "-S", "-c", ""]
        ways: dict[str, Callable[[], Sample]] = {
            "over HTTP": lambda: _over_http(server, plan.requests),
            "command hook": lambda: _started(shim, plan.starts),
            "an interpreter that does nothing": lambda: _started(bare, plan.starts),
        }
        for at in range(plan.rounds + 1):
            progress(at / (plan.rounds + 1), "asking")
            for how, ask in ways.items():
                sample = ask()
                if at:  # the first round only warms up
                    rounds.setdefault(how, []).append(sample)
    figures = [_figure(how, samples) for how, samples in rounds.items()]
    bare_ms = figures[-1].p50_ms
    ratios = {one.how: round(one.p50_ms / bare_ms, 3) for one in figures}
    return Report(bench="hooks", machine=cores.machine(), plan=plan, figures=figures, ratios=ratios)


def _figure(how: str, samples: list[Sample]) -> Figure:
    times = [round(p50, 3) for p50, _ in samples]
    return Figure(how, round(median(times), 3), round(median(cpu for _, cpu in samples), 3), times)


def _over_http(server: Server, count: int) -> Sample:
    body = json.dumps(_EVENT)
    path = "/hooks/claude-code?event=PreToolUse&home=/home/user"
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:

        def ask() -> None:
            connection.request("POST", path, body, server.headers)
            if b'"allow"' not in connection.getresponse().read():
                raise RuntimeError("the call that is measured is not allowed")

        ask()
        return _timed(ask, count)


def _started(command: list[str], count: int) -> Sample:
    event = json.dumps(_EVENT).encode()

    def start() -> None:
        subprocess.run(command, input=event, stdout=subprocess.PIPE, check=True)

    before = os.times()
    p50, _ = _timed(start, count)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return p50, used / count * 1_000


def _timed(ask: Callable[[], object], count: int) -> Sample:
    times = []
    used = time.process_time()
    for _ in range(count):
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    return median(times) * 1_000, (time.process_time() - used) / count * 1_000
