"""The writer: the only code that writes. One batch of commands, one transaction, one link of the chain each."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import repeat
from operator import itemgetter

import structlog
from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from app.audit_log.chain import Head, extend
from app.audit_log.columns import Row
from app.audit_log.entry import Draft
from app.storage.append import Append, copy, insert
from app.storage.command import Command, Receipt, Result, Stale, Transaction
from app.storage.database import FAULTS, Database, UnavailableError
from app.storage.driver import by_driver
from app.storage.reserve import Reserve
from app.storage.tables import LOG, audit_entry
from app.storage.wal import Wal

_log = structlog.get_logger()

# How far this machine's clock may be off the database's before nothing is allowed here.
_SKEW_US = 5_000_000


class Writer:
    """Writes batches over one connection of its own. Not for several threads at once."""

    def __init__(self, database: Database, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """`clock` gives microseconds. On PostgreSQL the database's clock counts, and this one must not be far off."""
        self._database = database
        self._clock = clock
        self._sql = _SQLITE if database.is_sqlite else _POSTGRES
        self._connection: Connection | None = None
        path = database.writing.url.database
        self._wal = Wal(path) if database.is_sqlite and path else None
        self._reserve = Reserve(path) if database.is_sqlite and path else None
        self._keep_reserve()
        self.is_writing = True  # whether the last batch could be written
        self.session_epoch = 0  # as the last batch found or left it

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self, commands: Sequence[Command]) -> list[Result | UnavailableError]:
        """Write a batch. One result a command, in order; whatever failed was not written, or is not known to be."""
        try:
            results = self._attempt(commands)
        except UnavailableError as error:
            self._note(error)
            return self._with_reserve(commands, error)
        except Exception as error:  # noqa: BLE001 - one faulty command must not take the others of its batch with it
            if len(commands) == 1:
                _log.error("ledger.faulty_command", error=repr(error))
                return [UnavailableError(type(error).__name__)]
            half = len(commands) // 2
            return self.commit(commands[:half]) + self.commit(commands[half:])
        # A batch that had nothing to write has only read, which shows nothing.
        if any(isinstance(result, tuple) and result for result in results):
            self._note(None)
        return results

    def _with_reserve(self, commands: Sequence[Command], error: UnavailableError) -> list[Result | UnavailableError]:
        """Write what is urgent into the room that is kept for it. Nobody else here can take that room meanwhile."""
        urgent = [command for command in commands if command.urgent]
        if not urgent or self._reserve is None:
            return [error] * len(commands)
        with self._reserve.released():
            try:
                results = iter(self._attempt(urgent))
            except UnavailableError:
                return [error] * len(commands)
        return [next(results) if command.urgent else error for command in commands]

    def _keep_reserve(self) -> None:
        if self._reserve is not None:
            self._reserve.keep()

    def _note(self, error: UnavailableError | None) -> None:
        """Say when it begins to fail and when it is over, not with every batch between."""
        if self.is_writing is (error is None):
            return
        self.is_writing = error is None
        if error is None:
            self._keep_reserve()
            _log.info("ledger.available")
        else:
            _log.error("ledger.unavailable", error=str(error))

    def _attempt(self, commands: Sequence[Command], *, again: bool = False) -> list[Result | UnavailableError]:
        try:
            return self._batch(commands)
        except FAULTS as error:
            # Nothing was committed, so a connection that was lost meanwhile is replaced, once.
            if error.connection_invalidated and not again:
                return self._attempt(commands, again=True)
            raise UnavailableError(str(error.orig)) from error

    def _batch(self, commands: Sequence[Command]) -> list[Result | UnavailableError]:
        entries: list[Draft] = []
        # What became of each command: why it was not written, or which of the entries are its own.
        outcomes: list[Stale | UnavailableError | slice] = []
        try:
            connection = self._begun()
            head, epoch, session_epoch, now = self._lock_head(connection)
            skewed = not self._database.is_sqlite and abs(now - self._clock()) > _SKEW_US
            transaction = Transaction(connection, epoch, session_epoch, max(now, head.last_ts_us), head.size)
            for command in commands:
                failed = transaction.failed(command.guards)
                if failed is not None:
                    outcomes.append(Stale(failed))
                    continue
                # INVARIANT: a replica that does not know what time it is allows nothing.
                if skewed and command.allows:
                    outcomes.append(UnavailableError("this machine's clock is far off the database's"))
                    continue
                if command.changes:
                    transaction.make(command.changes)
                outcomes.append(slice(len(entries), len(entries) + len(command.entries)))
                entries += command.entries
                transaction.seq = head.size + len(entries)
            head, rows = extend(head, entries, transaction.now)
            hashes = map(bytes.hex, map(itemgetter(1), rows))
            receipts = tuple(map(Receipt, map(itemgetter(0), rows), hashes, repeat(transaction.now)))
            results = [receipts[found] if isinstance(found, slice) else found for found in outcomes]
            if not rows:
                by_driver(connection, connection.dialect.do_rollback)
                self.session_epoch = session_epoch
                return results
            by_driver(connection, lambda driver: self._sql.append(driver, rows))
            epochs = (transaction.epoch, transaction.session_epoch)
            values = (head.size, rows[-1][1], head.last_ts_us, *epochs)
            by_driver(connection, lambda driver: driver.execute(self._sql.advance, values))
        except BaseException:
            self._abandon()
            raise
        try:
            by_driver(connection, connection.dialect.do_commit)
        except Exception as error:
            # INVARIANT: once COMMIT was sent nothing is tried again: the log itself says whether it landed.
            self._abandon()
            if not self._landed(rows[-1]):
                raise UnavailableError("the database did not confirm a commit") from error
        else:
            self.session_epoch = transaction.session_epoch
            if self._wal is not None:
                self._wal.shorten(connection)
        return results

    def _begun(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writing.connect()
            # SQLAlchemy knows of one transaction, which lasts as long as the connection. The true ones begin and end by
            # the driver: having both in step costs as much as three statements.
            self._connection.begin()
        else:
            self._database.begin(self._connection)
        return self._connection

    def _abandon(self) -> None:
        """Give up the transaction and the connection: after an error neither can be relied on."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()
            with suppress(SQLAlchemyError):
                connection.close()

    def _lock_head(self, connection: Connection) -> tuple[Head, int, int, int]:
        name, size, last, last_ts, epoch, sessions, now = by_driver(
            connection, lambda driver: driver.execute(self._sql.lock_head)
        ).fetchone()
        return Head(name, size, bytes(last).hex(), last_ts), epoch, sessions, self._clock() if now is None else now

    def _landed(self, row: Row) -> bool:
        """Whether a commit took place whose confirmation was lost on the way.

        SQLite loses none: there an error means no. On PostgreSQL the head's lock is free only once the transaction in
        question is over, one way or the other.
        """
        if self._database.is_sqlite:
            return False
        try:
            connection = self._begun()
            self._lock_head(connection)
            query = select(audit_entry.c.hash).where(audit_entry.c.log_id == LOG, audit_entry.c.seq == row[0])
            return connection.execute(query).scalar() == row[1]
        except SQLAlchemyError:
            return False
        finally:
            self._abandon()


class _Sql(Struct, frozen=True):
    """What every batch does, in the driver's own words: it is the hot path."""

    lock_head: str
    append: Append
    advance: str


_HEAD = f"SELECT name, size, head, last_ts, epoch, session_epoch FROM audit_log WHERE log_id = {LOG}"  # noqa: S608 - our own words


def _sql(mark: str, lock_head: str, append: Append) -> _Sql:
    values = ", ".join(f"{name} = {mark}" for name in ("size", "head", "last_ts", "epoch", "session_epoch"))
    return _Sql(lock_head, append, f"UPDATE audit_log SET {values} WHERE log_id = {LOG}")  # noqa: S608 - our own words


_SQLITE = _sql("?", _HEAD.replace(" FROM", ", NULL AS now FROM"), insert)
# The clock is read around the locked row, not beside it: beside it, it would be read before the lock is waited for.
_POSTGRES = _sql(
    "%s",
    "SELECT locked.*, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now "  # noqa: S608 - our own words
    f"FROM ({_HEAD} FOR UPDATE) AS locked",
    copy,
)
