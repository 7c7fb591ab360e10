"""The schema: tables.py and the migrations say the same, and triggers keep the entries."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.storage.command import Command
from app.storage.database import Database
from app.storage.entries import find_entry, page
from app.storage.tables import METADATA
from app.storage.writer import Writer
from tests.storage.samples import SALT, decided, written


def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


TAMPERING = (
    "UPDATE audit_entry SET log_id = 2 WHERE seq = 1",
    "UPDATE audit_entry SET seq = 7 WHERE seq = 1",
    "UPDATE audit_entry SET hash = salt WHERE seq = 1",
    "UPDATE audit_entry SET body = salt WHERE seq = 1",
    "UPDATE audit_entry SET ts = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET type = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET agent = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET session = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET tool = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET decision = 'other' WHERE seq = 1",
    "UPDATE audit_entry SET payload = salt WHERE seq = 1",
    "UPDATE audit_entry SET payload = NULL WHERE seq = 1",
    "UPDATE audit_entry SET salt = NULL WHERE seq = 1",
    "UPDATE audit_entry SET salt = hash, payload = body WHERE seq = 0",
    "DELETE FROM audit_entry WHERE seq = 1",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
    "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
)


def test_a_stored_entry_cannot_be_changed_removed_or_replaced(database: Database, writer: Writer, log: str) -> None:
    written(writer, Command((decided(log),)))
    with database.read() as connection:
        before = page(connection, -1, 10)
    for statement in TAMPERING:
        with pytest.raises(DBAPIError):
            _run(database, statement)
    with database.read() as connection:
        assert page(connection, -1, 10) == before


def test_salt_and_payload_of_an_entry_can_be_erased_together(database: Database, writer: Writer, log: str) -> None:
    written(writer, Command((decided(log),)))
    _run(database, "UPDATE audit_entry SET salt = NULL, payload = NULL WHERE seq = 1")
    with database.read() as connection:
        found = find_entry(connection, 1)
    assert found is not None
    assert (found.salt, found.payload) == (None, None)


def test_what_was_erased_does_not_come_back(database: Database, writer: Writer, log: str) -> None:
    written(writer, Command((decided(log),)))
    _run(database, "UPDATE audit_entry SET salt = NULL, payload = NULL WHERE seq = 1")
    with pytest.raises(DBAPIError), database.writing.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET salt = :salt, payload = :salt WHERE seq = 1"), {"salt": SALT})


def _run(database: Database, statement: str) -> None:
    with database.writing.begin() as connection:
        connection.execute(text(statement))
