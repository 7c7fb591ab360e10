"""Migrations: all or nothing, and once, however many processes begin at the same time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from app.data import data
from app.storage.database import Database, open_database
from app.storage.migrate import SchemaError, is_pending, migrate
from tests.storage.samples import size_of

_MIGRATE = """
import sys
from app.data import data
from app.storage.database import open_database
from app.storage.migrate import migrate
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(database, data("migrations"))
"""
_BREAKS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "breaks", "{newest}"
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer))
    op.execute("INSERT INTO half VALUES (1)")
    raise RuntimeError("half done")
"""


def test_processes_that_begin_at_the_same_time_migrate_an_empty_database_once(url: str) -> None:
    command = [sys.executable, "-I", "-c", _MIGRATE, url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 4
    database = open_database(url)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log")).scalar() == 1
    database.dispose()


def test_a_migration_that_fails_half_way_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    broken = tmp_path / "migrations"
    shutil.copytree(data("migrations"), broken, ignore=shutil.ignore_patterns("__pycache__"))
    newest = max(path.name for path in (broken / "versions").glob("*.py"))[:4]
    (broken / "versions" / "breaks.py").write_text(_BREAKS.format(newest=newest))
    with pytest.raises(RuntimeError, match="half done"):
        migrate(database, broken)
    with database.reading.connect() as connection:
        assert not inspect(connection).has_table("half")
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest
    assert is_pending(database, broken)


def test_a_database_of_today_is_left_as_it_is(database: Database) -> None:
    assert not is_pending(database, data("migrations"))
    migrate(database, data("migrations"))
    assert size_of(database) == 0


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="9999"):
        migrate(database, data("migrations"))
