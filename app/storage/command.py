"""Commands: the one way to change anything. What must hold, what changes, what is written down about it."""

from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Connection, Executable

from app.audit_log.entry import Draft
from app.storage.driver import Prepared


class Transaction:
    """The writer's open transaction, with the log's head under lock.

    epoch          of the configuration, as it is after the commands before this one
    session_epoch  counts the changes of sessions, those of the commands before this one too
    versions       of agents' sessions, as far as they were looked up since the last change
    now            microseconds; never before the newest entry's time
    seq            of the first entry that the command at hand will write
    """

    __slots__ = ("_connection", "_held", "epoch", "now", "seq", "session_epoch", "versions")

    def __init__(self, connection: Connection, epoch: int, session_epoch: int, now: int, seq: int) -> None:
        self._connection = connection
        self._held: tuple[Guard, ...] | None = None
        self.epoch = epoch
        self.session_epoch = session_epoch
        self.versions: dict[str, int] = {}
        self.now = now
        self.seq = seq

    def failed(self, guards: "tuple[Guard, ...]") -> "Guard | None":
        """The first of these that does not hold."""
        # Many commands were made upon the same guards, and what held a moment ago holds until something is changed.
        if guards is self._held:
            return None
        for guard in guards:
            if not guard.holds(self):
                return guard
        self._held = guards
        return None

    def make(self, changes: "tuple[Change, ...]") -> None:
        self._held = None
        for change in changes:
            change.apply(self)

    def finds(self, query: Executable | Prepared, values: dict[str, Any] | None = None) -> bool:
        """Whether the query returns a row."""
        if isinstance(query, Prepared):
            return query.run(self._connection, values or {}, fetch=True) is not None
        return self._connection.execute(query, values).first() is not None

    def value(self, query: Executable | Prepared, values: dict[str, Any] | None = None) -> Any:
        """The first column of the one row that the query returns."""
        if isinstance(query, Prepared):
            return query.run(self._connection, values or {}, fetch=True)[0]
        return self._connection.execute(query, values).scalar_one()

    def execute(self, statement: Executable | Prepared, values: dict[str, Any] | None = None) -> None:
        if isinstance(statement, Prepared):
            statement.run(self._connection, values or {})
        else:
            self._connection.execute(statement, values)

    def tell(self, channel: str) -> None:
        """Wake those in other processes who listen, once this is committed; SQLite's look for themselves."""
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(f"NOTIFY {channel}")


class Guard(Protocol):
    """Something that a command was made upon. Where it no longer holds, nothing of the command is written."""

    def holds(self, transaction: Transaction) -> bool: ...


class Change(Protocol):
    """A change of state. Expected refusals are guards; an exception here is a fault."""

    def apply(self, transaction: Transaction) -> None: ...


class EpochIs(Struct, frozen=True):
    """The configuration is the one that the decision was made upon."""

    epoch: int

    def holds(self, transaction: Transaction) -> bool:
        return transaction.epoch == self.epoch


class NotAfter(Struct, frozen=True):
    """Something with an expiry is still in force: the entry will be dated before `expires_at` (microseconds)."""

    expires_at: int

    def holds(self, transaction: Transaction) -> bool:
        return transaction.now < self.expires_at


class RaiseEpoch(Struct, frozen=True):
    """Declares every decision that is still on its way stale."""

    def apply(self, transaction: Transaction) -> None:
        transaction.epoch += 1


class Command(Struct, frozen=True):
    """One change of state with its entries: all of it is committed, or none. Without entries it only asks whether its
    guards hold, which is what an answer takes that is given again.

    What is `urgent` waits behind nothing, and is written also where there is no room left for anything else.
    """

    entries: tuple[Draft, ...]
    guards: tuple[Guard, ...] = ()
    changes: tuple[Change, ...] = ()
    urgent: bool = False

    @property
    def allows(self) -> bool:
        """Whether it says that something may run: in an entry, or again, with none."""
        return not self.entries or any(entry.decision == "ALLOW" for entry in self.entries)

    @property
    def size(self) -> int:
        """The bytes of its entries, near enough."""
        return sum([entry.form.size for entry in self.entries])


class Receipt(Struct, frozen=True):
    """Where an entry stands: its place, its hash (hexadecimal) and its time (microseconds)."""

    seq: int
    hash: str
    ts: int


class Stale(Struct, frozen=True):
    """A guard no longer held; nothing was written. The caller looks again and decides anew."""

    guard: Guard


Result = tuple[Receipt, ...] | Stale
