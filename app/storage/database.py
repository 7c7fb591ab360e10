"""Connections: SQLite by default, PostgreSQL for teams; one engine that writes, one that can only read."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import NullPool, QueuePool

from app.storage.driver import by_driver
from app.storage.turn import turn

# How long one process waits for another's transaction; a batch takes milliseconds.
LOCK_TIMEOUT_MS = 10_000
_READERS = 8
# Of a new database. Two or three entries fill SQLite's usual 4,096 bytes and leave a quarter of them empty.
_PAGE = 8_192
# A write-ahead log that grew under a long reader is cut back to this once the reader is gone.
_WAL_KEPT = 64 * 1_048_576

# What the database, and not what was asked of it, is to blame for.
FAULTS = (OperationalError, InterfaceError, InternalError)


class UnavailableError(Exception):
    """The database cannot be read or written now; nothing was acknowledged."""


class Database(Struct, frozen=True):
    """The two engines of one database."""

    writing: Engine
    reading: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.writing.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that can only read, in one transaction. Raises UnavailableError."""
        try:
            with self.reading.connect() as connection:
                yield connection
        except (*FAULTS, NoConnectionError) as error:
            raise UnavailableError(str(error)) from error

    def begin(self, connection: Connection) -> None:
        """Begin to write over a connection of `writing`, by the driver; PostgreSQL's begins with the next statement."""
        if self.is_sqlite:
            _begin_immediate(self.writing.url.database or "", connection)

    def dispose(self) -> None:
        self.reading.dispose()
        self.writing.dispose()


def open_database(url: str) -> Database:
    """Open `url`: `sqlite:////absolute/path` or `postgresql://…`. Connects to nothing yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("an SQLite database needs a file: sqlite:////absolute/path/agent-sudo.db")
        return Database(_sqlite_writing(parsed.database), _sqlite_reading(parsed.database))
    if parsed.get_backend_name() == "postgresql":
        address = parsed.set(drivername="postgresql+psycopg")
        return Database(_postgres_writing(address), _postgres_reading(address))
    raise ValueError(f"a database of type {parsed.get_backend_name()!r} is not supported: use sqlite or postgresql")


# The driver must not begin transactions of its own: BEGIN is emitted below, or nothing would be locked.
_SQLITE: dict[str, Any] = {
    "isolation_level": None,
    "timeout": LOCK_TIMEOUT_MS / 1_000,
    "check_same_thread": False,
}


def _sqlite_writing(path: str) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=path),
        poolclass=NullPool,
        connect_args=_SQLITE,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        # Two that turn a new database to WAL at once are in each other's way, and SQLite lets neither wait.
        with turn(path, LOCK_TIMEOUT_MS / 1_000):
            connection.execute(f"PRAGMA page_size={_PAGE}")
            connection.execute("PRAGMA journal_mode=WAL")
        for pragma in (
            # INVARIANT: a commit is on the disk before anybody hears of it.
            "synchronous=FULL",
            "foreign_keys=ON",
            # Without it INSERT OR REPLACE slips past the triggers that keep entries.
            "recursive_triggers=ON",
            f"journal_size_limit={_WAL_KEPT}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "begin", partial(_begin_immediate, path))
    return engine


def _begin_immediate(path: str, connection: Connection) -> None:
    with turn(path, LOCK_TIMEOUT_MS / 1_000):
        by_driver(connection, lambda driver: driver.execute("BEGIN IMMEDIATE"))


def _sqlite_reading(path: str) -> Engine:
    engine = create_engine(
        # mode=rw: looking at a database that is not there must not create one.
        URL.create("sqlite+pysqlite", database=f"file:{quote(path)}", query={"mode": "rw", "uri": "true"}),
        poolclass=QueuePool,
        pool_size=_READERS,
        max_overflow=0,
        connect_args=_SQLITE,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA query_only=ON")
        # SQLite keeps any bytes as text. Whoever verifies must be able to read what somebody put there.
        connection.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _postgres_writing(address: URL) -> Engine:
    return create_engine(
        address,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",
        connect_args=_postgres(
            address,
            # INVARIANT: a commit is on the disk before anybody hears of it, whatever the role or the database says.
            "synchronous_commit=on",
            # A process that stands still with the head's lock in its hand stops every replica only so long.
            f"idle_in_transaction_session_timeout={LOCK_TIMEOUT_MS}",
        ),
    )


def _postgres_reading(address: URL) -> Engine:
    return create_engine(
        address,
        poolclass=QueuePool,
        pool_size=_READERS,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        connect_args=_postgres(address, "default_transaction_read_only=on"),
    )


def _postgres(address: URL, *settings: str) -> dict[str, Any]:
    """What libpq is told. Ours come after the operator's own `options`, and the last one counts."""
    given = address.query.get("options", ())
    ours = [f"-c {setting}" for setting in (f"lock_timeout={LOCK_TIMEOUT_MS}", "timezone=UTC", *settings)]
    return {
        "options": " ".join([given] if isinstance(given, str) else given) + " " + " ".join(ours),
        "connect_timeout": 5,
        # A server that vanished without a word is given up, not waited for.
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": LOCK_TIMEOUT_MS,
    }
