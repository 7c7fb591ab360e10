"""Connections: what is really in force on them, whatever stands in the address or at the server."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.data import data
from app.storage.database import Database, UnavailableError, open_database
from app.storage.durability import durability
from app.storage.migrate import migrate
from tests.postgres import Postgres


def test_commits_are_durable_on_the_connection_that_writes(database: Database) -> None:
    is_durable, said = durability(database)
    assert is_durable, said


def test_postgresql_commits_durably_whatever_the_role_the_database_or_the_address_says(
    postgres: Postgres, postgres_url: str
) -> None:
    name = open_database(postgres_url).reading.url.database
    postgres.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    postgres.run(f"ALTER ROLE postgres IN DATABASE {name} SET synchronous_commit = off")
    database = open_database(f"{postgres_url}&options=-c%20synchronous_commit%3Doff%20-c%20work_mem%3D5MB")
    assert durability(database)[0]
    with database.writing.connect() as connection:
        assert connection.execute(text("SHOW work_mem")).scalar() == "5MB"
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "10s"
    database.dispose()


def test_a_writing_transaction_on_sqlite_holds_the_lock_from_its_first_word_on(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    said: list[str] = []
    with database.writing.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_trace_callback(said.append)
        with connection.begin():
            connection.execute(text("SELECT 1"))
    assert said == ["BEGIN IMMEDIATE", "SELECT 1", "COMMIT"]
    database.dispose()


def test_the_reading_engine_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading.begin() as connection:
        connection.execute(text("UPDATE audit_log SET size = 1"))


def test_looking_at_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(UnavailableError), database.read():
        pass
    assert list(tmp_path.iterdir()) == []
    database.dispose()


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = open_database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(UnavailableError), database.read():
        pass
    database.dispose()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20?c#d&é"
    folder.mkdir()
    address = str(folder / "x.db").replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    database = open_database(f"sqlite:///{address}")
    migrate(database, data("migrations"))
    with database.read() as connection:
        assert connection.execute(text("SELECT size FROM audit_log")).scalar() == 0
    assert "x.db" in {file.name for file in folder.iterdir()}
    database.dispose()


def test_text_that_is_no_text_can_be_read(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    migrate(database, data("migrations"))
    path = database.writing.url.database
    assert path is not None
    with sqlite3.connect(path) as attacker:
        attacker.execute("UPDATE audit_log SET name = CAST(x'61ff' AS TEXT)")
    attacker.close()
    with database.read() as connection:
        assert connection.execute(text("SELECT name FROM audit_log")).scalar() == "a\\xff"
    database.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite"):
        open_database(url)
