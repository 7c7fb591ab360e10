"""`bench hooks`: what a hook costs a coding agent, over HTTP and by the command hook; each call is recorded."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from bench import cores, servers
from bench.home import prepare
from bench.sample import Sample, in_turns, timed
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


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Start a service, ask it in each way, in turns, and stop it."""
    measured, others = cores.split()
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
        ways = {
            "over HTTP": lambda: _over_http(server, plan.requests),
            "command hook": lambda: _started(shim, plan.starts),
            "an interpreter that does nothing": lambda: _started(bare, plan.starts),
        }
        rounds = in_turns(ways, plan.rounds, progress)
    figures = [_figure(how, [samples[how] for samples in rounds]) for how in ways]
    bare_ms = figures[-1].p50_ms
    ratios = {one.how: round(one.p50_ms / bare_ms, 3) for one in figures}
    return Report(bench="hooks", machine=cores.machine(), plan=plan, figures=figures, ratios=ratios)


def _figure(how: str, samples: list[Sample]) -> Figure:
    times = [round(one.p50_ms, 3) for one in samples]
    return Figure(how, round(median(times), 3), round(median(one.cpu_us for one in samples) / 1e3, 3), times)


def _over_http(server: Server, count: int) -> Sample:
    body = json.dumps(_EVENT)
    path = "/hooks/claude-code?event=PreToolUse&home=/home/user"
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:

        def ask() -> None:
            connection.request("POST", path, body, server.headers)
            if b'"allow"' not in connection.getresponse().read():
                raise RuntimeError("the call that is measured is not allowed")

        ask()
        return timed(ask, count)


def _started(command: list[str], count: int) -> Sample:
    event = json.dumps(_EVENT).encode()

    def start() -> None:
        subprocess.run(command, input=event, stdout=subprocess.PIPE, check=True)

    before = os.times()
    sample = timed(start, count)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Sample(sample.p50_ms, used / count * 1e6)
