"""`bench waiting`: callers that wait for people, and what they and old approvals cost everybody else."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from msgspec import Struct
from msgspec.json import decode, encode

from app.audit_log.entry import draft
from app.main import open_home
from app.services.keys import mint
from app.services.room import make_room
from app.settings import Settings
from app.storage.agents import AddAgent, Traits
from app.storage.approval_changes import EndApproval, OpenApproval
from app.storage.command import Command, RaiseEpoch
from app.storage.entries import head
from app.storage.keys import all_keys
from bench import cores, cpu, load, servers
from bench.callers import Caller, Office, begin
from bench.home import Home, prepare
from bench.workload import FRESH_READ, READ

_POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "$workspace/**"}
  - {id: many, ask: "mcp:many/*", valid: {uses: 100000, for: 1h}, expires: 1h}
  - {id: one, ask: "mcp:one/*", expires: 1h}
"""
# Of one agent so many requests may wait for people.
_OF_ONE_AGENT = 20
_HOUR_US = 3_600_000_000
_TURN_S, _PATIENCE = 0.02, 1_000
# Of those that wait each for their own, so many are answered; the others wait on.
_DECIDED = 200


class Plan(Struct, frozen=True):
    """Callers that wait while people decide, those that only weigh, and approvals that are over."""

    deciding: int
    weighing: int
    old: int
    asks: int
    rounds: int
    seconds: float


QUICK = Plan(deciding=1_000, weighing=10_000, old=5_000, asks=40, rounds=3, seconds=1)
FULL = Plan(deciding=1_000, weighing=10_000, old=5_000, asks=100, rounds=5, seconds=3)


class Woken(Struct, frozen=True):
    """From sending the decision to the caller's answer, in ms."""

    how: str
    p50_ms: float
    p99_ms: float


