"""`bench delegations`: what many delegations of one agent cost, for calls that one of them allows and for others."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.json import encode

from app.audit_log.entry import draft
from app.core.delegation import Terms
from app.main import open_home
from app.settings import Settings
from app.storage.command import Command, RaiseEpoch
from app.storage.delegations import AddDelegation
from app.storage.entries import head
from bench import cores, load, servers
from bench.home import Home, prepare
from bench.workload import FRESH_READ, READ, Workload

# What the policy asks about and one delegation allows: a write outside of the workspace.
_GRANTED = {"tool": "Write", "arguments": {"file_path": "/opt/reports/today.md", "content": "x"}, "source": "user"}
GRANTED = Workload("granted", "/evaluate", (encode(_GRANTED),), (("ALLOW",),))
_HOUR_US = 3_600_000_000


class Plan(Struct, frozen=True):
    """`many` delegations of one agent, beside one."""

    many: int
    rounds: int
    seconds: float


QUICK = Plan(many=10_000, rounds=3, seconds=1)
FULL = Plan(many=10_000, rounds=7, seconds=2)


class Figure(Struct, frozen=True):
    """One load: medians of p50 in ms with none, one and many delegations; ratios within each round."""

    workload: str
    none_ms: float
    one_ms: float
    many_ms: float
    many_to_one: float
    one_to_none: float


class Report(Struct, frozen=True):
    bench: str
    machine: str
    many: int
    rounds: int
    seconds: float
    ratios: dict[str, float]
    figures: list[Figure]

    @property
    def ok(self) -> bool:
        return True


def run(plan: Plan, progress: Callable[[float, str], None]) -> Report:
    """Three services side by side: without a delegation, with one, with many."""
    measured, others = cores.split()
    with ExitStack() as stack:
        stack.enter_context(cores.pinned(others))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="agent-sudo-bench-")))
        running: dict[int, servers.Server] = {}
        for count in (0, 1, plan.many):
            progress(0, f"issuing {count} delegations")
            home = prepare(folder / f"{count}")
            _delegate(home, count)
            running[count] = stack.enter_context(servers.running("service", measured, home.environment, key=home.key))
            running[count].ask(READ.path, READ.bodies[0])
        figures = []
        for at, workload in enumerate((GRANTED, READ, FRESH_READ)):
            progress(at / 3, workload.name)
            figures.append(_figure(workload, [_round(plan, running, workload, turn) for turn in range(plan.rounds)]))
    ratios = {f"{one.workload} many/one": one.many_to_one for one in figures}
    ratios |= {f"{one.workload} one/none": one.one_to_none for one in figures}
    return Report("delegations", cores.machine(), plan.many, plan.rounds, plan.seconds, ratios, figures)


def _round(plan: Plan, running: dict[int, servers.Server], workload: Workload, turn: int) -> list[float]:
    """p50 in ms at each of the services, one caller at a time; each goes first in turn."""
    order = sorted(running)
    times = {}
    for at in range(len(order)):
        count = order[(at + turn) % len(order)]
        times[count] = load.run(running[count], workload, 1, plan.seconds).p50_ms
    return [times[count] for count in order]


def _figure(workload: Workload, rounds: list[list[float]]) -> Figure:
    none, one, many = (round(median(times), 3) for times in zip(*rounds, strict=True))
    return Figure(
        workload.name,
        none,
        one,
        many,
        round(median(times[2] / times[1] for times in rounds), 3),
        round(median(times[1] / times[0] for times in rounds), 3),
    )


def _delegate(home: Home, count: int) -> None:
    """Issue `count` delegations to the agent; the first is for what is asked."""
    settings = Settings(home=home.folder, database_url="", policy=home.folder / "policy.yaml")
    database, writer = open_home(settings)
    try:
        with database.reading.connect() as connection:
            log = head(connection).log
        commands = []
        for at in range(count):
            terms = Terms(allowed_actions=("write_file",), allowed_paths=(f"/opt/{at or 'reports'}/**",))
            change = AddDelegation(
                id=f"d_{secrets.token_hex(6)}",
                agent="coder",
                part="coder",
                session=None,
                terms=encode(terms).decode(),
                reason="",
                critical=False,
                by="bench",
                role="admin",
                ttl=_HOUR_US,
                max_uses=None,
            )
            entry = draft("delegation.created", {"actor": {"operator": "bench"}, "data": {"agent": "coder"}}, log=log)
            commands.append(Command((entry,), (), (change, RaiseEpoch())))
        for at in range(0, count, 500):
            refused = [one for one in writer.commit(commands[at : at + 500]) if not isinstance(one, tuple)]
            if refused:
                raise RuntimeError(f"a delegation was not issued: {refused[0]!r}")
    finally:
        writer.close()
        database.dispose()
