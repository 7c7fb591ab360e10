"""`bench http`: the service as a client sees it, against a bare ASGI application that is measured beside it."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from bench import cores, load, postgres, servers
from bench.home import prepare
from bench.policy import RULES
from bench.subject import Sample, Subject, Verified
from bench.workload import BATCH, FRESH_MIXED, FRESH_READ, MIXED, READ, Workload

FLOOR = "floor"
SQLITE = "sqlite"
POSTGRES = "postgres"


class Setting(Struct, frozen=True):
    """One kind of load. The floor beside it always answers single requests, over `floor_connections`."""

    workload: Workload
    connections: int
    floor_connections: int


class Plan(Struct, frozen=True):
    settings: tuple[Setting, ...]
    rounds: int
    seconds: float


_AGAIN = (Setting(READ, 32, 32), Setting(MIXED, 32, 32), Setting(BATCH, 8, 32))
QUICK = Plan((*_AGAIN, Setting(FRESH_READ, 32, 32), Setting(FRESH_MIXED, 32, 32)), rounds=3, seconds=1)
FULL = Plan((*QUICK.settings, Setting(READ, 128, 128), Setting(MIXED, 128, 128)), rounds=5, seconds=2)


class Figure(Struct, frozen=True):
    """One server under one load: medians over the rounds.

    per_floor  decisions here for each request of the floor beside it; for single requests that is the ratio of rates
    rounds     the same, round by round
    """

    server: str
    workload: str
    connections: int
    requests_per_second: float
    decisions_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float
    database_us_per_request: float
    per_floor: float
    rounds: list[float]


class Report(Struct, frozen=True):
    bench: str
    machine: str
    generator: str
    rules: int
    rounds: int
    seconds: float
    answer_bytes: int
    ratios: dict[str, float]
    figures: list[Figure]
    verified: dict[str, Verified]

    @property
    def ok(self) -> bool:
        return all(one.ok for one in self.verified.values())


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Start all, measure, verify, stop all. `progress` hears which share is done and what is going on."""
    measured, others = cores.split()
    with ExitStack() as stack:
        # The load generator and the database's processes share the other cores; the servers take their own.
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        progress(0, "starting")
        subjects, answer_bytes = _started(stack, folder, measured)
        rounds = _rounds(plan, subjects, progress)
        verified = {}
        for subject in subjects:
            if subject.home is not None:
                progress(1, f"verifying {subject.name}")
                verified[subject.name] = subject.verify(subject.home)
    figures = [_figure(setting, rounds[at], one.name) for at, setting in enumerate(plan.settings) for one in subjects]
    return Report(
        bench="http",
        machine=cores.machine(),
        generator=load.generator(plan.seconds),
        rules=RULES,
        rounds=plan.rounds,
        seconds=plan.seconds,
        answer_bytes=answer_bytes,
        ratios={
            f"{one.server} {one.workload} {one.connections}": one.per_floor for one in figures if one.server != FLOOR
        },
        figures=figures,
        verified=verified,
    )


def _started(stack: ExitStack, folder: Path, measured: set[int]) -> tuple[list[Subject], int]:
    """Every server, warm, the floor first; and the length of an answer."""
    database = stack.enter_context(postgres.running(folder))
    homes = {SQLITE: prepare(folder / SQLITE), POSTGRES: prepare(folder / POSTGRES, database.database())}
    subjects = []
    for name, home in homes.items():
        server = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
        subjects.append(Subject(name, server, home, database.pid if name == POSTGRES else None))
    answer = subjects[0].probe(READ).decode()
    floor = stack.enter_context(servers.running("floor", measured, {}, answer=answer))
    subjects.insert(0, Subject(FLOOR, floor, None))
    for subject in subjects:
        for workload in (READ, MIXED, BATCH):
            subject.probe(workload)
    return subjects, len(answer)


def _rounds(
    plan: Plan, subjects: list[Subject], progress: Callable[[float, str], None]
) -> list[list[dict[str, Sample]]]:
    """For each setting, for each round, one sample of each server."""
    found: list[list[dict[str, Sample]]] = [[] for _ in plan.settings]
    windows = len(plan.settings) * plan.rounds * len(subjects)
    done = 0
    for at in range(plan.rounds):
        for setting, samples in zip(plan.settings, found, strict=True):
            samples.append({})
            # Forth and back, so that a machine that grows slower does so for all of them.
            for subject in subjects if at % 2 == 0 else reversed(subjects):
                progress(done / windows, f"{subject.name}, {setting.workload.name}, {setting.connections} connections")
                workload, connections = setting.workload, setting.connections
                if subject.home is None:
                    workload, connections = READ, setting.floor_connections
                samples[-1][subject.name] = subject.measure(workload, connections, plan.seconds)
                done += 1
    return found


def _figure(setting: Setting, rounds: list[dict[str, Sample]], name: str) -> Figure:
    samples = [samples[name] for samples in rounds]
    is_floor = name == FLOOR
    decisions = 1 if is_floor else setting.workload.decisions_each
    rate = median(sample.load.rate for sample in samples)
    per_floor = [decisions * samples[name].load.rate / samples[FLOOR].load.rate for samples in rounds]
    return Figure(
        server=name,
        workload=READ.name if is_floor else setting.workload.name,
        connections=setting.floor_connections if is_floor else setting.connections,
        requests_per_second=round(rate, 1),
        decisions_per_second=round(rate * decisions, 1),
        p50_ms=round(median(sample.load.p50_ms for sample in samples), 3),
        p99_ms=round(median(sample.load.p99_ms for sample in samples), 3),
        cpu_us_per_request=round(median(sample.cpu_us for sample in samples), 1),
        database_us_per_request=round(median(sample.database_us for sample in samples), 1),
        per_floor=round(median(per_floor), 4),
        rounds=[round(one, 4) for one in per_floor],
    )
