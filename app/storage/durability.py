"""Whether a commit is on the disk before anybody hears of it."""

from app.storage.database import Database


def durability(database: Database) -> tuple[bool, str]:
    """Whether commits are durable, and the settings of the writing connection that say so; changes nothing."""
    verb, wanted = "SHOW", {"fsync": "on", "synchronous_commit": "on"}
    if database.is_sqlite:
        verb, wanted = "PRAGMA", {"journal_mode": "wal", "synchronous": "2"}
    connection = database.writing.raw_connection()
    try:
        cursor = connection.cursor()
        found = {}
        for name in wanted:
            cursor.execute(f"{verb} {name}")
            row = cursor.fetchone()
            found[name] = str(row[0]) if row else ""
    finally:
        connection.close()
    return found == wanted, ", ".join(f"{name}={value}" for name, value in found.items())
