"""Bring a database to the schema that this version needs; several processes may try at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.storage.database import Database

# Any number that only we use: it names the lock under which one process migrates and the others wait.
_LOCK = 0x61_67_73_75_64_6F


class SchemaError(Exception):
    """The database was written by a newer version, or by something else."""


def migrate(database: Database, migrations: Path) -> None:
    """Upgrade to the newest revision, in one transaction under a lock. Raises SchemaError."""
    config = _config(migrations)
    with database.writing.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if _is_pending(connection, config):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def is_pending(database: Database, migrations: Path) -> bool:
    """Whether `migrate` would change anything; writes nothing. Raises SchemaError."""
    with database.reading.connect() as connection:
        return _is_pending(connection, _config(migrations))


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


def _is_pending(connection: Connection, config: Config) -> bool:
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise SchemaError(f"the database has the schema {current!r}, which this version does not know")
    return current != script.get_current_head()
