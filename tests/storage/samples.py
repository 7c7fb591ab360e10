"""Commands to test storage with, and what the log holds after them."""

from msgspec import Struct

from app.audit_log.chain import LOG_CREATED
from app.audit_log.entry import Draft, draft
from app.storage import entries
from app.storage.command import Command, Guard, Receipt, Result, Transaction
from app.storage.database import Database, UnavailableError
from app.storage.writer import Writer

SALT = bytes(range(32))


def log_of(database: Database) -> str:
    with database.read() as connection:
        return entries.head(connection).log


def size_of(database: Database) -> int:
    with database.read() as connection:
        return entries.head(connection).size


def decided(log: str, reason: str = "ok", decision: str = "ALLOW", payload: bytes = b'{"request":{}}') -> Draft:
    fields = {
        "actor": {"agent": "coder", "key": "k_1"},
        "decision": decision,
        "reason": reason,
        "request": {"tool": "shell"},
    }
    return draft("decision", fields, log=log, payload=payload, salt=SALT)


def changed(log: str) -> Draft:
    return draft("test.changed", {"actor": {"operator": "alice"}}, log=log)


def begin(database: Database, writer: Writer) -> str:
    """Write the first entry of the log; returns the log's name."""
    log = log_of(database)
    written(writer, Command((draft(LOG_CREATED, {}, log=log),)))
    return log


def written(writer: Writer, command: Command) -> tuple[Receipt, ...]:
    result = writer.commit([command])[0]
    assert isinstance(result, tuple), result
    return result


def kinds(results: list[Result | UnavailableError]) -> list[str]:
    return ["written" if isinstance(result, tuple) else type(result).__name__ for result in results]


class Broken(Struct, frozen=True):
    """A change that is a mistake of ours."""

    def apply(self, transaction: Transaction) -> None:
        raise LookupError("broken")


class Never(Struct, frozen=True):
    """A guard that never holds."""

    def holds(self, transaction: Transaction) -> bool:
        return False


NEVER: Guard = Never()