class Report(Struct, frozen=True):
    bench: str
    machine: str
    plan: Plan
    woken: list[Woken]
    memory_kib: float
    ratios: dict[str, float]
    rounds: dict[str, list[float]]

    @property
    def ok(self) -> bool:
        return True


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """The service with nobody waiting beside one with many; then one with old approvals beside one without."""
    make_room()
    measured, others = cores.split()
    with ExitStack() as stack:
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

            def running(name: str, old: int = 0) -> tuple[servers.Server, list[str]]:
                home = prepare(folder / name, policy=_POLICY)
                keys = [home.key, *_fill(home, plan.deciding // _OF_ONE_AGENT, old)]
                server = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
                server.ask(READ.path, READ.bodies[0])
                return server, keys

            progress(0, "each its own approval")
            server, keys = running("waiting")
            woken = [runner.run(_one_by_one(server, keys[1:], plan.deciding))]
            progress(0.2, "one approval for all")
            woken.append(runner.run(_all_at_once(server, keys[0], plan.deciding)))
            progress(0.4, "callers that only wait")
            memory, rates = runner.run(_beside(running("idle")[0], server, keys[0], plan))
            progress(0.8, "old approvals")
            asks = _asks(running("new")[0], running("old", plan.old)[0], plan)
    ratios = {"decisions with waiting / without": median(rates), "ask with old approvals / without": median(asks)}
    rounded = {"rates": [round(one, 3) for one in rates], "asks": [round(one, 3) for one in asks]}
    return Report(
        "waiting",
        cores.machine(),
        plan,
        woken,
        round(memory, 1),
        {name: round(ratio, 3) for name, ratio in ratios.items()},
        rounded,
    )


async def _one_by_one(server: servers.Server, keys: list[str], count: int) -> Woken:
    """Each caller waits for an approval of its own; people answer one after the other."""
    requests = [{"tool": "mcp:one/do", "arguments": {"n": number}, "source": "user"} for number in range(count)]
    callers = await begin(server, [keys[number // _OF_ONE_AGENT] for number in range(count)], requests)
    office = Office(server)
    ids: list[str] = []
    after = ""
    while len(ids) < count:
        page = await asyncio.to_thread(office.ask, "GET", f"/approvals?limit=200{after}")
        if page["next"] is None and len(ids) + len(page["approvals"]) < count:
            ids, after = [], ""  # some have not asked yet
            continue
        ids += [one["id"] for one in page["approvals"]]
        after = f"&after={page['next']}"
    begun: dict[str, float] = {}
    decided = ids[:_DECIDED]
    for name in decided:
        begun[name] = time.perf_counter()
        await asyncio.to_thread(office.approve, name)
    await _until(lambda: sum(caller.answered_at is not None for caller in callers) >= len(decided))
    woken = _woken(f"one of {count:,}, one after the other", callers, begun)
    for caller in callers:
        caller.close()
    return woken


async def _all_at_once(server: servers.Server, key: str, count: int) -> Woken:
    """All wait for the same approval, which is good for all of them."""
    request = {"tool": "mcp:many/do", "arguments": {"at": "once"}, "source": "user"}
    callers = await begin(server, [key] * count, [request] * count)
    office = Office(server)
    await _are_waiting(office, count)
    (one,) = (await asyncio.to_thread(office.ask, "GET", "/approvals?limit=200&agent=coder"))["approvals"]
    begun = {one["id"]: time.perf_counter()}
    await asyncio.to_thread(office.approve, one["id"])
    await _until(lambda: all(caller.answered_at is not None for caller in callers))
    return _woken(f"all {count:,} at once", callers, begun)


async def _beside(idle: servers.Server, server: servers.Server, key: str, plan: Plan) -> tuple[float, list[float]]:
    """KiB that a waiting caller costs, and the rate of decisions beside them, as a part of that with nobody waiting."""
    before = cpu.memory(server.pid)
    request = {"tool": "mcp:many/do", "arguments": {"only": "wait"}, "source": "user"}
    callers = await begin(server, [key] * plan.weighing, [request] * plan.weighing)
    office = Office(server)
    await _are_waiting(office, plan.weighing)
    memory = (cpu.memory(server.pid) - before) / plan.weighing / 1_024
    rates = []
    for turn in range(plan.rounds):
        order = [idle, server] if turn % 2 else [server, idle]
        rate = {}
        for one in order:
            measured = await asyncio.to_thread(load.run, one, FRESH_READ, 32, plan.seconds)
            rate[one.port] = measured.rate
        rates.append(rate[server.port] / rate[idle.port])
    if any(caller.answered_at for caller in callers):
        raise RuntimeError("somebody waited no longer")
    for caller in callers:
        caller.close()
    return memory, rates


def _asks(new: servers.Server, old: servers.Server, plan: Plan) -> list[float]:
    """What a new approval costs where many are over, as a multiple of what it costs where there were none."""
    offices = {server.port: Office(server) for server in (new, old)}
    number = iter(range(10**9))
    ratios = []
    for turn in range(plan.rounds):
        times: dict[int, list[float]] = {new.port: [], old.port: []}
        # One after the other, so that what else runs here is in the way of both.
        for _ in range(plan.asks):
            for server in (new, old) if turn % 2 else (old, new):
                times[server.port].append(_ask(server, offices[server.port], next(number)))
        ratios.append(median(times[old.port]) / median(times[new.port]))
    return ratios


def _ask(server: servers.Server, office: Office, number: int) -> float:
    """Seconds to ask for something new; it is taken back, so that there is room for the next."""
    body = encode({"tool": "mcp:one/do", "arguments": {"n": number}, "source": "user"})
    begin = time.perf_counter()
    answer = decode(server.ask("/evaluate", body))
    taken = time.perf_counter() - begin
    office.ask("POST", f"/approvals/{answer['approval']['id']}/cancel")
    return taken


async def _until(claim: Callable[[], bool]) -> None:
    for _ in range(_PATIENCE):
        if claim():
            return
        await asyncio.sleep(_TURN_S)
    raise RuntimeError("not everybody was answered")


async def _are_waiting(office: Office, count: int) -> None:
    for _ in range(_PATIENCE):
        if await asyncio.to_thread(office.waiting) >= count:
            return
        await asyncio.sleep(_TURN_S)
    raise RuntimeError("not everybody came to wait")


def _woken(how: str, callers: list[Caller], begun: dict[str, float]) -> Woken:
    """Raises RuntimeError where somebody was not allowed."""
    times = []
    for caller in callers:
        if caller.answered_at is None:
            continue
        answer: Any = caller.answer
        if not answer["allowed"]:
            raise RuntimeError(f"a caller was not allowed: {answer}")
        times.append(caller.answered_at - begun[answer["approval"]["id"]])
        caller.close()
    in_order = sorted(times)
    return Woken(how, *(round(in_order[int(len(in_order) * share)] * 1e3, 2) for share in (0.50, 0.99)))


def _fill(home: Home, agents: int, old: int) -> list[str]:
    """So many agents more, and approvals that were taken back; the secrets of the agents' keys."""
    database, writer = open_home(Settings(home=home.folder, database_url="", policy=home.folder / "policy.yaml"))
    try:
        with database.reading.connect() as connection:
            log = head(connection).log
            (key_of_coder,) = [key.id for key in all_keys(connection) if key.agent == "coder"]
        entry = draft("bench.filled", {"actor": {"operator": "bench"}, "data": {}}, log=log)
        commands, found = [], []
        for at in range(agents):
            key, change = mint(f"agent-{at}", "pep", may_explain=False, expires_at=None)
            found.append(key.secret)
            commands.append(Command((entry,), (), (AddAgent(f"agent-{at}", Traits()), change, RaiseEpoch())))
        for at in range(old):
            opened = _over(f"a_{at:020x}", key_of_coder)
            commands.append(Command((entry,), (), (opened, EndApproval(opened.id, "cancelled"))))
        for at in range(0, len(commands), 500):
            writer.commit(commands[at : at + 500])
        return found
    finally:
        writer.close()
        database.dispose()


def _over(name: str, key: str) -> OpenApproval:
    return OpenApproval(
        id=name,
        digest=name.encode(),
        agent="coder",
        key=key,
        session=None,
        strong=False,
        quorums="[]",
        trust=3,
        tainted=False,
        risk=0,
        size=2,
        uses=1,
        lasts=_HOUR_US,
        expires=_HOUR_US,
    )
