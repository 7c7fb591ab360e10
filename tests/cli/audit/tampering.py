import sqlite3

from tests.homes import Home


def tamper(home: Home, statement: str) -> None:
    """What somebody does who can write to the file."""
    connection = sqlite3.connect(home.folder / "home/agent-sudo.db")
    connection.execute("PRAGMA ignore_check_constraints=ON")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()
