"""Connections: SQLite by default, PostgreSQL for teams; one engine that writes, one that can only read."""

from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool, QueuePool

# How long one process waits for another's transaction; a batch takes milliseconds.
LOCK_TIMEOUT_MS = 10_000
_READERS = 8


class Database(Struct, frozen=True):
    """The two engines of one database."""

    writing: Engine
    reading: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.writing.dialect.name == "sqlite"

    def dispose(self) -> None:
        self.reading.dispose()
        self.writing.dispose()


def open_database(url: str) -> Database:
    """Open `url`: `sqlite:////absolute/path` or `postgresql://…`. Connects to nothing yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("an SQLite database needs a file: sqlite:////absolute/path/agent-sudo.db")
        return Database(_sqlite(parsed.database, writes=True), _sqlite(parsed.database, writes=False))
    if parsed.get_backend_name() == "postgresql":
        address = parsed.set(drivername="postgresql+psycopg")
        return Database(_postgres(address, writes=True), _postgres(address, writes=False))
    raise ValueError(f"a database of type {parsed.get_backend_name()!r} is not supported: use sqlite or postgresql")


def _sqlite(path: str, *, writes: bool) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{Path(path)}",
        poolclass=NullPool if writes else QueuePool,
        # The driver must not begin transactions of its own: BEGIN is emitted below, or nothing would be locked.
        connect_args={"isolation_level": None, "timeout": LOCK_TIMEOUT_MS / 1000, "check_same_thread": False},
        **({} if writes else {"pool_size": _READERS, "max_overflow": 0}),
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            # INVARIANT: a commit is on the disk before anybody hears of it.
            "synchronous=FULL",
            "foreign_keys=ON",
            # Without it INSERT OR REPLACE slips past the triggers that keep entries.
            "recursive_triggers=ON",
            "query_only=OFF" if writes else "query_only=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(address: Any, *, writes: bool) -> Engine:
    options = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c synchronous_commit=on -c timezone=UTC"
    if not writes:
        options += " -c default_transaction_read_only=on"
    return create_engine(
        address,
        poolclass=NullPool if writes else QueuePool,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        connect_args={"options": options, "connect_timeout": 5},
        **({} if writes else {"pool_size": _READERS, "max_overflow": 0, "pool_pre_ping": True}),
    )
