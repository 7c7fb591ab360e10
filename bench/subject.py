"""A server that is measured, and what its log must hold afterwards."""

from collections import Counter

from msgspec import Struct
from msgspec.json import decode
from sqlalchemy import text

from app.services.audit import Audit
from app.storage.database import open_database
from bench import cpu, load
from bench.home import Home
from bench.load import Load
from bench.servers import Server
from bench.workload import Workload


class Sample(Struct, frozen=True):
    """One server under one load for a while; CPU time in µs for each request."""

    load: Load
    cpu_us: float
    database_us: float


class Verified(Struct, frozen=True):
    """What became of one log: its entries, and what is wrong with its chain or its decisions, if anything."""

    entries: int
    ok: bool
    problem: str


class Subject:
    """One of the servers. Without a home it is the floor, which decides nothing and records nothing."""

    def __init__(self, name: str, server: Server, home: Home | None, database_pid: int | None = None) -> None:
        """`database_pid` is the PostgreSQL server whose processes' CPU time is counted beside."""
        self.name = name
        self.home = home
        self._server = server
        self._database_pid = database_pid
        self._least: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    def measure(self, workload: Workload, connections: int, seconds: float) -> Sample:
        before, database_before = self._server.cpu_seconds, self._database_seconds()
        measured = load.run(self._server, workload, connections, seconds)
        used, database = self._server.cpu_seconds - before, self._database_seconds() - database_before
        least, most = workload.bounds(measured.requests, connections)
        self._least += least
        self._most += most
        # Asked last, it is answered last: nothing of this load is left when the next one begins.
        self.probe(workload)
        return Sample(measured, used / measured.requests * 1e6, database / measured.requests * 1e6)

    def probe(self, workload: Workload) -> bytes:
        """Ask each request of the workload once; returns the last answer. Raises RuntimeError at a wrong decision."""
        answer = b""
        for body, expected in zip(workload.bodies, workload.expected, strict=True):
            answer = self._server.ask(workload.path, body)
            if self.home is None:
                continue
            found = decode(answer)
            decisions = tuple(one["decision"] for one in found.get("results", [found]))
            if decisions != expected:
                raise RuntimeError(f"{self.name} decided {decisions}, not {expected}: {answer[:800].decode()}")
            self._least.update(expected)
            self._most.update(expected)
        return answer

    def verify(self, home: Home) -> Verified:
        """Verify the chain, and hold the decisions in the log against those that were answered."""
        database = open_database(home.url)
        try:
            report = Audit(database).verify()
            query = text("SELECT decision, count(*) FROM audit_entry WHERE type = 'decision' GROUP BY decision")
            with database.reading.connect() as connection:
                recorded: dict[str, int] = dict(connection.execute(query).tuples().all())
        finally:
            database.dispose()
        wrong = [] if report.ok else [report.summary]
        for name in sorted(recorded.keys() | self._most.keys()):
            count, least, most = recorded.get(name, 0), self._least[name], self._most[name]
            if not least <= count <= most:
                wrong.append(f"{count} entries say {name}, but {least} to {most} were answered so")
        return Verified(report.entries, not wrong, "; ".join(wrong))

    def _database_seconds(self) -> float:
        return 0.0 if self._database_pid is None else cpu.of_children(self._database_pid)
