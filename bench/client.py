"""`bench client`: what `require()` of the Python client costs, beside a plain HTTP request to the same service."""

import asyncio
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from agent_sudo_client import AsyncClient, Call, Client
from agent_sudo_client.values import encode
from msgspec import Struct
from msgspec.json import decode

from bench import cores, servers
from bench.home import prepare
from bench.sample import Sample, in_turns, timed
from bench.servers import Server
from bench.workload import READ

_IMPORT = "import time; begin = time.perf_counter(); import agent_sudo_client; print(time.perf_counter() - begin)"


class Plan(Struct, frozen=True):
    rounds: int
    requests: int
    imports: int


QUICK = Plan(rounds=5, requests=200, imports=3)
FULL = Plan(rounds=15, requests=500, imports=11)


class Figure(Struct, frozen=True):
    """One way of asking: medians over the rounds, per request. `added_ms` is its p50 less the plain request's."""

    how: str
    p50_ms: float
    cpu_us: float
    added_ms: float
    rounds: list[float]


class Report(Struct, frozen=True):
    bench: str
    machine: str
    plan: Plan
    figures: list[Figure]
    import_ms: float
    ratios: dict[str, float]

    @property
    def ok(self) -> bool:
        return True


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Start a service, ask it in each way, in turns, and stop it."""
    measured, others = cores.split()
    with ExitStack() as stack:
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        progress(0, "starting")
        home = prepare(folder / "home")
        server = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
        url = f"http://127.0.0.1:{server.port}"
        client = stack.enter_context(Client(url, home.key))
        asked = decode(READ.bodies[0])
        call = Call(asked["tool"], asked["arguments"], source=asked["source"])
        ways = {
            "http.client": lambda: _plain(server, encode(call.document()), plan.requests),
            "require": lambda: timed(lambda: client.require(call), plan.requests),
            "require, asyncio": lambda: asyncio.run(_later(url, home.key, call, plan.requests)),
        }
        rounds = in_turns(ways, plan.rounds, progress)
        progress(1, "importing")
        import_ms = _import_ms(folder, plan.imports)
    figures = [_figure(how, rounds) for how in ways]
    return Report(
        bench="client",
        machine=cores.machine(),
        plan=plan,
        figures=figures,
        import_ms=round(import_ms, 1),
        ratios={one.how: round(one.p50_ms / figures[0].p50_ms, 2) for one in figures},
    )


def _plain(server: Server, body: bytes, count: int) -> Sample:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:

        def ask() -> None:
            connection.request("POST", "/evaluate", body, server.headers)
            connection.getresponse().read()

        ask()
        return timed(ask, count)


async def _later(url: str, key: str, call: Call, count: int) -> Sample:
    times = []
    async with AsyncClient(url, key) as client:
        await client.require(call)
        used = time.process_time()
        for _ in range(count):
            begin = time.perf_counter()
            await client.require(call)
            times.append(time.perf_counter() - begin)
    return Sample(median(times) * 1e3, (time.process_time() - used) / count * 1e6)


def _import_ms(folder: Path, times: int) -> float:
    """As in a program that has been run before, compiled: `folder` is where that is kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", _IMPORT]
    _, *taken = [
        float(subprocess.check_output(command, env={**kept, "PYTHONPYCACHEPREFIX": str(folder)}))
        for _ in range(1 + times)
    ]
    return median(taken) * 1e3


def _figure(how: str, rounds: list[dict[str, Sample]]) -> Figure:
    added = [samples[how].p50_ms - samples["http.client"].p50_ms for samples in rounds]
    return Figure(
        how=how,
        p50_ms=round(median(samples[how].p50_ms for samples in rounds), 3),
        cpu_us=round(median(samples[how].cpu_us for samples in rounds), 1),
        added_ms=round(median(added), 3),
        rounds=[round(one, 3) for one in added],
    )
