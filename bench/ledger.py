"""`bench ledger`: the writer alone, under many that wait for it; on a log that has just begun and on a long one."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import uvloop
from msgspec import Struct

from app.audit_log.entry import draft
from app.main import clock
from app.services.audit import Audit
from app.storage.command import Command, EpochIs
from app.storage.database import Database
from app.storage.entries import epoch, head
from app.storage.ledger import Ledger
from app.storage.writer import Writer
from bench import cores, postgres
from bench.home import open_empty
from bench.workload import READ

SQLITE = "sqlite"
POSTGRES = "postgres"
# As much as one transaction may well hold, so that filling takes no longer than it must.
_FILL = 5_000
_POLICY = "version: 1\nrules: []\n"
_FIELDS = {
    "actor": {"agent": "coder", "key": "k_5f2c9e01"},
    "classification": "SAFE",
    "decision": "ALLOW",
    "effects": ["read"],
    "mode": "enforce",
    "policy": f"sha256:{'5f' * 32}",
    "prov": {"tainted": False, "trust": "USER_DIRECT"},
    "reason": "The policy allows this.",
    "request": {"tool": "Read"},
    "rules": ["workspace-read"],
}


class Plan(Struct, frozen=True):
    """`waiting` says for each database how many commands wait at once; `entries` how long the full log is."""

    waiting: Mapping[str, tuple[int, ...]]
    entries: int
    rounds: int
    seconds: float


_WAITING = {SQLITE: (1, 8, 32, 256), POSTGRES: (32, 256)}
QUICK = Plan(_WAITING, entries=100_000, rounds=3, seconds=0.5)
FULL = Plan(_WAITING, entries=1_000_000, rounds=5, seconds=1)


class Rate(Struct, frozen=True):
    """What was measured once, or the medians of several."""

    commands_per_second: float
    p50_ms: float
    p99_ms: float


class Figure(Struct, frozen=True):
    """One database with so many waiting; `ratio` is the full log's rate to the empty one's, `rounds` each round's."""

    database: str
    waiting: int
    empty: Rate
    full: Rate
    ratio: float
    rounds: list[float]


class Report(Struct, frozen=True):
    bench: str
    machine: str
    entries: int
    rounds: int
    seconds: float
    ratios: dict[str, float]
    figures: list[Figure]
    verified: dict[str, bool]

    @property
    def ok(self) -> bool:
        return all(self.verified.values())


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Fill, measure, verify, clean up. `progress` hears which share of what is done."""
    measured, others = cores.split()
    figures: list[Figure] = []
    verified = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        with cores.pinned(others):
            server = stack.enter_context(postgres.running(folder))
        stack.enter_context(cores.pinned(measured))
        for name in plan.waiting:
            logs = _Logs(folder / name, server.database if name == POSTGRES else str)
            stack.callback(logs.close)
            figures += _measured(name, plan, logs, progress)
            verified[name] = Audit(logs.newest).verify().ok
    return Report(
        bench="ledger",
        machine=cores.machine(),
        entries=plan.entries,
        rounds=plan.rounds,
        seconds=plan.seconds,
        ratios={f"{one.database} {one.waiting}": one.ratio for one in figures},
        figures=figures,
        verified=verified,
    )


class _Logs:
    """New logs on one kind of database."""

    def __init__(self, folder: Path, address: Callable[[], str]) -> None:
        """`address` names a new database; "" stands for SQLite in a folder of its own."""
        folder.mkdir()
        self._folder = folder
        self._address = address
        self._made: list[Database] = []

    def new(self) -> Database:
        database, writer = open_empty(self._folder / f"{len(self._made)}", _POLICY, self._address())
        writer.close()
        self._made.append(database)
        return database

    @property
    def newest(self) -> Database:
        return self._made[-1]

    def close(self) -> None:
        for database in self._made:
            database.dispose()


def _measured(name: str, plan: Plan, logs: _Logs, progress: Callable[[float, str], None]) -> list[Figure]:
    full = logs.new()
    _fill(full, plan.entries, lambda share: progress(share, f"filling the log on {name}"))
    found: dict[int, list[tuple[Rate, Rate]]] = {waiting: [] for waiting in plan.waiting[name]}
    for at in range(plan.rounds):
        for step, (waiting, rates) in enumerate(found.items()):
            progress((at + step / len(found)) / plan.rounds, f"{name}, {waiting} waiting")
            # A log that has just begun is a new one each time; and each of the two goes first in turn.
            turn = 1 if at % 2 == 0 else -1
            both = [logs.new(), full][::turn]
            empty_rate, full_rate = [_rate(log, waiting, plan.seconds) for log in both][::turn]
            rates.append((empty_rate, full_rate))
    return [_figure(name, waiting, rates) for waiting, rates in found.items()]


def _fill(database: Database, entries: int, progress: Callable[[float], None]) -> None:
    writer = Writer(database, clock)
    command = _command(database)
    for done in range(0, entries, _FILL):
        progress(done / entries)
        _check(writer.commit([command] * min(_FILL, entries - done)))
    writer.close()


def _rate(database: Database, waiting: int, seconds: float) -> Rate:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_submit(database, waiting, seconds))


async def _submit(database: Database, waiting: int, seconds: float) -> Rate:
    command = _command(database)
    ledger = Ledger(Writer(database, clock))
    ledger.start()
    await ledger.submit(command)  # the first one opens the connection
    times: list[float] = []
    begin = time.perf_counter()

    async def wait() -> None:
        now = time.perf_counter()
        while now < begin + seconds:
            result = await ledger.submit(command)
            before, now = now, time.perf_counter()
            times.append(now - before)
            _check([result])

    await asyncio.gather(*(wait() for _ in range(waiting)))
    elapsed = time.perf_counter() - begin
    await ledger.stop()
    in_order = sorted(times)
    p50, p99 = (round(in_order[int(len(in_order) * share)] * 1e3, 3) for share in (0.50, 0.99))
    return Rate(round(len(times) / elapsed, 1), p50, p99)


def _command(database: Database) -> Command:
    """A command that records one decision and changes nothing."""
    with database.reading.connect() as connection:
        log, now = head(connection).log, epoch(connection)
    payload = b'{"effects":[],"request":' + READ.bodies[0] + b"}"
    return Command((draft("decision", _FIELDS, log=log, payload=payload, salt=bytes(32)),), (EpochIs(now),))


def _check(results: Sequence[object]) -> None:
    refused = next((result for result in results if not isinstance(result, tuple)), None)
    if refused is not None:
        raise RuntimeError(f"the ledger refused: {refused!r}")


def _figure(name: str, waiting: int, rates: list[tuple[Rate, Rate]]) -> Figure:
    empty, full = ([pair[side] for pair in rates] for side in (0, 1))
    rounds = [b.commands_per_second / a.commands_per_second for a, b in rates]
    return Figure(
        name, waiting, _median(empty), _median(full), round(median(rounds), 4), [round(one, 4) for one in rounds]
    )


def _median(rates: list[Rate]) -> Rate:
    return Rate(
        median(one.commands_per_second for one in rates),
        median(one.p50_ms for one in rates),
        median(one.p99_ms for one in rates),
    )
