"""The writer: the only code that writes. One batch of commands, one transaction, one link of the chain each."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.audit_log.chain import Head, extend
from app.audit_log.columns import ROW, Row
from app.storage.command import Command, Receipt, Result, Stale, Transaction
from app.storage.database import Database
from app.storage.tables import LOG, audit_entry

_log = structlog.get_logger()


class UnavailableError(Exception):
    """The database cannot take commands now; nothing was acknowledged."""


class Writer:
    """Writes batches over one connection of its own. Not for several threads at once."""

    def __init__(self, database: Database, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """`clock` gives microseconds; on PostgreSQL the database's own clock is used instead."""
        self._database = database
        self._clock = clock
        self._sql = _SQLITE if database.is_sqlite else _POSTGRES
        self._connection: Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self, commands: Sequence[Command]) -> list[Result | UnavailableError]:
        """Write a batch. One result a command, in order; whatever failed was not written, or is not known to be."""
        try:
            return list(self._batch(commands))
        except OperationalError as error:
            _log.error("ledger.unavailable", error=str(error.orig), commands=len(commands))
            failure = UnavailableError(str(error.orig))
            return [failure] * len(commands)
        except Exception as error:  # noqa: BLE001 - one faulty command must not take the others of its batch with it
            if len(commands) == 1:
                _log.error("ledger.failed", error=repr(error))
                return [UnavailableError(type(error).__name__)]
            return [result for command in commands for result in self.commit([command])]

    def _batch(self, commands: Sequence[Command]) -> Sequence[Result]:
        connection = self._connected()
        rows: list[Row] = []
        results: list[Result] = []
        try:
            connection.begin()
            head, epoch, now = self._lock_head(connection)
            transaction = Transaction(connection, epoch, max(now, head.last_ts_us), head.size)
            for command in commands:
                stale = next((guard for guard in command.guards if not guard.holds(transaction)), None)
                if stale is not None:
                    results.append(Stale(stale))
                    continue
                for change in command.changes:
                    change.apply(transaction)
                head, written = extend(head, command.entries, transaction.now)
                transaction.seq = head.size
                rows += written
                results.append(tuple(Receipt(row[0], row[1].hex(), transaction.now) for row in written))
            if not rows:
                connection.rollback()
                return results
            connection.exec_driver_sql(self._sql.insert, [(LOG, *row) for row in rows])
            connection.exec_driver_sql(
                self._sql.advance, (head.size, bytes.fromhex(head.hash), head.last_ts_us, transaction.epoch)
            )
        except BaseException:
            self._abandon()
            raise
        try:
            connection.commit()
        except SQLAlchemyError:
            # INVARIANT: once COMMIT was sent nothing is tried again: the log itself says whether it landed.
            self._abandon()
            if not self._landed(rows[-1]):
                raise
        return results

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writing.connect()
        return self._connection

    def _abandon(self) -> None:
        """Give up the transaction and the connection: after an error neither can be relied on."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
            with suppress(SQLAlchemyError):
                connection.close()

    def _lock_head(self, connection: Connection) -> tuple[Head, int, int]:
        row = connection.exec_driver_sql(self._sql.lock_head).one()
        head = Head(log=row.name, size=row.size, hash=bytes(row.head).hex(), last_ts_us=row.last_ts)
        return head, row.epoch, self._clock() if row.now is None else row.now

    def _landed(self, row: Row) -> bool:
        with self._database.reading.connect() as connection:
            query = select(audit_entry.c.hash).where(audit_entry.c.log_id == LOG, audit_entry.c.seq == row[0])
            return connection.execute(query).scalar() == row[1]


class _Sql(Struct, frozen=True):
    """The three statements of every batch, in the driver's own words: they are the hot path."""

    lock_head: str
    insert: str
    advance: str


def _sql(mark: str, *, now: str, lock: str) -> _Sql:
    # Only our own words are put together here, hence noqa.
    columns = ("log_id", *ROW)
    marks = ", ".join([mark] * len(columns))
    head = f"SELECT name, size, head, last_ts, epoch, {now} AS now FROM audit_log WHERE log_id = {LOG}"  # noqa: S608
    insert = f"INSERT INTO audit_entry ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    values = ", ".join(f"{name} = {mark}" for name in ("size", "head", "last_ts", "epoch"))
    return _Sql(f"{head}{lock}", insert, f"UPDATE audit_log SET {values} WHERE log_id = {LOG}")  # noqa: S608


_SQLITE = _sql("?", now="NULL", lock="")
_POSTGRES = _sql("%s", now="(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", lock=" FOR UPDATE")
